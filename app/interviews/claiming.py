"""The candidate's way in: a link that opens one interview, once, in one browser."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import Organization, User
from app.accounts.service import audit, create_guest
from app.accounts.tokens import token_hash
from app.bank.models import InterviewTemplateVersion
from app.interviews.creation import Candidate, interview_from_template
from app.interviews.models import Interview, Invitation
from app.kit import clock
from app.kit.errors import Conflict, NotFound

AGAIN = dt.timedelta(minutes=5)
"""So long after a claim, a second press of the same page's button comes in as well."""

State = Literal["open", "mine", "elsewhere", "account", "not-yet", "closed"]


@dataclass(frozen=True)
class Entry:
    """An invitation as whoever holds its link finds it.

    `open` can be claimed; `mine` was claimed by this person; `elsewhere` by another browser; `account` is open, but
    belongs to an account that has to sign in first.
    """

    invitation: Invitation
    organization: Organization
    version: InterviewTemplateVersion
    interview: Interview | None
    state: State


@dataclass(frozen=True)
class Claim:
    """Who came in, to which interview, and whether their browser has yet to be signed in."""

    interview_id: uuid.UUID
    user: User
    is_signed_in: bool


class NotOpen(Conflict):
    """The link is good, but opens nothing now: `state` says why."""

    type = "invitation-not-open"


def entry_of(session: Session, token: str, viewer: User | None, *, lock: bool = False) -> Entry:
    """The invitation behind a link.

    Raises:
        NotFound: there is none, or it was taken back: the same words for both.
    """
    query = select(Invitation).where(Invitation.token_hash == token_hash(token), Invitation.revoked_at.is_(None))
    if lock:
        query = query.with_for_update()
    invitation = session.scalar(query.execution_options(populate_existing=True))
    if invitation is None:
        raise NotFound("This link opens no invitation. It may have been replaced by a newer one: look for it, or ask.")
    interview = session.scalar(select(Interview).where(Interview.invitation_id == invitation.id))
    return Entry(
        invitation,
        session.get_one(Organization, invitation.organization_id),
        session.get_one(InterviewTemplateVersion, invitation.template_version_id),
        interview,
        _state(session, invitation, interview, viewer),
    )


def _state(session: Session, invitation: Invitation, interview: Interview | None, viewer: User | None) -> State:
    mine = viewer is not None and viewer.id == invitation.candidate_user_id
    if invitation.claimed_at is not None:
        return "mine" if mine and interview is not None else "elsewhere"
    now = clock.now(session)
    if interview is None or interview.started_at is None:
        if now < invitation.opens_at:
            return "not-yet"
        if now >= invitation.closes_at:
            return "closed"
    if interview is not None and not mine and invitation.candidate_user_id is not None:
        owner = session.get(User, invitation.candidate_user_id)
        # A link must never sign somebody in to an account: whoever sends links would have its keys.
        if owner is not None and not owner.is_guest:
            return "account"
    return "open"


def claim(session: Session, token: str, viewer: User | None, *, as_viewer: bool, page: str) -> Claim:
    """Come in by a link: the first time it makes the interview, and later it leads back to it.

    `page` is a random value of the page whose button was pressed, by which a second press of it is known.

    Raises:
        NotFound: no such invitation.
        NotOpen: it opens nothing now, or not in this browser.
        Conflict: the interview cannot be put together.
    """
    # The lock makes of two clicks one after the other.
    entry = entry_of(session, token, viewer, lock=True)
    invitation, interview = entry.invitation, entry.interview
    if entry.state == "mine" and viewer is not None and interview is not None:
        return Claim(interview.id, viewer, is_signed_in=True)
    if entry.state == "elsewhere" and (again := _second_press(session, entry, page)) is not None:
        return again
    if entry.state != "open":
        raise NotOpen("This link opens nothing now.", state=entry.state)
    user, is_signed_in = _candidate(session, entry, viewer, as_viewer)
    if interview is None:
        interview = _make_interview(session, entry, user)
    invitation.candidate_user_id = user.id
    invitation.claimed_at = clock.now(session)
    invitation.claimed_with = token_hash(page)
    session.flush()
    organization_id = invitation.organization_id
    audit(session, organization_id, f"user:{user.id}", "invitation.claimed", f"invitation:{invitation.id}")
    return Claim(interview.id, user, is_signed_in)


def refuse_start_outside_window(session: Session, interview: Interview) -> None:
    """An invited candidate starts while the invitation is open.

    Raises:
        Conflict: its days are over, or it was taken back.
    """
    if interview.invitation_id is None or interview.started_at is not None:
        return
    invitation = session.get_one(Invitation, interview.invitation_id)
    if invitation.revoked_at is not None:
        raise Conflict("The invitation to this interview was taken back. Ask whoever invited you.")
    if clock.now(session) >= invitation.closes_at:
        raise Conflict("The days in which this interview could be started are over. Ask whoever invited you for more.")


def _second_press(session: Session, entry: Entry, page: str) -> Claim | None:
    invitation, interview = entry.invitation, entry.interview
    known = invitation.claimed_at is not None and invitation.claimed_with == token_hash(page)
    if not known or interview is None or invitation.candidate_user_id is None:
        return None
    user = session.get_one(User, invitation.candidate_user_id)
    if not user.is_guest or clock.now(session) > (invitation.claimed_at or interview.created_at) + AGAIN:
        return None
    return Claim(interview.id, user, is_signed_in=False)


def _candidate(session: Session, entry: Entry, viewer: User | None, as_viewer: bool) -> tuple[User, bool]:
    """Who sits, and whether this browser is signed in as them."""
    invitation = entry.invitation
    if entry.interview is not None and invitation.candidate_user_id is not None:
        owner = session.get_one(User, invitation.candidate_user_id)
        return owner, viewer is not None and viewer.id == owner.id
    if viewer is not None and not viewer.is_guest and as_viewer:
        return viewer, True
    if viewer is not None and viewer.is_guest and viewer.id in _same_person(session, invitation):
        return viewer, True
    guest = create_guest(session)
    guest.name = invitation.candidate_name
    return guest, False


def _same_person(session: Session, invitation: Invitation) -> set[uuid.UUID]:
    """Who came in by other invitations of the organisation to the same e-mail (or name, where there is none)."""
    if invitation.candidate_email:
        same = func.lower(Invitation.candidate_email) == invitation.candidate_email.lower()
    else:
        same = Invitation.candidate_email.is_(None) & (Invitation.candidate_name == invitation.candidate_name)
    found = select(Invitation.candidate_user_id).where(
        Invitation.organization_id == invitation.organization_id, Invitation.candidate_user_id.is_not(None), same
    )
    return {user_id for user_id in session.scalars(found) if user_id is not None}


def _make_interview(session: Session, entry: Entry, user: User) -> Interview:
    invitation = entry.invitation
    also = tuple(_same_person(session, invitation)) if invitation.candidate_email else ()
    candidate = Candidate(
        user=user, external_id=invitation.candidate_external_id, name=invitation.candidate_name, also=also
    )
    try:
        interview = interview_from_template(session, invitation.organization_id, candidate, entry.version)
    except Conflict:
        name = entry.organization.name
        raise Conflict(f"This interview has no questions to ask right now. Please write to {name}.") from None
    interview.time_multiplier = invitation.time_multiplier
    interview.invitation_id = invitation.id
    session.flush()
    return interview
