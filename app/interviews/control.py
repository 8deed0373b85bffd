"""What interviewers do to an interview that runs: minutes more, a pause and its end, the end of it all.

Each takes the interview's row lock first, so a draft or an answer on its way (they hold it shared) is in before or sees
the change; what is refused then is kept aside.
"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.accounts.service import audit
from app.interviews.access import no_such_interview
from app.interviews.models import Interview
from app.interviews.questions import move_question_deadlines
from app.interviews.service import finish_interview, set_time_multiplier
from app.interviews.states import NotStarted
from app.kit import clock
from app.kit.errors import Conflict, Invalid
from app.kit.text import clean_text

MAX_MINUTES = 600
MAX_REASON = 500


def add_minutes(
    session: Session, readable: ColumnElement[bool], interview_id: uuid.UUID, minutes: int, actor: str
) -> Interview:
    """Give one candidate some minutes more; they are kept as a multiplier, as all extra time is.

    Where each question has its own time, the question that is open gets them all, and the whole as many: as a
    multiplier they would be spread over questions that need none.

    Raises:
        Invalid: not between 1 and 600, or more than ten times the usual time in all.
        Conflict: the interview is over, or has no clock; or each question has its own, and none is open.
        NotFound: no such interview.
    """
    if not 1 <= minutes <= MAX_MINUTES:
        raise Invalid(f"Give between 1 and {MAX_MINUTES} minutes.", field="minutes")
    interview = _locked(session, readable, interview_id)
    if interview.duration_seconds is None:
        raise Conflict("This interview has no clock, so there is no time to add.")
    if interview.timing == "question":
        return _give_to_open_question(session, interview, minutes, actor)
    multiplier = interview.time_multiplier + minutes * 60 / interview.duration_seconds
    if multiplier > 10:
        raise Invalid("That is more than ten times the usual time: give fewer minutes.", field="minutes")
    return set_time_multiplier(session, interview_id, multiplier, actor, minutes=minutes)


def _give_to_open_question(session: Session, interview: Interview, minutes: int, actor: str) -> Interview:
    if interview.finished_at is not None:
        raise Conflict("The interview is over; its time cannot be changed any more.")
    if interview.deadline_at is None or not move_question_deadlines(session, interview, minutes * 60):
        raise Conflict(
            "Each question has its own time, and none is open now: give the minutes while one is, or set the factor."
        )
    interview.deadline_at += dt.timedelta(minutes=minutes)
    subject = f"interview:{interview.id}"
    audit(session, interview.organization_id, actor, "interview.time_changed", subject, minutes=minutes)
    session.flush()
    return interview


def change_multiplier(
    session: Session, readable: ColumnElement[bool], interview_id: uuid.UUID, multiplier: float, actor: str
) -> Interview:
    """Set the multiplier of one candidate's time.

    Raises:
        Invalid: not between 1 and 10.
        Conflict: the interview is over.
        NotFound: no such interview.
    """
    _locked(session, readable, interview_id)
    return set_time_multiplier(session, interview_id, multiplier, actor)


def pause_interview(
    session: Session, readable: ColumnElement[bool], interview_id: uuid.UUID, reason: str, actor: str
) -> Interview:
    """Stop the clock after a technical failure. Pausing twice gives the first pause.

    Raises:
        Invalid: no reason, or one that is too long.
        NotStarted: it still waits in its lobby.
        Conflict: it is over, or its time is.
        NotFound: no such interview.
    """
    reason = clean_text(reason, field="reason").strip()
    if not 1 <= len(reason) <= MAX_REASON:
        raise Invalid(f"Say in at most {MAX_REASON} characters why it is paused: it is kept.", field="reason")
    interview = _locked(session, readable, interview_id)
    if interview.started_at is None:
        raise NotStarted("This interview has not been started yet: there is no clock to stop.")
    if interview.finished_at is not None:
        raise Conflict("The interview is over; it cannot be paused any more.")
    if interview.paused_at is not None:
        return interview
    now = clock.now(session)
    if interview.deadline_at is not None and now >= interview.deadline_at:
        raise Conflict("The time is up already: give more minutes first, then pause.")
    interview.paused_at = now
    audit(session, interview.organization_id, actor, "interview.paused", f"interview:{interview_id}", reason=reason)
    session.flush()
    return interview


def resume_interview(session: Session, readable: ColumnElement[bool], interview_id: uuid.UUID, actor: str) -> Interview:
    """Let the clock run again; deadlines move by as much as the pause was long. Resuming twice does it once.

    Raises:
        NotFound: no such interview.
    """
    interview = _locked(session, readable, interview_id)
    if interview.paused_at is None:
        return interview
    pause: dt.timedelta = clock.now(session) - interview.paused_at
    move_question_deadlines(session, interview, pause.total_seconds())
    interview.paused_at = None
    interview.paused_seconds += pause.total_seconds()
    if interview.deadline_at is not None:
        interview.deadline_at += pause
    seconds = round(pause.total_seconds(), 1)
    audit(session, interview.organization_id, actor, "interview.resumed", f"interview:{interview_id}", seconds=seconds)
    session.flush()
    return interview


def stop_interview(session: Session, readable: ColumnElement[bool], interview_id: uuid.UUID, actor: str) -> Interview:
    """End one candidate's interview now: what is drafted is submitted. Stopping twice gives the same result.

    Raises:
        NotStarted: it still waits in its lobby.
        NotFound: no such interview.
    """
    return finish_interview(session, readable, interview_id, stopped_by=actor)


def _locked(session: Session, readable: ColumnElement[bool], interview_id: uuid.UUID) -> Interview:
    found = session.scalar(
        select(Interview)
        .where(Interview.id == interview_id, readable)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise no_such_interview()
    return found
