"""What the REST routes of all features share: cleaned text, pages, waiting, and how problems stand in the API text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import FastAPI, Header, Query, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.responses import Response

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
        description="`wait=10` waits up to 10 (at most 30) seconds for the result, see RFC 7240.", examples=["wait=10"]
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
    413: "The body, or a text in it, is too large (`too-large`).",
    422: "The input is not valid (`invalid`); `detail` and `errors` name the field.",
    503: "The database is away or busy (`unavailable`): try again after `Retry-After` seconds.",
}


def problems(*statuses: int) -> Responses:
    """The problem responses of a route, for its API text; 401, 403, 422 and 503 can come anywhere."""
    schema = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": _PROBLEMS[status], "content": schema}
        for status in sorted({401, 403, 422, 503, *statuses})
    }


def document_problems(app: FastAPI) -> None:
    """Add the schema that `problems` refers to: FastAPI knows problem documents only as plain JSON."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.setdefault("Problem", Problem.model_json_schema())
        return document

    app.openapi = openapi  # type: ignore[method-assign]


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
