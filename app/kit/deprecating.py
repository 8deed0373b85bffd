"""Routes that will go: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594) on every answer, and a mark in the API text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any, TypeVar

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "/docs/versioning"
SHORTEST_DAYS = 180
"""How long a route stays after it was said that it goes."""
_MARK = "__viva_deprecation__"

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


@dataclass(frozen=True)
class Deprecation:
    """Since when a route should not be used any more, when it goes, and where it is said what to use instead."""

    since: dt.date
    sunset: dt.date
    instead: str

    @property
    def headers(self) -> dict[str, str]:
        """What each response says, also an error."""
        return {
            "deprecation": f"@{int(_midnight(self.since).timestamp())}",
            "sunset": format_datetime(_midnight(self.sunset), usegmt=True),
        }

    @property
    def sentence(self) -> str:
        """For the API text."""
        return f"**Deprecated** since {self.since:%Y-%m-%d}, gone after {self.sunset:%Y-%m-%d}: use {self.instead}."


def deprecated(since: dt.date, sunset: dt.date, instead: str) -> Callable[[Endpoint], Endpoint]:
    """Mark a route's function; it stands below the route's own decorator.

    `instead` is what to use from now on, such as ``GET /interviews``.

    Raises:
        ValueError: less than 180 days lie between the two.
    """
    if (sunset - since).days < SHORTEST_DAYS:
        raise ValueError(f"a route stays at least {SHORTEST_DAYS} days after it was said that it goes")

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _MARK, Deprecation(since, sunset, instead))
        return endpoint

    return mark


def deprecation_of(endpoint: object) -> Deprecation | None:
    """What is said of a route's function, if it will go."""
    found = getattr(endpoint, _MARK, None)
    return found if isinstance(found, Deprecation) else None


def describe_deprecation(operation: dict[str, Any], deprecation: Deprecation) -> None:
    """Say it in an operation of the OpenAPI document."""
    operation["deprecated"] = True
    operation["description"] = f"{deprecation.sentence}\n\n{operation.get('description', '')}".rstrip()
    for response in operation.get("responses", {}).values():
        headers = response.setdefault("headers", {})
        headers["Deprecation"] = {
            "description": "Since when the route should not be used (RFC 9745).",
            "schema": {"type": "string"},
            "example": deprecation.headers["deprecation"],
        }
        headers["Sunset"] = {
            "description": "When the route goes (RFC 8594).",
            "schema": {"type": "string"},
            "example": deprecation.headers["sunset"],
        }


class DeprecationHeaders:
    """Puts the headers on whatever a marked route answers, also through an error handler."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The router has put the endpoint there by now.
                found = deprecation_of(scope.get("endpoint"))
                if found is not None:
                    headers = MutableHeaders(scope=message)
                    headers.update(found.headers)
                    headers.append("link", f'<{POLICY}>; rel="deprecation"; type="text/html"')
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
