"""Sign up, sign in, sign out; the account: password, and leaving."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.accounts import service
from app.accounts.deps import (
    MaybeViewer,
    ThrottleDep,
    Viewer,
    clear_session_cookie,
    client_address,
    session_token,
    set_session_cookie,
)
from app.accounts.models import User
from app.accounts.passwords import verify_password
from app.accounts.throttle import SIGN_IN_PER_ADDRESS, SIGN_IN_PER_PERSON
from app.interviews.access import interviews_readable_by
from app.interviews.queries import count_interviews
from app.kit.config import Settings
from app.kit.errors import Conflict, Invalid
from app.kit.templating import render
from app.kit.text import clean_text
from app.kit.web import SessionDep, SettingsDep
from app.practice.adoption import adopt_guest, erase_person

router = APIRouter(include_in_schema=False)


def safe_next(address: str) -> str:
    """A path of our own to go to, never another site."""
    parts = urlsplit(address)
    ours = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return address if ours and "\n" not in address else "/"


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
    except (Invalid, Conflict) as error:
        return render(
            request,
            "accounts/sign_up.html",
            status_code=error.status,
            values={"email": email, "name": name},
            errors={error.extra.get("field", "email"): error.message},
            next=safe_next(next),
        )
    return _signed_in(request, session, settings, user, safe_next(next))


@router.get("/sign-in")
def sign_in_page(request: Request, viewer: MaybeViewer, next: str = "/") -> Response:
    """Sign in."""
    if viewer and not viewer.is_guest:
        return RedirectResponse(safe_next(next), status_code=303)
    return render(request, "accounts/sign_in.html", values={"email": ""}, errors={}, next=safe_next(next))


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
        )
    return _signed_in(request, session, settings, user, safe_next(next))


def _signed_in(request: Request, session: SessionDep, settings: Settings, user: User, target: str) -> Response:
    # The token is a new one after every sign-in: one that was planted before is worth nothing.
    old = session_token(request, settings)
    if old:
        service.end_browser_session(session, old)
    response = RedirectResponse(target, status_code=303)
    set_session_cookie(response, settings, service.start_browser_session(session, user))
    return response


@router.post("/sign-out")
def sign_out(request: Request, session: SessionDep, settings: SettingsDep) -> Response:
    """Sign out. The page's script clears the drafts that this browser keeps."""
    token = session_token(request, settings)
    if token:
        service.end_browser_session(session, token)
    response = RedirectResponse("/", status_code=303)
    clear_session_cookie(response, settings)
    return response


def _account(
    request: Request,
    session: SessionDep,
    viewer: User,
    *,
    errors: dict[str, str] | None = None,
    done: str | None = None,
    status_code: int = 200,
) -> Response:
    count = count_interviews(session, interviews_readable_by(viewer))
    return render(
        request,
        "accounts/account.html",
        status_code=status_code,
        interview_count=count,
        errors=errors or {},
        done=done,
    )


@router.get("/account")
def account(request: Request, viewer: Viewer, session: SessionDep, done: str = "") -> Response:
    """The account."""
    said = "Your password is changed; other browsers are signed out." if done == "password" else None
    return _account(request, session, viewer, done=said)


@router.post("/account/password")
def change_password(
    request: Request,
    viewer: Viewer,
    session: SessionDep,
    settings: SettingsDep,
    throttle: ThrottleDep,
    current_password: Annotated[str, Form()] = "",
    new_password: Annotated[str, Form()] = "",
) -> Response:
    """Change the password."""
    throttle.hit(SIGN_IN_PER_PERSON, str(viewer.id))
    token = session_token(request, settings) or ""
    try:
        service.change_password(session, viewer, current_password, new_password, token)
    except Invalid as error:
        errors = {error.extra.get("field", "new_password"): error.message}
        return _account(request, session, viewer, errors=errors, status_code=422)
    return RedirectResponse("/account?done=password", status_code=303)


@router.post("/account/delete")
def delete_account(
    request: Request,
    viewer: Viewer,
    session: SessionDep,
    settings: SettingsDep,
    throttle: ThrottleDep,
    password: Annotated[str, Form()] = "",
    confirm: Annotated[str, Form()] = "",
) -> Response:
    """Delete the account with everything in it."""
    throttle.hit(SIGN_IN_PER_PERSON, str(viewer.id))
    errors = {}
    if confirm != "yes":
        errors["confirm"] = "Tick the box to say that you mean it."
    if not viewer.is_guest and not verify_password(password, viewer.password_hash):
        errors["password"] = "That is not your password."  # noqa: S105
    if errors:
        return _account(request, session, viewer, errors=errors, status_code=422)
    erase_person(session, viewer)
    request.state.viewer = None
    response = RedirectResponse("/", status_code=303)
    clear_session_cookie(response, settings)
    return response
