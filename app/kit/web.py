"""The web process's plumbing: one transaction a request, and every error mapped in one place."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager
from typing import Annotated, Any, cast

import anyio
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import compile_path

from app.kit.config import Settings
from app.kit.errors import Forbidden, Invalid, Malformed, NotFound, TooLarge, Unavailable, VivaError
from app.kit.idempotency import note_commit
from app.kit.logging import get_logger
from app.kit.problems import problem_response
from app.kit.waiting import Waiter
from app.kit.yaml_file import field_path

log = get_logger("viva.web")


class ApiJSONResponse(JSONResponse):
    """JSON with text as it is, not as escapes."""

    def render(self, content: Any) -> bytes:
        """The bytes."""
        return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


# The dependencies here are coroutines although routes are plain functions: none of them blocks, and FastAPI would send
# each plain one through a thread of its own, which costs more than what it does.


async def get_session(request: Request) -> AsyncIterator[Session]:
    """One request, one transaction: it commits before the response is sent, so a failed commit is an error response."""
    async with request.app.state.places.one():
        transaction = request.app.state.sessions.begin()
        session: Session = transaction.__enter__()  # opens no connection yet
        try:
            yield session
        except BaseException as error:
            await _end(transaction, error)
            raise
        else:
            if mark := getattr(request.state, "idempotency", None):
                await run_in_threadpool(note_commit, session, mark)
            await _end(transaction, None)


async def _end(transaction: AbstractContextManager[Session], error: BaseException | None) -> None:
    # Shielded: a caller who hangs up must not leave a transaction open.
    with anyio.CancelScope(shield=True):
        await run_in_threadpool(
            transaction.__exit__, type(error) if error else None, error, error.__traceback__ if error else None
        )


async def get_app_settings(request: Request) -> Settings:
    """The settings that the app was made with."""
    return cast(Settings, request.app.state.settings)


async def get_waiter(request: Request) -> Waiter:
    """The process's one listener for scores."""
    return cast(Waiter, request.app.state.waiter)


SessionDep = Annotated[Session, Depends(get_session, scope="function")]
SettingsDep = Annotated[Settings, Depends(get_app_settings)]
WaiterDep = Annotated[Waiter, Depends(get_waiter)]


class MethodNotAllowed(VivaError):
    """The address exists, for other methods."""

    status = 405
    title = "Method not allowed"
    type = "method-not-allowed"


def install_error_handlers(app: FastAPI) -> None:
    """Map every error to a response here, and nowhere else."""

    @app.exception_handler(VivaError)
    def viva_error(request: Request, error: VivaError) -> Response:
        return problem_response(request, error)

    @app.exception_handler(RequestValidationError)
    def validation_error(request: Request, error: RequestValidationError) -> Response:
        found = _invalid(error)
        # A word that is an address of its own (POST …/release) is nobody's id in a sibling (GET …/{id}).
        if isinstance(found, NotFound) and request.method not in (methods := _methods_at(app, request.scope["path"])):
            return _not_allowed(request, methods)
        return problem_response(request, found)

    @app.exception_handler(HTTPException)
    def http_error(request: Request, error: HTTPException) -> Response:
        if error.status_code == 405:
            return _not_allowed(request, _methods_at(app, request.scope["path"]))
        families: dict[int, VivaError] = {
            400: Malformed(f"The request cannot be read: {error.detail}."),
            403: Forbidden(str(error.detail)),
            404: NotFound("There is nothing at this address."),
            413: TooLarge("The request is too large."),
        }
        return problem_response(request, families.get(error.status_code, Invalid(str(error.detail))))

    @app.exception_handler(PoolTimeout)
    @app.exception_handler(OperationalError)
    @app.exception_handler(InterfaceError)
    def database_away(request: Request, error: Exception) -> Response:
        if getattr(getattr(error, "orig", None), "sqlstate", "") in {"40001", "40P01", "55P03"}:
            # A row lock that two requests want in opposite order ends one of them: sending that again is right.
            met = "Two changes met at the same moment, and this one was not made: send it again."
            return problem_response(request, Unavailable(met, retry_after_seconds=1))
        log.warning("database away", reason=str(getattr(error, "orig", error)).strip().split("\n")[0])
        return problem_response(
            request,
            Unavailable(
                "The database does not answer right now. What you typed is kept in your browser; try again soon.",
                retry_after_seconds=2,
            ),
        )


def _not_allowed(request: Request, methods: Sequence[str]) -> Response:
    response = problem_response(request, MethodNotAllowed(f"{request.method} is not possible at this address."))
    response.headers["Allow"] = ", ".join(methods)
    return response


def _methods_at(app: FastAPI, path: str) -> list[str]:
    """What an address can be asked for: by all routes that it fits, where the framework names those of the first.

    Of routes that fit, those with the fewest blanks count: ``/interviews/release`` is no ``/interviews/{id}``.
    """
    found: dict[int, set[str]] = {}
    for route in iter_route_contexts(app.routes):
        if route.path is not None:
            pattern, _, blanks = compile_path(route.path)
            if pattern.match(path):
                found.setdefault(len(blanks), set()).update(getattr(route, "methods", None) or ())
    return sorted(found[min(found)]) if found else []


def _invalid(error: RequestValidationError) -> VivaError:
    """FastAPI's findings in our words: each names its field and what to do."""
    errors = []
    for item in error.errors():
        loc = tuple(item["loc"])
        where, path = str(loc[0]), field_path(loc[1:])
        if where == "path":
            # An address that cannot be anybody's is as unknown as one that is nobody's.
            return NotFound("There is nothing at this address.")
        if item["type"] == "json_invalid":
            reason = item.get("ctx", {}).get("error", "")
            return Malformed(f"The body is not JSON ({reason} at character {path.strip('[]') or 0}).")
        message = {
            "missing": "is missing",
            "extra_forbidden": "is not a known field: remove it or correct its name",
            "model_attributes_type": "must be a JSON object, sent with the header Content-Type: application/json",
            "string_unicode": "holds half of a surrogate pair, which is no character: remove it",
        }.get(item["type"], str(item["msg"]).removeprefix("Value error, "))
        errors.append({"field": path or where, "in": where, "message": message})
    first = errors[0]
    return Invalid(f"{first['field']}: {first['message']}.", errors=errors)


def base_url(request: Request) -> str:
    """The address that links in letters begin with: `VIVA_PUBLIC_URL`, else as this request came in."""
    settings: Settings = request.app.state.settings
    return (settings.public_url or str(request.base_url)).rstrip("/")
