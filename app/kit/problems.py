"""Errors as responses: RFC 9457 `application/problem+json` for programs, a readable page for people."""

from __future__ import annotations

from typing import Any

from fastapi.encoders import jsonable_encoder
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.kit.errors import TooMany, Unauthenticated, Unavailable, VivaError

PROBLEM_TYPES = "/docs/problems/"


class ProblemResponse(JSONResponse):
    """A problem document."""

    media_type = "application/problem+json"


def wants_page(request: Request) -> bool:
    """Whether a person is looking: browsers say `text/html` when they load a page, and never below `/api`."""
    if request.url.path.startswith("/api/"):
        return False
    return "text/html" in request.headers.get("accept", "") or "hx-request" in request.headers


def problem_response(request: Request, error: VivaError) -> Response:
    """The response for an error, in the form that the caller reads."""
    headers: dict[str, str] = {}
    if isinstance(error, TooMany | Unavailable) and (seconds := error.extra.get("retry_after_seconds")):
        headers["Retry-After"] = str(int(seconds))
    if isinstance(error, Unauthenticated) and request.url.path.startswith("/api/"):
        headers["WWW-Authenticate"] = error.challenge
    if wants_page(request):
        return _page(request, error, headers)
    body: dict[str, Any] = {
        "type": PROBLEM_TYPES + error.type,
        "title": error.title,
        "status": error.status,
        "detail": error.message,
        "instance": request.url.path,
        "request_id": getattr(request.state, "request_id", None),
    }
    body |= jsonable_encoder(error.extra)
    return ProblemResponse(body, status_code=error.status, headers=headers)


def _page(request: Request, error: VivaError, headers: dict[str, str]) -> Response:
    from app.kit.templating import render  # the page needs the templates; programs' problems do not

    if isinstance(error, Unauthenticated):
        from urllib.parse import quote

        from starlette.responses import RedirectResponse

        after = request.url.path if request.method == "GET" else "/"
        return RedirectResponse(f"/sign-in?next={quote(after)}", status_code=303)
    response = render(
        request,
        "errors/problem.html",
        status_code=error.status,
        status=error.status,
        title=error.title,
        message=error.message,
        reference=getattr(request.state, "request_id", ""),
    )
    response.headers.update(headers)
    return response
