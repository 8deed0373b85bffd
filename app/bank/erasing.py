"""What an organisation wrote for the bank goes with it."""

from __future__ import annotations

import uuid

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.bank.models import (
    Question,
    QuestionDraft,
    QuestionEvent,
    QuestionSearch,
    QuestionVector,
    QuestionVersion,
    Sample,
)


def erase_questions(session: Session, organization_id: uuid.UUID) -> None:
    """Delete an organisation's questions with all versions, working copies, events and samples.

    Interviews that asked them must be gone already. The search's vocabulary keeps single words, which are nobody's.
    """
    mine = select(Question.id).where(Question.organization_id == organization_id)
    session.execute(update(Question).where(Question.organization_id == organization_id).values(current_version_id=None))
    for model in (QuestionDraft, QuestionEvent, QuestionSearch, QuestionVector):
        session.execute(delete(model).where(model.question_id.in_(mine)))
    session.execute(delete(Sample).where(Sample.question_id.in_(mine)))
    session.execute(delete(Sample).where(Sample.organization_id == organization_id))
    session.execute(delete(QuestionVersion).where(QuestionVersion.question_id.in_(mine)))
    session.execute(delete(Question).where(Question.organization_id == organization_id))
