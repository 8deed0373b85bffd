"""Keyset pages: opaque cursors over (time, id), newest first; stable while rows come and go."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import uuid
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.kit.errors import Invalid

T = TypeVar("T")
MAX_LIMIT = 100


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page, and the cursor of the next (None: this is the last)."""

    items: list[T]
    next_cursor: str | None


def encode_cursor(*values: Any) -> str:
    """An opaque, URL-safe cursor."""
    raw = json.dumps([value.isoformat() if isinstance(value, dt.datetime) else str(value) for value in values])
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, count: int) -> list[str]:
    """The values of a cursor.

    Raises:
        Invalid: it is not one of ours.
    """
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        values = None
    good = isinstance(values, list) and len(values) == count
    # What is not printable (NUL, half a surrogate pair) could not even be sent to the database.
    if not good or not all(isinstance(value, str) and value.isprintable() for value in values):
        raise Invalid("cursor: is not one that Viva gave; begin without it.", field="cursor")
    return list(values)


def newest_first(
    query: Select[Any],
    at: InstrumentedAttribute[dt.datetime],
    key: InstrumentedAttribute[uuid.UUID],
    cursor: str | None,
    limit: int,
) -> Select[Any]:
    """The query for one page, with one row more than asked to see whether there is a next.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    if cursor:
        values = decode_cursor(cursor, 2)
        try:
            after = (dt.datetime.fromisoformat(values[0]), uuid.UUID(values[1]))
        except ValueError:
            raise Invalid("cursor: is not one that Viva gave; begin without it.", field="cursor") from None
        query = query.where(tuple_(at, key) < after)
    return query.order_by(at.desc(), key.desc()).limit(limit + 1)
