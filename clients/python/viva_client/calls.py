"""One call: how it is put on the wire, sent as often as it takes, and read."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

import anyio
import httpx2
from pydantic import BaseModel, TypeAdapter, ValidationError

from viva_client import problem_types
from viva_client.base import VivaModel
from viva_client.problems import Unexpected, Unreachable, VivaProblem
from viva_client.retries import Retries

Answers = Mapping[int, Any]
WAIT_MARGIN_SECONDS = 10.0


@dataclass(frozen=True)
class Call:
    """What is asked, before it is put on the wire."""

    method: str
    address: str
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    media: str = "application/json"
    wait: float | None = None
    idempotency_key: str | None = None
    if_match: str | None = None

    def wire(self, http: httpx2.Client | httpx2.AsyncClient) -> httpx2.Request:
        """The request. A POST gets its `Idempotency-Key` here, so that all its tries have the same."""
        headers = {name: _word(value) for name, value in self.headers.items() if value is not None}
        more: dict[str, Any] = {}
        if self.media.startswith("multipart/") and self.body is not None:
            more["files"] = self.body
        elif self.body is not None:
            is_json = self.media == "application/json"
            more["content"] = json.dumps(self.body, default=_plain, ensure_ascii=False) if is_json else self.body
            headers.setdefault("Content-Type", self.media)
        if self.method == "POST" and "Idempotency-Key" not in headers:
            headers["Idempotency-Key"] = self.idempotency_key or str(uuid.uuid4())
        if self.if_match is not None:
            headers["If-Match"] = self.if_match
        if self.wait is not None:
            headers["Prefer"] = f"wait={self.wait:g}"
            patience = http.timeout
            if patience.read is not None:
                longer = max(patience.read, self.wait + WAIT_MARGIN_SECONDS)
                more["timeout"] = httpx2.Timeout(
                    connect=patience.connect, read=longer, write=patience.write, pool=patience.pool
                )
        address = self.address.format_map({name: quote(str(value), safe="") for name, value in self.path.items()})
        return http.build_request(self.method, address, params=_pairs(self.query), headers=headers, **more)


class Caller:
    """Sends calls, and reads what comes back."""

    def __init__(self, http: httpx2.Client, retries: Retries) -> None:
        self.http = http
        self.retries = retries

    def send(self, call: Call) -> httpx2.Response:
        """The response, which is a good one.

        Raises:
            VivaProblem: Viva refused.
            Unreachable: there was no answer.
        """
        request = call.wire(self.http)
        tried = 0
        while True:
            response, error = None, None
            try:
                response = self.http.send(request)
            except httpx2.TransportError as raised:
                error = raised
            pause = _pause(self.retries, request, tried, response, error)
            if pause is None:
                return _settled(request, response, error)
            time.sleep(pause)
            tried += 1

    def call(self, call: Call, answers: Answers) -> Any:
        """What was answered, as the type that its status has."""
        return read(self.send(call), answers)


class AsyncCaller:
    """Sends calls, and reads what comes back, without blocking."""

    def __init__(self, http: httpx2.AsyncClient, retries: Retries) -> None:
        self.http = http
        self.retries = retries

    async def send(self, call: Call) -> httpx2.Response:
        """The response, which is a good one.

        Raises:
            VivaProblem: Viva refused.
            Unreachable: there was no answer.
        """
        request = call.wire(self.http)
        tried = 0
        while True:
            response, error = None, None
            try:
                response = await self.http.send(request)
            except httpx2.TransportError as raised:
                error = raised
            pause = _pause(self.retries, request, tried, response, error)
            if pause is None:
                return _settled(request, response, error)
            await anyio.sleep(pause)
            tried += 1

    async def call(self, call: Call, answers: Answers) -> Any:
        """What was answered, as the type that its status has."""
        return read(await self.send(call), answers)


class Group:
    """Operations that belong together."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._call = caller.call


class AsyncGroup:
    """Operations that belong together."""

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller
        self._call = caller.call


def read(response: httpx2.Response, answers: Answers) -> Any:
    """A response as the type that its status has.

    Raises:
        Unexpected: it is not of that type.
    """
    kind = answers.get(response.status_code, Any)
    if kind is None or response.status_code == 204:
        return None
    if kind is bytes:
        return response.content
    try:
        found = _adapter(kind).validate_json(response.content)
    except ValidationError as error:
        where = f"{response.request.method} {response.request.url.path}"
        raise Unexpected(f"{where} was not answered as Viva would: {error}") from error
    if isinstance(found, VivaModel):
        found._etag = response.headers.get("etag")
        found._request_id = response.headers.get("x-request-id")
    return found


def problem_of(response: httpx2.Response) -> VivaProblem:
    """A refusal as the exception of its type; of its status, where the type is not known here."""
    members: Any = None
    if "json" in response.headers.get("content-type", ""):
        try:
            members = response.json()
        except ValueError:
            members = None
    if not isinstance(members, dict):
        members = {"title": response.reason_phrase, "detail": response.text[:500].strip() or response.reason_phrase}
    kind = str(members.get("type", "")).rsplit("/", 1)[-1]
    chosen = _BY_KIND.get(kind) or _BY_STATUS.get(response.status_code, VivaProblem)
    return chosen(response.status_code, members, response.headers)


def _pause(
    retries: Retries, request: httpx2.Request, tried: int, response: httpx2.Response | None, error: Exception | None
) -> float | None:
    if response is not None and response.is_success:
        return None
    has_key = request.method == "POST" and "idempotency-key" in request.headers
    return retries.pause(request.method, tried, has_key=has_key, response=response, error=error)


def _settled(request: httpx2.Request, response: httpx2.Response | None, error: Exception | None) -> httpx2.Response:
    if response is None:
        raise Unreachable(f"{request.url.host} does not answer: {error or type(error).__name__}") from error
    if not response.is_success:
        raise problem_of(response)
    return response


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def _pairs(query: Mapping[str, Any]) -> list[tuple[str, str | int | float | bool | None]]:
    pairs: list[tuple[str, str | int | float | bool | None]] = []
    for name, value in query.items():
        many = value if isinstance(value, list | tuple | set) else [value]
        pairs += [(name, _word(one)) for one in many if one is not None]
    return pairs


_BY_KIND = {problem.kind: problem for problem in problem_types.PROBLEMS}
_BY_STATUS: dict[int, type[VivaProblem]] = {
    400: problem_types.Malformed,
    401: problem_types.Unauthenticated,
    403: problem_types.Forbidden,
    404: problem_types.NotFound,
    409: problem_types.Conflict,
    412: problem_types.Precondition,
    413: problem_types.TooLarge,
    422: problem_types.Invalid,
    428: problem_types.PreconditionRequired,
    429: problem_types.TooMany,
    503: problem_types.Unavailable,
}
