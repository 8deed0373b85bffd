"""Reads of invitations: where each stands, filtered, searched and paged."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from app.bank.models import InterviewTemplate, InterviewTemplateVersion
from app.interviews.clock import is_due
from app.interviews.models import Interview, Invitation
from app.kit.clock import viva_now
from app.kit.errors import NotFound
from app.kit.paging import Page, encode_cursor, newest_first

STATUSES: dict[str, str] = {
    "invited": "Invited",
    "opened": "Opened",
    "running": "Running",
    "finished": "Finished",
    "expired": "Expired",
    "revoked": "Taken back",
    "erased": "Erased by the candidate",
}
PAGE = 50
MANY = 500
"""Invitations or results that are changed at once."""


@dataclass(frozen=True)
class InvitationRow:
    """An invitation as a list shows it."""

    id: uuid.UUID
    name: str
    email: str | None
    title: str
    status: str
    opens_at: dt.datetime
    closes_at: dt.datetime
    time_multiplier: float
    created_at: dt.datetime
    sent_at: dt.datetime | None
    claimed_at: dt.datetime | None
    interview_id: uuid.UUID | None
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    released_at: dt.datetime | None
    candidate_sees: str
    release: str
    version_number: int
    external_id: str | None
    template: str
    """The template's short name."""

    @property
    def status_label(self) -> str:
        """The status in words."""
        return STATUSES[self.status]

    @property
    def can_be_released(self) -> bool:
        """Whether the result waits for somebody to release it."""
        waits = self.candidate_sees != "nothing" and self.release == "by_interviewer"
        return waits and self.status == "finished" and self.released_at is None


def _status() -> ColumnElement[str]:
    gone = and_(Invitation.claimed_at.is_not(None), Interview.id.is_(None), Invitation.candidate_user_id.is_(None))
    return case(
        (or_(Interview.finished_at.is_not(None), is_due()), "finished"),
        (Interview.started_at.is_not(None), "running"),
        (Invitation.revoked_at.is_not(None), "revoked"),
        (gone, "erased"),
        (Invitation.closes_at <= viva_now(), "expired"),
        (Interview.id.is_not(None), "opened"),
        else_="invited",
    )


def _rows(organization_id: uuid.UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Invitation.id,
            Invitation.candidate_name,
            Invitation.candidate_email,
            InterviewTemplateVersion.title,
            _status().label("status"),
            Invitation.opens_at,
            Invitation.closes_at,
            Invitation.time_multiplier,
            Invitation.created_at,
            Invitation.sent_at,
            Invitation.claimed_at,
            Interview.id.label("interview_id"),
            Interview.started_at,
            Interview.finished_at,
            Interview.released_at,
            InterviewTemplateVersion.candidate_sees,
            InterviewTemplateVersion.release,
            InterviewTemplateVersion.number,
            Invitation.candidate_external_id,
            InterviewTemplate.slug,
        )
        .join(InterviewTemplateVersion, InterviewTemplateVersion.id == Invitation.template_version_id)
        .join(InterviewTemplate, InterviewTemplate.id == InterviewTemplateVersion.template_id)
        .outerjoin(Interview, Interview.invitation_id == Invitation.id)
        .where(Invitation.organization_id == organization_id)
    )


def list_invitations(
    session: Session,
    organization_id: uuid.UUID,
    status: str = "",
    words: str = "",
    cursor: str | None = None,
    *,
    template: str = "",
    external_id: str = "",
    limit: int = PAGE,
) -> Page[InvitationRow]:
    """A page of an organisation's invitations, newest first, of one status or all, by name or e-mail.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    query = _rows(organization_id)
    if status in STATUSES:
        query = query.where(_status() == status)
    if template:
        query = query.where(InterviewTemplate.slug == template)
    if external_id:
        query = query.where(Invitation.candidate_external_id == external_id)
    for word in words.split()[:6]:
        query = query.where(
            or_(
                Invitation.candidate_name.icontains(word, autoescape=True),
                Invitation.candidate_email.icontains(word, autoescape=True),
            )
        )
    query = newest_first(query, Invitation.created_at, Invitation.id, cursor, limit)
    found = [InvitationRow(*row) for row in session.execute(query)]
    rows = found[:limit]
    return Page(rows, encode_cursor(rows[-1].created_at, rows[-1].id) if len(found) > limit else None)


def invitations_standing_at(
    session: Session, organization_id: uuid.UUID, statuses: Collection[str], template: str = "", limit: int = MANY
) -> tuple[list[uuid.UUID], int]:
    """Invitations of these statuses, of one template or all, first made first; and how many more there are."""
    query = (
        select(Invitation.id, func.count().over())
        .join(InterviewTemplateVersion, InterviewTemplateVersion.id == Invitation.template_version_id)
        .join(InterviewTemplate, InterviewTemplate.id == InterviewTemplateVersion.template_id)
        .outerjoin(Interview, Interview.invitation_id == Invitation.id)
        .where(Invitation.organization_id == organization_id, _status().in_(list(statuses)))
        .order_by(Invitation.created_at, Invitation.id)
        .limit(limit)
    )
    if template:
        query = query.where(InterviewTemplate.slug == template)
    rows = session.execute(query).all()
    return [row[0] for row in rows], (rows[0][1] - len(rows) if rows else 0)


def invitation_row(session: Session, organization_id: uuid.UUID, invitation_id: uuid.UUID) -> InvitationRow:
    """One invitation.

    Raises:
        NotFound: the organisation has no such invitation.
    """
    return invitation_rows(session, organization_id, [invitation_id])[0]


def invitation_rows(
    session: Session, organization_id: uuid.UUID, invitation_ids: Sequence[uuid.UUID]
) -> list[InvitationRow]:
    """Several, in the order in which they are asked for.

    Raises:
        NotFound: the organisation has not all of them.
    """
    rows = session.execute(_rows(organization_id).where(Invitation.id.in_(invitation_ids)))
    found = {row.id: InvitationRow(*row) for row in rows}
    if len(found) < len(set(invitation_ids)):
        raise NotFound("There is no such invitation.")
    return [found[one] for one in invitation_ids]


def count_by_status(session: Session, organization_id: uuid.UUID) -> dict[str, int]:
    """How many invitations stand where, in the order of an invitation's life."""
    status = _status().label("status")
    rows = session.execute(
        select(status, func.count())
        .select_from(Invitation)
        # (The organisation is said twice, so that nobody else's interviews are read.)
        .outerjoin(
            Interview,
            and_(Interview.invitation_id == Invitation.id, Interview.organization_id == organization_id),
        )
        .where(Invitation.organization_id == organization_id)
        .group_by(status)
    )
    counts = dict(rows.all())
    return {name: counts[name] for name in STATUSES if name in counts}


