"""The tests that Greenhouse has asked for, as a page lists them."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bank.models import InterviewTemplateVersion
from app.integrations.greenhouse.models import GreenhouseTest
from app.interviews.models import Invitation


@dataclass(frozen=True)
class SentTest:
    """A test, and whether Greenhouse knows how it went."""

    invitation_id: uuid.UUID
    name: str
    title: str
    profile_url: str | None
    created_at: dt.datetime
    tell_at: dt.datetime | None
    told_at: dt.datetime | None
    error: str

    @property
    def told(self) -> str:
        """What Greenhouse has been told, in words."""
        if self.error:
            return f"{self.error} {'It is tried again.' if self.tell_at else 'It is not tried again.'}"
        if self.tell_at is not None:
            return "Greenhouse is about to be told."
        return "Told that it is complete." if self.told_at else "Nothing to tell yet."


def sent_tests(session: Session, organization_id: uuid.UUID, limit: int) -> list[SentTest]:
    """An organisation's tests, newest first."""
    rows = session.execute(
        select(
            Invitation.id,
            Invitation.candidate_name,
            InterviewTemplateVersion.title,
            GreenhouseTest.profile_url,
            GreenhouseTest.created_at,
            GreenhouseTest.tell_at,
            GreenhouseTest.told_at,
            GreenhouseTest.error,
        )
        .join(Invitation, Invitation.id == GreenhouseTest.invitation_id)
        .join(InterviewTemplateVersion, InterviewTemplateVersion.id == Invitation.template_version_id)
        .where(GreenhouseTest.organization_id == organization_id)
        .order_by(GreenhouseTest.created_at.desc(), GreenhouseTest.id.desc())
        .limit(limit)
    )
    return [SentTest(*row) for row in rows]
