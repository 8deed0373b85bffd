"""Where deadlines are checked: conditions that every write carries inside its own WHERE.

The browser's clock is never asked. `viva_now()` is PostgreSQL's (see `kit.clock`).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, and_, or_

from app.interviews.models import Interview
from app.kit.clock import viva_now

GRACE_SECONDS = 10
"""What is on its way when time runs out still counts; later text is kept and shown, not scored."""

GRACE = dt.timedelta(seconds=GRACE_SECONDS)


def is_running() -> ColumnElement[bool]:
    """The interview has begun, and either its clock stands or its deadline with grace has not passed."""
    return and_(
        Interview.started_at.is_not(None),
        Interview.finished_at.is_(None),
        or_(
            Interview.paused_at.is_not(None),
            Interview.deadline_at.is_(None),
            viva_now() <= Interview.deadline_at + GRACE,
        ),
    )


def takes_text() -> ColumnElement[bool]:
    """The interview runs and is not paused."""
    return and_(is_running(), Interview.paused_at.is_(None))


def is_due() -> ColumnElement[bool]:
    """The interview runs, but nothing can come in any more: it is to be finished. A paused one never is."""
    return and_(
        Interview.finished_at.is_(None), Interview.paused_at.is_(None), viva_now() > Interview.deadline_at + GRACE
    )


def remaining_ms(interview: Interview, now: dt.datetime) -> int | None:
    """Milliseconds to the deadline, not below 0; None without one. While it is paused they stay as they are."""
    if interview.deadline_at is None:
        return None
    return max(0, int((interview.deadline_at - (interview.paused_at or now)).total_seconds() * 1000))
