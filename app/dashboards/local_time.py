"""Moments as browsers' forms send them: a local time, and how far its zone is from UTC."""

from __future__ import annotations

import datetime as dt

from app.interviews.inviting import Window
from app.kit.errors import Invalid

MAX_OFFSET_MINUTES = 26 * 60


def read_moment(words: str, offset: str, field: str) -> dt.datetime:
    """A moment in UTC. `offset` is JavaScript's `getTimezoneOffset()` at that moment; without a script it is 0.

    Raises:
        Invalid: it is no date with a time.
    """
    try:
        local = dt.datetime.fromisoformat(words.strip())
        minutes = int(offset or "0")
        if local.tzinfo is not None or abs(minutes) > MAX_OFFSET_MINUTES:
            raise ValueError
        return (local + dt.timedelta(minutes=minutes)).replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        raise Invalid("Write a date and a time, such as 2026-03-31T17:00.", field=field) from None


def read_window(opens: str, opens_offset: str, closes: str, closes_offset: str) -> Window:
    """The two moments of a window.

    Raises:
        Invalid: one of them is none.
    """
    return Window(read_moment(opens, opens_offset, "opens"), read_moment(closes, closes_offset, "closes"))


def field_value(at: dt.datetime) -> str:
    """A moment as the value of a `datetime-local` field, in UTC."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M")
