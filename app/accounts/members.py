"""Who belongs to an organisation: asking colleagues in, roles, and leaving."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from app.accounts.doer import Doer
from app.accounts.mail import queue_mail
from app.accounts.models import MemberInvitation, Membership, Organization, User
from app.accounts.service import audit, normalise_email
from app.accounts.tokens import new_token, token_hash
from app.kit import clock
from app.kit.clock import viva_now
from app.kit.errors import Conflict, Forbidden, Invalid, NotFound
from app.kit.paging import Page, encode_cursor, newest_first

ROLES = ("interviewer", "admin", "candidate")
DESK_ROLES = ("interviewer", "admin")
"""Who works for an organisation; the others only sit its interviews."""
INVITATION_DAYS = 14
MAX_MEMBERS = 500
_NO_LINK = "This link is not (or no longer) good: ask an admin of the organisation for a new one."


class LastAdmin(Conflict):
    """An organisation without an admin could never be changed again."""

    type = "last-admin"


@dataclass(frozen=True)
class Member:
    """A person's place in an organisation."""

    id: uuid.UUID
    user_id: uuid.UUID
    name: str
    email: str | None
    role: str
    created_at: dt.datetime


def members_of(session: Session, organization_id: uuid.UUID) -> list[Member]:
    """All members, admins first, then by name."""
    rows = session.execute(
        _members()
        .where(Membership.organization_id == organization_id)
        .order_by(Membership.role, User.name, User.id)
        .limit(MAX_MEMBERS)
    )
    return [Member(*row) for row in rows]


