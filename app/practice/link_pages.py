"""Pages behind links that work once: confirming an address, and the first admin of a fresh installation.

Opening a link changes nothing, as programs that check letters open links too: the button on the page does.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.accounts import links, service
from app.accounts.deps import MaybeViewer, ThrottleDep, client_address
from app.accounts.first_admin import become_first_admin, require_first_admin_link
from app.accounts.throttle import SIGN_IN_PER_ADDRESS
from app.kit.errors import Conflict, Invalid
from app.kit.templating import render
from app.kit.web import SessionDep, SettingsDep
from app.practice.signing_in import signed_in

router = APIRouter(include_in_schema=False)


@router.get("/confirm-email/{token}")
def confirm_page(request: Request, viewer: MaybeViewer, session: SessionDep, token: str) -> Response:
    """What the link confirms."""
    del viewer  # read by the page's frame
    return render(request, "accounts/confirm.html", asked=links.what_is_confirmed(session, token), error=None)


@router.post("/confirm-email/{token}")
def confirm(request: Request, viewer: MaybeViewer, session: SessionDep, token: str) -> Response:
    """Confirm it."""
    asked = links.what_is_confirmed(session, token)
    try:
        user = links.confirm_email(session, token)
    except Conflict as error:
        return render(request, "accounts/confirm.html", error.status, asked=asked, error=error.message)
    if viewer is not None and viewer.id == user.id:
        return RedirectResponse("/account?done=confirmed", status_code=303)
    return render(request, "accounts/confirmed.html", email=user.email)


@router.get("/first-admin/{token}")
def first_admin_page(request: Request, viewer: MaybeViewer, session: SessionDep, token: str) -> Response:
    """Make the first organisation, with an account if need be."""
    del viewer
    require_first_admin_link(session, token)
    return _first_admin(request)


@router.post("/first-admin/{token}")
def first_admin(
    request: Request,
    viewer: MaybeViewer,
    session: SessionDep,
    settings: SettingsDep,
    throttle: ThrottleDep,
    token: str,
    organization: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Become the first admin."""
    throttle.hit(SIGN_IN_PER_ADDRESS, client_address(request))
    require_first_admin_link(session, token)
    is_known = viewer is not None and not viewer.is_guest
    field: str | None = None
    try:
        # Both or neither: an account without its organisation would leave the link's holder with half of it.
        with session.begin_nested():
            if viewer is None or viewer.is_guest:
                user = service.create_account(session, viewer, email, password, name)
                links.ask_to_confirm(session, user, settings.address)
            else:
                user = viewer
            field = "organization"
            made = become_first_admin(session, token, user, organization)
    except (Invalid, Conflict) as error:
        values = {"organization": organization, "name": name, "email": email}
        errors = {field or error.extra.get("field", "email"): error.message}
        return _first_admin(request, error.status, values=values, errors=errors)
    target = f"/organizations/{made.slug}"
    if is_known:
        return RedirectResponse(target, status_code=303)
    return signed_in(request, session, settings, user, target)


def _first_admin(request: Request, status_code: int = 200, **context: Any) -> Response:
    shown: dict[str, Any] = {"values": {"organization": "", "name": "", "email": ""}, "errors": {}}
    return render(request, "accounts/first_admin.html", status_code, **(shown | context))
