"""What is behind a question over REST: its versions, what they changed, its history, and its neighbours."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder
from app.authoring.queries import events_of, publishers_of
from app.authoring.schemas import (
    DifferenceOut,
    HistoryOut,
    QuestionStepOut,
    QuestionVersionOut,
    SimilarOut,
    VersionPage,
    VersionSummary,
)
from app.authoring.showing import changes_out, may_grade
from app.bank.difference import differences, has_hidden_differences, open_differences
from app.bank.models import Question, QuestionVersion
from app.bank.question_source import file_of
from app.bank.schemas import SourceOut, question_address, question_summary
from app.bank.search import similar_questions
from app.bank.version_queries import own_question_named, seen_question, version_numbered, versions_before
from app.kit.errors import Invalid
from app.kit.paging import decode_cursor, encode_cursor
from app.kit.rest import Cursor, Limit, SlugText, json_response, link_next, problems
from app.kit.web import SessionDep

router = APIRouter(prefix="/api/v1/questions", tags=["Questions"])

Reader = Annotated[KeyHolder, Depends(RequireScope("bank:read"))]
Number = Annotated[int, Path(ge=1, le=1_000_000, description="Counts from 1.")]


@router.get(
    "/{slug}/similar",
    operation_id="listSimilarQuestions",
    summary="List similar questions",
    response_model=SimilarOut,
    responses=problems(404),
)
def similar(
    slug: SlugText, holder: Reader, session: SessionDep, limit: Annotated[int, Query(ge=1, le=20)] = 5
) -> SimilarOut:
    """The questions that ask what is nearest to this one; none while it is too new to be known by its meaning.

    Needs the scope `bank:read`.
    """
    question, _ = seen_question(session, holder.organization_id, slug)
    near = similar_questions(session, holder.organization_id, question.id, limit)
    shown = [question_summary(one.current_version, one.slug) for one in near if one.current_version is not None]
    return SimilarOut(items=shown, next_cursor=None)


@router.get(
    "/{slug}/history",
    operation_id="readQuestionHistory",
    summary="Read a question's history",
    response_model=HistoryOut,
    responses=problems(404, 409),
)
def history(slug: SlugText, holder: Reader, session: SessionDep) -> HistoryOut:
    """Who did what with one of your organisation's questions, and when: written, sent to review, published, retired.

    A question that comes with Viva has no history of its own: 409 `comes-with-viva`. Needs the scope `bank:read`.
    """
    question = own_question_named(session, holder.organization_id, slug)
    events = [
        QuestionStepOut(action=one.action, by=one.by, at=one.at, note=one.note)
        for one in events_of(session, question.id)
    ]
    return HistoryOut(items=events, next_cursor=None)


@router.get(
    "/{slug}/versions",
    operation_id="listQuestionVersions",
    summary="List a question's versions",
    response_model=VersionPage,
    responses=problems(404),
)
def versions(
    request: Request,
    response: Response,
    slug: SlugText,
    holder: Reader,
    session: SessionDep,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> VersionPage:
    """What the question said at each time, the latest first. Needs the scope `bank:read`."""
    question, _ = seen_question(session, holder.organization_id, slug)
    found = versions_before(session, question.id, _before(cursor), limit)
    page = found[:limit]
    next_cursor = encode_cursor(page[-1].number) if len(found) > limit else None
    link_next(response, request, next_cursor)
    by = publishers_of(session, question.id, [version.id for version in page])
    items = [VersionSummary(**_summary(question, version, by.get(version.id, ""))) for version in page]
    return VersionPage(items=items, next_cursor=next_cursor)


@router.get(
    "/{slug}/versions/{number}",
    operation_id="readQuestionVersion",
    summary="Read a version of a question",
    response_model=QuestionVersionOut,
    responses=problems(404),
)
def version(slug: SlugText, number: Number, holder: Reader, session: SessionDep) -> Response:
    """A version, which never changes. `rubric` and `model_answer` are there only with the scope `rubrics:read`.

    Needs the scope `bank:read`.
    """
    question, _ = seen_question(session, holder.organization_id, slug)
    found = version_numbered(session, question, number)
    by = publishers_of(session, question.id, [found.id]).get(found.id, "")
    hidden = {"rubric": found.rubric, "model_answer": found.model_answer} if may_grade(holder) else {}
    names = ("prompt", "kind", "topic", "level", "minutes", "related", "prerequisites")
    shown = QuestionVersionOut(
        **_summary(question, found, by),
        **{name: getattr(found, name) for name in names},
        sources=[SourceOut(**source) for source in found.sources],
        **hidden,
    )
    return json_response(shown)


@router.get(
    "/{slug}/versions/{number}/difference",
    operation_id="readQuestionDifference",
    summary="Read what a version changed",
    response_model=DifferenceOut,
    responses=problems(404),
)
def difference(
    slug: SlugText,
    number: Number,
    holder: Reader,
    session: SessionDep,
    against: Annotated[
        int | None, Query(ge=1, le=1_000_000, description="The other version's number; the one before if left out.")
    ] = None,
) -> DifferenceOut:
    """What a version says otherwise than another, field by field and word by word.

    Changes of rubric and model answer are told only with the scope `rubrics:read` beside `bank:read`; that there are
    some is told by `rubric_changed`.
    """
    question, _ = seen_question(session, holder.organization_id, slug)
    after = file_of(version_numbered(session, question, number), slug)
    other = against if against is not None else max(number - 1, 1)
    before = file_of(version_numbered(session, question, other), slug)
    changes = (differences if may_grade(holder) else open_differences)(before, after)
    return DifferenceOut(
        version=number,
        against=other,
        changes=changes_out(changes),
        rubric_changed=has_hidden_differences(before, after),
    )


def _before(cursor: str | None) -> int | None:
    if not cursor:
        return None
    value = decode_cursor(cursor, 1)[0]
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise Invalid("cursor: is not one that Viva gave; begin without it.", field="cursor")
    return int(value)


def _summary(question: Question, version: QuestionVersion, by: str) -> dict[str, object]:
    return {
        "number": version.number,
        "title": version.title,
        "content_hash": version.content_hash,
        "is_current": version.id == question.current_version_id,
        "created_at": version.created_at,
        "created_by": by,
        "url": f"{question_address(question.slug)}/versions/{version.number}",
    }
