"""What goes on in an organisation, in numbers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.assessments.models import Appeal
from app.interviews.clock import is_running
from app.interviews.models import Interview, Invitation
from app.interviews.queries import list_interviews
from app.kit.clock import viva_now


@dataclass(frozen=True)
class Overview:
    """Counts, and the newest interviews with (interview, questions, answers)."""

    running: int
    open_invitations: int
    open_appeals: int
    newest: list[tuple[Interview, int, int]]


def overview(session: Session, organization_id: uuid.UUID) -> Overview:
    """What goes on in an organisation."""
    running = (
        select(func.count())
        .select_from(Interview)
        .where(Interview.organization_id == organization_id, is_running())
        .scalar_subquery()
    )
    invited = (
        select(func.count())
        .select_from(Invitation)
        .where(
            Invitation.organization_id == organization_id,
            Invitation.revoked_at.is_(None),
            Invitation.claimed_at.is_(None),
            Invitation.closes_at > viva_now(),
        )
        .scalar_subquery()
    )
    appeals = (
        select(func.count())
        .select_from(Appeal)
        .where(Appeal.organization_id == organization_id, Appeal.replied_at.is_(None))
        .scalar_subquery()
    )
    counts = session.execute(select(running, invited, appeals)).one()
    page = list_interviews(session, Interview.organization_id == organization_id, None, 10)
    return Overview(counts[0], counts[1], counts[2], page.items)
