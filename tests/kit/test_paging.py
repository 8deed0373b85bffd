"""Cursors: whatever comes and goes between two pages, what was there all the time is shown once, and in order."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from conftest import Api
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.accounts.audit_trail import audit_trail
from app.accounts.models import AuditEvent, Organization
from app.kit.errors import Invalid
from app.kit.paging import decode_cursor, encode_cursor

MORNING = dt.datetime(2026, 1, 1, 8, tzinfo=dt.UTC)
# Few different times, so that many rows share one and only their ids tell them apart.
TICKS = st.integers(0, 4)
CHANGES = st.lists(
    st.one_of(st.tuples(st.just("come"), TICKS), st.tuples(st.just("go"), st.integers(0, 30))), max_size=4
)


def add(session: Session, organization: Organization, tick: int) -> uuid.UUID:
    key = uuid.uuid4()
    at = MORNING + dt.timedelta(seconds=tick)
    row = {"id": key, "organization_id": organization.id, "actor": "viva", "action": "a", "subject": "s", "at": at}
    session.execute(insert(AuditEvent).values(row))
    return key


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ticks=st.lists(TICKS, max_size=20),
    limit=st.integers(1, 6),
    between=st.lists(CHANGES, max_size=12),
)
def test_a_walk_over_pages(api: Api, ticks: list[int], limit: int, between: list[list[tuple[str, int]]]) -> None:
    with api.sessions() as session:
        organization = session.scalars(select(Organization).limit(1)).first() or Organization(slug="o", name="O")
        session.add(organization)
        session.flush()
        session.execute(delete(AuditEvent).where(AuditEvent.organization_id == organization.id))
        at_start = [add(session, organization, tick) for tick in ticks]
        gone: set[uuid.UUID] = set()
        seen: list[AuditEvent] = []
        cursor: str | None = None
        changes = iter(between)
        while True:
            page = audit_trail(session, organization.id, cursor, limit)
            assert len(page.items) <= limit
            seen += [line.event for line in page.items]
            if (cursor := page.next_cursor) is None:
                break
            assert len(page.items) == limit, "a page that is not the last one is full"
            for change, number in next(changes, []):
                if change == "come":
                    add(session, organization, number)
                elif at_start:
                    # The row of the cursor itself may be among them.
                    gone.add(row := at_start[number % len(at_start)])
                    session.execute(delete(AuditEvent).where(AuditEvent.id == row))
        shown = [event.id for event in seen]
        assert len(shown) == len(set(shown)), "a row was shown twice"
        assert set(at_start) - gone <= set(shown), "a row that was there all the time was left out"
        order = [(event.at, event.id.bytes) for event in seen]
        assert order == sorted(order, reverse=True)
        session.rollback()


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=20), max_size=4))
def test_a_cursor_gives_back_what_it_was_made_of(values: list[str]) -> None:
    assert decode_cursor(encode_cursor(*values), len(values)) == values


@given(st.one_of(st.text(max_size=40), st.binary(max_size=30).map(lambda raw: raw.hex())), st.integers(1, 3))
def test_what_is_no_cursor_is_refused_and_never_an_error_of_ours(cursor: str, values: int) -> None:
    try:
        found: Any = decode_cursor(cursor, values)
    except Invalid:
        return
    assert len(found) == values


@pytest.mark.parametrize("cursor", ["", "e30", "WzFd", "WyJcdTAwMDAiXQ", "💥", "a" * 5000])
def test_cursors_of_others(cursor: str) -> None:
    with pytest.raises(Invalid):
        decode_cursor(cursor, 1)
