"""Reads of assessments: the newest of each answer, and what still waits."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import bindparam, exists, func, or_, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.assessments.models import Assessment, Grading, ScoringFailure
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
    """How an interview stands, for lists: the sum of its newest scores, and answers scored, failed, in all."""

    points: float = 0.0
    scored: int = 0
    failed: int = 0
    answers: int = 0


def interview_scores(session: Session, interview_ids: list[uuid.UUID]) -> dict[uuid.UUID, InterviewScore]:
    """For lists: how each interview stands, by its newest assessments."""
    newest = (
        select(Assessment.answer_id, Assessment.score)
        .ext(distinct_on(Assessment.answer_id))
        .join(Answer, Assessment.answer_id == Answer.id)
        .join(InterviewItem, Answer.item_id == InterviewItem.id)
        .where(InterviewItem.interview_id.in_(interview_ids))
        .order_by(Assessment.answer_id, Assessment.created_at.desc(), Assessment.id)
        .subquery()
    )
    rows = session.execute(
        select(
            InterviewItem.interview_id,
            func.coalesce(func.sum(newest.c.score), 0.0),
            func.count(newest.c.answer_id),
            func.count(ScoringFailure.answer_id),
            func.count(Answer.id),
        )
        .join(Answer, Answer.item_id == InterviewItem.id)
        .outerjoin(newest, newest.c.answer_id == Answer.id)
        .outerjoin(ScoringFailure, ScoringFailure.answer_id == Answer.id)
        .where(InterviewItem.interview_id.in_(interview_ids))
        .group_by(InterviewItem.interview_id)
    )
    return {interview_id: InterviewScore(float(points), *counts) for interview_id, points, *counts in rows}


def unscored_answers(session: Session, older_than_seconds: float, limit: int = 500) -> list[uuid.UUID]:
    """Answers that should have a score and are in no queue: what the sweep puts back.

    (What a killed worker was doing has left the queue by then: see `kit.jobs.forget_dead_jobs`.)
    """
    waiting = text(
        "NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.task_name = 'score_answer'"
        " AND j.status IN ('todo', 'doing') AND j.args->>'answer_id' = answers.id::text)"
    )
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
    waiting = text(
        "NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.task_name = 'grade' AND j.status IN ('todo', 'doing')"
        " AND j.args->>'grading_id' = gradings.id::text)"
    )
    age = func.make_interval(0, 0, 0, 0, 0, 0, older_than_seconds)
    return list(
        session.scalars(
            select(Grading.id)
            .where(Grading.status == "queued", Grading.created_at < viva_now() - age, waiting)
            .order_by(Grading.created_at)
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
