"""Batches of gradings: taken in whole, scored a few lines at a time, cancelled, forgotten."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from app.accounts.service import audit
from app.assessments.batch_input import Line
from app.assessments.grading_input import bank_questions
from app.assessments.models import GradingBatch, GradingLine
from app.kit.clock import viva_now
from app.kit.errors import Conflict, NotFound, TooLarge
from app.kit.waiting import announce

MAX_LINES = 10_000
MAX_QUESTIONS = 1_000
"""Different slugs in one batch."""
KEPT_DAYS = 7
"""How long a batch and its results stay after it finished."""

# One statement and a few arrays: ten thousand rows take no ten thousand parameters.
_STORE_LINES = text(
    "INSERT INTO grading_lines (batch_id, line, organization_id, status, request, result)"
    " SELECT :batch, line, :organization, CASE WHEN result IS NULL THEN 'queued' ELSE 'failed' END,"
    "  request::jsonb, result::jsonb"
    " FROM unnest(CAST(:lines AS int[]), CAST(:requests AS text[]), CAST(:results AS text[]))"
    "  AS sent (line, request, result)"
)
_STORE_RESULTS = text(
    "UPDATE grading_lines l SET status = r.status, result = r.result::jsonb, request = NULL"
    " FROM unnest(CAST(:lines AS int[]), CAST(:statuses AS text[]), CAST(:results AS text[]))"
    "  AS r (line, status, result)"
    " WHERE l.batch_id = :batch AND l.line = r.line"
)


class AlreadyFinished(Conflict):
    """There is nothing left to cancel."""

    title = "Already finished"
    type = "already-finished"


def request_batch(session: Session, organization_id: uuid.UUID, lines: Sequence[Line], actor: str) -> GradingBatch:
    """Store a batch; workers find it by themselves. What its slugs stand for is kept as it is now.

    Raises:
        TooLarge: more than `MAX_LINES` lines, or questions of the bank.
    """
    if len(lines) > MAX_LINES:
        raise TooLarge(f"At most {MAX_LINES:,} answers in one batch: send the rest in another.", field="body")
    requests = [line.request for line in lines if line.request is not None]
    slugs = {slug for one in requests if isinstance(slug := one.get("slug"), str)}
    if len(slugs) > MAX_QUESTIONS:
        raise TooLarge(f"At most {MAX_QUESTIONS:,} questions of the bank in one batch.", field="body")
    failed = len(lines) - len(requests)
    batch = GradingBatch(
        organization_id=organization_id,
        total=len(lines),
        failed=failed,
        questions=bank_questions(session, organization_id, requests),
    )
    if not requests:
        batch.status, batch.started_at, batch.finished_at = "done", viva_now(), viva_now()
    session.add(batch)
    session.flush()
    session.execute(
        _STORE_LINES,
        {
            "batch": batch.id,
            "organization": organization_id,
            "lines": [line.number for line in lines],
            "requests": [_json(line.request) for line in lines],
            "results": [_json(line.failure) for line in lines],
        },
    )
    audit(session, organization_id, actor, "grading_batch.created", f"grading_batch:{batch.id}", lines=len(lines))
    session.refresh(batch, ["created_at", "started_at", "finished_at"])
    return batch


def cancel_batch(session: Session, organization_id: uuid.UUID, batch_id: uuid.UUID, actor: str) -> GradingBatch:
    """Score no more lines of a batch; what is done stays. Cancelling twice is answered as the first time.

    Raises:
        NotFound: the organisation has no such batch.
        AlreadyFinished: all lines were done before.
    """
    batch = session.scalar(
        select(GradingBatch)
        .where(GradingBatch.id == batch_id, GradingBatch.organization_id == organization_id)
        .with_for_update()
    )
    if batch is None:
        raise NotFound("There is no such batch.")
    if batch.status == "done":
        raise AlreadyFinished("The batch is done: there is nothing left to cancel.")
    if batch.status != "cancelled":
        batch.status = "cancelled"
        batch.finished_at = session.scalar(select(viva_now()))
        audit(
            session,
            organization_id,
            actor,
            "grading_batch.cancelled",
            f"grading_batch:{batch.id}",
            scored=batch.done,
            lines=batch.total,
        )
        announce(session, batch_key(batch.id))
    return batch


def open_batches(session: Session) -> list[uuid.UUID]:
    """Batches with lines that wait, the one first of which nothing was taken for longest."""
    return list(
        session.scalars(
            select(GradingBatch.id).where(GradingBatch.finished_at.is_(None)).order_by(GradingBatch.worked_at).limit(20)
        )
    )


def begin_batch(session: Session, batch_id: uuid.UUID) -> None:
    """Say that a batch is worked on."""
    session.execute(
        update(GradingBatch)
        .where(GradingBatch.id == batch_id, GradingBatch.status == "queued")
        .values(status="running", started_at=viva_now())
    )


def claim_lines(session: Session, batch_id: uuid.UUID, most: int) -> Sequence[Any]:
    """(line, request) of lines that nobody works on: the transaction holds them, and a worker that dies lets go."""
    return session.execute(
        select(GradingLine.line, GradingLine.request)
        .where(GradingLine.batch_id == batch_id, GradingLine.status == "queued")
        .order_by(GradingLine.line)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


def store_results(session: Session, batch_id: uuid.UUID, graded: Sequence[tuple[int, dict[str, Any]]]) -> None:
    """Keep results, and say how far the batch is; who waits for its end hears of it."""
    failed = sum("error" in result for _, result in graded)
    session.execute(
        _STORE_RESULTS,
        {
            "batch": batch_id,
            "lines": [line for line, _ in graded],
            "statuses": ["failed" if "error" in result else "done" for _, result in graded],
            "results": [_json(result) for _, result in graded],
        },
    )
    # The row is taken last and for a moment: other workers store their lines of the same batch, too.
    finished = session.scalar(
        text(
            "UPDATE grading_batches SET done = done + :done, failed = failed + :failed, worked_at = viva_now(),"
            " status = CASE WHEN finished_at IS NULL AND done + failed + :both = total THEN 'done' ELSE status END,"
            " finished_at = CASE WHEN finished_at IS NULL AND done + failed + :both = total THEN viva_now()"
            "  ELSE finished_at END"
            " WHERE id = :batch RETURNING status = 'done'"
        ),
        {"batch": batch_id, "done": len(graded) - failed, "failed": failed, "both": len(graded)},
    )
    if finished:
        announce(session, batch_key(batch_id))


def forget_old_batch(session: Session) -> tuple[uuid.UUID, int] | None:
    """Delete one batch that has been kept long enough, with its lines: (organisation, how many lines), or None."""
    batch = session.scalar(
        select(GradingBatch)
        .where(GradingBatch.finished_at < viva_now() - dt.timedelta(days=KEPT_DAYS))
        .order_by(GradingBatch.finished_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if batch is None:
        return None
    lines = session.scalar(select(func.count()).select_from(GradingLine).where(GradingLine.batch_id == batch.id)) or 0
    # The database takes the lines with it.
    session.execute(delete(GradingBatch).where(GradingBatch.id == batch.id))
    audit(
        session,
        batch.organization_id,
        "system",
        "grading_batch.deleted",
        f"grading_batch:{batch.id}",
        lines=lines,
        after_days=KEPT_DAYS,
    )
    return batch.organization_id, lines


def batch_key(batch_id: uuid.UUID) -> str:
    """What those wait for who wait for a batch."""
    return f"grading-batch:{batch_id}"


def _json(value: dict[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, allow_nan=False)
