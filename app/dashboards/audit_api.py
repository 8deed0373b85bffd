"""The audit trail over REST."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from app.accounts.audit_trail import AuditFilter, audit_trail
from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder
from app.kit.rest import Cleaned, Cursor, Limit, Moment, Out, link_next, problems
from app.kit.web import SessionDep

router = APIRouter(prefix="/api/v1/audit-events", tags=["Organisation"])

Admin = Annotated[KeyHolder, Depends(RequireScope("admin"))]


class AuditEventOut(Out):
    """Who did what to which thing, and when."""

    id: uuid.UUID
    at: dt.datetime
    actor: str = Field(description="`user:…`, `key:…`, `operator`, or `viva` (the clock).")
    actor_name: str = Field(description="The same as people know it.")
    action: str = Field(examples=["interview.time_changed"])
    subject: str = Field(examples=["interview:3f2a9c0d-1e4b-4a67-8f00-9d2b7c1e5a31"])
    detail: dict[str, Any]


class AuditEventPage(Out):
    """One page of the audit trail, newest first."""

    items: list[AuditEventOut]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


@router.get(
    "",
    operation_id="listAuditEvents",
    summary="Read the audit trail",
    response_model=AuditEventPage,
    responses=problems(),
)
def list_audit_events(
    request: Request,
    response: Response,
    holder: Admin,
    session: SessionDep,
    action: Annotated[
        str, Query(max_length=80, description="A kind of action (`interview`) or one (`interview.paused`)."), Cleaned
    ] = "",
    subject: Annotated[str, Query(max_length=120, description="Only about this thing."), Cleaned] = "",
    actor: Annotated[str, Query(max_length=80, description="Only by this `user:…` or `key:…`."), Cleaned] = "",
    since: Annotated[Moment | None, Query(description="Not before.")] = None,
    until: Annotated[Moment | None, Query(description="Before.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AuditEventPage:
    """Who did what in your organisation, newest first. Nothing in it is ever changed. Needs the scope `admin`."""
    wanted = AuditFilter(action, subject, actor, since, until)
    page = audit_trail(session, holder.organization_id, cursor, limit, wanted)
    link_next(response, request, page.next_cursor)
    items = [
        AuditEventOut(
            id=line.event.id,
            at=line.event.at,
            actor=line.event.actor,
            actor_name=line.who,
            action=line.event.action,
            subject=line.event.subject,
            detail=line.event.detail,
        )
        for line in page.items
    ]
    return AuditEventPage(items=items, next_cursor=page.next_cursor)
