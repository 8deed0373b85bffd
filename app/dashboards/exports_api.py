"""Exports over REST: asked for, made in the background, fetched."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BeforeValidator, ConfigDict, Field
from starlette.responses import StreamingResponse

from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder, MissingScope
from app.dashboards.analytics_queries import template_named
from app.dashboards.export_jobs import (
    KEPT,
    Asked,
    ExportNotMade,
    export_by_id,
    list_exports,
    parts_of,
    request_export,
)
from app.dashboards.exports import file_name
from app.dashboards.models import StoredExport
from app.kit.rest import Cursor, Limit, Out, Prefer, SlugText, StrictBody, json_response, link_next, now_or_waited
from app.kit.rest import problems as problems_of
from app.kit.web import SessionDep, WaiterDep

router = APIRouter(prefix="/api/v1/exports", tags=["Exports"])

Reader = Annotated[KeyHolder, Depends(RequireScope("interviews:read"))]
What = Literal["interviews", "answers", "assessments", "reviews", "decisions", "invitations"]
OF_REVIEWS = frozenset({"reviews", "decisions"})
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


def _day(value: Any) -> Any:
    if not isinstance(value, str) or len(value) != 10:
        raise ValueError("must be a day such as 2026-03-31")
    try:
        day = dt.date.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a day such as 2026-03-31") from None
    if not 2000 <= day.year <= 2999:
        raise ValueError("must be a day such as 2026-03-31")
    return day


Day = Annotated[dt.date, BeforeValidator(_day, json_schema_input_type=str)]


class ExportIn(StrictBody):
    """What to export."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"what": "interviews"},
                {
                    "what": "answers",
                    "form": "csv",
                    "template": "warm-up",
                    "first": "2026-01-01",
                    "last": "2026-12-31",
                },
            ]
        }
    )

    what: What = Field(description="`reviews` and `decisions` need the scope `reviews:read` as well.")
    form: Literal["csv", "json"] = Field("json", description="JSON has all; CSV leaves out whole reports and receipts.")
    template: SlugText | None = Field(None, description="Only of interviews made from this template.")
    first: Day | None = Field(None, description="The first day (UTC), by which time each has: see the field names.")
    last: Day | None = Field(None, description="The last day.")
    blind: bool = Field(
        False,
        description="Hide who candidates are: “Candidate 3f2a9c”, as lists call them while names are hidden, stands "
        "for their names, e-mails and external ids, and `compared_as` is what the comparison calls them. Texts stay as "
        "they were written, and may name somebody.",
    )


class ExportLinks(Out):
    """Where to go on with an export."""

    self: str
    file: str | None = Field(description="There when it is `done`.")


class ExportOut(Out):
    """An export, and how far it is."""

    id: uuid.UUID
    what: What
    form: Literal["csv", "json"]
    first: dt.date | None
    last: dt.date | None
    blind: bool = Field(description="Whether candidates' names, e-mails and external ids are hidden in it.")
    status: Literal["queued", "done", "failed"] = Field(description="`failed`: after five attempts; ask anew.")
    size: int = Field(description="Bytes so far.")
    requested_at: dt.datetime
    completed_at: dt.datetime | None
    expires_at: dt.datetime | None = Field(description="Then it is deleted.")
    links: ExportLinks


class ExportPage(Out):
    """One page of exports, newest first."""

    items: list[ExportOut]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


@router.post(
    "",
    operation_id="createExport",
    summary="Ask for an export",
    status_code=202,
    response_model=ExportOut,
    responses={
        **problems_of(400, 404, 413, 429),
        200: {"model": ExportOut, "description": "Made while waiting."},
        202: {"headers": {"Location": {"schema": {"type": "string"}}}},
    },
)
def create_export(
    request: Request,
    body: ExportIn,
    holder: Reader,
    session: SessionDep,
    waiter: WaiterDep,
    prefer: Prefer = None,
) -> Response:
    """Everything of a kind that your organisation has, newest first, as one file: the files of the page of exports.

    With `"blind": true` it names no candidate. It is made in the background and kept for a day. 202 says where to look;
    with `Prefer: wait=10` the response waits: 200 when it is made. At most 20 wait at once (429). Needs the scope
    `interviews:read`.
    """
    _allow(holder, body.what)
    template_id = template_named(session, holder.organization_id, body.template) if body.template else None
    asked = Asked(body.what, body.form, template_id, body.first, body.last, body.blind)
    export = request_export(session, holder.organization_id, asked, holder.actor)
    session.refresh(export)
    made = export_out(export)
    export_id = export.id

    def look(own: SessionDep) -> Response | None:
        found = export_by_id(own, holder.organization_id, export_id)
        if found.status == "queued":
            return None
        return json_response(export_out(found), 200, content_location=made.links.self)

    accepted = json_response(made, 202, location=made.links.self)
    return now_or_waited(request, waiter, f"export:{export_id}", prefer, look, accepted)


