"""What reviews teach about one question, put together for the page and for programs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.assessments import learning
from app.assessments.agreement import Agreement, CriterionAgreement, agreement, by_criterion
from app.assessments.models import Lesson
from app.bank.models import Question, Sample


@dataclass(frozen=True)
class Learning:
    """People and machine on a question, and what later answers are scored by."""

    question: Question
    reviewed: list[learning.Reviewed]
    agreement: Agreement
    criteria: dict[str, CriterionAgreement]
    lesson: Lesson | None
    is_current: bool
    """The lesson was worked out with the reviews that there are now."""
    taught: list[Sample]
    in_use: bool
    """Later answers are scored by just these reviews."""


def learning_of(session: Session, organization_id: uuid.UUID, question_id: uuid.UUID) -> Learning:
    """What is known of a question.

    Raises:
        NotFound: there is no such question.
    """
    question = learning.question_for_learning(session, organization_id, question_id)
    reviewed = learning.reviewed_answers(session, organization_id, question_id)
    judged = [one for one in reviewed if one.mark.machine is not None]
    lesson = learning.latest_lesson(session, organization_id, question_id)
    taught = learning.taught_samples(session, organization_id, question_id)
    return Learning(
        question=question,
        reviewed=reviewed,
        agreement=agreement([float(one.mark.machine or 0) for one in judged], [one.grade for one in judged]),
        criteria=by_criterion([(one.people_verdicts, one.machine_verdicts) for one in reviewed]),
        lesson=lesson,
        is_current=lesson is not None and lesson.digest == learning.digest_of(reviewed),
        taught=taught,
        in_use={one.digest for one in taught} == {one.digest for one in reviewed},
    )
