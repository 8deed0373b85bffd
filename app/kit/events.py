"""Events: what other systems may want to know, written in the transaction in which it happens.

A row of `events` commits or rolls back with what it tells of, so there is no event of what did not happen, and none is
lost. Who is told, and how, is not known here: `app.integrations` numbers the rows and hands them on.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.kit.jobs import JobName

NUMBER_EVENTS = JobName("number_events", queue="events")
"""Gives new events their numbers and hands them on; the job only makes it quick, the sweep does the same."""

_RECORD = text(
    "INSERT INTO events (id, organization_id, type, interview_id, data, once_key)"
    " VALUES (:id, :organization_id, :type, :interview_id, CAST(:data AS jsonb), :once_key)"
    " ON CONFLICT (once_key) DO NOTHING RETURNING id"
)


def record_event(
    session: Session,
    organization_id: uuid.UUID,
    type: str,
    data: Mapping[str, Any],
    *,
    interview_id: uuid.UUID | None = None,
    once: str | None = None,
) -> uuid.UUID | None:
    """Write down that something happened; the event's id, or None if `once` says that it was written before.

    `data` holds ids, states, times and links, never what somebody wrote and nothing of a person but the `external_id`.
    An event about an interview (`interview_id`) is erased with it.
    """
    # The rows that this one points to may not have been sent yet.
    session.flush()
    event_id = session.scalar(
        _RECORD,
        {
            "id": uuid.uuid4(),
            "organization_id": organization_id,
            "type": type,
            "interview_id": interview_id,
            "data": json.dumps({name: _plain(value) for name, value in data.items()}, ensure_ascii=False),
            "once_key": once,
        },
    )
    if event_id is not None:
        NUMBER_EVENTS.enqueue(session)
    assert event_id is None or isinstance(event_id, uuid.UUID)
    return event_id


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return rfc3339(value)
    return str(value) if isinstance(value, uuid.UUID) else value


def rfc3339(moment: dt.datetime) -> str:
    """A moment in UTC, as the API writes it."""
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