def members_page(session: Session, organization_id: uuid.UUID, cursor: str | None, limit: int) -> Page[Member]:
    """A page of the members, who came last first.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    query = _members().where(Membership.organization_id == organization_id)
    query = newest_first(query, Membership.created_at, Membership.id, cursor, limit)
    found = [Member(*row) for row in session.execute(query)]
    page = found[:limit]
    return Page(page, encode_cursor(page[-1].created_at, page[-1].id) if len(found) > limit else None)


def member_by_id(session: Session, organization_id: uuid.UUID, member_id: uuid.UUID) -> Member:
    """One member.

    Raises:
        NotFound: the organisation has no such member.
    """
    query = _members().where(Membership.organization_id == organization_id, Membership.id == member_id)
    row = session.execute(query.execution_options(populate_existing=True)).first()
    if row is None:
        raise NotFound("There is no such member.")
    return Member(*row)


def _members() -> Select[*tuple[Any, ...]]:
    return select(Membership.id, User.id, User.name, User.email, Membership.role, Membership.created_at).join(
        User, Membership.user_id == User.id
    )


def open_member_invitations(session: Session, organization_id: uuid.UUID) -> list[MemberInvitation]:
    """Those that can be accepted still, newest first."""
    return list(
        session.scalars(
            select(MemberInvitation)
            .where(MemberInvitation.organization_id == organization_id, _is_open())
            .order_by(MemberInvitation.created_at.desc())
            .limit(MAX_MEMBERS)
        )
    )


def invite_member(
    session: Session, organization: Organization, inviter: Doer, email: str, role: str, base_url: str
) -> tuple[MemberInvitation, str]:
    """Ask a colleague in: the invitation, and its link, which is shown once and mailed.

    An open invitation to the same address is replaced, so that only the newest link works.

    Raises:
        Invalid: the e-mail is none, or the role is unknown.
        Conflict: somebody with this e-mail is a member already, or there are too many.
    """
    email = normalise_email(email)
    _require_role(role)
    there = session.scalar(
        select(Membership.id)
        .join(User, Membership.user_id == User.id)
        .where(Membership.organization_id == organization.id, func.lower(User.email) == email.lower())
    )
    if there is not None:
        raise Conflict("This person is a member already: change the role in the list.", field="email")
    opened = open_member_invitations(session, organization.id)
    if len(opened) >= MAX_MEMBERS:
        raise Conflict(f"There are {MAX_MEMBERS} open invitations already: withdraw some.", field="email")
    for other in opened:
        if other.email.lower() == email.lower():
            other.revoked_at = clock.now(session)
    token = new_token()
    invitation = MemberInvitation(
        organization_id=organization.id,
        email=email,
        role=role,
        token_hash=token_hash(token),
        invited_by=inviter.user_id,
        expires_at=clock.now(session) + dt.timedelta(days=INVITATION_DAYS),
    )
    session.add(invitation)
    session.flush()
    link = f"{base_url}/join/{token}"
    asks = f"{inviter.name} asks you" if inviter.name else "You are asked"
    queue_mail(
        session,
        email,
        f"{asks} to join {organization.name} on Viva",
        f"{asks} to join {organization.name} on Viva as {role}.\n\n"
        f"Open this link to join; it works once, until {invitation.expires_at:%d %B %Y}:\n\n{link}\n",
        organization.id,
    )
    audit(session, organization.id, inviter.actor, "member.invited", f"member_invitation:{invitation.id}", role=role)
    return invitation, link


def revoke_member_invitation(session: Session, organization_id: uuid.UUID, invitation_id: uuid.UUID, by: Doer) -> None:
    """Take an invitation back. Doing it twice is fine.

    Raises:
        NotFound: the organisation has no such invitation.
    """
    invitation = session.scalar(
        select(MemberInvitation).where(
            MemberInvitation.id == invitation_id, MemberInvitation.organization_id == organization_id
        )
    )
    if invitation is None:
        raise NotFound("There is no such invitation.")
    if invitation.revoked_at is None and invitation.accepted_at is None:
        invitation.revoked_at = clock.now(session)
        audit(session, organization_id, by.actor, "member.uninvited", f"member_invitation:{invitation_id}")


def invitation_of_token(session: Session, token: str) -> tuple[MemberInvitation, Organization]:
    """The open invitation behind a link, and the organisation.

    Raises:
        NotFound: unknown, expired, withdrawn or used: the same words for all.
    """
    row = session.execute(
        select(MemberInvitation, Organization)
        .join(Organization, MemberInvitation.organization_id == Organization.id)
        .where(MemberInvitation.token_hash == token_hash(token), _is_open())
        .with_for_update(of=MemberInvitation)
    ).first()
    if row is None:
        raise NotFound(_NO_LINK)
    return row[0], row[1]


def accept_member_invitation(session: Session, token: str, user: User) -> Organization:
    """Join; who is a member already keeps the higher of the two roles.

    Raises:
        NotFound: the link is not good (any more).
        Forbidden: a guest.
    """
    if user.is_guest:
        raise Forbidden("Make an account or sign in first, then open the link again.")
    invitation, organization = invitation_of_token(session, token)
    invitation.accepted_at = clock.now(session)
    member = session.scalar(
        select(Membership).where(Membership.organization_id == organization.id, Membership.user_id == user.id)
    )
    if member is None:
        session.add(Membership(organization_id=organization.id, user_id=user.id, role=invitation.role))
    elif _rank(invitation.role) > _rank(member.role):
        member.role = invitation.role
    session.flush()
    audit(session, organization.id, Doer.person(user).actor, "member.joined", f"user:{user.id}", role=invitation.role)
    return organization


def change_role(session: Session, organization_id: uuid.UUID, member_id: uuid.UUID, role: str, by: Doer) -> None:
    """Give a member another role.

    Raises:
        NotFound: the organisation has no such member.
        Invalid: the role is unknown.
        LastAdmin: nobody else could change members any more.
    """
    _require_role(role)
    member = member_for_write(session, organization_id, member_id)
    if member.role == role:
        return
    keep_an_admin(session, member)
    was, member.role = member.role, role
    session.flush()
    audit(session, organization_id, by.actor, "member.role_changed", f"user:{member.user_id}", was=was, role=role)


def remove_member(session: Session, organization_id: uuid.UUID, member_id: uuid.UUID, by: Doer) -> None:
    """Take a member out; what they did stays. Sessions see it with their next request.

    Raises:
        NotFound: the organisation has no such member.
        LastAdmin: nobody else could change members any more.
    """
    member = member_for_write(session, organization_id, member_id)
    keep_an_admin(session, member)
    session.delete(member)
    session.flush()
    audit(session, organization_id, by.actor, "member.removed", f"user:{member.user_id}", role=member.role)


def _is_open() -> ColumnElement[bool]:
    return and_(
        MemberInvitation.accepted_at.is_(None),
        MemberInvitation.revoked_at.is_(None),
        MemberInvitation.expires_at > viva_now(),
    )


def _rank(role: str) -> int:
    return ("candidate", "interviewer", "admin").index(role)


def _require_role(role: str) -> None:
    if role not in ROLES:
        raise Invalid(f"{role!r} is no role: choose interviewer, admin or candidate.", field="role")


def member_for_write(session: Session, organization_id: uuid.UUID, member_id: uuid.UUID) -> Membership:
    """A member's place, locked, so that what is decided about it holds until it is changed.

    Raises:
        NotFound: the organisation has no such member.
    """
    # All admins' rows first, and always in this order: changes of two members that come at once wait, none is ended.
    _admins_locked(session, organization_id)
    member = session.scalar(
        select(Membership)
        .where(Membership.id == member_id, Membership.organization_id == organization_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if member is None:
        raise NotFound("There is no such member.")
    return member


def keep_an_admin(session: Session, member: Membership) -> None:
    """Refuse what would leave no admin. All admins' rows are locked: two admins cannot remove each other at once."""
    admins = _admins_locked(session, member.organization_id)
    if member.role == "admin" and len(admins) == 1:
        raise LastAdmin("This is the only admin: make somebody else admin first.", field="role")


def _admins_locked(session: Session, organization_id: uuid.UUID) -> Sequence[uuid.UUID]:
    return session.scalars(
        select(Membership.id)
        .where(Membership.organization_id == organization_id, Membership.role == "admin")
        .order_by(Membership.id)
        .with_for_update()
    ).all()
