"""Who sits an interview of an organisation now: one query for a whole page of them."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, case, exists, func, lateral, or_, select, true
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.assessments.models import Assessment
from app.bank.models import QuestionVersion
from app.dashboards.names import shown_name
from app.interviews.clock import is_running, remaining_ms
from app.interviews.models import Answer, Interview, InterviewItem
from app.kit.clock import viva_now

AWAY_SECONDS = 75
"""The candidate's room asks for the time every thirty seconds: two of them missed, and some for the way."""
JUST_FINISHED = dt.timedelta(minutes=15)
MOST = 200
"""Interviews on one page; the counts above say how many there are."""


@dataclass(frozen=True)
class LiveRow:
    """One candidate at work, or just finished."""

    id: uuid.UUID
    name: str
    title: str
    state: str
    """`running`, `paused` or `finished`."""
    connection: str
    """`here`, `away` or `unknown`."""
    away_minutes: int
    position: int | None
    question: str | None
    answered: int
    scored: int
    total: int
    score: float | None
    remaining_ms: int | None
    question_remaining_ms: int | None
    """Of the question's own clock, where it has one that runs."""
    token: int
    """Changes when anything of the row does, but for time that runs."""


@dataclass(frozen=True)
class LiveView:
    """The page, and a token that changes when anything on it does (but for time that runs)."""

    rows: list[LiveRow]
    running: int
    paused: int
    away: int
    more: int
    token: str


def _statement() -> Any:
    newest = lateral(
        select(Assessment.score)
        .where(Assessment.answer_id == Answer.id)
        .order_by(Assessment.created_at.desc(), Assessment.id)
        .limit(1)
    ).alias("newest")
    counts = lateral(
        select(
            func.count(InterviewItem.id).label("total"),
            func.count(Answer.id).label("answered"),
            func.count(newest.c.score).label("scored"),
            func.avg(newest.c.score).label("mean"),
        )
        .select_from(InterviewItem)
        .outerjoin(Answer, Answer.item_id == InterviewItem.id)
        .outerjoin(newest, true())
        .where(InterviewItem.interview_id == Interview.id)
        .correlate(Interview)
    ).alias("counts")
    current = lateral(
        select(
            QuestionVersion.title,
            case((~exists().where(Answer.item_id == InterviewItem.id), InterviewItem.deadline_at)).label("ends_at"),
        )
        .join(InterviewItem, InterviewItem.question_version_id == QuestionVersion.id)
        .where(InterviewItem.interview_id == Interview.id, InterviewItem.position == Interview.current_position)
        .correlate(Interview)
    ).alias("current")
    sits = or_(is_running(), Interview.finished_at > viva_now() - JUST_FINISHED)
    # Those who sit first; all of them are counted, also what the page has no place for.
    return (
        select(
            Interview,
            User.name.label("account_name"),
            counts.c.total,
            counts.c.answered,
            counts.c.scored,
            counts.c.mean,
            current.c.title.label("question"),
            current.c.ends_at,
            viva_now().label("now"),
        )
        .outerjoin(User, User.id == Interview.candidate_user_id)
        .join(counts, true())
        .outerjoin(current, true())
        .where(and_(Interview.organization_id == bindparam("organization_id"), sits))
        .order_by(Interview.finished_at.desc().nulls_first(), Interview.started_at.desc(), Interview.id)
        .limit(bindparam("most"))
    )


# Built once: every open dashboard asks it every few seconds.
_LIVE = _statement()
_MOST_COUNTED = 2_000


def live_view(session: Session, organization_id: uuid.UUID, *, names: bool) -> LiveView:
    """Who sits now, and who has finished within a quarter of an hour."""
    found = session.execute(_LIVE, {"organization_id": organization_id, "most": _MOST_COUNTED}).all()
    rows = [_row(one, names) for one in found]
    sitting = [row for row in rows if row.state != "finished"]
    running = sum(row.state == "running" for row in rows)
    away = sum(row.connection == "away" for row in sitting)
    told = f"{running} {away} {len(rows)} {[row.token for row in rows[:MOST]]}"
    return LiveView(
        rows[:MOST],
        running=running,
        paused=len(sitting) - running,
        away=away,
        more=max(0, len(rows) - MOST),
        token=hashlib.sha256(told.encode()).hexdigest()[:16],
    )


def _row(found: Any, names: bool) -> LiveRow:
    interview: Interview = found.Interview
    state = "finished" if interview.finished_at else "paused" if interview.paused_at else "running"
    silent = (found.now - interview.last_seen_at).total_seconds() if interview.last_seen_at else None
    connection = "unknown" if silent is None else "away" if silent > AWAY_SECONDS else "here"
    away_minutes = int(silent // 60) if silent is not None and connection == "away" else 0
    name = shown_name(interview, found.account_name, names=names)
    score = float(found.mean) if found.mean is not None else None
    position = interview.current_position
    # The deadline stands in it in place of the time left.
    told = (
        f"{interview.id} {name} {state} {connection} {away_minutes} {position} {found.answered} {found.scored} {score}"
        f" {interview.deadline_at} {interview.paused_at} {found.ends_at}"
    )
    return LiveRow(
        interview.id,
        name,
        interview.title,
        state,
        connection,
        away_minutes,
        position,
        found.question,
        found.answered,
        found.scored,
        found.total,
        score,
        remaining_ms(interview, found.now) if state != "finished" else None,
        remaining_ms(interview, found.now, found.ends_at) if found.ends_at and state != "finished" else None,
        int.from_bytes(hashlib.sha256(told.encode()).digest()[:8], "big"),
    )
