"""The course platforms of an organisation, for its admins."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.desk import AtAdminDesk, Desk
from app.dashboards.frame import render_desk
from app.integrations.lti import platforms
from app.integrations.lti.models import LtiPlatform
from app.integrations.lti.platforms import PlatformForm
from app.kit.errors import Conflict, Invalid
from app.kit.web import SessionDep, base_url

router = APIRouter(prefix="/organizations/{organization}/platforms", include_in_schema=False)

EMPTY = PlatformForm("", "", "", "", "", "")


async def read_form(
    name: Annotated[str, Form()] = "",
    issuer: Annotated[str, Form()] = "",
    client_id: Annotated[str, Form()] = "",
    auth_login_url: Annotated[str, Form()] = "",
    token_url: Annotated[str, Form()] = "",
    jwks_url: Annotated[str, Form()] = "",
    token_audience: Annotated[str, Form()] = "",
    deployment_ids: Annotated[str, Form()] = "",
    frame_origins: Annotated[str, Form()] = "",
) -> PlatformForm:
    """What was typed."""
    return PlatformForm(
        name, issuer, client_id, auth_login_url, token_url, jwks_url, token_audience, deployment_ids, frame_origins
    )


Typed = Annotated[PlatformForm, Depends(read_form)]


def _list(request: Request, session: SessionDep, desk: Desk, status_code: int = 200, **context: Any) -> Response:
    base = base_url(request)
    shown: dict[str, Any] = {"values": asdict(EMPTY), "errors": {}, "registration_url": None, "platform_url": ""}
    return render_desk(
        request,
        "dashboards/platforms.html",
        desk,
        status_code,
        platforms=platforms.platforms_of(session, desk.organization_id),
        ours={"login": f"{base}/lti/login", "launch": f"{base}/lti/launch", "jwks": f"{base}/lti/jwks"},
        **(shown | context),
    )


def _one(
    request: Request, session: SessionDep, desk: Desk, platform: LtiPlatform, status_code: int = 200, **context: Any
) -> Response:
    shown: dict[str, Any] = {"values": asdict(_form_of(platform)), "errors": {}}
    return render_desk(
        request,
        "dashboards/platform.html",
        desk,
        status_code,
        platform=platform,
        failures=platforms.last_failures(session, platform),
        **(shown | context),
    )


def _form_of(platform: LtiPlatform) -> PlatformForm:
    return PlatformForm(
        platform.name,
        platform.issuer,
        platform.client_id,
        platform.auth_login_url,
        platform.token_url,
        platform.jwks_url,
        platform.token_audience,
        "\n".join(platform.deployment_ids),
        "\n".join(platform.frame_origins),
    )


def _errors(error: Invalid | Conflict) -> dict[str, str]:
    return {error.extra.get("field", "name"): error.message}


@router.get("")
def list_page(request: Request, desk: AtAdminDesk, session: SessionDep) -> Response:
    """The platforms, and how to add one."""
    return _list(request, session, desk)


@router.post("")
def add(request: Request, desk: AtAdminDesk, session: SessionDep, form: Typed) -> Response:
    """Register a platform by hand."""
    try:
        made = platforms.add_platform(session, desk.organization_id, form, desk.actor, desk.user.id)
    except (Invalid, Conflict) as error:
        return _list(request, session, desk, error.status, values=asdict(form), errors=_errors(error))
    return RedirectResponse(f"{desk.url}/platforms/{made.id}", status_code=303)


@router.post("/registration-link")
def registration_link(
    request: Request, desk: AtAdminDesk, session: SessionDep, platform_url: Annotated[str, Form()] = ""
) -> Response:
    """Make a link with which a platform registers itself; it is on this page and nowhere else."""
    try:
        token = platforms.make_registration_token(session, desk.organization_id, platform_url, desk.actor, desk.user.id)
    except Invalid as error:
        return _list(request, session, desk, error.status, platform_url=platform_url, errors=_errors(error))
    return _list(request, session, desk, registration_url=f"{base_url(request)}/lti/register/{token}")


@router.get("/{platform_id}")
def platform_page(request: Request, platform_id: uuid.UUID, desk: AtAdminDesk, session: SessionDep) -> Response:
    """One platform."""
    return _one(request, session, desk, platforms.platform_by_id(session, desk.organization_id, platform_id))


@router.post("/{platform_id}")
def change(request: Request, platform_id: uuid.UUID, desk: AtAdminDesk, session: SessionDep, form: Typed) -> Response:
    """Change what is registered of a platform."""
    platform = platforms.platform_by_id(session, desk.organization_id, platform_id)
    try:
        platforms.change_platform(session, platform, form, desk.actor)
    except (Invalid, Conflict) as error:
        return _one(request, session, desk, platform, error.status, values=asdict(form), errors=_errors(error))
    return RedirectResponse(f"{desk.url}/platforms/{platform_id}", status_code=303)


@router.post("/{platform_id}/remove")
def remove(
    request: Request,
    platform_id: uuid.UUID,
    desk: AtAdminDesk,
    session: SessionDep,
    confirm: Annotated[str, Form()] = "",
) -> Response:
    """Forget a platform."""
    platform = platforms.platform_by_id(session, desk.organization_id, platform_id)
    if confirm != "yes":
        sure = "Tick that you want to remove it: grades of its interviews are not sent any more."
        return _one(request, session, desk, platform, 422, errors={"confirm": sure})
    platforms.remove_platform(session, platform, desk.actor)
    return RedirectResponse(f"{desk.url}/platforms", status_code=303)
