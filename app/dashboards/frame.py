"""What every page of an organisation has round it: its name, and the ways to its other pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.routing import iter_route_contexts
from starlette.responses import HTMLResponse

from app.accounts.desk import Desk
from app.accounts.mail import where_letters_go
from app.kit.templating import render

PLACES = (
    ("", "Overview"),
    ("live", "Live"),
    ("interviews", "Interviews"),
    ("invitations", "Invitations"),
    ("templates", "Templates"),
    ("review", "Review"),
    ("compare", "Compare"),
    ("analytics", "Analytics"),
    ("exports", "Exports"),
    ("members", "People"),
    ("keys", "Keys"),
    ("webhooks", "Webhooks"),
    ("platforms", "Course platforms"),
    ("greenhouse", "Greenhouse"),
    ("learning-records", "Learning records"),
    ("settings", "Settings"),
    ("audit", "Audit"),
)
"""(last part of the address, words) of the pages in the order of an interviewer's work."""
FOR_ADMINS = frozenset({"keys", "webhooks", "platforms", "greenhouse", "learning-records", "settings", "audit"})


@dataclass(frozen=True)
class Place:
    """A way to a page of the organisation."""

    url: str
    words: str
    is_here: bool


def render_desk(request: Request, template: str, desk: Desk, status_code: int = 200, **context: Any) -> HTMLResponse:
    """A page of an organisation; its template extends `dashboards/desk.html`."""
    # Pages that write letters say where they go when nobody has set a mail server.
    letters = where_letters_go(request.app.state.settings)
    return render(request, template, status_code, desk=desk, places=_places(request, desk), letters=letters, **context)


def _places(request: Request, desk: Desk) -> list[Place]:
    known = getattr(request.app.state, "desk_paths", None)
    if known is None:
        known = {str(route.path) for route in iter_route_contexts(request.app.routes)}
        request.app.state.desk_paths = known
    found = []
    for part, words in PLACES:
        path = f"/organizations/{{organization}}{'/' + part if part else ''}"
        if path not in known or (part in FOR_ADMINS and not desk.is_admin):
            continue
        url = f"{desk.url}/{part}" if part else desk.url
        here = request.url.path == url or (bool(part) and request.url.path.startswith(f"{url}/"))
        found.append(Place(url, words, here))
    return found