def waiting_for_release(
    session: Session, organization_id: uuid.UUID, limit: int = MANY, template: str = ""
) -> list[uuid.UUID]:
    """Finished interviews by invitation whose results somebody has yet to release, first finished first."""
    query = (
        select(Interview.id)
        .join(Invitation, Invitation.id == Interview.invitation_id)
        .join(InterviewTemplateVersion, InterviewTemplateVersion.id == Interview.template_version_id)
        .join(InterviewTemplate, InterviewTemplate.id == InterviewTemplateVersion.template_id)
        .where(
            Interview.organization_id == organization_id,
            Interview.finished_at.is_not(None),
            Interview.released_at.is_(None),
            InterviewTemplateVersion.release == "by_interviewer",
            InterviewTemplateVersion.candidate_sees != "nothing",
        )
        .order_by(Interview.finished_at)
        .limit(limit)
    )
    if template:
        query = query.where(InterviewTemplate.slug == template)
    return list(session.scalars(query))


def already_invited(
    session: Session,
    organization_id: uuid.UUID,
    template_id: uuid.UUID,
    emails: list[str],
    by_external_id: bool = False,
) -> set[str]:
    """Those of the (lower-case) e-mails that have an invitation to the same template which can still be used.

    With `by_external_id` they are other systems' identifiers.
    """
    lowered = func.lower(Invitation.candidate_email)
    named = Invitation.candidate_external_id if by_external_id else lowered
    rows = session.scalars(
        select(named)
        .join(InterviewTemplateVersion, InterviewTemplateVersion.id == Invitation.template_version_id)
        .outerjoin(Interview, Interview.invitation_id == Invitation.id)
        .where(
            Invitation.organization_id == organization_id,
            InterviewTemplateVersion.template_id == template_id,
            named.in_(emails),
            _status().in_(["invited", "opened", "running"]),
        )
    )
    return {email for email in rows if email}


def invitable_templates(session: Session, organization_id: uuid.UUID) -> list[tuple[uuid.UUID, str, int, bool]]:
    """(template, title, minutes, whether it is the organisation's own) of those that candidates can be invited to."""
    own = InterviewTemplate.organization_id == organization_id
    rows = session.execute(
        select(InterviewTemplate.id, InterviewTemplateVersion.title, InterviewTemplateVersion.minutes, own)
        .join(InterviewTemplateVersion, InterviewTemplateVersion.id == InterviewTemplate.current_version_id)
        .where(
            or_(InterviewTemplate.organization_id.is_(None), own),
            InterviewTemplate.status == "published",
        )
        .order_by(InterviewTemplate.organization_id.nulls_last(), InterviewTemplateVersion.title)
        .limit(300)
    )
    return [(template_id, title, minutes, bool(is_own)) for template_id, title, minutes, is_own in rows]


def invitable_version(
    session: Session, organization_id: uuid.UUID, template_id: uuid.UUID
) -> InterviewTemplateVersion | None:
    """The current version of a template that the organisation's candidates can be invited to."""
    return session.scalar(
        select(InterviewTemplateVersion)
        .join(InterviewTemplate, InterviewTemplate.current_version_id == InterviewTemplateVersion.id)
        .where(
            InterviewTemplate.id == template_id,
            or_(InterviewTemplate.organization_id.is_(None), InterviewTemplate.organization_id == organization_id),
            InterviewTemplate.status == "published",
        )
    )
