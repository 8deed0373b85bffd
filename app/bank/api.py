"""The bank over REST: questions, to read, and their graded samples. Writing them: `app.authoring`."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder
from app.bank.access import Author
from app.bank.queries import Filters, live_samples, questions_after
from app.bank.question_file import SampleEntry
from app.bank.samples import add_sample, withdraw_sample
from app.bank.schemas import (
    QuestionOut,
    QuestionPage,
    SampleIn,
    SamplePage,
    StoredSample,
    question_address,
    question_out,
    question_summary,
    question_tag,
    stored_sample,
)
from app.bank.version_queries import retired_after, samples_page, seen_question
from app.bank.words import Kind, Topic
from app.kit.paging import decode_cursor, encode_cursor
from app.kit.rest import Cleaned, Cursor, Limit, SlugText, json_response, link_next, problems
from app.kit.web import SessionDep

router = APIRouter(prefix="/api/v1", tags=["Questions"])

Reader = Annotated[KeyHolder, Depends(RequireScope("bank:read"))]
Writer = Annotated[KeyHolder, Depends(RequireScope("bank:write"))]
RubricReader = Annotated[KeyHolder, Depends(RequireScope("rubrics:read"))]
PLACE = {"Location": {"description": "The question's samples.", "schema": {"type": "string"}}}


@router.get(
    "/questions",
    operation_id="listQuestions",
    summary="List questions",
    response_model=QuestionPage,
    responses=problems(),
)
def list_questions(
    request: Request,
    response: Response,
    holder: Reader,
    session: SessionDep,
    q: Annotated[
        str, Query(max_length=200, description="Words that title, prompt or slug hold, all of them."), Cleaned
    ] = "",
    topic: Annotated[Topic | None, Query(description="Only this topic.")] = None,
    kind: Annotated[Kind | None, Query(description="Only this kind.")] = None,
    level: Annotated[int | None, Query(ge=1, le=5, description="Only this level.")] = None,
    own: Annotated[bool, Query(description="Only your organisation's own.")] = False,
    status: Annotated[
        Literal["published", "retired"],
        Query(description="`retired`: your organisation's own that are out of use; other filters do not count then."),
    ] = "published",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> QuestionPage:
    """The questions that your organisation can ask: the published ones and its own, by slug.

    Pages stay put while questions come and go. When there is another page, `next_cursor` and the header
    `Link: <…>; rel="next"` lead to it. Needs the scope `bank:read`.
    """
    after = decode_cursor(cursor, 1)[0] if cursor else None
    if status == "retired":
        found = retired_after(session, holder.organization_id, after, limit)
    else:
        filters = Filters(q=q, topic=topic or "", kind=kind or "", level=level)
        found = questions_after(session, holder.organization_id, filters, after, limit, only_own=own)
    page = found[:limit]
    next_cursor = encode_cursor(page[-1][1]) if len(found) > limit else None
    link_next(response, request, next_cursor)
    return QuestionPage(items=[question_summary(version, slug) for version, slug in page], next_cursor=next_cursor)


@router.get(
    "/questions/{slug}",
    operation_id="readQuestion",
    summary="Read a question",
    response_model=QuestionOut,
    responses=problems(404),
)
def read_question(slug: SlugText, holder: Reader, session: SessionDep) -> Response:
    """A question as it stands now; your organisation's own also when it is retired.

    With the scope `rubrics:read` beside `bank:read` it carries `rubric`, `model_answer` and `samples`; without it those
    members are absent. Samples that were learnt from reviews are candidates' answers: they are among the `samples` only
    for a key that may read answers, too (`interviews:read`).
    """
    question, version = seen_question(session, holder.organization_id, slug)
    may_grade = holder.allows("rubrics:read")
    samples = live_samples(session, question.id, holder.organization_id) if may_grade else None
    return json_response(question_out(question, version, samples), etag=question_tag(question, version))


@router.get(
    "/questions/{slug}/samples",
    operation_id="listSamples",
    summary="List graded samples",
    response_model=SamplePage,
    responses=problems(404),
)
def list_samples(
    request: Request,
    response: Response,
    slug: SlugText,
    holder: RubricReader,
    session: SessionDep,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> SamplePage:
    """The answers with the grade they deserve that scores are held against: Viva's and your organisation's own.

    Those that were learnt from reviews are candidates' words, and are there only with `reviews:read`. Needs the scope
    `rubrics:read`.
    """
    question, _ = seen_question(session, holder.organization_id, slug)
    with_reviews = holder.allows("reviews:read")
    found = samples_page(session, question.id, holder.organization_id, cursor, limit, with_reviews=with_reviews)
    page = found[:limit]
    next_cursor = encode_cursor(page[-1].created_at, page[-1].id) if len(found) > limit else None
    link_next(response, request, next_cursor)
    return SamplePage(items=[stored_sample(one) for one in page], next_cursor=next_cursor)


@router.post(
    "/questions/{slug}/samples",
    operation_id="addSample",
    summary="Add a graded sample",
    status_code=201,
    response_model=StoredSample,
    responses={
        **problems(400, 404, 409, 413),
        200: {"model": StoredSample, "description": "It counts already."},
        201: {"headers": PLACE},
    },
)
def post_sample(slug: SlugText, body: SampleIn, holder: Writer, session: SessionDep) -> Response:
    """Have an answer with the grade it deserves count for your organisation, for scores from now on.

    The question may be Viva's: it is not changed, and nobody else sees the sample. Publishing a working copy of your
    own question makes its samples those that the copy has. Needs the scope `bank:write`.
    """
    question, _ = seen_question(session, holder.organization_id, slug)
    entry = SampleEntry(kind=body.kind, grade=body.grade, text=body.text)
    added = add_sample(session, Author.key(holder), question, entry)
    place = f"{question_address(slug)}/samples"
    return json_response(stored_sample(added.sample), 201 if added.is_new else 200, location=place)


@router.delete(
    "/questions/{slug}/samples/{sample_id}",
    operation_id="withdrawSample",
    summary="Withdraw a graded sample",
    status_code=204,
    response_class=Response,
    responses=problems(404, 409),
)
def delete_sample(slug: SlugText, sample_id: uuid.UUID, holder: Writer, session: SessionDep) -> Response:
    """Let one of your organisation's samples count no more; scores that it made stay as they are.

    Doing it twice is fine. Samples that come with Viva, or were learnt from reviews, stay: 409. Needs the scope
    `bank:write`.
    """
    question, _ = seen_question(session, holder.organization_id, slug)
    withdraw_sample(session, Author.key(holder), question, sample_id)
    return Response(status_code=204)
