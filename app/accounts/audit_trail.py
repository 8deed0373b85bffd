"""Reading the audit trail: who did what."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import ApiKey, AuditEvent, User
from app.kit.paging import Page, encode_cursor, newest_first


@dataclass(frozen=True)
class AuditLine:
    """An event, and its actor's name as people know it."""

    event: AuditEvent
    who: str


@dataclass(frozen=True)
class AuditFilter:
    """What of the trail is asked for; empty is everything."""

    action: str = ""
    """How actions begin: `interview` or `interview.time_changed`."""
    subject: str = ""
    actor: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None


EVERYTHING = AuditFilter()


def audit_trail(
    session: Session, organization_id: uuid.UUID, cursor: str | None, limit: int, wanted: AuditFilter = EVERYTHING
) -> Page[AuditLine]:
    """Events of an organisation that the filter leaves, newest first.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    query = select(AuditEvent).where(AuditEvent.organization_id == organization_id)
    if wanted.action:
        query = query.where(AuditEvent.action.startswith(wanted.action, autoescape=True))
    if wanted.subject:
        query = query.where(AuditEvent.subject == wanted.subject)
    if wanted.actor:
        query = query.where(AuditEvent.actor == wanted.actor)
    if wanted.since is not None:
        query = query.where(AuditEvent.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEvent.at < wanted.until)
    found = list(session.scalars(newest_first(query, AuditEvent.at, AuditEvent.id, cursor, limit)))
    page = found[:limit]
    names = _names(session, {event.actor for event in page})
    lines = [AuditLine(event, names.get(event.actor, event.actor)) for event in page]
    return Page(lines, encode_cursor(page[-1].at, page[-1].id) if len(found) > limit else None)


def _names(session: Session, actors: set[str]) -> dict[str, str]:
    names = {"viva": "Viva (the clock)", "operator": "Operator"}
    users, keys = (_ids(actors, kind) for kind in ("user:", "key:"))
    if users:
        for key, name, email in session.execute(select(User.id, User.name, User.email).where(User.id.in_(users))):
            names[f"user:{key}"] = name or email or "A guest"
    if keys:
        for key, name in session.execute(select(ApiKey.id, ApiKey.name).where(ApiKey.id.in_(keys))):
            names[f"key:{key}"] = f"Key “{name}”"
    return {"someone": "Somebody who has left"} | names


def _ids(actors: set[str], kind: str) -> list[uuid.UUID]:
    return [uuid.UUID(actor.removeprefix(kind)) for actor in actors if actor.startswith(kind)]
