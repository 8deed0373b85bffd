"""When an interview is scored: it is over, and each of its answers has an assessment. It is noted, and told, once."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from app.assessments.models import Assessment
from app.interviews.events import record_interview_event
from app.interviews.models import Answer, Interview, InterviewItem
from app.kit.clock import viva_now

_UNSCORED_ANSWER = (
    select(Answer.id)
    .join(InterviewItem, Answer.item_id == InterviewItem.id)
    .where(InterviewItem.interview_id == Interview.id, ~exists().where(Assessment.answer_id == Answer.id))
    .correlate(Interview)
    .exists()
)
_IS_SCORED = (Interview.finished_at.is_not(None), Interview.scored_at.is_(None), ~_UNSCORED_ANSWER)


def note_scored(session: Session, interview_ids: Collection[uuid.UUID]) -> int:
    """Note and tell which of these have just become scored; how many.

    Two workers that score an interview's last two answers at once do not see each other's: the sweep finds it then.
    """
    scored = session.scalars(
        update(Interview)
        .where(Interview.id.in_(interview_ids), *_IS_SCORED)
        .values(scored_at=viva_now())
        .returning(Interview)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).all()
    for interview in scored:
        record_interview_event(session, "interview.scored", interview, scored_at=interview.scored_at)
    return len(scored)


def newly_scored(session: Session, limit: int = 200) -> list[uuid.UUID]:
    """Interviews that are scored, and of which nobody has taken note."""
    query = select(Interview.id).where(*_IS_SCORED).order_by(Interview.finished_at, Interview.id).limit(limit)
    return list(session.scalars(query))
