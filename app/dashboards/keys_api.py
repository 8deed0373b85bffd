"""API keys over REST: listed, made, rotated, revoked; a secret is given once."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, Field, StringConstraints

from app.accounts import keys
from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder
from app.accounts.models import ApiKey
from app.accounts.schemas import KeyOut
from app.kit.rest import Cleaned, Cursor, Limit, Out, StrictBody, json_response, link_next, problems
from app.kit.web import SessionDep

router = APIRouter(prefix="/api/v1/keys", tags=["Organisation"])

Admin = Annotated[KeyHolder, Depends(RequireScope("admin"))]


class KeyIn(StrictBody):
    """A key to make."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Hiring system", "scopes": ["interviews:read", "interviews:write"], "days": 365}]
        }
    )

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Cleaned] = Field(
        description="What uses it."
    )
    scopes: list[str] = Field(min_length=1, max_length=20, description="What it may; never more than the key you use.")
    days: int | None = Field(None, ge=1, le=keys.LONGEST_DAYS, description="How long it lasts; null: until revoked.")


class KeyMade(KeyOut):
    """A new key with its secret, which is given this once and kept nowhere."""

    secret: str


class KeyPage(Out):
    """One page of keys, newest first."""

    items: list[KeyOut]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


@router.get("", operation_id="listKeys", summary="List keys", response_model=KeyPage, responses=problems())
def list_keys(
    request: Request,
    response: Response,
    holder: Admin,
    session: SessionDep,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> KeyPage:
    """Your organisation's keys that still open something, newest first, without their secrets.

    Needs the scope `admin`.
    """
    page = keys.keys_page(session, holder.organization_id, cursor, limit)
    link_next(response, request, page.next_cursor)
    return KeyPage(items=[KeyOut.model_validate(key) for key in page.items], next_cursor=page.next_cursor)


@router.post(
    "",
    operation_id="makeKey",
    summary="Make a key",
    status_code=201,
    response_model=KeyMade,
    responses=problems(400, 413),
)
def make_key(body: KeyIn, holder: Admin, session: SessionDep) -> Response:
    """Make a key; `secret` is given once, and Viva keeps only its hash. Needs the scope `admin`."""
    keys.refuse_more_than(holder, body.scopes)
    made, secret = keys.make_key(session, holder.organization_id, body.name, body.scopes, holder.actor, body.days)
    return _made(made, secret)


@router.post(
    "/{key_id}/rotate",
    operation_id="rotateKey",
    summary="Rotate a key",
    status_code=201,
    response_model=KeyMade,
    responses=problems(404),
)
def rotate_key(key_id: uuid.UUID, holder: Admin, session: SessionDep) -> Response:
    """Make a new key with the same name and scopes; it has no body. The old one works for another 24 hours.

    A key can rotate itself: keep the new `secret`, use it from then on, and nothing stands still. Needs the scope
    `admin`.
    """
    keys.refuse_more_than(holder, keys.key_by_id(session, holder.organization_id, key_id).scopes)
    made, secret = keys.rotate_key(session, holder.organization_id, key_id, holder.actor)
    return _made(made, secret)


@router.delete(
    "/{key_id}",
    operation_id="revokeKey",
    summary="Revoke a key",
    status_code=204,
    response_class=Response,
    responses=problems(404),
)
def revoke_key(key_id: uuid.UUID, holder: Admin, session: SessionDep) -> Response:
    """End a key at once, for good. One that is ended already is 404. Needs the scope `admin`."""
    keys.revoke_key(session, holder.organization_id, key_id, holder.actor)
    return Response(status_code=204)


def _made(made: ApiKey, secret: str) -> Response:
    whole = KeyMade(**dict(KeyOut.model_validate(made)), secret=secret)
    return json_response(whole, 201, cache_control="no-store")
