"""Reviews as graded samples: what of a question was reviewed, and adding it to what later answers are scored by."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.doer import Doer
from app.accounts.service import audit
from app.assessments.marks import Mark, marks_of, newest_assessment
from app.assessments.models import Lesson, Review, ReviewSample
from app.assessments.scoring_queue import PREVIEW_LESSON
from app.bank.models import Question, Sample
from app.bank.queries import questions_readable_by
from app.bank.words import REVIEW
from app.interviews.models import Answer
from app.kit.clock import viva_now
from app.kit.errors import Conflict, NotFound

MAX_TAUGHT = 100
"""Reviewed answers of a question that are learnt from, the latest; a question has at most 200 samples in all."""


class NotWorkedOut(Conflict):
    """What the reviews would change has to be seen first."""


@dataclass(frozen=True)
class Reviewed:
    """An answer that people have judged and do not disagree about, and what the machine had said."""

    answer_id: uuid.UUID
    text: str
    mark: Mark
    machine_verdicts: dict[str, str]
    reviewed_at: dt.datetime

    @property
    def grade(self) -> float:
        """What people gave."""
        return float(self.mark.score or 0.0)

    @property
    def digest(self) -> str:
        """The identity of the graded sample that it makes."""
        return hashlib.sha256(f"{self.grade:.4f}\n{self.text}".encode()).hexdigest()

    @property
    def people_verdicts(self) -> dict[str, str]:
        """By criterion, what was said last."""
        found: dict[str, str] = {}
        for one in self.mark.counting:
            found |= one.verdicts
        return found


@dataclass(frozen=True)
class ReviewedQuestion:
    """A question in the list of what was reviewed."""

    id: uuid.UUID
    slug: str
    title: str
    answers: int
    latest: dt.datetime
    taught: int


def question_for_learning(session: Session, organization_id: uuid.UUID, question_id: uuid.UUID) -> Question:
    """A question that the organisation can see.

    Raises:
        NotFound: there is none.
    """
    found = session.scalar(select(Question).where(Question.id == question_id, questions_readable_by(organization_id)))
    if found is None:
        raise NotFound("There is no such question.")
    return found


def reviewed_questions(session: Session, organization_id: uuid.UUID, limit: int = 200) -> list[ReviewedQuestion]:
    """Questions with reviews in the organisation, the latest reviewed first, and how many samples they have made."""
    taught = (
        select(func.count())
        .select_from(Sample)
        .where(
            Sample.question_id == Question.id,
            Sample.organization_id == organization_id,
            Sample.kind == REVIEW,
            Sample.withdrawn_at.is_(None),
        )
        .scalar_subquery()
    )
    latest = func.max(Review.created_at)
    rows = session.execute(
        select(
            Question.id,
            Question.slug,
            func.coalesce(Question.title, Question.slug),
            func.count(Review.answer_id.distinct()),
            latest,
            taught,
        )
        .join(Question, Question.id == Review.question_id)
        .where(Review.organization_id == organization_id)
        .group_by(Question.id)
        .order_by(latest.desc(), Question.id)
        .limit(limit)
    )
    return [ReviewedQuestion(*row) for row in rows]


def reviewed_answers(session: Session, organization_id: uuid.UUID, question_id: uuid.UUID) -> list[Reviewed]:
    """The latest reviewed answers to a question, oldest first; what people are apart about is left out."""
    latest = func.max(Review.created_at).label("latest")
    newest = (
        select(Review.answer_id, latest)
        .where(Review.question_id == question_id, Review.organization_id == organization_id)
        .group_by(Review.answer_id)
        .order_by(latest.desc(), Review.answer_id)
        .limit(MAX_TAUGHT)
        .subquery()
    )
    machine = newest_assessment(Answer.id)
    rows = session.execute(
        select(Answer.id, Answer.text, newest.c.latest, machine.c.report)
        .select_from(newest)
        .join(Answer, Answer.id == newest.c.answer_id)
        .outerjoin(machine, true())
        .where(~Answer.does_not_know, Answer.text != "")
        .order_by(newest.c.latest, Answer.id)
    ).all()
    marks = marks_of(session, organization_id, [row.id for row in rows])
    return [
        Reviewed(row.id, row.text, marks[row.id], _verdicts(row.report), row.latest)
        for row in rows
        if not marks[row.id].disagreement
    ]


def _verdicts(report: dict[str, Any] | None) -> dict[str, str]:
    return {one["id"]: one["verdict"] for one in (report or {}).get("criteria", ())}


def digest_of(reviewed: Sequence[Reviewed]) -> str:
    """What names a set of graded answers."""
    named = sorted((str(one.answer_id), f"{one.grade:.4f}") for one in reviewed)
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()


def taught_samples(session: Session, organization_id: uuid.UUID, question_id: uuid.UUID) -> list[Sample]:
    """The samples that reviews have made of a question and that count."""
    return list(
        session.scalars(
            select(Sample)
            .where(
                Sample.question_id == question_id,
                Sample.organization_id == organization_id,
                Sample.kind == REVIEW,
                Sample.withdrawn_at.is_(None),
            )
            .order_by(Sample.digest)
        )
    )


def excerpts(session: Session, organization_id: uuid.UUID, answer_ids: Sequence[str]) -> dict[str, str]:
    """How answers of the organisation begin, by id; those that are gone are left out."""
    rows = session.execute(
        select(Answer.id, func.left(Answer.text, 240)).where(
            Answer.organization_id == organization_id, Answer.id.in_([uuid.UUID(one) for one in answer_ids])
        )
    )
    return {str(answer_id): " ".join(words.split())[:160] for answer_id, words in rows}


def latest_lesson(session: Session, organization_id: uuid.UUID, question_id: uuid.UUID) -> Lesson | None:
    """What was worked out last, or is being worked out."""
    return session.scalar(
        select(Lesson)
        .where(Lesson.organization_id == organization_id, Lesson.question_id == question_id)
        .order_by(Lesson.requested_at.desc(), Lesson.id)
        .limit(1)
        .execution_options(populate_existing=True)
    )


def request_lesson(session: Session, organization_id: uuid.UUID, by: Doer, question_id: uuid.UUID) -> Lesson:
    """Ask what the reviews would change. Asked again for the same reviews, the same answer is given.

    Raises:
        NotFound: there is no such question.
        NotWorkedOut: nobody has reviewed an answer to it.
    """
    question_for_learning(session, organization_id, question_id)
    reviewed = reviewed_answers(session, organization_id, question_id)
    if not reviewed:
        raise NotWorkedOut("No answer to this question was reviewed yet, so there is nothing to learn from.")
    digest = digest_of(reviewed)
    latest = latest_lesson(session, organization_id, question_id)
    if latest is not None and latest.digest == digest and latest.status == "queued":
        return latest
    lesson = Lesson(organization_id=organization_id, question_id=question_id, digest=digest, requested_by=by.user_id)
    session.add(lesson)
    session.flush()
    PREVIEW_LESSON.enqueue(session, lesson_id=str(lesson.id))
    return lesson


def apply_lesson(session: Session, organization_id: uuid.UUID, by: Doer, question_id: uuid.UUID) -> int:
    """Make the reviewed answers graded samples of the question; how many count from now on.

    Scores that were given stay as they are; answers that come later are scored by these samples as well.

    Raises:
        NotFound: there is no such question.
        NotWorkedOut: what it changes was not worked out, or not with the reviews that there are now.
    """
    question_for_learning(session, organization_id, question_id)
    reviewed = reviewed_answers(session, organization_id, question_id)
    lesson = latest_lesson(session, organization_id, question_id)
    if lesson is None or lesson.status != "done":
        raise NotWorkedOut("Work out first what this would change.")
    if lesson.digest != digest_of(reviewed):
        raise NotWorkedOut("There are other reviews than those that this was worked out with: work it out again.")
    digests = {one.digest: one for one in reviewed}
    for sample in taught_samples(session, organization_id, question_id):
        if sample.digest not in digests:
            sample.withdrawn_at = session.scalar(select(viva_now()))
    for digest, one in digests.items():
        sample_id = session.scalar(
            insert(Sample)
            .values(
                id=uuid.uuid4(),
                question_id=question_id,
                organization_id=organization_id,
                kind=REVIEW,
                grade=round(one.grade, 4),
                text=one.text,
                digest=digest,
            )
            # The same words with the same grade, taken back before (or an author's own): it counts again.
            .on_conflict_do_update(
                index_elements=["question_id", "organization_id", "digest"], set_={"withdrawn_at": None}
            )
            .returning(Sample.id)
        )
        session.execute(
            insert(ReviewSample)
            .from_select(
                ["sample_id", "answer_id", "organization_id"],
                select(Sample.id, literal(one.answer_id, Answer.id.type), Sample.organization_id).where(
                    Sample.id == sample_id, Sample.kind == REVIEW
                ),
            )
            .on_conflict_do_nothing()
        )
    session.flush()
    subject = f"question:{question_id}"
    audit(session, organization_id, by.actor, "reviews.taught", subject, samples=len(digests))
    return len(digests)


def take_back(session: Session, organization_id: uuid.UUID, by: Doer, question_id: uuid.UUID) -> int:
    """Withdraw all samples that reviews have made of a question; how many did count.

    Raises:
        NotFound: there is no such question.
    """
    question_for_learning(session, organization_id, question_id)
    gone = session.execute(
        update(Sample)
        .where(
            Sample.question_id == question_id,
            Sample.organization_id == organization_id,
            Sample.kind == REVIEW,
            Sample.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=select(viva_now()).scalar_subquery())
        .returning(Sample.id)
        .execution_options(synchronize_session=False)
    ).all()
    if gone:
        subject = f"question:{question_id}"
        audit(session, organization_id, by.actor, "reviews.taken-back", subject, samples=len(gone))
    return len(gone)
