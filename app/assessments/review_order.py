"""The order of the review queue, as queries: each part bounded, whatever the organisation has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import Float, and_, bindparam, case, cast, exists, func, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import aliased

from app.assessments.models import Appeal, Assessment, Review
from app.bank.models import InterviewTemplate, InterviewTemplateVersion, Question, QuestionVersion
from app.interviews.models import Answer, Interview, InterviewItem

WINDOW = 300
"""Unreviewed answers that are put in order by one page."""
NEW_QUESTION, FEW = 0.2, 0.1
"""What a question without a review adds, and one with fewer than `ENOUGH`."""
ENOUGH = 3
LATEST_REVIEWS = 1000
"""Reviews by which it is told how often a question was reviewed."""

Filter = Literal["next", "unreviewed", "disagreements", "appeals", "second", "mine"]
FILTERS: tuple[Filter, ...] = get_args(Filter)


@dataclass(frozen=True)
class Wanted:
    """What of the queue is asked for."""

    filter: Filter = "next"
    template: str = ""
    question: str = ""


def ranked_answers(wanted: Wanted) -> Any:
    """(answer_id, why, rank, fresh): the parts that the filter asks for; an answer is in one of them.

    What is asked for comes in as the parameters `organization_id`, `viewer_id`, `question` and `template`, so that one
    statement serves all who ask in the same way.
    """
    organization_id: Any = bindparam("organization_id")
    viewer_id: Any = bindparam("viewer_id")
    appeals = _appeals(organization_id, wanted)
    disputes = _disputes(organization_id, wanted)
    unreviewed = _unreviewed(organization_id, wanted)
    parts: dict[Filter, list[Any]] = {
        "next": [appeals, disputes.where(~is_appealed(Review.answer_id)), unreviewed],
        "unreviewed": [unreviewed],
        "disagreements": [disputes],
        "appeals": [appeals],
        "second": [_latest_reviewed(organization_id, wanted, viewer_id, mine=False)],
        "mine": [_latest_reviewed(organization_id, wanted, viewer_id, mine=True)],
    }
    return union_all(*(select(part.subquery()) for part in parts[wanted.filter]))


def _row(answer_id: Any, why: str, rank: Any, fresh: Any = None) -> tuple[Any, ...]:
    return (
        answer_id.label("answer_id"),
        literal(why).label("why"),
        cast(rank, Float(53)).label("rank"),
        (literal(False) if fresh is None else fresh).label("fresh"),
    )


def _age(at: Any) -> Any:
    """Seconds since 1970."""
    return func.extract("epoch", at)


def _appeals(organization_id: Any, wanted: Wanted) -> Any:
    """Without a reply, the oldest first: who waits longest."""
    query = (
        select(*_row(Appeal.answer_id, "appeal", 2e10 - _age(Appeal.created_at)))
        .where(Appeal.organization_id == organization_id, Appeal.replied_at.is_(None))
        .order_by(Appeal.created_at)
        .limit(WINDOW)
    )
    return _narrowed(query, Appeal.answer_id, wanted)


def _disputes(organization_id: Any, wanted: Wanted) -> Any:
    """Reviews that left people apart, and are the last word on their answer."""
    newer = aliased(Review)
    query = (
        select(*_row(Review.answer_id, "disagreement", 1e10 - _age(Review.created_at)))
        .where(
            Review.organization_id == organization_id,
            Review.disputed,
            ~exists().where(
                newer.answer_id == Review.answer_id,
                tuple_(newer.created_at, newer.id) > tuple_(Review.created_at, Review.id),
            ),
        )
        .order_by(Review.created_at)
        .limit(WINDOW)
    )
    return _narrowed(query, Review.answer_id, wanted)


def _unreviewed(organization_id: Any, wanted: Wanted) -> Any:
    """Answers of finished interviews that nobody has reviewed, by what a look would tell."""
    window = (
        select(Assessment.answer_id, Assessment.review_worth, Assessment.question_id)
        .join(Answer, Answer.id == Assessment.answer_id)
        .join(InterviewItem, InterviewItem.id == Answer.item_id)
        .join(Interview, Interview.id == InterviewItem.interview_id)
        .where(
            Assessment.organization_id == organization_id,
            Interview.finished_at.is_not(None),
            ~Answer.does_not_know,
            Answer.text != "",
            ~exists().where(Review.answer_id == Assessment.answer_id),
            ~is_appealed(Assessment.answer_id),
            ~newer_than(Assessment),
        )
        .order_by(Assessment.review_worth.desc(), Assessment.answer_id)
        .limit(WINDOW)
    )
    chosen = _of_each(window, wanted)
    latest = (
        select(Review.question_id)
        .where(Review.organization_id == organization_id)
        .order_by(Review.created_at.desc(), Review.id.desc())
        .limit(LATEST_REVIEWS)
        .subquery()
    )
    counts = (
        select(latest.c.question_id, func.count().label("reviews")).group_by(latest.c.question_id).subquery("counts")
    )
    known = func.coalesce(counts.c.reviews, 0)
    bonus = case((known == 0, NEW_QUESTION), (known < ENOUGH, FEW), else_=0.0)
    return (
        select(*_row(chosen.c.answer_id, "worth", chosen.c.review_worth + bonus, known == 0))
        .select_from(chosen)
        .outerjoin(counts, counts.c.question_id == chosen.c.question_id)
    )


def _of_each(window: Any, wanted: Wanted) -> Any:
    """The window of each question or template that has the short name, or the window of all.

    One after the other, so that each is read from the index in its order: of several together, PostgreSQL would read
    all there is and sort it.
    """
    if not (wanted.question or wanted.template):
        return window.subquery()
    if wanted.question:
        named = select(Question.id).where(Question.slug == bindparam("question")).subquery("named")
        window = window.where(Assessment.question_id == named.c.id)
        if wanted.template:
            by = select(InterviewTemplate.id).where(InterviewTemplate.slug == bindparam("template"))
            window = window.where(Assessment.template_id.in_(by))
    else:
        organization_id: Any = bindparam("organization_id")
        owner = InterviewTemplate.organization_id
        named = (
            select(InterviewTemplate.id)
            .where(InterviewTemplate.slug == bindparam("template"), or_(owner == organization_id, owner.is_(None)))
            .subquery("named")
        )
        window = window.where(Assessment.template_id == named.c.id)
    each = window.correlate(named).lateral("each")
    return select(each).select_from(named).join(each, literal(True)).subquery()


def _latest_reviewed(organization_id: Any, wanted: Wanted, viewer_id: Any, *, mine: bool) -> Any:
    """Answers by their newest review: those that the viewer reviewed, or those that only others did."""
    newer, own = aliased(Review), aliased(Review)
    by_viewer = exists().where(own.answer_id == Review.answer_id, own.reviewer_id == viewer_id)
    query = (
        select(*_row(Review.answer_id, "mine" if mine else "second", _age(Review.created_at)))
        .where(
            Review.organization_id == organization_id,
            by_viewer if mine else ~by_viewer,
            ~exists().where(
                newer.answer_id == Review.answer_id,
                tuple_(newer.created_at, newer.id) > tuple_(Review.created_at, Review.id),
            ),
        )
        .order_by(Review.created_at.desc())
        .limit(LATEST_REVIEWS)
    )
    return _narrowed(query, Review.answer_id, wanted)


def is_appealed(answer_id: Any) -> Any:
    """Whether an appeal against the answer's mark waits for a reply."""
    open_one = aliased(Appeal)
    return exists().where(open_one.answer_id == answer_id, open_one.replied_at.is_(None))


def newer_than(assessment: Any) -> Any:
    """Whether there is a newer assessment of the same answer."""
    later = aliased(Assessment)
    return exists().where(
        later.answer_id == assessment.answer_id,
        or_(
            later.created_at > assessment.created_at,
            and_(later.created_at == assessment.created_at, later.id < assessment.id),
        ),
    )


def _narrowed(query: Any, answer_id: Any, wanted: Wanted) -> Any:
    """Only answers to a question, or of interviews by a template, where that is asked for."""
    answer, item, interview = aliased(Answer), aliased(InterviewItem), aliased(Interview)
    if wanted.question:
        version, question = aliased(QuestionVersion), aliased(Question)
        query = query.where(
            exists()
            .where(answer.id == answer_id, item.id == answer.item_id, version.id == item.question_version_id)
            .where(question.id == version.question_id, question.slug == bindparam("question"))
        )
    if wanted.template:
        version_of, template = aliased(InterviewTemplateVersion), aliased(InterviewTemplate)
        query = query.where(
            exists()
            .where(answer.id == answer_id, item.id == answer.item_id, interview.id == item.interview_id)
            .where(version_of.id == interview.template_version_id, template.id == version_of.template_id)
            .where(template.slug == bindparam("template"))
        )
    return query
