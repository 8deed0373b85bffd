"""What the editor's routes answer with."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

from app.authoring.views import CHOICES, EditorView
from app.kit.errors import NotFound
from app.kit.templating import fragment
from app.kit.waiting import WaitingResponse
from app.kit.web import WaiterDep

WAIT_SECONDS = 12.0
"""How long a page waits for a worker before it asks again; below the page's own limit."""


def state_response(request: Request, view: EditorView) -> Response:
    """What the editor's script puts into the page after a save or a check."""
    return JSONResponse(
        {
            "revision": view.revision,
            "saved_at": view.updated_at.isoformat(),
            "source": view.source,
            "state": view.state,
            "title": view.title,
            "check": view.check.status,
            "passes": view.check.passes,
            "readable": not view.problems,
            "form": fragment(request, "authoring/_form.html", q=view, choices=CHOICES),
            "problems": fragment(request, "authoring/_problems.html", q=view),
            "preview": fragment(request, "authoring/_preview.html", q=view, choices=CHOICES),
            "findings": fragment(request, "authoring/_check.html", q=view),
        }
    )


def waited(request: Request, waiter: WaiterDep, key: str, look: Any, otherwise: Response) -> Response:
    """What `look` finds once a worker announces the key; the other response when that takes too long."""
    sessions = request.app.state.sessions

    def look_again() -> Response | None:
        try:
            with sessions.begin() as own:
                found: Response | None = look(own)
                return found
        except NotFound:
            # Somebody threw it away meanwhile: the next call says so.
            return otherwise

    return WaitingResponse(waiter, key, WAIT_SECONDS, look_again, otherwise)
