"""What those who teach see of a link: who has sat, how it stands, and what the gradebook was told."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import Organization, User
from app.assessments.queries import InterviewScore, interview_scores
from app.assessments.words import Band, band_of
from app.integrations.lti.models import LtiGrant, LtiLink, LtiSitting, LtiUser
from app.integrations.lti.sessions import Staff, not_yours
from app.interviews.models import Interview, InterviewItem

MAX_SHOWN = 1000


@dataclass(frozen=True)
class ResultLine:
    """One learner's interview."""

    name: str
    status: str
    finished_at: dt.datetime | None
    score: float | None
    band: Band | None
    scored: int
    answers: int
    waits: bool
    """For somebody to release it."""
    sent_score: float | None
    error: str


@dataclass(frozen=True)
class Results:
    """The results of one link."""

    link: LtiLink
    organization: str
    lines: list[ResultLine]
    more: int


def link_for(session: Session, staff: Staff, link_id: uuid.UUID) -> LtiLink:
    """A link whose results somebody was launched into.

    Raises:
        NotFound: none, or not theirs to see.
    """
    found = session.scalar(
        select(LtiLink)
        .join(LtiGrant, LtiGrant.link_id == LtiLink.id)
        .where(LtiLink.id == link_id, LtiGrant.session_id == staff.session_id)
    )
    if found is None:
        raise not_yours()
    return found


def results_of(session: Session, link: LtiLink) -> Results:
    """All learners who have opened a link, by name."""
    questions = (
        select(func.count()).where(InterviewItem.interview_id == Interview.id).correlate(Interview).scalar_subquery()
    )
    rows = session.execute(
        select(LtiSitting, Interview, User.name, questions)
        .join(Interview, Interview.id == LtiSitting.interview_id)
        .join(LtiUser, LtiUser.id == LtiSitting.lti_user_id)
        .join(User, User.id == LtiUser.user_id)
        .where(LtiSitting.link_id == link.id)
        .order_by(func.lower(User.name), LtiSitting.created_at, LtiSitting.id)
        .limit(MAX_SHOWN)
    ).all()
    scores = interview_scores(session, [interview.id for _, interview, _, _ in rows])
    lines = [
        _line(sitting, interview, name, total or 0, scores.get(interview.id, InterviewScore()))
        for sitting, interview, name, total in rows
    ]
    count = session.scalar(select(func.count()).where(LtiSitting.link_id == link.id)) or 0
    organization = session.get_one(Organization, link.organization_id)
    return Results(link, organization.name, lines, count - len(lines))


def _line(sitting: LtiSitting, interview: Interview, name: str, total: int, score: InterviewScore) -> ResultLine:
    complete = interview.finished_at is not None and score.scored >= score.answers and total > 0
    mean = score.points / total if complete else None
    return ResultLine(
        name=name or f"Learner {str(sitting.lti_user_id)[:6]}",
        status="paused" if interview.status == "running" and interview.paused_at else interview.status,
        finished_at=interview.finished_at,
        score=mean,
        band=None if mean is None else band_of(mean),
        scored=score.scored,
        answers=score.answers,
        waits=(sitting.sent or {}).get("gradingProgress") == "PendingManual",
        sent_score=(sitting.sent or {}).get("scoreGiven"),
        error=sitting.error,
    )
