"""The course of an interview: start, extra time, finish, and the sweep of those whose time is up.

What belongs to one question is in `questions`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Literal

from sqlalchemy import ColumnElement, case, func, or_, select, update
from sqlalchemy.orm import Session

from app.accounts.service import audit
from app.interviews.access import interview_by_id, interviews_of, no_such_interview
from app.interviews.clock import GRACE, is_due
from app.interviews.events import record_interview_event, record_invitation_expired
from app.interviews.models import Answer, Interview, InterviewItem, Invitation
from app.interviews.questions import due_questions, hand_in, hand_in_question, move_question_deadlines
from app.interviews.states import InterviewPaused, NotStarted
from app.kit import clock
from app.kit.clock import viva_now
from app.kit.errors import Conflict, Invalid

Reason = Literal["candidate", "deadline", "interviewer"]


def start_interview(
    session: Session, readable: ColumnElement[bool], interview_id: uuid.UUID, *, consent: bool
) -> Interview:
    """Start the clock; the deadline is stored now. Starting twice gives the first start.

    Raises:
        Invalid: without consent to machine scoring.
        NotFound: no such interview.
    """
    interview = interview_by_id(session, readable, interview_id)
    if interview.started_at is not None:
        return interview
    if not consent:
        raise Invalid("Agree to scoring by a machine before you start: without it there is no report.", field="consent")
    seconds = func.make_interval(0, 0, 0, 0, 0, 0, Interview.duration_seconds * Interview.time_multiplier)
    # One statement, so that two tabs cannot start two clocks; NULL duration (practice) gives a NULL deadline.
    moment = clock.now(session)
    is_first = session.scalar(
        update(Interview)
        .where(Interview.id == interview_id, Interview.started_at.is_(None))
        .values(started_at=moment, consented_at=moment, deadline_at=moment + seconds)
        .returning(Interview.id)
        .execution_options(synchronize_session=False)
    )
    interview = interview_by_id(session, readable, interview_id)
    if is_first is not None:
        record_interview_event(session, "interview.started", interview)
    return interview


def set_time_multiplier(
    session: Session, interview_id: uuid.UUID, multiplier: float, actor: str, **detail: object
) -> Interview:
    """Give a candidate extra time, before or while the interview runs (1.25 is a quarter more).

    Raises:
        Invalid: not between 1 and 10.
        Conflict: the interview is over.
    """
    if not 1 <= multiplier <= 10:
        raise Invalid("Extra time is a multiplier between 1 and 10.", field="multiplier")
    interview = session.get(Interview, interview_id, with_for_update=True, populate_existing=True)
    if interview is None:
        raise no_such_interview()
    if interview.finished_at is not None:
        raise Conflict("The interview is over; its time cannot be changed any more.")
    more = multiplier - interview.time_multiplier
    interview.time_multiplier = multiplier
    if interview.deadline_at is not None and interview.duration_seconds is not None:
        # What pauses gave back, and minutes that a question got, stay in the deadlines.
        interview.deadline_at += dt.timedelta(seconds=interview.duration_seconds * more)
        move_question_deadlines(session, interview, InterviewItem.duration_seconds * more)
    audit(
        session,
        interview.organization_id,
        actor,
        "interview.time_changed",
        f"interview:{interview_id}",
        multiplier=multiplier,
        **detail,
    )
    return interview


def finish_interview(
    session: Session,
    readable: ColumnElement[bool],
    interview_id: uuid.UUID,
    *,
    only_if_due: bool = False,
    stopped_by: str | None = None,
) -> Interview:
    """End an interview: what is drafted and not blank is submitted. Finishing twice gives the same result.

    With `only_if_due` it goes on if it has been given more time since somebody looked. `stopped_by` is the interviewer
    who ends it, also while it is paused.

    Raises:
        NotStarted: it still waits in its lobby.
        InterviewPaused: its clock stands, and it is not an interviewer who ends it.
        NotFound: no such interview.
    """
    # The row lock comes first: a draft or answer on its way (they hold it shared) is in before this goes on.
    locked = session.scalar(
        select(Interview)
        .where(Interview.id == interview_id, readable)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if locked is None:
        raise no_such_interview()
    if locked.started_at is None:
        raise NotStarted("This interview has not been started yet.")
    goes_on = only_if_due and session.scalar(select(Interview.id).where(Interview.id == interview_id, is_due())) is None
    if locked.finished_at is None and not goes_on:
        now = clock.now(session)
        over = locked.deadline_at is not None and now > locked.deadline_at and locked.paused_at is None
        stands_at = locked.paused_at or now
        if locked.paused_at is not None:
            if stopped_by is None:
                raise InterviewPaused("The interview is paused: it can be finished when it goes on.")
            locked.paused_seconds += (now - locked.paused_at).total_seconds()
            locked.paused_at = None
        if stopped_by is not None:
            audit(session, locked.organization_id, stopped_by, "interview.stopped", f"interview:{interview_id}")
        _hand_in_drafts(session, locked, "deadline" if over else "interviewer" if stopped_by else "finish", stands_at)
        if over:
            _finish(session, locked, "deadline", min(now, locked.deadline_at or now))
        elif only_if_due:
            _finish(session, locked, *_last_end(session, locked, now))
        else:
            _finish(session, locked, "interviewer" if stopped_by else "candidate", now)
    return interview_by_id(session, readable, interview_id)


def _hand_in_drafts(
    session: Session, interview: Interview, by: Literal["finish", "deadline", "interviewer"], at: dt.datetime
) -> None:
    open_items = session.scalars(
        select(InterviewItem)
        .outerjoin(Answer)
        .where(InterviewItem.interview_id == interview.id, Answer.id.is_(None))
        .order_by(InterviewItem.position)
        .execution_options(populate_existing=True)
    )
    for item in open_items:
        if item.draft_text.strip():
            ran_out = item.deadline_at is not None and at > item.deadline_at
            hand_in(session, item, "deadline" if ran_out else by)


def _last_end(session: Session, interview: Interview, now: dt.datetime) -> tuple[Reason, dt.datetime]:
    """How and when the last question ended, of an interview whose questions have all ended."""
    answered = Answer.submitted_by == "candidate"
    at = case((answered, Answer.submitted_at), else_=InterviewItem.deadline_at)
    ended_at, is_answered = session.execute(
        select(at, answered)
        .select_from(InterviewItem)
        .outerjoin(Answer)
        .where(InterviewItem.interview_id == interview.id)
        .order_by(at.desc())
        .limit(1)
    ).one()
    return "candidate" if is_answered else "deadline", min(now, ended_at)


def _finish(session: Session, interview: Interview, reason: Reason, at: dt.datetime) -> None:
    interview.finish_reason = reason
    interview.finished_at = at
    if reason == "deadline":
        record_interview_event(session, "interview.expired", interview)
    record_interview_event(session, "interview.submitted", interview)


def finish_if_due(session: Session, interview: Interview) -> Interview:
    """What every reading page does first, so that a worker that is away never keeps an interview or a question open."""
    mine = interviews_of(interview.organization_id)
    if session.scalar(select(Interview.id).where(Interview.id == interview.id, is_due())) is not None:
        return finish_interview(session, mine, interview.id, only_if_due=True)
    if interview.timing == "question" and (due := due_questions(session, interview_id=interview.id)):
        for organization_id, item_id in due:
            hand_in_question(session, organization_id, item_id)
        return interview_by_id(session, mine, interview.id)
    return interview


def due_interviews(
    session: Session, limit: int = 100, leave_out: Collection[uuid.UUID] = ()
) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """(organisation, interview) of those whose time is up, longest over first."""
    rows = session.execute(
        select(Interview.organization_id, Interview.id)
        .where(
            is_due(),
            # The index of running interviews serves both; the first of it are over, and so may be all of the second.
            or_(Interview.deadline_at < viva_now() - GRACE, Interview.timing == "question"),
            Interview.deadline_at.is_not(None),
            Interview.id.not_in(leave_out),
        )
        .order_by(Interview.deadline_at)
        .limit(limit)
    )
    return [(organization_id, interview_id) for organization_id, interview_id in rows]


def note_expired_invitations(session: Session, limit: int = 100) -> int:
    """Tell of invitations whose last day passed before the candidate came; how many."""
    expired = session.scalars(
        select(Invitation)
        .where(
            Invitation.claimed_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expired_at.is_(None),
            Invitation.closes_at <= viva_now(),
        )
        .order_by(Invitation.closes_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for invitation in expired:
        invitation.expired_at = clock.now(session)
        record_invitation_expired(session, invitation)
    return len(expired)


def set_flag(
    session: Session, readable: ColumnElement[bool], interview_id: uuid.UUID, item_id: uuid.UUID, flagged: bool
) -> None:
    """Mark a question to come back to.

    Raises:
        NotFound: no such item.
    """
    mine = select(Interview.id).where(Interview.id == interview_id, readable)
    changed = session.execute(
        update(InterviewItem)
        .where(InterviewItem.id == item_id, InterviewItem.interview_id.in_(mine))
        .values(flagged=flagged)
        .returning(InterviewItem.id)
    ).first()
    if changed is None:
        raise no_such_interview()
