"""Which mark counts for an answer: the machine's newest, what each reviewer said last, and what settled it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, exists, func, lateral, or_, select, true, tuple_
from sqlalchemy.orm import Session, aliased

from app.accounts.models import User
from app.assessments.models import Assessment, Review
from app.interviews.models import Answer

APART = 0.25
"""People whose marks are further from each other than a band is wide disagree: so are any that are two bands apart."""
_EXACT = 1e-9

Source = Literal["machine", "person", "people", "settled", "none"]


@dataclass(frozen=True)
class Said:
    """One review, with the name of who wrote it."""

    id: uuid.UUID
    reviewer_id: uuid.UUID | None
    reviewer: str
    score: float
    verdicts: dict[str, Any]
    reason: str
    comment: str
    settles: bool
    created_at: dt.datetime


@dataclass(frozen=True)
class Mark:
    """What counts for an answer, and what it comes from.

    `counting` are the reviews that the mark is made of, oldest first; `reviews` are all of them.
    """

    score: float | None = None
    source: Source = "none"
    machine: float | None = None
    assessment_id: uuid.UUID | None = None
    counting: tuple[Said, ...] = ()
    reviews: tuple[Said, ...] = ()

    @property
    def disagreement(self) -> bool:
        """Whether those who looked are apart, and nobody has settled it since."""
        return are_apart([one.score for one in self.counting])

    @property
    def by_people(self) -> bool:
        """Whether a person's word counts."""
        return bool(self.counting)

    def by(self, reviewer_id: uuid.UUID) -> Said | None:
        """What a reviewer said last."""
        mine = [one for one in self.reviews if one.reviewer_id == reviewer_id]
        return mine[-1] if mine else None


def are_apart(scores: Sequence[float]) -> bool:
    """Whether marks of several people are so far from each other that somebody must settle it."""
    return len(scores) > 1 and max(scores) - min(scores) > APART + _EXACT


def counting(reviews: Sequence[Said]) -> tuple[Said, ...]:
    """The reviews that count, oldest first: each reviewer's newest, since the last that settled a disagreement.

    `reviews` are in the order in which they were written. Those of people whose account is gone are one person's.
    """
    settled = max((number for number, one in enumerate(reviews) if one.settles), default=0)
    newest = {one.reviewer_id: one for one in reviews[settled:]}
    return tuple(one for one in reviews[settled:] if newest[one.reviewer_id] is one)


def mark_of(machine: float | None, reviews: Sequence[Said], assessment_id: uuid.UUID | None = None) -> Mark:
    """The mark that the machine's newest score and all reviews (in their order) make."""
    said = counting(reviews)
    if not said:
        return Mark(machine, "none" if machine is None else "machine", machine, assessment_id)
    score = sum(one.score for one in said) / len(said)
    source: Source = "people" if len(said) > 1 else "settled" if said[0].settles else "person"
    return Mark(score, source, machine, assessment_id, said, tuple(reviews))


def newest_assessment(answer_id: Any) -> Any:
    """The newest assessment of an answer of the enclosing query, as something to join."""
    return lateral(
        select(Assessment.id, Assessment.score, Assessment.confidence, Assessment.needs_review, Assessment.report)
        .where(Assessment.answer_id == answer_id)
        .order_by(Assessment.created_at.desc(), Assessment.id)
        .limit(1)
    )


def marks_of(session: Session, organization_id: uuid.UUID, answer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Mark]:
    """The marks of answers of an organisation, in one query; answers of others are left out."""
    if not answer_ids:
        return {}
    machine = newest_assessment(Answer.id)
    rows = session.execute(
        select(Answer.id, machine.c.id, machine.c.score, Review, User.name)
        .select_from(Answer)
        .outerjoin(machine, true())
        .outerjoin(Review, Review.answer_id == Answer.id)
        .outerjoin(User, User.id == Review.reviewer_id)
        .where(Answer.organization_id == organization_id, Answer.id.in_(answer_ids))
        .order_by(Answer.id, Review.created_at, Review.id)
    )
    machines: dict[uuid.UUID, tuple[uuid.UUID | None, float | None]] = {}
    reviews: dict[uuid.UUID, list[Said]] = {}
    for answer_id, assessment_id, score, review, name in rows:
        machines[answer_id] = (assessment_id, score)
        if review is not None:
            reviews.setdefault(answer_id, []).append(_said(review, name))
    return {
        answer_id: mark_of(score, reviews.get(answer_id, ()), assessment_id)
        for answer_id, (assessment_id, score) in machines.items()
    }


def _said(review: Review, name: str | None) -> Said:
    return Said(
        id=review.id,
        reviewer_id=review.reviewer_id,
        reviewer=name or "Somebody who has left",
        score=review.score,
        verdicts=review.verdicts,
        reason=review.reason,
        comment=review.comment,
        settles=review.settles,
        created_at=review.created_at,
    )


def mark_score(answer_id: Any) -> ColumnElement[Any]:
    """The score that counts for an answer of the enclosing query, as SQL: for sums and means over many.

    The same rule as `mark_of`; a test holds them together.
    """
    said, later = aliased(Review), aliased(Review)
    overtaken = exists().where(
        later.answer_id == said.answer_id,
        tuple_(later.created_at, later.id) > tuple_(said.created_at, said.id),
        or_(later.settles, later.reviewer_id.is_not_distinct_from(said.reviewer_id)),
    )
    people = select(func.avg(said.score)).where(said.answer_id == answer_id, ~overtaken).scalar_subquery()
    machine = (
        select(Assessment.score)
        .where(Assessment.answer_id == answer_id)
        .order_by(Assessment.created_at.desc(), Assessment.id)
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(people, machine)
