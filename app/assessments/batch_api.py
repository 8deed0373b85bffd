"""Batches of gradings over REST."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from app.accounts.call_limits import count_gradings
from app.accounts.deps import RequireScope, ThrottleDep
from app.accounts.keys import KeyHolder
from app.assessments.batch_input import read_batch
from app.assessments.batch_queries import batch_by_id, batches_of, lines_of
from app.assessments.batch_schemas import (
    BATCH_BODY,
    GradingBatchOut,
    GradingBatchPage,
    GradingResultsPage,
    batch_address,
    batch_out,
    results_json,
)
from app.assessments.batches import batch_key, cancel_batch, request_batch
from app.kit.rest import Cursor, Limit, Prefer, json_response, link_next, now_or_waited, problems
from app.kit.web import SessionDep, SettingsDep, WaiterDep

router = APIRouter(prefix="/api/v1", tags=["Gradings"])

Grader = Annotated[KeyHolder, Depends(RequireScope("gradings:write"))]
ResultsLimit = Annotated[int, Query(ge=1, le=500, description="How many lines a page holds at most.")]


async def _whole_body(request: Request) -> bytes:
    return await request.body()


@router.post(
    "/grading-batches",
    operation_id="createGradingBatch",
    summary="Grade up to 10,000 answers",
    status_code=202,
    response_model=GradingBatchOut,
    responses={
        **problems(400, 413),
        200: {"model": GradingBatchOut, "description": "Done while waiting."},
    },
    openapi_extra=BATCH_BODY,
)
def create_grading_batch(
    request: Request,
    body: Annotated[bytes, Depends(_whole_body)],
    holder: Grader,
    session: SessionDep,
    settings: SettingsDep,
    throttle: ThrottleDep,
    waiter: WaiterDep,
    content_type: Annotated[str, Header(include_in_schema=False)] = "application/json",
    prefer: Prefer = None,
) -> Response:
    """Score many answers in the background: objects as `POST /gradings` and `viva grade` take them.

    Send a JSON list (`Content-Type: application/json`) or a line for each answer (`application/x-ndjson`), up to 10,000
    in 32 MiB (the operator can set that). A line that cannot be graded gets an error in its place and spoils nothing.
    202 says where to follow the batch (`Location`); with `Prefer: wait=10` the response waits for its end.

    Batches take turns, and answers of interviews come before them. Questions named by `slug` are taken as they stand
    now. A batch and its results are deleted 7 days after it finished. Needs the scope `gradings:write`.
    """
    lines = read_batch(body, content_type)
    batch = request_batch(session, holder.organization_id, lines, holder.actor)
    count_gradings(request, throttle, settings, holder, len(lines))
    batch_id, url = batch.id, batch_address(batch.id)

    def look(own: SessionDep) -> Response | None:
        found = batch_by_id(own, holder.organization_id, batch_id)
        return json_response(batch_out(found), location=url) if found.finished_at else None

    accepted = json_response(batch_out(batch), 202, location=url)
    return now_or_waited(request, waiter, batch_key(batch_id), prefer, look, accepted)


@router.get(
    "/grading-batches",
    operation_id="listGradingBatches",
    summary="List batches of gradings",
    response_model=GradingBatchPage,
    responses=problems(),
)
def list_grading_batches(
    request: Request,
    response: Response,
    holder: Grader,
    session: SessionDep,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> GradingBatchPage:
    """The organisation's batches, newest first. Needs the scope `gradings:write`."""
    page = batches_of(session, holder.organization_id, cursor, limit)
    link_next(response, request, page.next_cursor)
    return GradingBatchPage(items=[batch_out(batch) for batch in page.items], next_cursor=page.next_cursor)


@router.get(
    "/grading-batches/{batch_id}",
    operation_id="readGradingBatch",
    summary="Read a batch of gradings",
    response_model=GradingBatchOut,
    responses=problems(404),
)
def read_grading_batch(
    request: Request,
    batch_id: uuid.UUID,
    holder: Grader,
    session: SessionDep,
    waiter: WaiterDep,
    prefer: Prefer = None,
) -> Response:
    """How far a batch is: `queued`, `running`, `done` or `cancelled`, with counts and times.

    With `Prefer: wait=10` the response waits for its end. Needs the scope `gradings:write`.
    """
    batch = batch_by_id(session, holder.organization_id, batch_id)

    def look(own: SessionDep) -> Response | None:
        found = batch_by_id(own, holder.organization_id, batch_id)
        return json_response(batch_out(found)) if found.finished_at else None

    return now_or_waited(request, waiter, batch_key(batch_id), prefer, look, json_response(batch_out(batch)), session)


@router.get(
    "/grading-batches/{batch_id}/results",
    operation_id="listGradingResults",
    summary="Read the results of a batch",
    response_model=GradingResultsPage,
    responses=problems(404),
)
def list_grading_results(
    request: Request,
    batch_id: uuid.UUID,
    holder: Grader,
    session: SessionDep,
    cursor: Cursor = None,
    limit: ResultsLimit = 100,
) -> Response:
    """What came of each line, in the order of the lines: a score, or the `error` of a line that could not be graded.

    Results are there as soon as they are scored; while the batch runs, lines that wait are listed as `queued`. Needs
    the scope `gradings:write`.
    """
    batch = batch_by_id(session, holder.organization_id, batch_id)
    page = lines_of(session, batch, cursor, limit)
    shown = results_json(page, is_cancelled=batch.status == "cancelled")
    response = Response(shown, media_type="application/json")
    link_next(response, request, page.next_cursor)
    return response


@router.delete(
    "/grading-batches/{batch_id}",
    operation_id="cancelGradingBatch",
    summary="Cancel a batch of gradings",
    response_model=GradingBatchOut,
    responses=problems(404, 409),
)
def cancel_grading_batch(batch_id: uuid.UUID, holder: Grader, session: SessionDep) -> Response:
    """Score no more lines of a batch. What is done stays, and can be read; lines under way are finished.

    Cancelling twice is answered as the first time; a batch that is done is 409 `already-finished`. Needs the scope
    `gradings:write`.
    """
    return json_response(batch_out(cancel_batch(session, holder.organization_id, batch_id, holder.actor)))
