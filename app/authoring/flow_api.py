"""The way of a question over REST: check, impact, review, publish; and out of use and back."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request, Response

from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder
from app.assessments.models import RubricImpact
from app.authoring.impact import latest_impact, request_impact
from app.authoring.queries import draft_author
from app.authoring.queue import CHECK_QUESTION
from app.authoring.schemas import CheckOut, ImpactOut, NoteIn, QuestionDraftOut
from app.authoring.showing import check_out, draft_out, draft_tag, findings_out, impact_out, may_grade, problems_out
from app.bank.access import Author
from app.bank.drafts import draft_of, request_check, send_back, submit_for_review
from app.bank.models import Question, QuestionDraft
from app.bank.publishing import NotPublishable, NotReadable, publish_draft, restore_question, retire_question
from app.bank.queries import live_samples
from app.bank.schemas import QuestionOut, question_out, question_tag
from app.bank.version_queries import own_question_named
from app.kit.errors import NotFound
from app.kit.rest import Prefer, SlugText, json_response, now_or_waited, problems
from app.kit.web import SessionDep, WaiterDep

router = APIRouter(prefix="/api/v1", tags=["Questions"])

Reader = Annotated[KeyHolder, Depends(RequireScope("bank:read"))]
Writer = Annotated[KeyHolder, Depends(RequireScope("bank:write"))]
Note = Annotated[NoteIn, Body()]


@router.post(
    "/question-drafts/{question_id}/check",
    operation_id="checkQuestion",
    summary="Check a working copy",
    status_code=202,
    response_model=CheckOut,
    responses={**problems(404, 409), 200: {"model": CheckOut, "description": "Checked while waiting, or before."}},
)
def ask_check(
    request: Request,
    question_id: uuid.UUID,
    holder: Writer,
    session: SessionDep,
    waiter: WaiterDep,
    prefer: Prefer = None,
) -> Response:
    """Have a working copy checked as it stands: its form, its links, and how its rubric judges its samples.

    202 says where the result will be (`Location`); with `Prefer: wait=10` the response waits for it: 200. Asking twice
    for the same text asks once. What is wrong is told in `findings`; messages about rubric, model answer and samples
    are there only with `rubrics:read`. Needs the scope `bank:write`.
    """
    draft = request_check(session, Author.key(holder), question_id)
    if draft.check_status == "queued":
        CHECK_QUESTION.enqueue(session, question_id=str(question_id))
    return _checked(request, holder, draft, session, waiter, prefer, 202)


@router.get(
    "/question-drafts/{question_id}/check",
    operation_id="readQuestionCheck",
    summary="Read a check",
    response_model=CheckOut,
    responses=problems(404),
)
def read_check(
    request: Request,
    question_id: uuid.UUID,
    holder: Reader,
    session: SessionDep,
    waiter: WaiterDep,
    prefer: Prefer = None,
) -> Response:
    """What the check of a working copy found. With `Prefer: wait=10` the response waits until it is not `queued`.

    Messages about rubric, model answer and samples are there only with `rubrics:read`. Needs the scope `bank:read`.
    """
    draft = draft_of(session, Author.key(holder), question_id)
    return _checked(request, holder, draft, session, waiter, prefer, 200)


def _checked(
    request: Request,
    holder: KeyHolder,
    draft: QuestionDraft,
    session: SessionDep,
    waiter: WaiterDep,
    prefer: str | None,
    otherwise: int,
) -> Response:
    question_id, whole = draft.question_id, may_grade(holder)
    now = check_out(draft, whole=whole)

    def look(own: SessionDep) -> Response | None:
        try:
            found = check_out(draft_of(own, Author.key(holder), question_id), whole=whole)
        except NotFound:  # thrown away meanwhile: the next call says so
            return None
        return json_response(found, content_location=found.url) if found.status != "queued" else None

    if now.status != "queued":
        return json_response(now, content_location=now.url)
    waiting = json_response(now, otherwise, location=now.url) if otherwise == 202 else json_response(now)
    return now_or_waited(request, waiter, f"check:{question_id}", prefer, look, waiting)


@router.post(
    "/question-drafts/{question_id}/impact",
    operation_id="previewImpact",
    summary="Preview what publishing would change",
    status_code=202,
    response_model=ImpactOut,
    responses={**problems(404, 409), 200: {"model": ImpactOut, "description": "Worked out while waiting, or before."}},
)
def ask_impact(
    request: Request,
    question_id: uuid.UUID,
    holder: Writer,
    session: SessionDep,
    waiter: WaiterDep,
    prefer: Prefer = None,
) -> Response:
    """Have the latest 500 answers to a question scored by its working copy, to see who would move.

    No score changes. 202 says where the result will be; `Prefer: wait=10` waits for it. `answers` is there only with
    `interviews:read`. A question that was never published is 409 `not-publishable`. Needs the scope `bank:write`.
    """
    author = Author.key(holder)
    try:
        impact = request_impact(session, author, question_id)
    except NotReadable as error:
        raise _retold(error, draft_of(session, author, question_id), whole=may_grade(holder)) from None
    return _previewed(request, holder, question_id, impact, session, waiter, prefer, 202)


@router.get(
    "/question-drafts/{question_id}/impact",
    operation_id="readImpact",
    summary="Read the preview of a change",
    response_model=ImpactOut,
    responses=problems(404),
)
def read_impact(
    request: Request,
    question_id: uuid.UUID,
    holder: Reader,
    session: SessionDep,
    waiter: WaiterDep,
    prefer: Prefer = None,
) -> Response:
    """The preview that was asked for last; `is_current` says whether the working copy still is what it was then.

    `answers` is there only with `interviews:read`. Needs the scope `bank:read`.
    """
    impact = latest_impact(session, Author.key(holder), question_id)
    return _previewed(request, holder, question_id, impact, session, waiter, prefer, 200)


def _previewed(
    request: Request,
    holder: KeyHolder,
    question_id: uuid.UUID,
    impact: RubricImpact,
    session: SessionDep,
    waiter: WaiterDep,
    prefer: str | None,
    otherwise: int,
) -> Response:
    author, with_answers = Author.key(holder), holder.allows("interviews:read")
    now = impact_out(impact, draft_of(session, author, question_id), with_answers=with_answers)

    def look(own: SessionDep) -> Response | None:
        try:
            fresh, draft = latest_impact(own, author, question_id), draft_of(own, author, question_id)
        except NotFound:
            return None
        found = impact_out(fresh, draft, with_answers=with_answers)
        return json_response(found, content_location=found.url) if found.status != "queued" else None

    if now.status != "queued":
        return json_response(now, content_location=now.url)
    waiting = json_response(now, otherwise, location=now.url) if otherwise == 202 else json_response(now)
    return now_or_waited(request, waiter, f"impact:{impact.id}", prefer, look, waiting)


@router.post(
    "/question-drafts/{question_id}/submit",
    operation_id="submitForReview",
    summary="Send a working copy to review",
    response_model=QuestionDraftOut,
    responses=problems(400, 404, 409, 413),
)
def submit(question_id: uuid.UUID, holder: Writer, session: SessionDep, body: Note = NoteIn()) -> Response:
    """Say that a working copy is ready to be looked at: `in_review`. Doing it twice is fine.

    Needs the scope `bank:write`.
    """
    return _moved(session, holder, submit_for_review(session, Author.key(holder), question_id, body.note))


@router.post(
    "/question-drafts/{question_id}/send-back",
    operation_id="sendBack",
    summary="Send a working copy back from review",
    response_model=QuestionDraftOut,
    responses=problems(400, 404, 409, 413),
)
def back(question_id: uuid.UUID, holder: Writer, session: SessionDep, body: Note = NoteIn()) -> Response:
    """Say what is to be mended: the copy is a `draft` again. Doing it twice is fine. Needs the scope `bank:write`."""
    return _moved(session, holder, send_back(session, Author.key(holder), question_id, body.note))


@router.post(
    "/question-drafts/{question_id}/publish",
    operation_id="publishQuestion",
    summary="Publish a working copy",
    response_model=QuestionOut,
    responses=problems(400, 404, 409, 413),
)
def publish(question_id: uuid.UUID, holder: Writer, session: SessionDep, body: Note = NoteIn()) -> Response:
    """Make a version of a working copy, which is gone then. From now on interviews ask this version.

    Only what was checked as it stands, without errors, is published; else 409 `not-publishable`, with `findings` where
    the check found errors. Interviews that are under way keep the version that they were made with. Needs the scope
    `bank:write`.
    """
    author, whole = Author.key(holder), may_grade(holder)
    draft = draft_of(session, author, question_id)
    try:
        version = publish_draft(session, author, question_id, body.note)
    except (NotPublishable, NotReadable) as error:
        raise _retold(error, draft, whole=whole) from None
    return _question(session, holder, version.question)


@router.post(
    "/questions/{slug}/retire",
    operation_id="retireQuestion",
    summary="Retire a question",
    response_model=QuestionOut,
    responses=problems(404, 409),
)
def retire(slug: SlugText, holder: Writer, session: SessionDep) -> Response:
    """Take one of your organisation's questions out of use: it is drawn and found no more.

    What was asked stays as it was asked. Doing it twice is fine. A question that comes with Viva is 409
    `comes-with-viva`. Needs the scope `bank:write`.
    """
    question_id = _published_once(session, holder, slug)
    return _question(session, holder, retire_question(session, Author.key(holder), question_id))


@router.post(
    "/questions/{slug}/restore",
    operation_id="restoreQuestion",
    summary="Put a retired question back into use",
    response_model=QuestionOut,
    responses=problems(404, 409),
)
def restore(slug: SlugText, holder: Writer, session: SessionDep) -> Response:
    """Put one of your organisation's questions back into use. Doing it twice is fine. Needs the scope `bank:write`."""
    question_id = _published_once(session, holder, slug)
    return _question(session, holder, restore_question(session, Author.key(holder), question_id))


