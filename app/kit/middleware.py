"""ASGI middleware round every request: id, log line, metrics, security headers, body cap, cross-site check."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kit.config import Settings
from app.kit.errors import Forbidden, Invalid, NotFound, TooLarge, VivaError
from app.kit.logging import get_logger
from app.kit.metrics import REQUEST_SECONDS, REQUESTS
from app.kit.problems import problem_response

log = get_logger("viva.web")


def content_security_policy(frame_ancestors: Sequence[str] = (), form_action: Sequence[str] = ()) -> str:
    """The policy of a page: nothing from elsewhere, in nobody's frame; the few that differ name the origins."""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            " ".join(["form-action 'self'", *form_action]),
            "base-uri 'none'",
            " ".join(["frame-ancestors", *(frame_ancestors or ["'none'"])]),
        ]
    )


CONTENT_SECURITY_POLICY = content_security_policy()
UNEXPECTED = "Viva met an error of its own. It is logged; the reference finds it there."
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


class Envelope:
    """Request id, security headers, one log line and the metrics of each request."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.headers = {
            "content-security-policy": CONTENT_SECURITY_POLICY,
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
        }
        if settings.secure_cookies:
            self.headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.match(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        began = time.perf_counter()
        status, started = 500, False

        async def send_enveloped(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                status, started = message["status"], True
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                # A page that belongs to somebody else's frame says so while it is made (see integrations.lti).
                opened = [scope["state"].get(name, ()) for name in ("frame_ancestors", "form_action")]
                if any(opened):
                    headers["content-security-policy"] = content_security_policy(*opened)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                # What one person sees must not stay in a shared cache, or in the browser after signing out.
                headers.setdefault("cache-control", "no-store")
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_enveloped)
            except Exception as error:
                # What no handler knew: logged with its reference, and answered as everything else is.
                log.error("unexpected error", exc_info=error)
                if started:
                    raise
                await _refuse(VivaError(UNEXPECTED), scope, receive, send_enveloped)
            finally:
                seconds = time.perf_counter() - began
                route = getattr(scope.get("route"), "path", "(none)")
                REQUESTS.labels(scope["method"], route, str(status)).inc()
                REQUEST_SECONDS.labels(scope["method"], route).observe(seconds)
                if not route.startswith(("/static", "/healthz", "/readyz", "/metrics")) or status >= 500:
                    log.info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))


class BodyCap:
    """Reads the body before anything else is done, and refuses one over the cap.

    Whatever a request holds (a place in the database, an open transaction) it takes only when all of it has come: a
    slow or silent sender holds up nobody. (FastAPI's own `max_body_size` counts too, but answers in plain text.)

    Args:
        larger: other caps, by path.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, larger: dict[str, int] | None = None) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, once its body is there."""
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, send)
            return
        max_bytes = self.larger.get(scope["path"], self.max_bytes)
        error = TooLarge(f"The request is larger than {max_bytes // 1024} KiB: send less at a time.")
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdigit() and int(declared) > max_bytes:
            await _refuse(error, scope, receive, send)
            return
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > max_bytes:
                await _refuse(error, scope, receive, send)
                return
        whole: Message | None = {"type": "http.request", "body": bytes(body), "more_body": False}

        async def receive_whole() -> Message:
            nonlocal whole
            message, whole = whole, None
            return message or await receive()

        await self.app(scope, receive_whole, send)


class PlainAddress:
    """Refuses addresses with a NUL in them: no column of the database could hold what they name or ask for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it: 404 for such a path, which is nobody's, and 422 for such a query."""
        if scope["type"] == "http":
            if "\0" in scope["path"]:
                await _refuse(NotFound("There is nothing at this address."), scope, receive, send)
                return
            if b"%00" in scope["query_string"]:
                given = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
                field = next((name for name, value in given if "\0" in value), "query")
                message = "the text holds a NUL character (U+0000): remove it"
                errors = [{"field": field, "in": "query", "message": message}]
                await _refuse(Invalid(f"{field}: {message}.", errors=errors), scope, receive, send)
                return
        await self.app(scope, receive, send)


class SameOrigin:
    """Refuses writes that another site's page makes with this browser's cookie.

    Browsers say where a request comes from (`Sec-Fetch-Site`, else `Origin`); programs say neither and carry no
    cookie that they were not given on purpose. The API takes only keys, so it is left out; so are the few addresses
    that other sites are meant to post to (`posted_from_elsewhere`), which must not go by a cookie alone.
    """

    def __init__(self, app: ASGIApp, public_url: str | None, posted_from_elsewhere: Collection[str] = ()) -> None:
        self.app = app
        self.posted_from_elsewhere = frozenset(posted_from_elsewhere)
        self.public_host = urlsplit(public_url).netloc if public_url else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it with 403."""
        if (
            scope["type"] == "http"
            and scope["method"] not in SAFE_METHODS
            and not scope["path"].startswith("/api/")
            and scope["path"] not in self.posted_from_elsewhere
            and not self._same_origin(Headers(scope=scope))
        ):
            error = Forbidden("This form was sent from another site: open it on Viva's own page and send it again.")
            await _refuse(error, scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _same_origin(self, headers: Headers) -> bool:
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in {"same-origin", "none"}
        origin = headers.get("origin")
        if origin is None:
            return True
        return urlsplit(origin).netloc in {headers.get("host"), self.public_host} - {None}


async def _refuse(error: VivaError, scope: Scope, receive: Receive, send: Send) -> None:
    response: Any = problem_response(Request(scope), error)
    await response(scope, receive, send)
