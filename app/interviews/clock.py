"""Where deadlines are checked: conditions that every write carries inside its own WHERE.

The browser's clock is never asked. `viva_now()` is PostgreSQL's (see `kit.clock`).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, and_, exists, or_

from app.interviews.models import Answer, Interview, InterviewItem
from app.kit.clock import viva_now

GRACE_SECONDS = 10
"""What is on its way when time runs out still counts; later text is kept and shown, not scored."""

GRACE = dt.timedelta(seconds=GRACE_SECONDS)


def is_running() -> ColumnElement[bool]:
    """The interview has begun, and either its clock stands or it can still take text."""
    return and_(_has_begun(), or_(Interview.paused_at.is_not(None), and_(_in_time(), ~_questions_are_over())))


def takes_text() -> ColumnElement[bool]:
    """The interview runs and is not paused. Whether the question does, too, is said by `question_takes_text`."""
    return and_(_has_begun(), Interview.paused_at.is_(None), _in_time())


def is_due() -> ColumnElement[bool]:
    """The interview runs, but nothing can come in any more: it is to be finished. A paused one never is."""
    return and_(
        Interview.finished_at.is_(None),
        Interview.paused_at.is_(None),
        or_(viva_now() > Interview.deadline_at + GRACE, _questions_are_over()),
    )


def question_takes_text() -> ColumnElement[bool]:
    """The question has no clock of its own; or it is open, and its deadline with grace has not passed."""
    return or_(InterviewItem.duration_seconds.is_(None), viva_now() <= InterviewItem.deadline_at + GRACE)


def _has_begun() -> ColumnElement[bool]:
    return and_(Interview.started_at.is_not(None), Interview.finished_at.is_(None))


def _in_time() -> ColumnElement[bool]:
    return or_(Interview.deadline_at.is_(None), viva_now() <= Interview.deadline_at + GRACE)


def _questions_are_over() -> ColumnElement[bool]:
    """Each question has its own clock, and none waits to be opened or runs: all are answered, or their time is over."""
    still = or_(InterviewItem.deadline_at.is_(None), viva_now() <= InterviewItem.deadline_at + GRACE)
    answered = exists().where(Answer.item_id == InterviewItem.id).correlate(InterviewItem)
    left = exists().where(InterviewItem.interview_id == Interview.id, still, ~answered).correlate(Interview)
    return and_(Interview.timing == "question", ~left)


def remaining_ms(interview: Interview, now: dt.datetime, question_ends_at: dt.datetime | None = None) -> int | None:
    """Milliseconds to the deadline (or to a question's, if that is sooner), not below 0; None without one.

    While the interview is paused they stay as they are.
    """
    ends = [end for end in (interview.deadline_at, question_ends_at) if end is not None]
    if not ends:
        return None
    return max(0, int((min(ends) - (interview.paused_at or now)).total_seconds() * 1000))


def is_over(interview: Interview, item: InterviewItem, now: dt.datetime) -> bool:
    """The question's own time has run out, with its grace."""
    return item.deadline_at is not None and (interview.paused_at or now) > item.deadline_at + GRACE
