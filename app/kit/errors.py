"""The few families of errors; features subclass them, `kit.web` alone maps them to responses."""

from __future__ import annotations

from typing import Any, ClassVar


class VivaError(Exception):
    """Something a caller did or met that can be said in one sentence.

    `extra` becomes members of the `application/problem+json` body, so it must hold only what the caller may see.
    """

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"
    type: ClassVar[str] = "error"

    def __init__(self, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.message = message
        self.extra = extra


class Invalid(VivaError):
    """The input is not what the call takes. `field` names the place."""

    status = 422
    title = "The input is not valid"
    type = "invalid"


class Malformed(Invalid):
    """The body cannot even be read (broken JSON, wrong encoding)."""

    status = 400
    title = "The request cannot be read"
    type = "malformed"


class TooLarge(Invalid):
    """The body is over the cap."""

    status = 413
    title = "The request is too large"
    type = "too-large"


class Unauthenticated(VivaError):
    """Nobody is signed in, or the key is not (or no longer) good."""

    status = 401
    title = "Not signed in"
    type = "unauthenticated"
    challenge: ClassVar[str] = 'Bearer realm="viva"'


class Forbidden(VivaError):
    """A scope or a role is missing. Another person's things are `NotFound`, never this."""

    status = 403
    title = "Not allowed"
    type = "forbidden"


class NotFound(VivaError):
    """There is no such thing, or it is not the caller's to see."""

    status = 404
    title = "Not found"
    type = "not-found"


class Conflict(VivaError):
    """The thing is in a state that does not allow the call."""

    status = 409
    title = "Conflict"
    type = "conflict"


class Precondition(VivaError):
    """A stated precondition (`If-Match`) does not hold."""

    status = 412
    title = "Precondition failed"
    type = "precondition"


class PreconditionRequired(Precondition):
    """What is edited by several must be edited with `If-Match`."""

    status = 428
    title = "Precondition required"
    type = "precondition-required"


class TooMany(VivaError):
    """Throttled. `retry_after_seconds` says how long to wait."""

    status = 429
    title = "Too many requests"
    type = "too-many"


class Unavailable(VivaError):
    """Something Viva needs is away; trying again later can help."""

    status = 503
    title = "Not available right now"
    type = "unavailable"


class OperatorError(Exception):
    """What stops a command, in one sentence that says what to do. Printed without a traceback; exit code 1.

    A supervised process ends with exit code 3 instead, so that its supervisor knows a restart will not help.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