def _published_once(session: SessionDep, holder: KeyHolder, slug: str) -> uuid.UUID:
    question = own_question_named(session, holder.organization_id, slug, lock=True)
    if question.current_version_id is None:
        raise NotPublishable("This question was never published: discard its working copy instead.")
    return question.id


def _moved(session: SessionDep, holder: KeyHolder, draft: QuestionDraft) -> Response:
    shown = draft_out(draft, draft_author(session, draft), whole=may_grade(holder))
    return json_response(shown, etag=draft_tag(draft))


def _question(session: SessionDep, holder: KeyHolder, question: Question) -> Response:
    version = question.current_version
    assert version is not None
    samples = live_samples(session, question.id, holder.organization_id) if may_grade(holder) else None
    return json_response(question_out(question, version, samples), etag=question_tag(question, version))


def _retold(error: NotPublishable | NotReadable, draft: QuestionDraft, *, whole: bool) -> NotPublishable | NotReadable:
    """The refusal as the key may read it: with lines, and messages about rubrics only where it may see them."""
    if isinstance(error, NotReadable):
        told = [one.model_dump(exclude_unset=True) for one in problems_out(error.extra["problems"], whole=whole)]
        count = len(error.extra["problems"])
        message = error.message if whole else f"The text is no question yet: {count} things are to be mended."
        return NotReadable(f"{message.rstrip('.')}.", problems=told)
    found = findings_out(draft, error.extra.get("findings", []), whole=whole)
    return NotPublishable(error.message, findings=[one.model_dump(exclude_unset=True) for one in found])
