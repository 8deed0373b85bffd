"""Greenhouse asks for a test: an invitation, with Viva's letter to the candidate."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.doer import Doer
from app.accounts.keys import KeyHolder
from app.accounts.models import Organization
from app.accounts.service import audit, normalise_email
from app.integrations.greenhouse.models import GreenhouseTest
from app.integrations.greenhouse.schemas import MalformedReport, SendTest
from app.interviews.invitation_queries import invitable_templates, invitable_version
from app.interviews.inviting import Address, Inviter, Window, invite
from app.interviews.pasting import MAX_NAME, Invitee
from app.kit import clock
from app.kit.errors import Invalid, NotFound
from app.kit.outward import CallRefused, Outward

INVITED_DAYS = 14
"""How long a candidate can start; more days can be given on the invitation's page."""


@dataclass(frozen=True)
class Offer:
    """A template as Greenhouse's list shows it."""

    id: uuid.UUID
    name: str


def offers(session: Session, organization_id: uuid.UUID) -> list[Offer]:
    """The templates that candidates can be invited to, the organisation's own first."""
    return [
        Offer(template_id, f"{title} ({minutes} min)")
        for template_id, title, minutes, _ in invitable_templates(session, organization_id)
    ]


def send_test(
    session: Session, holder: KeyHolder, asked: SendTest, address: Address, outward: Outward
) -> GreenhouseTest:
    """Invite the candidate; asked for again, it is the test of the first time, and no second letter.

    Raises:
        NotFound: no such test, or it can be sent no more.
        Invalid: the candidate has no e-mail or name, or an address is none.
    """
    known = _asked_before(session, holder.organization_id, asked.url)
    if known is not None:
        return known
    email = normalise_email(asked.candidate.email)
    name = " ".join(f"{asked.candidate.first_name} {asked.candidate.last_name}".split())[:MAX_NAME] or email[:MAX_NAME]
    try:
        outward.check(asked.url)
    except CallRefused as error:
        raise Invalid(f"url: {error}", field="url") from None
    version = invitable_version(session, holder.organization_id, _template_id(asked.partner_test_id))
    if version is None:
        raise NotFound("There is no such test, or it can be sent no more: list them again.")
    # One of two who ask at once waits here, and finds the other's.
    made = session.execute(
        insert(GreenhouseTest)
        .values(
            id=uuid.uuid4(),
            organization_id=holder.organization_id,
            callback_url=asked.url,
            profile_url=asked.candidate.greenhouse_profile_url,
        )
        .on_conflict_do_nothing(index_elements=["organization_id", "callback_url"])
        .returning(GreenhouseTest.id)
    ).scalar()
    test = _asked_before(session, holder.organization_id, asked.url)
    assert test is not None
    if made is None:
        return test
    now = clock.now(session)
    inviter = Inviter(session.get_one(Organization, holder.organization_id), Doer(holder.actor), address)
    window = Window(now, now + dt.timedelta(days=INVITED_DAYS))
    (link,) = invite(session, inviter, version, [Invitee(1, name, email)], window)
    test.invitation_id = link.invitation.id
    audit(
        session,
        holder.organization_id,
        holder.actor,
        "greenhouse.test_sent",
        f"invitation:{link.invitation.id}",
        test=str(test.id),
    )
    return test


def note_malformed(session: Session, holder: KeyHolder, report: MalformedReport) -> None:
    """Keep what Greenhouse could not read, for an admin and for whoever runs Viva to see."""
    audit(
        session,
        holder.organization_id,
        holder.actor,
        "greenhouse.answer_refused",
        f"greenhouse:{report.partner_interview_id or report.partner_test_id or report.api_call}"[:120],
        api_call=report.api_call,
        errors=[error[:300] for error in report.errors[:10]],
    )


def _asked_before(session: Session, organization_id: uuid.UUID, url: str) -> GreenhouseTest | None:
    return session.scalar(
        select(GreenhouseTest).where(
            GreenhouseTest.organization_id == organization_id, GreenhouseTest.callback_url == url
        )
    )


def _template_id(given: str) -> uuid.UUID:
    try:
        return uuid.UUID(given)
    except ValueError:
        raise NotFound("There is no such test: list them again.") from None