@router.get(
    "",
    operation_id="listExports",
    summary="List exports",
    response_model=ExportPage,
    responses=problems_of(),
)
def list_all_exports(
    request: Request,
    response: Response,
    holder: Reader,
    session: SessionDep,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ExportPage:
    """Your organisation's exports of the last day, newest first. Needs the scope `interviews:read`."""
    page = list_exports(session, holder.organization_id, cursor, limit)
    link_next(response, request, page.next_cursor)
    return ExportPage(items=[export_out(one) for one in page.items], next_cursor=page.next_cursor)


@router.get(
    "/{export_id}",
    operation_id="readExport",
    summary="See how far an export is",
    response_model=ExportOut,
    responses=problems_of(404),
)
def read_export(
    request: Request,
    export_id: uuid.UUID,
    holder: Reader,
    session: SessionDep,
    waiter: WaiterDep,
    prefer: Prefer = None,
) -> Response:
    """An export: `queued`, `done` with a link to its file, or `failed`. With `Prefer: wait=10` the response waits.

    Needs the scope `interviews:read`.
    """

    def look(own: SessionDep) -> Response | None:
        found = export_by_id(own, holder.organization_id, export_id)
        return json_response(export_out(found)) if found.status != "queued" else None

    as_it_is = json_response(export_out(export_by_id(session, holder.organization_id, export_id)))
    return now_or_waited(request, waiter, f"export:{export_id}", prefer, look, as_it_is, session)


@router.get(
    "/{export_id}/file",
    operation_id="downloadExport",
    summary="Fetch an export's file",
    response_class=StreamingResponse,
    responses={
        **problems_of(404, 409),
        200: {
            "description": "The file, in the form that was asked for.",
            "content": {"application/json": {"schema": {"type": "array", "items": {}}}, "text/csv": {}},
        },
    },
)
def download_export(request: Request, export_id: uuid.UUID, holder: Reader, session: SessionDep) -> Response:
    """The file of an export that is `done`; one that is not is 409 `export-not-made`.

    The file's name says `blind` where names are hidden. In CSV, cells that a spreadsheet would take for formulas are
    defused by a leading apostrophe. Needs the scope `interviews:read`, and that of what is in it.
    """
    export = export_by_id(session, holder.organization_id, export_id)
    _allow(holder, export.what)
    if export.status != "done":
        words = "is being made: ask again in a moment" if export.status == "queued" else "could not be made: ask anew"
        raise ExportNotMade(f"This export {words}.", export_status=export.status)
    name = file_name(export.what, export.form, blind=export.blind)
    return StreamingResponse(
        parts_of(request.app.state.sessions, export.id),
        media_type=TYPES[export.form],
        headers={
            "content-length": str(export.size),
            "content-disposition": f'attachment; filename="viva-{name}"',
            "cache-control": "no-store",
        },
    )


def _allow(holder: KeyHolder, what: str) -> None:
    if what in OF_REVIEWS and not holder.allows("reviews:read"):
        raise MissingScope(f"This key lacks the scope 'reviews:read', which {what} need.", scope="reviews:read")


def export_out(export: StoredExport) -> ExportOut:
    """An export for programs."""
    here = f"/api/v1/exports/{export.id}"
    return ExportOut(
        id=export.id,
        what=export.what,
        form=export.form,
        first=export.first,
        last=export.last,
        blind=export.blind,
        status=export.status,
        size=export.size,
        requested_at=export.requested_at,
        completed_at=export.completed_at,
        expires_at=export.completed_at + KEPT if export.completed_at else None,
        links=ExportLinks(self=here, file=f"{here}/file" if export.status == "done" else None),
    )
