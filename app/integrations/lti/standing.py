"""What a gradebook should be told of an interview, worked out from what is stored, so that nothing is lost.

`sent` on the sitting is what the platform has acknowledged; where the two differ, there is something to send.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.assessments.queries import InterviewScore, interview_scores
from app.bank.models import InterviewTemplateVersion
from app.integrations.lti.claims import SCORE_MAXIMUM
from app.integrations.lti.models import LtiLink, LtiPlatform, LtiSitting, LtiUser
from app.interviews.models import Interview, InterviewItem
from app.kit import clock


@dataclass(frozen=True)
class Due:
    """A sitting as it stands now, and who is told."""

    sitting_id: uuid.UUID
    organization_id: uuid.UUID
    platform_id: uuid.UUID
    client_id: str
    token_url: str
    token_audience: str
    lineitem_url: str
    subject: str
    sent: dict[str, Any] | None
    wanted: dict[str, Any] | None
    """None: nothing has happened yet that a gradebook is told of."""
    again_in: dt.timedelta
    """When to look again, if all goes well."""
    attempts: int
    claimed_until: dt.datetime


def due_of(session: Session, sitting_id: uuid.UUID, claimed_until: dt.datetime) -> Due | None:
    """A sitting's standing; None when it is gone."""
    row = session.execute(
        select(LtiSitting, LtiLink, LtiUser.subject, LtiPlatform, Interview, InterviewTemplateVersion)
        .join(LtiLink, LtiLink.id == LtiSitting.link_id)
        .join(LtiUser, LtiUser.id == LtiSitting.lti_user_id)
        .join(LtiPlatform, LtiPlatform.id == LtiLink.platform_id)
        .join(Interview, Interview.id == LtiSitting.interview_id)
        .outerjoin(InterviewTemplateVersion, InterviewTemplateVersion.id == Interview.template_version_id)
        .where(LtiSitting.id == sitting_id)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        return None
    sitting, link, subject, platform, interview, version = row
    questions = session.scalar(select(func.count()).where(InterviewItem.interview_id == interview.id)) or 0
    score = interview_scores(session, [interview.id]).get(interview.id, InterviewScore())
    wanted = wanted_of(interview, version, score, questions)
    return Due(
        sitting_id=sitting.id,
        organization_id=sitting.organization_id,
        platform_id=platform.id,
        client_id=platform.client_id,
        token_url=platform.token_url,
        token_audience=platform.token_audience,
        lineitem_url=link.lineitem_url,
        subject=subject,
        sent=sitting.sent,
        wanted=wanted,
        again_in=_again_in(interview, wanted, clock.now(session)),
        attempts=sitting.attempts,
        claimed_until=claimed_until,
    )


def wanted_of(
    interview: Interview, version: InterviewTemplateVersion | None, score: InterviewScore, questions: int
) -> dict[str, Any] | None:
    """What the gradebook should say.

    A score is told when the candidate may see it, by the template's rule: at once, or when a person has released it.
    What candidates see nothing of is told only once it is released: a gradebook would show it to them.
    """
    if interview.status == "ready":
        return None
    if interview.status == "running":
        return {"activityProgress": "InProgress", "gradingProgress": "NotReady"}
    if score.failed or not questions:
        # Scoring is tried again, but a person may have to look.
        return {"activityProgress": "Completed", "gradingProgress": "PendingManual"}
    if score.scored < score.answers:
        return {"activityProgress": "Completed", "gradingProgress": "Pending"}
    at_once = version is None or (version.release == "at_once" and version.candidate_sees != "nothing")
    if not at_once and interview.released_at is None:
        return {"activityProgress": "Completed", "gradingProgress": "PendingManual"}
    points = round(SCORE_MAXIMUM * score.points / questions, 2)
    return {
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "scoreGiven": points,
        "scoreMaximum": SCORE_MAXIMUM,
    }


def _again_in(interview: Interview, wanted: dict[str, Any] | None, now: dt.datetime) -> dt.timedelta:
    """Events bring a look at once; these looks find what an event that was lost would have told."""
    if wanted is None or interview.finished_at is None:
        return dt.timedelta(seconds=30)
    age = now - interview.finished_at
    if wanted["gradingProgress"] == "Pending":
        return dt.timedelta(seconds=3 if age < dt.timedelta(minutes=10) else 60)
    return dt.timedelta(minutes=10) if age < dt.timedelta(days=30) else dt.timedelta(days=1)
