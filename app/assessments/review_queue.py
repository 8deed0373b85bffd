"""Which answers a person should look at next: open appeals, disagreements, then where a look would tell most.

The last are read from an index in the order of what the machine said of itself (`Assessment.review_worth`), as many as
`WINDOW`, and put in order with what only the moment knows: how often the question was reviewed. So the work is bounded,
however many answers there are; who wants to see further narrows by question or template, or reviews.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Float, Integer, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.assessments.models import Assessment
from app.assessments.review_order import Filter, Wanted, newer_than, ranked_answers
from app.bank.models import InterviewTemplate, InterviewTemplateVersion, Question, QuestionVersion
from app.interviews.models import Answer, Interview, InterviewItem
from app.kit.errors import Invalid
from app.kit.paging import Page, decode_cursor, encode_cursor

PAGE = 30


@dataclass(frozen=True)
class Waiting:
    """An answer in the queue: why it is there, and what one must know to choose it."""

    answer_id: uuid.UUID
    interview_id: uuid.UUID
    why: str
    """`appeal`, `disagreement`, `second`, `mine` or `worth`."""
    candidate: str
    interview: str
    question: str
    excerpt: str
    submitted_at: dt.datetime
    confidence: float | None
    needs_review: bool
    new_question: bool


def review_queue(
    session: Session,
    organization_id: uuid.UUID,
    viewer_id: uuid.UUID,
    wanted: Wanted,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Page[Waiting]:
    """One page of the queue, most telling first; stable while others review.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    values: dict[str, Any] = {"organization_id": organization_id, "viewer_id": viewer_id, "rows": limit + 1}
    values |= {"question": wanted.question, "template": wanted.template}
    if cursor:
        values |= _after(cursor)
    rows = session.execute(
        _statement(wanted.filter, bool(wanted.template), bool(wanted.question), bool(cursor)), values
    ).all()
    shown = rows[:limit]
    next_cursor = encode_cursor(repr(shown[-1].rank), shown[-1].answer_id) if len(rows) > limit else None
    return Page([_waiting(row) for row in shown], next_cursor)


# Built once for each way to ask: building it costs more than PostgreSQL's work on it.
@lru_cache(maxsize=64)
def _statement(chosen: Filter, by_template: bool, by_question: bool, goes_on: bool) -> Any:
    ranked = ranked_answers(Wanted(chosen, "x" if by_template else "", "x" if by_question else "")).subquery()
    page = select(ranked).order_by(ranked.c.rank.desc(), ranked.c.answer_id).limit(bindparam("rows", type_=Integer))
    if goes_on:
        rank, answer = bindparam("after_rank", type_=Float(53)), bindparam("after_answer", type_=Answer.id.type)
        page = page.where(or_(ranked.c.rank < rank, and_(ranked.c.rank == rank, ranked.c.answer_id > answer)))
    first = page.subquery()
    machine = aliased(Assessment)
    return (
        select(
            first.c.answer_id,
            first.c.why,
            first.c.rank,
            first.c.fresh,
            InterviewItem.interview_id,
            Interview.candidate_name,
            Interview.title,
            func.coalesce(Question.title, Question.slug),
            func.left(Answer.text, 240),
            Answer.submitted_at,
            machine.confidence,
            machine.needs_review,
        )
        .select_from(first)
        .join(Answer, Answer.id == first.c.answer_id)
        .join(InterviewItem, InterviewItem.id == Answer.item_id)
        .join(Interview, Interview.id == InterviewItem.interview_id)
        .join(QuestionVersion, QuestionVersion.id == InterviewItem.question_version_id)
        .join(Question, Question.id == QuestionVersion.question_id)
        .outerjoin(machine, and_(machine.answer_id == first.c.answer_id, ~newer_than(machine)))
        .order_by(first.c.rank.desc(), first.c.answer_id)
    )


def following(
    session: Session, organization_id: uuid.UUID, viewer_id: uuid.UUID, wanted: Wanted, after: uuid.UUID | None
) -> uuid.UUID | None:
    """The answer that comes after one in the queue (or its first); None when there is no other."""
    page = review_queue(session, organization_id, viewer_id, wanted, limit=2 * PAGE)
    ids = [one.answer_id for one in page.items]
    if after in ids:
        at = ids.index(after)
        ids = ids[at + 1 :] + ids[:at]
    return ids[0] if ids else None


@dataclass(frozen=True)
class Choices:
    """What the queue can be narrowed to: short names of questions and templates."""

    questions: list[str]
    templates: list[str]


def queue_choices(session: Session, organization_id: uuid.UUID) -> Choices:
    """Short names that the organisation's latest interviews have used, and templates of its own."""
    latest = (
        select(Interview.id)
        .where(Interview.organization_id == organization_id, Interview.finished_at.is_not(None))
        .order_by(Interview.finished_at.desc(), Interview.id)
        .limit(50)
        .subquery()
    )
    questions = session.scalars(
        select(Question.slug)
        .join(QuestionVersion, QuestionVersion.question_id == Question.id)
        .join(InterviewItem, InterviewItem.question_version_id == QuestionVersion.id)
        .join(latest, latest.c.id == InterviewItem.interview_id)
        .distinct()
        .order_by(Question.slug)
        .limit(100)
    ).all()
    templates = session.scalars(
        select(InterviewTemplate.slug)
        .join(InterviewTemplateVersion, InterviewTemplateVersion.template_id == InterviewTemplate.id)
        .join(Interview, Interview.template_version_id == InterviewTemplateVersion.id)
        .join(latest, latest.c.id == Interview.id)
        .distinct()
        .order_by(InterviewTemplate.slug)
        .limit(100)
    ).all()
    return Choices(list(questions), list(templates))


def _waiting(row: Any) -> Waiting:
    answer_id, why, _, fresh, interview_id, candidate, interview, question, excerpt, at, confidence, needs = row
    return Waiting(
        answer_id=answer_id,
        interview_id=interview_id,
        why=why,
        candidate=candidate,
        interview=interview,
        question=question,
        excerpt=" ".join(excerpt.split())[:160],
        submitted_at=at,
        confidence=confidence,
        needs_review=bool(needs),
        new_question=bool(fresh),
    )


def _after(cursor: str) -> dict[str, Any]:
    values = decode_cursor(cursor, 2)
    try:
        return {"after_rank": float(values[0]), "after_answer": uuid.UUID(values[1])}
    except ValueError:
        raise Invalid("cursor: is not one that Viva gave; begin without it.", field="cursor") from None
