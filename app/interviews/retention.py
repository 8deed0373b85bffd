"""Deleting on time: what an organisation keeps no longer than it said, and what of it was deleted."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.orm import Session

from app.accounts.doer import Doer
from app.accounts.models import Organization
from app.accounts.organization_settings import change_settings
from app.accounts.service import audit
from app.interviews.models import Interview, InterviewItem, Invitation
from app.kit.clock import viva_now
from app.kit.errors import Conflict


class WouldDelete(Conflict):
    """A rule of retention that ends interviews which are there now."""

    type = "retention-would-delete"


BATCH = 200
"""Interviews that are deleted in one transaction."""


def is_past_retention(days: int) -> ColumnElement[bool]:
    """Finished so long ago, or made so long ago and never begun."""
    limit = viva_now() - dt.timedelta(days=days)
    return or_(
        Interview.finished_at < limit,
        and_(Interview.finished_at.is_(None), Interview.started_at.is_(None), Interview.created_at < limit),
    )


def count_past_retention(session: Session, organization_id: uuid.UUID, days: int) -> int:
    """How many interviews a rule would delete now."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Interview)
            .where(Interview.organization_id == organization_id, is_past_retention(days))
        )
        or 0
    )


def change_rules(
    session: Session,
    organization: Organization,
    by: Doer,
    name: str,
    retention_days: int | None,
    blind: bool,
    *,
    sure: bool,
) -> None:
    """Keep what an admin decided for an organisation; a rule that deletes interviews at once only from who is `sure`.

    Raises:
        WouldDelete: it would delete some, and nobody has said that they may go.
        Invalid: the name is empty or too long.
    """
    if retention_days is not None and retention_days != organization.retention_days and not sure:
        count = count_past_retention(session, organization.id, retention_days)
        if count:
            raise WouldDelete(
                f"This would delete {count} {'interview' if count == 1 else 'interviews'} at once and for good: "
                "say that you are sure.",
                interviews=count,
            )
    change_settings(session, organization, by, name, retention_days, blind)


def organizations_with_retention(session: Session) -> list[tuple[uuid.UUID, int]]:
    """(organisation, days) of those that do not keep for ever."""
    rows = session.execute(
        select(Organization.id, Organization.retention_days)
        .where(Organization.retention_days.is_not(None))
        .order_by(Organization.id)
    )
    return [(organization_id, days) for organization_id, days in rows if days is not None]


def delete_past_retention(session: Session, organization_id: uuid.UUID, days: int) -> int:
    """Delete one batch with all that hangs on it, and say in the audit trail what; how many interviews.

    Invitations that lead to none of the organisation's interviews any more go with them: they hold names and e-mails.
    """
    old = session.scalars(
        select(Interview.id)
        .where(Interview.organization_id == organization_id, is_past_retention(days))
        .order_by(Interview.created_at, Interview.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    items = session.scalar(select(func.count()).select_from(InterviewItem).where(InterviewItem.interview_id.in_(old)))
    invitations = session.scalars(
        select(Invitation.id)
        .where(
            Invitation.organization_id == organization_id,
            Invitation.closes_at < viva_now() - dt.timedelta(days=days),
            ~select(Interview.id)
            .where(Interview.invitation_id == Invitation.id, Interview.id.not_in(old))
            .correlate(Invitation)
            .exists(),
        )
        .limit(BATCH)
    ).all()
    if not old and not invitations:
        return 0
    # The database takes items, drafts, answers, assessments, reviews and decisions with them.
    session.execute(delete(Interview).where(Interview.id.in_(old)))
    session.execute(delete(Invitation).where(Invitation.id.in_(invitations)))
    audit(
        session,
        organization_id,
        "viva",
        "retention.deleted",
        f"organization:{organization_id}",
        interviews=len(old),
        questions=items or 0,
        invitations=len(invitations),
        days=days,
    )
    return len(old) + len(invitations)
