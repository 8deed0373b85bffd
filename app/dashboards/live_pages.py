"""The live view: the page, and the short poll that keeps it true."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts.desk import AtDesk
from app.dashboards.frame import render_desk
from app.dashboards.live import live_view
from app.dashboards.names import shows_names
from app.kit.remembered import Remembered
from app.kit.templating import fragment
from app.kit.web import SessionDep

router = APIRouter(prefix="/organizations/{organization}/live", include_in_schema=False)

REMEMBERED_SECONDS = 1.0
"""Several people who watch the same organisation ask the database once a second, all together."""
LOOKS_SECONDS = 60.0
"""How long a process knows what a dashboard was told; one that asks later is told everything."""


@router.get("")
def live_page(request: Request, desk: AtDesk, session: SessionDep, names: bool = False) -> Response:
    """Who sits an interview now."""
    named = shows_names(session, desk, names)
    view = live_view(session, desk.organization_id, names=named)
    return render_desk(request, "dashboards/live/live.html", desk, view=view, rows=view.rows, names=named, asked=names)


@router.get("/rows")
def live_rows(request: Request, desk: AtDesk, session: SessionDep, names: bool = False, seen: str = "") -> Response:
    """The rows that changed since what the browser has `seen`; 204 when none did.

    Where this process does not know what that was, all rows. `data-order` names all rows of the page in their order.
    """
    named = shows_names(session, desk, names)
    watched, looks = _remembered(request)
    view = watched.get((desk.organization_id, named), lambda: live_view(session, desk.organization_id, names=named))
    if view.token == seen:
        return Response(status_code=204)
    before: dict[uuid.UUID, int] = looks.peek((desk.organization_id, named, seen)) or {}
    html = fragment(
        request,
        "dashboards/live/_rows.html",
        desk=desk,
        view=view,
        rows=[row for row in view.rows if before.get(row.id) != row.token],
        order=[row.id for row in view.rows],
    )
    looks.get((desk.organization_id, named, view.token), lambda: {row.id: row.token for row in view.rows})
    return Response(html, media_type="text/html; charset=utf-8")


def _remembered(request: Request) -> tuple[Remembered, Remembered]:
    """Views of the last second, and what dashboards were told lately."""
    state = request.app.state
    if getattr(state, "live_views", None) is None:
        state.live_views, state.live_looks = Remembered(REMEMBERED_SECONDS), Remembered(LOOKS_SECONDS, most=100)
    return state.live_views, state.live_looks
