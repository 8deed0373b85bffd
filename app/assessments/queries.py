"""Reads of assessments: the newest of each answer, and what still waits."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import bindparam, exists, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.assessments.marks import mark_score
from app.assessments.models import Assessment, Grading, Lesson, ScoringFailure
from app.assessments.scoring_queue import GRADE, PREVIEW_LESSON, SCORE_ANSWER
from app.interviews.models import Answer, Draft, InterviewItem
from app.kit.clock import viva_now
from app.kit.errors import NotFound
from app.kit.metrics import OLDEST_UNSCORED, UNSCORED

# Built once: whoever waits for a score asks it.
_NEWEST_OF_ANSWER = (
    select(Assessment)
    .where(Assessment.answer_id == bindparam("answer_id"))
    .order_by(Assessment.created_at.desc(), Assessment.id)
    .limit(1)
)


@dataclass(frozen=True)
class Progress:
    """How far the scoring of an interview is."""

    answers: int
    scored: int
    failed: int

    @property
    def complete(self) -> bool:
        """Whether nothing is under way (what failed is tried again later)."""
        return self.scored + self.failed >= self.answers


def assessment_of(session: Session, answer_id: uuid.UUID) -> Assessment | None:
    """The newest assessment of an answer."""
    return session.scalar(_NEWEST_OF_ANSWER, {"answer_id": answer_id})


def assessments_of_interview(session: Session, interview_id: uuid.UUID) -> dict[uuid.UUID, Assessment]:
    """The newest assessment of each answer, by answer."""
    rows = session.scalars(
        select(Assessment)
        .join(Answer, Assessment.answer_id == Answer.id)
        .join(InterviewItem, Answer.item_id == InterviewItem.id)
        .where(InterviewItem.interview_id == interview_id)
        .ext(distinct_on(Assessment.answer_id))
        .order_by(Assessment.answer_id, Assessment.created_at.desc(), Assessment.id)
    )
    return {assessment.answer_id: assessment for assessment in rows}


def failures_of_interview(session: Session, interview_id: uuid.UUID) -> dict[uuid.UUID, ScoringFailure]:
    """What could not be scored yet, by answer."""
    rows = session.scalars(
        select(ScoringFailure)
        .join(Answer, ScoringFailure.answer_id == Answer.id)
        .join(InterviewItem, Answer.item_id == InterviewItem.id)
        .where(InterviewItem.interview_id == interview_id)
    )
    return {failure.answer_id: failure for failure in rows}


def kept_aside(session: Session, interview_id: uuid.UUID) -> dict[uuid.UUID, list[Draft]]:
    """Texts that lost a conflict or came late, by item, oldest first."""
    rows = session.scalars(
        select(Draft)
        .join(InterviewItem, Draft.item_id == InterviewItem.id)
        .where(InterviewItem.interview_id == interview_id, Draft.kind != "saved")
        .order_by(Draft.created_at)
    )
    found: dict[uuid.UUID, list[Draft]] = {}
    for draft in rows:
        found.setdefault(draft.item_id, []).append(draft)
    return found


def progress_of(session: Session, interview_id: uuid.UUID) -> Progress:
    """How many answers there are, are scored, and could not be."""
    scored = exists().where(Assessment.answer_id == Answer.id)
    failed = exists().where(ScoringFailure.answer_id == Answer.id)
    row = session.execute(
        select(
            func.count(Answer.id),
            func.count(Answer.id).filter(scored),
            func.count(Answer.id).filter(failed & ~scored),
        )
        .join(InterviewItem, Answer.item_id == InterviewItem.id)
        .where(InterviewItem.interview_id == interview_id)
    ).one()
    return Progress(*row)


@dataclass(frozen=True)
class InterviewScore:
    """How an interview stands, for lists: the sum of the marks that count, and answers scored, failed, in all."""

    points: float = 0.0
    scored: int = 0
    failed: int = 0
    answers: int = 0


def interview_scores(session: Session, interview_ids: list[uuid.UUID]) -> dict[uuid.UUID, InterviewScore]:
    """For lists: how each interview stands, by the marks that count."""
    marked = (
        select(InterviewItem.interview_id, Answer.id.label("answer_id"), mark_score(Answer.id).label("score"))
        .join(Answer, Answer.item_id == InterviewItem.id)
        .where(InterviewItem.interview_id.in_(interview_ids))
        .cte("marked")
        # Else PostgreSQL works the mark out anew for each figure below.
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    rows = session.execute(
        select(
            marked.c.interview_id,
            func.coalesce(func.sum(marked.c.score), 0.0),
            func.count(marked.c.score),
            func.count(ScoringFailure.answer_id).filter(marked.c.score.is_(None)),
            func.count(marked.c.answer_id),
        )
        .outerjoin(ScoringFailure, ScoringFailure.answer_id == marked.c.answer_id)
        .group_by(marked.c.interview_id)
    )
    return {interview_id: InterviewScore(float(points), *counts) for interview_id, points, *counts in rows}


def unscored_answers(session: Session, older_than_seconds: float, limit: int = 500) -> list[uuid.UUID]:
    """Answers that should have a score and are in no queue: what the sweep puts back.

    (What a killed worker was doing has left the queue by then: see `kit.jobs.forget_dead_jobs`.)
    """
    waiting = ~SCORE_ANSWER.is_queued_for("answer_id", Answer.id)
    return list(
        session.scalars(
            select(Answer.id)
            .outerjoin(ScoringFailure, ScoringFailure.answer_id == Answer.id)
            .where(
                ~exists().where(Assessment.answer_id == Answer.id),
                Answer.submitted_at < viva_now() - func.make_interval(0, 0, 0, 0, 0, 0, older_than_seconds),
                or_(ScoringFailure.answer_id.is_(None), ScoringFailure.retry_at <= viva_now()),
                waiting,
            )
            .order_by(Answer.submitted_at)
            .limit(limit)
        )
    )


def unfinished_gradings(session: Session, older_than_seconds: float, limit: int = 100) -> list[uuid.UUID]:
    """Gradings that wait and are in no queue."""
    waiting = ~GRADE.is_queued_for("grading_id", Grading.id)
    age = func.make_interval(0, 0, 0, 0, 0, 0, older_than_seconds)
    return list(
        session.scalars(
            select(Grading.id)
            .where(Grading.status == "queued", Grading.created_at < viva_now() - age, waiting)
            .order_by(Grading.created_at)
            .limit(limit)
        )
    )


def unfinished_lessons(session: Session, older_than_seconds: float, limit: int = 100) -> list[uuid.UUID]:
    """Previews of what reviews would change that wait and are in no queue."""
    waiting = ~PREVIEW_LESSON.is_queued_for("lesson_id", Lesson.id)
    age = func.make_interval(0, 0, 0, 0, 0, 0, older_than_seconds)
    return list(
        session.scalars(
            select(Lesson.id)
            .where(Lesson.status == "queued", Lesson.requested_at < viva_now() - age, waiting)
            .order_by(Lesson.requested_at)
            .limit(limit)
        )
    )


def grading_by_id(session: Session, organization_id: uuid.UUID, grading_id: uuid.UUID) -> Grading:
    """A grading of the organisation.

    Raises:
        NotFound: there is none.
    """
    found = session.scalar(select(Grading).where(Grading.id == grading_id, Grading.organization_id == organization_id))
    if found is None:
        raise NotFound("There is no such grading.")
    return found


def update_metrics(session: Session) -> None:
    """What Prometheus should know of answers that wait."""
    row = session.execute(
        select(func.count(), func.coalesce(func.extract("epoch", viva_now() - func.min(Answer.submitted_at)), 0)).where(
            ~exists().where(Assessment.answer_id == Answer.id)
        )
    ).one()
    UNSCORED.set(row[0])
    OLDEST_UNSCORED.set(float(row[1]))
