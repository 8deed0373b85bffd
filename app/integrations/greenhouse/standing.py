"""How a test stands, in words for Greenhouse; and when it is complete."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Organization
from app.assessments.report import build_report
from app.bank.models import InterviewTemplateVersion
from app.integrations.greenhouse.models import GreenhouseTest
from app.interviews.access import interview_by_id, interviews_of
from app.interviews.invitation_queries import invitation_row
from app.interviews.models import Interview
from app.interviews.service import finish_if_due
from app.kit.errors import NotFound

COMPLETE = "complete"
WORDS = {"invited": "sent", "opened": "opened", "running": "started", "revoked": "taken back"}
"""Where an invitation stands, for Greenhouse; it prescribes no word but `complete`."""


@dataclass(frozen=True)
class Standing:
    """A test as Greenhouse is told of it."""

    status: str
    path: str | None = None
    """Of the page that shows the interview to interviewers."""
    score: float | None = None
    facts: dict[str, str | int | float | bool | None] | None = None


def test_of(session: Session, organization_id: uuid.UUID, test_id: str) -> GreenhouseTest:
    """A test of the organisation.

    Raises:
        NotFound: it has no such test (any more).
    """
    try:
        identity = uuid.UUID(test_id)
    except ValueError:
        identity = None
    test = identity and session.scalar(
        select(GreenhouseTest).where(GreenhouseTest.id == identity, GreenhouseTest.organization_id == organization_id)
    )
    if not test or test.invitation_id is None:
        raise NotFound("There is no such test.")
    return test


def standing_of(session: Session, test: GreenhouseTest) -> Standing:
    """How a test stands now."""
    assert test.invitation_id is not None
    row = invitation_row(session, test.organization_id, test.invitation_id)
    if row.interview_id is None or row.status != "finished":
        return Standing(WORDS.get(row.status, row.status))
    interview = interview_by_id(session, interviews_of(test.organization_id), row.interview_id)
    interview = finish_if_due(session, interview)
    report = build_report(session, interview)
    if report.score is None:
        return Standing("submitted")
    if row.can_be_released:
        # The template says that a person decides when the result goes out.
        return Standing("scored, waiting for release")
    slug = session.scalars(select(Organization.slug).where(Organization.id == test.organization_id)).one()
    return Standing(
        COMPLETE,
        path=f"/organizations/{slug}/interviews/{interview.id}",
        score=round(report.score * 100, 1),
        facts={
            "Interview": row.title,
            "Started": _moment(interview.started_at),
            "Finished": _moment(interview.finished_at),
            "Questions answered": f"{sum(item.answer is not None for item in interview.items)} of {len(report.items)}",
            "Result": report.band.label if report.band else None,
            "A person should look": report.needs_review,
        },
    )


def may_be_told(session: Session, interview: Interview) -> bool:
    """Whether the result of an interview that is scored may go out, by its template."""
    version = session.get(InterviewTemplateVersion, interview.template_version_id)
    waits = version is not None and version.release == "by_interviewer" and version.candidate_sees != "nothing"
    return interview.released_at is not None or not waits


def _moment(at: dt.datetime | None) -> str | None:
    return None if at is None else at.astimezone(dt.UTC).strftime("%-d %B %Y, %H:%M UTC")
