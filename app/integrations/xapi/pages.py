"""The learning record store of an organisation, for its admins."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.desk import AtAdminDesk, Desk
from app.dashboards.frame import render_desk
from app.integrations.lti.wiring import WiringDep
from app.integrations.xapi.service import remove_endpoint, set_endpoint, standing_of
from app.kit.errors import Invalid
from app.kit.web import SessionDep

router = APIRouter(prefix="/organizations/{organization}/learning-records", include_in_schema=False)


def _page(request: Request, session: SessionDep, desk: Desk, status_code: int = 200, **context: Any) -> Response:
    standing = standing_of(session, desk.organization_id)
    known = standing.endpoint
    values = {"url": known.url if known else "", "username": known.username if known else ""}
    shown: dict[str, Any] = {"values": values, "errors": {}}
    return render_desk(
        request, "dashboards/learning_records.html", desk, status_code, standing=standing, **(shown | context)
    )


@router.get("")
def store_page(request: Request, desk: AtAdminDesk, session: SessionDep) -> Response:
    """Where statements go."""
    return _page(request, session, desk)


@router.post("")
def save_store(
    request: Request,
    desk: AtAdminDesk,
    session: SessionDep,
    wiring: WiringDep,
    url: Annotated[str, Form()] = "",
    username: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Have statements sent."""
    mine = desk.organization_id
    try:
        set_endpoint(session, wiring.outward, wiring.sealing, mine, url, username, password, desk.actor)
    except Invalid as error:
        values = {"url": url, "username": username}
        errors = {error.extra.get("field", "url"): error.message}
        return _page(request, session, desk, error.status, values=values, errors=errors)
    return RedirectResponse(f"{desk.url}/learning-records", status_code=303)


@router.post("/remove")
def remove_store(desk: AtAdminDesk, session: SessionDep) -> Response:
    """Send nothing any more."""
    remove_endpoint(session, desk.organization_id, desk.actor)
    return RedirectResponse(f"{desk.url}/learning-records", status_code=303)
