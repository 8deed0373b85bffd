"""API keys of an organisation: made, rotated, revoked; a secret is shown once."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.accounts import keys
from app.accounts.desk import AtAdminDesk, Desk
from app.dashboards.frame import render_desk
from app.kit.errors import Invalid
from app.kit.web import SessionDep

router = APIRouter(prefix="/organizations/{organization}/keys", include_in_schema=False)


def _page(request: Request, session: SessionDep, desk: Desk, status_code: int = 200, **context: Any) -> Response:
    shown: dict[str, Any] = {
        "values": {"name": "", "days": "", "scopes": list(keys.DEFAULT_SCOPES)},
        "errors": {},
        "secret": None,
        "made": None,
    }
    return render_desk(
        request,
        "dashboards/keys.html",
        desk,
        status_code,
        keys=keys.keys_of(session, desk.organization_id),
        scope_words=keys.SCOPES,
        **(shown | context),
    )


@router.get("")
def keys_page(request: Request, desk: AtAdminDesk, session: SessionDep) -> Response:
    """The organisation's keys."""
    return _page(request, session, desk)


@router.post("")
def make_key(
    request: Request,
    desk: AtAdminDesk,
    session: SessionDep,
    name: Annotated[str, Form()] = "",
    days: Annotated[str, Form()] = "",
    scopes: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Make a key; its secret is on this page and nowhere else."""
    chosen = scopes or []
    try:
        made, secret = keys.make_key(session, desk.organization_id, name, chosen, desk.actor, _days(days), desk.user.id)
    except Invalid as error:
        return _page(
            request,
            session,
            desk,
            error.status,
            values={"name": name, "days": days, "scopes": chosen},
            errors={error.extra.get("field", "name"): error.message},
        )
    return _page(request, session, desk, secret=secret, made=made)


@router.post("/{key_id}/rotate")
def rotate_key(request: Request, desk: AtAdminDesk, session: SessionDep, key_id: uuid.UUID) -> Response:
    """Replace a key; the old one works for another day."""
    made, secret = keys.rotate_key(session, desk.organization_id, key_id, desk.actor, desk.user.id)
    return _page(request, session, desk, secret=secret, made=made)


@router.post("/{key_id}/revoke")
def revoke_key(desk: AtAdminDesk, session: SessionDep, key_id: uuid.UUID) -> Response:
    """End a key at once."""
    keys.revoke_key(session, desk.organization_id, key_id, desk.actor)
    return RedirectResponse(f"{desk.url}/keys", status_code=303)


def _days(days: str) -> int | None:
    days = days.strip()
    if not days:
        return None
    if not days.isascii() or not days.isdigit():
        raise Invalid("Write a number of days, or nothing for a key that lasts until it is revoked.", field="days")
    return int(days[:9])
