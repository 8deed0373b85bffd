"""One clock: PostgreSQL's. Deadlines are compared there, inside the write, and read from there.

`viva_now()` (a migration makes it) is `clock_timestamp()` plus an offset that only tests set, with
`SET viva.clock_offset_ms`. `now()` would not do: it stands still inside a transaction.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import DateTime, func
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import GenericFunction


class viva_now(GenericFunction[dt.datetime]):  # noqa: N801 - the SQL function's name
    """SQL expression: the moment on Viva's clock."""

    type = DateTime(timezone=True)
    inherit_cache = True


def now(session: Session) -> dt.datetime:
    """The moment on Viva's clock, in UTC."""
    moment = session.scalar(func.viva_now())
    assert isinstance(moment, dt.datetime)
    return moment.astimezone(dt.UTC)


__all__ = ["now", "viva_now"]
