"""The bank over REST: questions and interview templates, to read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder
from app.bank.queries import (
    Filters,
    list_templates,
    live_samples,
    question_by_slug,
    questions_after,
    template_by_slug,
)
from app.bank.schemas import (
    QuestionOut,
    QuestionPage,
    TemplateOut,
    TemplatePage,
    question_out,
    question_summary,
    template_out,
)
from app.bank.words import Kind, Topic
from app.kit.paging import decode_cursor, encode_cursor
from app.kit.rest import Cleaned, Cursor, Limit, SlugText, json_response, link_next, problems
from app.kit.web import SessionDep

router = APIRouter(prefix="/api/v1", tags=["Bank"])

Reader = Annotated[KeyHolder, Depends(RequireScope("bank:read"))]


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
    limit: Limit = 50,
    cursor: Cursor = None,
) -> QuestionPage:
    """The questions that your organisation can ask: the published ones and its own, by slug.

    Pages stay put while questions come and go. When there is another page, `next_cursor` and the header
    `Link: <…>; rel="next"` lead to it. Needs the scope `bank:read`.
    """
    after = decode_cursor(cursor, 1)[0] if cursor else None
    filters = Filters(q=q, topic=topic or "", kind=kind or "", level=level)
    found = questions_after(session, holder.organization_id, filters, after, limit)
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
    """A question as it stands now.

    With the scope `rubrics:read` beside `bank:read` it carries `rubric`, `model_answer` and `samples`; without it those
    members are absent.
    """
    version = question_by_slug(session, holder.organization_id, slug)
    may_grade = holder.allows("rubrics:read")
    samples = live_samples(session, version.question_id, holder.organization_id) if may_grade else None
    return json_response(question_out(version, slug, samples))


@router.get(
    "/templates",
    operation_id="listTemplates",
    summary="List interview templates",
    response_model=TemplatePage,
    responses=problems(),
)
def list_interview_templates(holder: Reader, session: SessionDep) -> TemplatePage:
    """The kinds of interview that can be held, shortest first. Needs the scope `bank:read`."""
    found = list_templates(session, holder.organization_id)
    return TemplatePage(items=[template_out(version, slug) for version, slug in found], next_cursor=None)


@router.get(
    "/templates/{slug}",
    operation_id="readTemplate",
    summary="Read an interview template",
    response_model=TemplateOut,
    responses=problems(404),
)
def read_template(slug: SlugText, holder: Reader, session: SessionDep) -> TemplateOut:
    """A kind of interview: its time, and which questions each section asks or draws. Needs the scope `bank:read`."""
    return template_out(template_by_slug(session, holder.organization_id, slug), slug)
