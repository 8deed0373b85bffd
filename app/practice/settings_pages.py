"""One's account: password, address, browsers, organisations, one's data, and leaving."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.accounts import browser_sessions, leaving, links, service
from app.accounts.deps import ThrottleDep, Viewer, clear_session_cookie, session_token
from app.accounts.mail import where_letters_go
from app.accounts.models import User
from app.accounts.organizations import organizations_of
from app.accounts.passwords import verify_password
from app.accounts.throttle import EXPORTS_PER_PERSON, LETTERS_PER_PERSON, SIGN_IN_PER_PERSON
from app.interviews.access import interviews_readable_by
from app.interviews.queries import count_interviews
from app.kit.errors import Conflict, Invalid
from app.kit.templating import render
from app.kit.web import ApiJSONResponse, SessionDep, SettingsDep
from app.practice.adoption import erase_person
from app.practice.export import export_of

router = APIRouter(prefix="/account", include_in_schema=False)

DONE = {
    "password": "Your password is changed; other browsers are signed out.",
    "reset": "Your password is changed; all other browsers are signed out.",
    "confirmed": "Your e-mail address is confirmed.",
    "letter": "A letter with a link is on its way.",
    "kept": "Your e-mail address stays as it is.",
    "browsers": "Signed out there.",
    "left": "You have left the organisation.",
}
_NOT_YOURS = "That is not your password."


def _account(
    request: Request,
    session: SessionDep,
    settings: SettingsDep,
    viewer: User,
    *,
    errors: dict[str, str] | None = None,
    values: dict[str, str] | None = None,
    done: str | None = None,
    status_code: int = 200,
) -> Response:
    return render(
        request,
        "accounts/account.html",
        status_code=status_code,
        interview_count=count_interviews(session, interviews_readable_by(viewer)),
        is_confirmed=viewer.email_confirmed_at is not None,
        has_password=viewer.password_hash is not None,
        pending_email=links.pending_email(session, viewer),
        browsers=browser_sessions.browsers_of(session, viewer, session_token(request, settings)),
        organizations=organizations_of(session, viewer),
        letters=where_letters_go(settings),
        errors=errors or {},
        values=values or {},
        done=done,
    )


@router.get("")
def account(request: Request, viewer: Viewer, session: SessionDep, settings: SettingsDep, done: str = "") -> Response:
    """The account."""
    said = DONE.get(done)
    if done == "letter" and where_letters_go(settings):
        said = "A letter with a link is written."
    return _account(request, session, settings, viewer, done=said)


@router.post("/password")
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
        return _account(request, session, settings, viewer, errors=errors, status_code=422)
    return RedirectResponse("/account?done=password", status_code=303)


@router.post("/confirm-email")
def send_confirmation(viewer: Viewer, session: SessionDep, settings: SettingsDep, throttle: ThrottleDep) -> Response:
    """Send the link that confirms the address again."""
    throttle.hit(LETTERS_PER_PERSON, str(viewer.id))
    links.ask_to_confirm(session, viewer, settings.address)
    return RedirectResponse("/account?done=letter", status_code=303)


@router.post("/email")
def change_email(
    request: Request,
    viewer: Viewer,
    session: SessionDep,
    settings: SettingsDep,
    throttle: ThrottleDep,
    new_email: Annotated[str, Form()] = "",
    email_password: Annotated[str, Form()] = "",
) -> Response:
    """Ask for another address; it counts once its link was opened."""
    throttle.hit(SIGN_IN_PER_PERSON, str(viewer.id))
    errors = {}
    if viewer.is_guest:
        errors["new_email"] = "Make an account first."
    elif viewer.password_hash is not None and not verify_password(email_password, viewer.password_hash):
        errors["email_password"] = _NOT_YOURS
    else:
        throttle.hit(LETTERS_PER_PERSON, str(viewer.id))
        try:
            links.ask_to_change_email(session, viewer, new_email, settings.address)
        except Invalid as error:
            errors["new_email"] = error.message
    if errors:
        values = {"new_email": new_email}
        return _account(request, session, settings, viewer, errors=errors, values=values, status_code=422)
    return RedirectResponse("/account?done=letter", status_code=303)


@router.post("/email/keep")
def keep_email(viewer: Viewer, session: SessionDep) -> Response:
    """Have the link to another address end."""
    links.forget_email_change(session, viewer)
    return RedirectResponse("/account?done=kept", status_code=303)


@router.post("/browsers/{browser_id}/end")
def end_browser(
    request: Request, viewer: Viewer, session: SessionDep, settings: SettingsDep, browser_id: uuid.UUID
) -> Response:
    """Sign one browser out."""
    del request, settings
    browser_sessions.end_browser(session, viewer, browser_id)
    return RedirectResponse("/account?done=browsers", status_code=303)


@router.post("/browsers/end-others")
def end_other_browsers(request: Request, viewer: Viewer, session: SessionDep, settings: SettingsDep) -> Response:
    """Sign all others out."""
    browser_sessions.end_other_browsers(session, viewer, session_token(request, settings) or "")
    return RedirectResponse("/account?done=browsers", status_code=303)


@router.post("/organizations/{organization}/leave")
def leave(request: Request, viewer: Viewer, session: SessionDep, settings: SettingsDep, organization: str) -> Response:
    """Leave an organisation."""
    try:
        leaving.leave_organization(session, viewer, organization)
    except Conflict as error:
        errors = {"organizations": error.message}
        return _account(request, session, settings, viewer, errors=errors, status_code=error.status)
    return RedirectResponse("/account?done=left", status_code=303)


@router.get("/export")
def export(viewer: Viewer, session: SessionDep, throttle: ThrottleDep) -> Response:
    """Everything that is stored of the person, as one file."""
    throttle.hit(EXPORTS_PER_PERSON, str(viewer.id))
    return ApiJSONResponse(
        export_of(session, viewer), headers={"content-disposition": 'attachment; filename="viva-export.json"'}
    )


@router.post("/delete")
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
    if viewer.password_hash is not None and not verify_password(password, viewer.password_hash):
        errors["password"] = _NOT_YOURS
    if errors:
        return _account(request, session, settings, viewer, errors=errors, status_code=422)
    try:
        erase_person(session, viewer)
    except Conflict as error:
        errors = {"confirm": error.message}
        return _account(request, session, settings, viewer, errors=errors, status_code=error.status)
    request.state.viewer = None
    response = RedirectResponse("/", status_code=303)
    clear_session_cookie(response, settings)
    return response
