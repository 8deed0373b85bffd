"""What the REST routes of batches of gradings take and give."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any, Literal

from pydantic import BaseModel, Field

from app.assessments.batches import KEPT_DAYS, MAX_LINES
from app.assessments.models import GradingBatch
from app.assessments.schemas import GRADING_REQUEST, SEVERAL_GRADINGS, GradingFailed, ScoreOut
from app.kit.paging import Page

BATCHES_PATH = "/api/v1/grading-batches"

BATCH_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"Up to {MAX_LINES:,} answers: a JSON list, or a line each, as `viva grade` takes them.",
        "content": {
            "application/json": {
                "schema": {"type": "array", "items": GRADING_REQUEST, "minItems": 1, "maxItems": MAX_LINES},
                "example": SEVERAL_GRADINGS,
            },
            "application/x-ndjson": {
                "schema": {"type": "string"},
                "example": "".join(json.dumps(one) + "\n" for one in SEVERAL_GRADINGS),
            },
        },
    }
}
"""`openapi_extra` of the route that reads its body by hand."""


class BatchLinks(BaseModel):
    """Where else to look."""

    results: str = Field(description="The results, in the order of the lines.")


class GradingBatchOut(BaseModel):
    """A batch, and how far it is."""

    id: uuid.UUID
    status: Literal["queued", "running", "done", "cancelled"]
    url: str
    links: BatchLinks
    total: int = Field(description="Answers that were sent.")
    done: int = Field(description="Answers with a score.")
    failed: int = Field(description="Lines with an error in place of a score.")
    progress: float = Field(description="The share that is done or failed: 0 to 1.")
    created_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None = Field(description="When the last line was scored, or the batch was cancelled.")
    expires_at: dt.datetime | None = Field(
        description=f"When batch and results are deleted: {KEPT_DAYS} days after it finished."
    )


class GradingBatchPage(BaseModel):
    """Batches, newest first."""

    items: list[GradingBatchOut]
    next_cursor: str | None


class GradingLineOut(BaseModel):
    """One line of a batch and what came of it."""

    line: int = Field(description="The line of the body, or the place in the list, from 1.")
    status: Literal["queued", "done", "failed", "cancelled"]
    result: ScoreOut | GradingFailed | None = Field(
        description="What `viva grade` gives for the line: a score or an `error`, with the `id` that was sent."
    )


class GradingResultsPage(BaseModel):
    """Results in the order of the lines. While the batch runs, lines that wait are there as `queued`."""

    items: list[GradingLineOut]
    next_cursor: str | None


def batch_address(batch_id: uuid.UUID) -> str:
    """Where a batch is read."""
    return f"{BATCHES_PATH}/{batch_id}"


def batch_out(batch: GradingBatch) -> GradingBatchOut:
    """A batch as it stands."""
    ends = batch.finished_at
    return GradingBatchOut.model_validate(
        {
            "id": batch.id,
            "status": batch.status,
            "url": batch_address(batch.id),
            "links": {"results": f"{batch_address(batch.id)}/results"},
            "total": batch.total,
            "done": batch.done,
            "failed": batch.failed,
            "progress": round((batch.done + batch.failed) / batch.total, 4),
            "created_at": batch.created_at,
            "started_at": batch.started_at,
            "finished_at": ends,
            "expires_at": ends and ends + dt.timedelta(days=KEPT_DAYS),
        }
    )


def results_json(lines: Page[tuple[int, str, str | None]], *, is_cancelled: bool) -> str:
    """A page in the shape of `GradingResultsPage`: of thousands of reports, none is read to be written again."""
    items = []
    for line, status, result in lines.items:
        shown = "cancelled" if is_cancelled and status == "queued" else status
        items.append(f'{{"line":{line},"status":"{shown}","result":{result or "null"}}}')
    return f'{{"items":[{",".join(items)}],"next_cursor":{json.dumps(lines.next_cursor)}}}'
