"""Working copies of questions over REST: begin, copy, read, edit, discard."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder
from app.authoring.bodies import OPTIONAL_QUESTION_BODY, QUESTION_BODY, RawBody, question_text
from app.authoring.queries import draft_author, drafts_page
from app.authoring.schemas import DraftPage, QuestionDraftOut
from app.authoring.showing import draft_address, draft_out, draft_summary, draft_tag, may_grade
from app.bank.access import Author
from app.bank.drafts import begin_question, copy_question, discard_draft, draft_of, edit_question, save_draft
from app.bank.models import QuestionDraft
from app.bank.question_source import read_source
from app.bank.version_queries import own_question_named, seen_question
from app.kit.etags import require_match
from app.kit.paging import encode_cursor
from app.kit.rest import IF_MATCH, Cursor, Limit, SlugText, json_response, link_next, problems
from app.kit.web import SessionDep

router = APIRouter(prefix="/api/v1", tags=["Questions"])

Reader = Annotated[KeyHolder, Depends(RequireScope("bank:read"))]
Writer = Annotated[KeyHolder, Depends(RequireScope("bank:write"))]
TAG = {"ETag": {"description": "For `If-Match`.", "schema": {"type": "string"}}}
PLACE = TAG | {"Location": {"description": "The working copy.", "schema": {"type": "string"}}}


@router.get(
    "/question-drafts",
    operation_id="listQuestionDrafts",
    summary="List working copies",
    response_model=DraftPage,
    responses=problems(),
)
def list_drafts(
    request: Request,
    response: Response,
    holder: Reader,
    session: SessionDep,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DraftPage:
    """The questions of your organisation that are being written or changed, those saved last first.

    Needs the scope `bank:read`.
    """
    found = drafts_page(session, Author.key(holder), cursor, limit)
    page = found[:limit]
    next_cursor = encode_cursor(page[-1][0].updated_at, page[-1][0].question_id) if len(found) > limit else None
    link_next(response, request, next_cursor)
    items = [draft_summary(draft, by, read_source(draft.source)) for draft, by in page]
    return DraftPage(items=items, next_cursor=next_cursor)


@router.post(
    "/question-drafts",
    operation_id="createQuestionDraft",
    summary="Begin a question",
    status_code=201,
    response_model=QuestionDraftOut,
    responses={**problems(400, 409, 413), 201: {"headers": PLACE}},
    openapi_extra=OPTIONAL_QUESTION_BODY,
)
def create_draft(request: Request, body: RawBody, holder: Writer, session: SessionDep) -> Response:
    """Begin a question of your organisation: `application/yaml` or `application/json`, as in docs/question-format.md.

    What you send is kept as it is, also while it is no question yet; `problems` says what is missing, with line and
    field. Without a body it begins with every field once, to be overwritten. Nobody is asked it before it is checked
    and published. Needs the scope `bank:write`.
    """
    author = Author.key(holder)
    draft = begin_question(session, author, question_text(request, body) if body.strip() else None)
    # The caller knows what it sent, whatever else its key may see.
    return _draft(session, draft, 201, whole=True)


@router.get(
    "/question-drafts/{question_id}",
    operation_id="readQuestionDraft",
    summary="Read a working copy",
    response_model=QuestionDraftOut,
    responses={**problems(404), 200: {"headers": TAG}},
)
def read_draft(question_id: uuid.UUID, holder: Reader, session: SessionDep) -> Response:
    """A working copy as it stands, with what keeps it from being a question.

    `source`, and rubric, model answer and samples in `question`, are there only with the scope `rubrics:read` beside
    `bank:read`.
    """
    return _draft(session, draft_of(session, Author.key(holder), question_id), 200, whole=may_grade(holder))


@router.put(
    "/question-drafts/{question_id}",
    operation_id="updateQuestionDraft",
    summary="Save a working copy",
    response_model=QuestionDraftOut,
    responses={**problems(400, 404, 412, 413, 428), 200: {"headers": TAG}},
    openapi_extra=IF_MATCH | QUESTION_BODY,
)
def update_draft(
    request: Request, question_id: uuid.UUID, body: RawBody, holder: Writer, session: SessionDep
) -> Response:
    """Replace the whole text of a working copy, with YAML or JSON.

    Send the `ETag` that you read as `If-Match`: when a colleague has saved meanwhile, nothing is overwritten (412). A
    copy in review is a draft again when its text changes. Needs the scope `bank:write`.
    """
    author = Author.key(holder)
    source = question_text(request, body)
    draft = draft_of(session, author, question_id, lock=True)
    require_match(request, draft_tag(draft))
    saved = save_draft(session, author, question_id, source, draft.revision)
    return _draft(session, saved.draft, 200, whole=True)


@router.delete(
    "/question-drafts/{question_id}",
    operation_id="discardQuestionDraft",
    summary="Discard a working copy",
    status_code=204,
    response_class=Response,
    responses=problems(404, 412, 428),
    openapi_extra=IF_MATCH,
)
def delete_draft(request: Request, question_id: uuid.UUID, holder: Writer, session: SessionDep) -> Response:
    """Throw a working copy away. What is published stays; a question that never was goes with it.

    Needs the scope `bank:write`.
    """
    author = Author.key(holder)
    require_match(request, draft_tag(draft_of(session, author, question_id, lock=True)))
    discard_draft(session, author, question_id)
    return Response(status_code=204)


@router.post(
    "/questions/{slug}/draft",
    operation_id="editQuestion",
    summary="Edit a published question",
    status_code=201,
    response_model=QuestionDraftOut,
    responses={
        **problems(404, 409),
        200: {"model": QuestionDraftOut, "headers": PLACE, "description": "There is one already: this one."},
        201: {"headers": PLACE},
    },
)
def edit(slug: SlugText, holder: Writer, session: SessionDep) -> Response:
    """Begin a working copy of one of your organisation's questions, made from what is published.

    Interviews go on with what is published until the copy is. A question that comes with Viva is 409
    `comes-with-viva`: copy it. Needs the scope `bank:write`.
    """
    author = Author.key(holder)
    question = own_question_named(session, holder.organization_id, slug, lock=True)
    is_new = session.get(QuestionDraft, question.id) is None
    return _draft(session, edit_question(session, author, question), 201 if is_new else 200, whole=may_grade(holder))


@router.post(
    "/questions/{slug}/copy",
    operation_id="copyQuestion",
    summary="Copy a question to adapt it",
    status_code=201,
    response_model=QuestionDraftOut,
    responses={**problems(404, 409), 201: {"headers": PLACE}},
)
def copy(slug: SlugText, holder: Writer, session: SessionDep) -> Response:
    """A working copy of a question, Viva's or your own, as a new question of your organisation.

    Published under the slug of a question that comes with Viva, yours is asked instead of it. Needs the scope
    `bank:write`; what the copy says of the rubric is shown only with `rubrics:read`.
    """
    question, _ = seen_question(session, holder.organization_id, slug)
    return _draft(session, copy_question(session, Author.key(holder), question), 201, whole=may_grade(holder))


def _draft(session: SessionDep, draft: QuestionDraft, status: int, *, whole: bool) -> Response:
    shown = draft_out(draft, draft_author(session, draft), whole=whole)
    headers = {"etag": draft_tag(draft)}
    if status == 201:
        headers["location"] = draft_address(draft.question_id)
    return json_response(shown, status, **headers)
