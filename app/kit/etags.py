"""Entity tags: nobody overwrites what somebody else has changed meanwhile (RFC 9110, RFC 6585)."""

from __future__ import annotations

import hashlib

from starlette.requests import Request

from app.kit.errors import Precondition, PreconditionRequired


def entity_tag(*parts: object) -> str:
    """A strong tag, quoted, of what tells one state of a thing from another: a revision, a time, a content hash."""
    told = "\x1f".join(str(part) for part in parts)
    return f'"{hashlib.sha256(told.encode()).hexdigest()[:20]}"'


def require_match(request: Request, current: str) -> None:
    """Go on only if the caller has seen the thing as it is now.

    Raises:
        PreconditionRequired: there is no `If-Match`.
        Precondition: it names another state; `*` names every one.
    """
    given = ", ".join(request.headers.getlist("if-match"))
    if not given.strip():
        raise PreconditionRequired("Say which state you change: send the ETag that you read as If-Match.", etag=current)
    tags = {tag.strip() for tag in given.split(",")}
    if "*" not in tags and current not in tags:
        raise Precondition(
            "It has been changed since you read it: read it again, and make your change to that.", etag=current
        )
