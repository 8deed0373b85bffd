"""When a candidate's browser was last heard of, and at which question: what live views look at."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Integer, Uuid, bindparam, func, select, update
from sqlalchemy.orm import Session, aliased

from app.interviews.models import Interview
from app.kit.clock import viva_now
from app.kit.db import table_of

SEEN_EVERY = dt.timedelta(seconds=10)
"""How exactly it is known: a save that comes sooner writes nothing."""

# A row that somebody holds is left for the next time: nobody waits for this, and it can meet no other lock.
_there = aliased(Interview)
_SEEN = (
    update(table_of(Interview))
    .where(
        Interview.id
        == select(_there.id)
        .where(_there.id == bindparam("this_interview", type_=Uuid), _there.finished_at.is_(None))
        .with_for_update(key_share=True, skip_locked=True)
        .scalar_subquery()
    )
    .values(
        last_seen_at=viva_now(),
        current_position=func.coalesce(bindparam("position", type_=Integer), Interview.current_position),
    )
)


def note_presence(session: Session, interview: Interview, now: dt.datetime, position: int | None = None) -> None:
    """Remember that the candidate's browser was here: at most every ten seconds, or when another question is open."""
    if interview.started_at is None or interview.finished_at is not None:
        return
    fresh = interview.last_seen_at is not None and now - interview.last_seen_at < SEEN_EVERY
    if fresh and position in (None, interview.current_position):
        return
    session.execute(_SEEN, {"this_interview": interview.id, "position": position})
