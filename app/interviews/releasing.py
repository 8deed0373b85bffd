"""Releasing results: from then on candidates see as much of them as the template says."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.service import audit
from app.interviews.events import record_interview_event
from app.interviews.models import Interview
from app.kit.clock import viva_now


def release_results(
    session: Session, organization_id: uuid.UUID, interview_ids: Collection[uuid.UUID], actor: str
) -> list[uuid.UUID]:
    """Release the results of finished interviews of the organisation; the ids of those that were not released before.

    What is not finished, or another organisation's, is left alone.
    """
    released = session.scalars(
        update(Interview)
        .where(
            Interview.organization_id == organization_id,
            Interview.id.in_(interview_ids),
            Interview.finished_at.is_not(None),
            Interview.released_at.is_(None),
        )
        .values(released_at=select(viva_now()).scalar_subquery())
        .returning(Interview.id)
        .execution_options(synchronize_session=False)
    ).all()
    for interview_id in released:
        audit(session, organization_id, actor, "interview.released", f"interview:{interview_id}")
    told = select(Interview).where(Interview.id.in_(released)).execution_options(populate_existing=True)
    for interview in session.scalars(told):
        record_interview_event(session, "interview.released", interview, released_at=interview.released_at)
    return list(released)
