"""What the REST routes of all features share: cleaned text, pages, waiting, and how problems stand in the API text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import FastAPI, Header, Query, Request
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.kit.deprecating import deprecation_of, describe_deprecation
from app.kit.errors import VivaError
from app.kit.paging import MAX_LIMIT
from app.kit.problems import PROBLEM_TYPES, ProblemResponse
from app.kit.text import clean_text
from app.kit.waiting import Waiter, WaitingResponse, preferred_wait_seconds

Responses = dict[int | str, dict[str, Any]]


def _cleaned(text: Any) -> Any:
    try:
        return clean_text(text, field="the text") if isinstance(text, str) else text
    except VivaError as error:
        raise ValueError(error.message.rstrip(".")) from None


Cleaned = BeforeValidator(_cleaned)
"""Cleans text of a body or an address where it comes in. It stands last in `Annotated`, so that it goes first."""


def _moment(value: Any) -> Any:
    """An RFC 3339 time as UTC; bare numbers and days are none."""
    if not isinstance(value, str):
        raise ValueError("must be a time such as 2026-03-31T17:00:00Z")
    try:
        at = dt.datetime.fromisoformat(value)
        if at.tzinfo is None or not 2000 <= at.year <= 2999:
            raise ValueError
        return at.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be a time with its zone, such as 2026-03-31T17:00:00Z") from None


Moment = Annotated[dt.datetime, BeforeValidator(_moment, json_schema_input_type=str)]
"""A time that comes in, with its zone."""


class StrictBody(BaseModel):
    """What every body derives from: “yes” is no boolean, “3” no number, and an unknown field is refused by its name."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Out(BaseModel):
    """What a route gives, made of a row or a view by its names."""

    model_config = ConfigDict(from_attributes=True)


SlugText = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
"""A slug: small letters, digits and hyphens, so nothing that cannot be stored or searched for."""

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many things a page holds at most.")]
Cursor = Annotated[
    str | None,
    Query(max_length=400, description="`next_cursor` of the page before; leave it out to begin. It is opaque."),
]
Prefer = Annotated[
    str | None,
    Header(
        alias="Prefer",
        description="`wait=10` waits up to 10 (at most 30) seconds for the result, see RFC 7240.",
        examples=["wait=10"],
    ),
]


