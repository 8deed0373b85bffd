"""Reads of batches of gradings."""

from __future__ import annotations

import uuid

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session, defer

from app.assessments.models import GradingBatch, GradingLine
from app.kit.errors import Invalid, NotFound
from app.kit.paging import Page, decode_cursor, encode_cursor, newest_first


def batch_by_id(session: Session, organization_id: uuid.UUID, batch_id: uuid.UUID) -> GradingBatch:
    """A batch of the organisation.

    Raises:
        NotFound: there is none.
    """
    found = session.scalar(
        select(GradingBatch)
        .where(GradingBatch.id == batch_id, GradingBatch.organization_id == organization_id)
        .options(defer(GradingBatch.questions))
    )
    if found is None:
        raise NotFound("There is no such batch, or it was deleted when its time was over.")
    return found


def batches_of(session: Session, organization_id: uuid.UUID, cursor: str | None, limit: int) -> Page[GradingBatch]:
    """The organisation's batches, newest first.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    query = (
        select(GradingBatch)
        .where(GradingBatch.organization_id == organization_id)
        .options(defer(GradingBatch.questions))
    )
    found = list(session.scalars(newest_first(query, GradingBatch.created_at, GradingBatch.id, cursor, limit)))
    rest = found[limit:]
    last = found[limit - 1] if rest else None
    return Page(found[:limit], encode_cursor(last.created_at, last.id) if last else None)


def lines_of(
    session: Session, batch: GradingBatch, cursor: str | None, limit: int
) -> Page[tuple[int, str, str | None]]:
    """(line, status, result as JSON text) of a batch's lines as they came in.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    after = 0
    if cursor:
        (value,) = decode_cursor(cursor, 1)
        if not value.isdecimal() or len(value) > 9:
            raise Invalid("cursor: is not one that Viva gave; begin without it.", field="cursor")
        after = int(value)
    rows = session.execute(
        # As text: what was stored as JSON goes out as JSON, and is not read on the way.
        select(GradingLine.line, GradingLine.status, cast(GradingLine.result, Text))
        .where(GradingLine.batch_id == batch.id, GradingLine.line > after)
        .order_by(GradingLine.line)
        .limit(limit + 1)
    )
    found: list[tuple[int, str, str | None]] = [(line, status, result) for line, status, result in rows]
    return Page(found[:limit], encode_cursor(found[limit - 1][0]) if found[limit:] else None)
