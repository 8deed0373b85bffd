"""Signing in with an OpenID Connect provider: there, and back."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.deps import MaybeViewer, ThrottleDep, client_address
from app.accounts.external import sign_in_as
from app.accounts.openid import Ask, Identity, OpenId
from app.accounts.throttle import SIGN_IN_PER_ADDRESS
from app.kit.config import Settings
from app.kit.errors import NotFound
from app.kit.web import SessionDep, SettingsDep, base_url
from app.practice.adoption import adopt_guest
from app.practice.signing_in import safe_next, signed_in

router = APIRouter(prefix="/sign-in/openid", include_in_schema=False)

ASK_SECONDS = 900
"""How long somebody may take at the provider."""


def _cookie(settings: Settings) -> str:
    return "__Host-viva-openid" if settings.secure_cookies else "viva-openid"


def _callback(request: Request) -> str:
    return f"{base_url(request)}/sign-in/openid/callback"


def _openid(request: Request) -> OpenId:
    openid = cast(OpenId | None, request.app.state.openid)
    if openid is None:
        raise NotFound("There is nothing at this address.")
    return openid


@router.get("")
def leave_for_provider(request: Request, settings: SettingsDep, throttle: ThrottleDep, next: str = "/") -> Response:
    """Go to the provider."""
    throttle.hit(SIGN_IN_PER_ADDRESS, client_address(request))
    url, asked = _openid(request).ask(_callback(request), safe_next(next))
    response = RedirectResponse(url, status_code=303)
    kept = base64.urlsafe_b64encode(json.dumps(asdict(asked)).encode()).decode()
    # Lax: the way back is a link from another site, and brings it along.
    response.set_cookie(
        _cookie(settings),
        kept,
        max_age=ASK_SECONDS,
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies,
        path="/",
    )
    return response


def _asked(request: Request, settings: Settings) -> Ask | None:
    try:
        values = json.loads(base64.urlsafe_b64decode(request.cookies.get(_cookie(settings), "")))
        return Ask(**{name: str(value) for name, value in values.items()})
    except (ValueError, TypeError, AttributeError):
        return None


def came_back(request: Request, settings: SettingsDep, throttle: ThrottleDep) -> tuple[Identity, str]:
    """Who came back, and where they wanted to go. Asked before the database is: the provider may take its time."""
    throttle.hit(SIGN_IN_PER_ADDRESS, client_address(request))
    asked = _asked(request, settings)
    identity = _openid(request).answer(asked, dict(request.query_params), _callback(request))
    return identity, asked.next if asked else "/"


@router.get("/callback")
def back_from_provider(
    came: Annotated[tuple[Identity, str], Depends(came_back)],
    request: Request,
    viewer: MaybeViewer,
    session: SessionDep,
    settings: SettingsDep,
) -> Response:
    """Sign in whom the provider vouches for."""
    identity, next_page = came
    user = sign_in_as(session, identity, viewer, settings.address, adopt_guest)
    response = signed_in(request, session, settings, user, safe_next(next_page))
    response.delete_cookie(_cookie(settings), path="/", secure=settings.secure_cookies, httponly=True)
    return response
