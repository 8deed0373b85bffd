"""Inviting candidates: links that are made, sent again, taken back, and given more days."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.doer import Doer
from app.accounts.mail import queue_mail
from app.accounts.models import Organization
from app.accounts.service import audit
from app.accounts.tokens import new_token, token_hash
from app.bank.models import InterviewTemplateVersion
from app.interviews.invitation_queries import already_invited
from app.interviews.models import Interview, Invitation
from app.interviews.pasting import Invitee
from app.kit import clock
from app.kit.errors import Conflict, Invalid, NotFound

MAX_DAYS = 366


class AlreadyInvited(Conflict):
    """Somebody has an invitation to the same interview that can still be used."""

    type = "already-invited"


Address = Callable[[str], str]
"""Makes the whole address of a path of this site."""


@dataclass(frozen=True)
class Inviter:
    """Who invites, for which organisation, and how links to this site begin."""

    organization: Organization
    by: Doer
    address: Address


@dataclass(frozen=True)
class Window:
    """From when until when a candidate can start."""

    opens_at: dt.datetime
    closes_at: dt.datetime


@dataclass(frozen=True)
class Link:
    """An invitation with its link, which is shown this once."""

    invitation: Invitation
    url: str


def check_window(session: Session, window: Window) -> None:
    """Whether people could come in at all.

    Raises:
        Invalid: it closes before it opens, in the past, or in years.
    """
    if window.closes_at <= window.opens_at:
        raise Invalid("It must close after it opens.", field="closes")
    if window.closes_at <= clock.now(session):
        raise Invalid("It must close in the future.", field="closes")
    if window.closes_at - window.opens_at > dt.timedelta(days=MAX_DAYS):
        raise Invalid(f"An invitation can be open for at most {MAX_DAYS} days.", field="closes")


def invite(
    session: Session,
    inviter: Inviter,
    version: InterviewTemplateVersion,
    invitees: Sequence[Invitee],
    window: Window,
    time_multiplier: float = 1.0,
    *,
    letters: bool = True,
) -> list[Link]:
    """Invite each of them, with a letter (unless nobody wants `letters`) to whoever has an e-mail.

    Raises:
        Invalid: the window or the extra time makes no sense.
    """
    check_window(session, window)
    if not 1 <= time_multiplier <= 10:
        raise Invalid("Extra time is a factor between 1 and 10: 1.25 is a quarter more.", field="time_multiplier")
    links = []
    for invitee in invitees:
        token = new_token()
        invitation = Invitation(
            organization_id=inviter.organization.id,
            template_version_id=version.id,
            candidate_name=invitee.name,
            candidate_email=invitee.email,
            candidate_external_id=invitee.external_id,
            time_multiplier=invitee.time_multiplier or time_multiplier,
            opens_at=window.opens_at,
            closes_at=window.closes_at,
            token_hash=token_hash(token),
            created_by=inviter.by.user_id,
        )
        session.add(invitation)
        session.flush()
        _audit(session, inviter, invitation, "created", template_version=str(version.id))
        links.append(_sent(session, inviter, invitation, version, token, letters))
    return links


def refuse_invited(
    session: Session, organization_id: uuid.UUID, version: InterviewTemplateVersion, invitees: Sequence[Invitee]
) -> None:
    """Let nobody be invited twice to the same interview unseen.

    Raises:
        AlreadyInvited: some have an invitation to the template that can still be used.
    """
    emails = [one.email.lower() for one in invitees if one.email]
    externals = [one.external_id for one in invitees if one.external_id]
    known = already_invited(session, organization_id, version.template_id, emails) if emails else set()
    named = already_invited(session, organization_id, version.template_id, externals, True) if externals else set()
    twice = [one for one in invitees if (one.email or "").lower() in known or one.external_id in named]
    if twice:
        raise AlreadyInvited(
            f"{len(twice)} of {len(invitees)} have an open invitation to this interview: send that again, leave them "
            "out, or invite them once more on purpose.",
            candidates=[one.line for one in twice],
        )


def resend(session: Session, inviter: Inviter, invitation_id: uuid.UUID, *, letters: bool = True) -> Link:
    """A new link to the same interview for the same candidate; the old one opens nothing any more.

    Raises:
        NotFound: no such invitation.
        Conflict: it was taken back, is over, or its days are.
    """
    invitation = invitation_for_write(session, inviter.organization.id, invitation_id)
    interview = interview_of_invitation(session, invitation)
    if invitation.revoked_at is not None:
        raise Conflict("This invitation was taken back: invite the candidate anew.")
    if interview is None and invitation.closes_at <= clock.now(session):
        raise Conflict("The days of this invitation are over: give it more days first, then send it again.")
    token = new_token()
    invitation.token_hash = token_hash(token)
    invitation.claimed_at, invitation.claimed_with = None, None
    version = session.get_one(InterviewTemplateVersion, invitation.template_version_id)
    _audit(session, inviter, invitation, "sent_again")
    return _sent(session, inviter, invitation, version, token, letters)


def revoke(session: Session, inviter: Inviter, invitation_id: uuid.UUID) -> Invitation:
    """Take an invitation back; doing it twice is fine.

    Raises:
        NotFound: no such invitation.
        Conflict: the interview has begun.
    """
    invitation = invitation_for_write(session, inviter.organization.id, invitation_id)
    if invitation.revoked_at is not None:
        return invitation
    interview = interview_of_invitation(session, invitation)
    if interview is not None and interview.started_at is not None:
        raise Conflict("The interview has begun: it can be stopped, but the invitation cannot be taken back any more.")
    invitation.revoked_at = clock.now(session)
    _audit(session, inviter, invitation, "revoked")
    return invitation


def move_window(session: Session, inviter: Inviter, invitation_id: uuid.UUID, window: Window) -> Invitation:
    """Give an invitation other days.

    Raises:
        NotFound: no such invitation.
        Conflict: it was taken back, or the interview has begun.
        Invalid: the days make no sense.
    """
    invitation = invitation_for_write(session, inviter.organization.id, invitation_id)
    if invitation.revoked_at is not None:
        raise Conflict("This invitation was taken back: invite the candidate anew.")
    interview = interview_of_invitation(session, invitation)
    if interview is not None and interview.started_at is not None:
        raise Conflict("The interview has begun: its days matter no more, only its clock does.")
    check_window(session, window)
    invitation.opens_at, invitation.closes_at, invitation.expired_at = window.opens_at, window.closes_at, None
    days = {"opens_at": window.opens_at.isoformat(), "closes_at": window.closes_at.isoformat()}
    _audit(session, inviter, invitation, "window_moved", **days)
    return invitation


def invitation_for_write(session: Session, organization_id: uuid.UUID, invitation_id: uuid.UUID) -> Invitation:
    """The invitation, locked.

    Raises:
        NotFound: the organisation has no such invitation.
    """
    invitation = session.scalar(
        select(Invitation)
        .where(Invitation.id == invitation_id, Invitation.organization_id == organization_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if invitation is None:
        raise NotFound("There is no such invitation.")
    return invitation


def interview_of_invitation(session: Session, invitation: Invitation) -> Interview | None:
    """The interview that came of an invitation."""
    return session.scalar(
        select(Interview).where(Interview.invitation_id == invitation.id).execution_options(populate_existing=True)
    )


def _sent(
    session: Session,
    inviter: Inviter,
    invitation: Invitation,
    version: InterviewTemplateVersion,
    token: str,
    letters: bool,
) -> Link:
    url = inviter.address(f"/invited/{token}")
    if letters and invitation.candidate_email:
        name = inviter.organization.name
        body = _LETTER.format(
            name=invitation.candidate_name,
            organization=name,
            title=version.title,
            description=version.description,
            minutes=ceil(version.minutes * invitation.time_multiplier),
            clocks=_CLOCKS if version.timing == "question" else "",
            opens=_moment(invitation.opens_at),
            closes=_moment(invitation.closes_at),
            url=url,
        )
        queue_mail(
            session, invitation.candidate_email, f"{name} invites you to an interview", body, invitation.organization_id
        )
        invitation.sent_at = clock.now(session)
    return Link(invitation, url)


def _moment(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%A, %-d %B %Y, %H:%M UTC")


def _audit(session: Session, inviter: Inviter, invitation: Invitation, what: str, **detail: str) -> None:
    subject = f"invitation:{invitation.id}"
    audit(session, invitation.organization_id, inviter.by.actor, f"invitation.{what}", subject, **detail)


_CLOCKS = " Each question has a clock of its own, which\nstarts when you open it."
_LETTER = """\
Hello {name},

{organization} invites you to an interview in writing: {title}.
{description}

It takes {minutes} minutes once you start.{clocks} You can start between
  {opens} and
  {closes}.

Open this link in the browser in which you want to answer (it works in one only):
{url}

You need no account. A machine scores the answers first, and people at {organization} may read them. The page says more.
If the link does not open, ask {organization} for a new one.
"""