class Problem(BaseModel):
    """An error, as RFC 9457 has it. Some types carry further members, which docs/problems.md lists."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Which problem: stable, to branch on.", examples=[f"{PROBLEM_TYPES}draft-conflict"])
    title: str = Field(description="The type in words.")
    status: int = Field(description="The HTTP status again.")
    detail: str = Field(description="What happened this time, and what to do: for people, may change.")
    instance: str = Field(description="The path that was called.")
    request_id: str | None = Field(description="Finds the request in Viva's log.")


_PROBLEMS = {
    400: "The body is not JSON (`malformed`).",
    401: "No key, or one that is not good (`unauthenticated`).",
    403: "The key lacks the scope (`missing-scope`).",
    404: "There is no such thing, or it is another organisation's (`not-found`).",
    409: "The thing is in a state that does not allow this; `type` says which.",
    412: "It is not any more as the `If-Match` says: read it again (`precondition`).",
    413: "The body, or a text in it, is too large (`too-large`).",
    422: "The input is not valid (`invalid`); `detail` and `errors` name the field.",
    428: "`If-Match` is missing: send the `ETag` that you read (`precondition-required`).",
    429: "Too many calls (`too-many`): go on after `Retry-After` seconds; `limit` names which limit it was.",
    503: "The database is away or busy (`unavailable`): try again after `Retry-After` seconds.",
}


_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}}
_PROBLEM_HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string"}}},
    429: _RETRY_AFTER,
    503: _RETRY_AFTER,
}


def problems(*statuses: int) -> Responses:
    """The problem responses of a route, for its API text; 401, 403, 422, 429 and 503 can come anywhere."""
    return {status: _problem(status, _PROBLEMS[status]) for status in sorted({401, 403, 422, 429, 503, *statuses})}


def _problem(status: int, description: str) -> dict[str, Any]:
    schema = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    response: dict[str, Any] = {"description": description, "content": schema}
    if headers := _PROBLEM_HEADERS.get(status):
        response["headers"] = headers
    return response


_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes it safe to send the request again: the same key and request get the same answer for 24 hours"
    " (with `Idempotency-Replayed: true`); another request with it gets 422, and 409 while the first is under way.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "example": "8e03978e-40d5-43e8-bc93-6894a57f9324",
}


_HEADERS: dict[str, dict[str, Any]] = {
    "RateLimit": {
        "description": "What is left (`r`) of each limit, and for how many seconds it has to do (`t`).",
        "schema": {"type": "string"},
        "example": '"calls-per-key";r=2987;t=42',
    },
    "RateLimit-Policy": {
        "description": "The limits that count here: so many (`q`) in so many seconds (`w`).",
        "schema": {"type": "string"},
        "example": '"calls-per-key";q=3000;w=60',
    },
    "Retry-After": {"description": "Seconds to wait before the call is sent again.", "schema": {"type": "integer"}},
}


def _document_headers(operation: dict[str, Any]) -> None:
    for status, response in operation.get("responses", {}).items():
        names = ["RateLimit", "RateLimit-Policy", *(["Retry-After"] if status in {"429", "503"} else [])]
        for name in names:
            response.setdefault("headers", {})[name] = {"$ref": f"#/components/headers/{name}"}


def _document_deprecations(app: FastAPI, document: dict[str, Any]) -> None:
    for route in iter_route_contexts(app.routes):
        found = deprecation_of(getattr(route, "endpoint", None))
        if found is not None:
            for method in getattr(route, "methods", None) or ():
                describe_deprecation(document["paths"][route.path_format][method.lower()], found)


_WITH_KEY = "The first request with this `Idempotency-Key` is not answered yet (`idempotency-in-flight`)."
_WRITES = {"post", "put", "patch", "delete"}
_LINK = {
    "description": 'Where the next page is, as `<…>; rel="next"`; absent on the last.',
    "schema": {"type": "string"},
}


def document_problems(app: FastAPI) -> None:
    """Add what holds for all routes alike: the schema that `problems` refers to, statuses, headers, a parameter.

    (FastAPI knows problem documents only as plain JSON, and nothing of what middleware refuses.)
    """
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema:
            return app.openapi_schema
        document = plain()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.setdefault("Problem", Problem.model_json_schema())
        document["components"].setdefault("headers", {}).update(_HEADERS)
        _document_deprecations(app, document)
        for path, operations in document.get("paths", {}).items():
            if path.startswith("/api/"):
                for method, operation in operations.items():
                    _complete(path, method, operation)
                    _document_headers(operation)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    """Say of one route what the plumbing does for every one of its kind."""
    parameters = operation.setdefault("parameters", [])
    responses = operation["responses"]
    if method in _WRITES:
        responses.setdefault("413", _problem(413, _PROBLEMS[413]))
    if "requestBody" in operation:
        responses.setdefault("400", _problem(400, _PROBLEMS[400]))
    if "{" in path:
        responses.setdefault("404", _problem(404, _PROBLEMS[404]))
    if method == "post":
        parameters.append(_IDEMPOTENCY_KEY)
        conflict = responses.setdefault("409", _problem(409, ""))
        conflict["description"] = f"{conflict['description']} {_WITH_KEY}".strip()
    if any(one["name"] == "cursor" for one in parameters) and "200" in responses:
        responses["200"].setdefault("headers", {}).setdefault("Link", _LINK)
    if not parameters:
        del operation["parameters"]
    operation["responses"] = dict(sorted(responses.items()))


IF_MATCH = {
    "parameters": [
        {
            "name": "If-Match",
            "in": "header",
            "required": True,
            "description": "The `ETag` of the state that you read, so that nobody's change is overwritten unseen.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 400},
            "example": '"3c6e0b8a9c15224a8228"',
        }
    ]
}
"""`openapi_extra` of routes that call `kit.etags.require_match`; their problems are 412 and 428."""


def json_response(body: BaseModel, status: int = 200, **headers: str) -> Response:
    """A model as the response; `content_location="…"` becomes `Content-Location`."""
    return Response(
        body.model_dump_json(exclude_unset=True),
        status_code=status,
        media_type="application/json",
        headers={name.replace("_", "-").title(): value for name, value in headers.items()},
    )


def link_next(response: Response, request: Request, cursor: str | None) -> None:
    """Say where the next page is, with the filters of this one."""
    if cursor:
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        response.headers["Link"] = f'<{request.url.path}?{urlencode([*kept, ("cursor", cursor)])}>; rel="next"'


def now_or_waited(
    request: Request,
    waiter: Waiter,
    key: str,
    prefer: str | None,
    look: Callable[[Session], Response | None],
    otherwise: Response,
    session: Session | None = None,
) -> Response:
    """`otherwise` at once; with `Prefer: wait=n` what `look` finds within n seconds, looked for after the commit.

    With `session` it is looked for in this transaction first: leave it out when there can be nothing yet.
    """
    seconds = preferred_wait_seconds(prefer)
    if not seconds:
        return otherwise
    applied = f"wait={seconds:g}"
    otherwise.headers["Preference-Applied"] = applied
    sessions = request.app.state.sessions

    def dressed(found: Response | None) -> Response | None:
        if found is not None and not isinstance(found, ProblemResponse):
            found.headers["Preference-Applied"] = applied
        return found

    def look_again() -> Response | None:
        try:
            with sessions.begin() as own:
                return dressed(look(own))
        except SQLAlchemyError:
            # The request itself is committed: a database that goes away while we wait must not make it look failed.
            return otherwise

    found = dressed(look(session)) if session is not None else None
    return found or WaitingResponse(waiter, key, seconds, look_again, otherwise)
