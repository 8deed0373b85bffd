"""An interview with all that the API gives of it."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from app.bank.queries import slugs_of
from app.interviews.item_schemas import ItemOut
from app.interviews.models import Interview
from app.interviews.schemas import InterviewOut, interview_out
from app.kit import clock


def whole_interview(session: Session, interview: Interview) -> InterviewOut:
    """The interview, which comes with its items, for programs."""
    slugs = slugs_of(session, [item.question_version.question_id for item in interview.items])
    return interview_out(interview, slugs, clock.now(session))


def whole_item(session: Session, interview: Interview, item_id: uuid.UUID) -> ItemOut:
    """One item of it, which is there."""
    return next(item for item in whole_interview(session, interview).items if item.id == item_id)
