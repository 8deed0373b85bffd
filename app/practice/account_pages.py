"""Sign up, sign in, sign out, and back in after a forgotten password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.accounts import links, service
from app.accounts.deps import (
    MaybeViewer,
    ThrottleDep,
    clear_session_cookie,
    client_address,
    session_token,
)
from app.accounts.mail import where_letters_go
from app.accounts.openid import provider_name
from app.accounts.throttle import RESETS_PER_EMAIL, SIGN_IN_PER_ADDRESS, SIGN_IN_PER_PERSON
from app.kit.config import Settings
from app.kit.errors import Conflict, Invalid
from app.kit.templating import render
from app.kit.text import clean_text
from app.kit.web import SessionDep, SettingsDep
from app.practice.adoption import adopt_guest
from app.practice.signing_in import safe_next, signed_in

router = APIRouter(include_in_schema=False)


@router.get("/sign-up")
def sign_up_page(request: Request, viewer: MaybeViewer, next: str = "/") -> Response:
    """Make an account."""
    if viewer and not viewer.is_guest:
        return RedirectResponse("/account", status_code=303)
    return render(request, "accounts/sign_up.html", values={"email": "", "name": ""}, errors={}, next=safe_next(next))


@router.post("/sign-up")
def sign_up(
    request: Request,
    viewer: MaybeViewer,
    session: SessionDep,
    settings: SettingsDep,
    throttle: ThrottleDep,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Make an account; a guest's interviews are its first."""
    throttle.hit(SIGN_IN_PER_ADDRESS, client_address(request))
    try:
        user = service.create_account(session, viewer, email, password, name)
        links.ask_to_confirm(session, user, settings.address)
    except (Invalid, Conflict) as error:
        return render(
            request,
            "accounts/sign_up.html",
            status_code=error.status,
            values={"email": email, "name": name},
            errors={error.extra.get("field", "email"): error.message},
            next=safe_next(next),
        )
    return signed_in(request, session, settings, user, safe_next(next))


@router.get("/sign-in")
def sign_in_page(request: Request, viewer: MaybeViewer, settings: SettingsDep, next: str = "/") -> Response:
    """Sign in."""
    if viewer and not viewer.is_guest:
        return RedirectResponse(safe_next(next), status_code=303)
    return render(
        request,
        "accounts/sign_in.html",
        values={"email": ""},
        errors={},
        next=safe_next(next),
        provider=provider_name(settings),
    )


@router.post("/sign-in")
def sign_in(
    request: Request,
    viewer: MaybeViewer,
    session: SessionDep,
    settings: SettingsDep,
    throttle: ThrottleDep,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Sign in; a guest's interviews come along."""
    throttle.hit(SIGN_IN_PER_ADDRESS, client_address(request))
    try:
        # As it is looked up: blanks round the address would be a new count else.
        email = clean_text(email, field="email").strip()
        throttle.hit(SIGN_IN_PER_PERSON, email)
        user = service.sign_in(session, email, password, viewer, adopt_guest)
    except Invalid as error:
        return render(
            request,
            "accounts/sign_in.html",
            status_code=422,
            values={"email": email},
            errors={error.extra.get("field", "password"): error.message},
            next=safe_next(next),
            provider=provider_name(settings),
        )
    return signed_in(request, session, settings, user, safe_next(next))


@router.post("/sign-out")
def sign_out(request: Request, session: SessionDep, settings: SettingsDep) -> Response:
    """Sign out. The page's script clears the drafts that this browser keeps."""
    token = session_token(request, settings)
    if token:
        service.end_browser_session(session, token)
    response = RedirectResponse("/", status_code=303)
    clear_session_cookie(response, settings)
    return response


@router.get("/forgotten-password")
def forgotten_page(request: Request, viewer: MaybeViewer, settings: SettingsDep) -> Response:
    """Ask for a link to choose a new password."""
    del viewer  # read by the page's frame
    return _forgotten(request, settings)


@router.post("/forgotten-password")
def forgotten(
    request: Request,
    viewer: MaybeViewer,
    session: SessionDep,
    settings: SettingsDep,
    throttle: ThrottleDep,
    email: Annotated[str, Form()] = "",
) -> Response:
    """Send a link; what is answered, and how fast, does not tell whether there is an account."""
    del viewer
    throttle.hit(SIGN_IN_PER_ADDRESS, client_address(request))
    try:
        address = service.normalise_email(email)
        throttle.hit(RESETS_PER_EMAIL, address)
        links.ask_for_reset(session, address)
    except Invalid as error:
        return _forgotten(request, settings, 422, email=email, error=error.message)
    return _forgotten(request, settings, email=address, is_asked=True)


def _forgotten(
    request: Request,
    settings: Settings,
    status_code: int = 200,
    email: str = "",
    error: str | None = None,
    is_asked: bool = False,
) -> Response:
    return render(
        request,
        "accounts/forgotten.html",
        status_code,
        email=email,
        error=error,
        is_asked=is_asked,
        letters=where_letters_go(settings),
    )


@router.get("/reset-password/{token}")
def reset_page(request: Request, viewer: MaybeViewer, session: SessionDep, token: str) -> Response:
    """Choose a new password."""
    del viewer
    links.require_reset_link(session, token)
    return render(request, "accounts/reset.html", error=None)


@router.post("/reset-password/{token}")
def reset(
    request: Request,
    viewer: MaybeViewer,
    session: SessionDep,
    settings: SettingsDep,
    token: str,
    new_password: Annotated[str, Form()] = "",
) -> Response:
    """Set the new password: other browsers are signed out, and this one in."""
    try:
        user = links.reset_password(session, token, new_password)
    except Invalid as error:
        return render(request, "accounts/reset.html", 422, error=error.message)
    service.adopt_guest_of(session, viewer, user, adopt_guest)
    return signed_in(request, session, settings, user, "/account?done=reset")
