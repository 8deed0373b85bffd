"""What can go wrong, as exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

MEMBERS = {"type", "title", "status", "detail", "instance", "request_id", "errors"}


class VivaError(Exception):
    """Anything that this client raises."""


class Unreachable(VivaError):
    """Viva did not answer, however often it was asked; `__cause__` says why."""


class Unexpected(VivaError):
    """What came back is not what Viva would answer: there may be something else at the address."""


class StillWaiting(VivaError):
    """What was waited for has not come in time; `last` is how it stood."""

    def __init__(self, message: str, last: Any) -> None:
        super().__init__(message)
        self.last = last


class VivaProblem(VivaError):
    """Viva refused, and says why (RFC 9457). Each type of problem has a class of its own, below that of its family."""

    kind: ClassVar[str] = "error"
    """The last part of `type`: the heading in docs/problems.md."""

    def __init__(self, status: int, members: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.type = str(members.get("type") or "about:blank")
        self.title = str(members.get("title") or "Refused")
        self.detail = str(members.get("detail") or self.title)
        self.instance = members.get("instance")
        self.request_id: str | None = members.get("request_id")
        self.errors: list[dict[str, Any]] = list(members.get("errors") or [])
        self.extra = {name: value for name, value in members.items() if name not in MEMBERS}
        self.headers = dict(headers or {})
        super().__init__(f"{self.detail} ({status}, {self.type.rsplit('/', 1)[-1]})")

    @property
    def retry_after(self) -> float | None:
        """After how many seconds Viva wants to be asked again, where it says so."""
        try:
            return max(0.0, float(self.headers.get("retry-after", "")))
        except ValueError:
            return None
