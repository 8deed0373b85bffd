"""Members of an organisation: the list, asking colleagues in, roles; and the way in for who was asked."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.accounts import members
from app.accounts.deps import MaybeViewer, ThrottleDep, Viewer, client_address
from app.accounts.desk import AtAdminDesk, AtDesk, Desk
from app.accounts.throttle import SIGN_IN_PER_ADDRESS
from app.dashboards.frame import render_desk
from app.kit.errors import Conflict, Invalid
from app.kit.templating import render
from app.kit.web import SessionDep, base_url

router = APIRouter(include_in_schema=False)


def _page(request: Request, session: SessionDep, desk: Desk, status_code: int = 200, **context: Any) -> Response:
    shown: dict[str, Any] = {"values": {"email": "", "role": "interviewer"}, "errors": {}, "link": None, "asked": None}
    return render_desk(
        request,
        "dashboards/members.html",
        desk,
        status_code,
        members=members.members_of(session, desk.organization_id),
        invitations=members.open_member_invitations(session, desk.organization_id) if desk.is_admin else [],
        **(shown | context),
    )


@router.get("/organizations/{organization}/members")
def members_page(request: Request, desk: AtDesk, session: SessionDep) -> Response:
    """Who belongs to the organisation."""
    return _page(request, session, desk)


@router.post("/organizations/{organization}/members")
def invite(
    request: Request,
    desk: AtAdminDesk,
    session: SessionDep,
    email: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "interviewer",
) -> Response:
    """Ask a colleague in. The link is shown once, and mailed."""
    try:
        asked, link = members.invite_member(session, desk.organization, desk.doer, email, role, base_url(request))
    except (Invalid, Conflict) as error:
        errors = {error.extra.get("field", "email"): error.message}
        return _page(request, session, desk, error.status, values={"email": email, "role": role}, errors=errors)
    return _page(request, session, desk, link=link, asked=asked)


@router.post("/organizations/{organization}/members/invitations/{invitation_id}/revoke")
def revoke(desk: AtAdminDesk, session: SessionDep, invitation_id: uuid.UUID) -> Response:
    """Take an invitation back."""
    members.revoke_member_invitation(session, desk.organization_id, invitation_id, desk.doer)
    return RedirectResponse(f"{desk.url}/members", status_code=303)


@router.post("/organizations/{organization}/members/{member_id}/role")
def change_role(
    request: Request, desk: AtAdminDesk, session: SessionDep, member_id: uuid.UUID, role: Annotated[str, Form()] = ""
) -> Response:
    """Give a member another role."""
    try:
        members.change_role(session, desk.organization_id, member_id, role, desk.doer)
    except (Invalid, Conflict) as error:
        return _page(request, session, desk, error.status, errors={"members": error.message})
    return RedirectResponse(f"{desk.url}/members", status_code=303)


@router.post("/organizations/{organization}/members/{member_id}/remove")
def remove(request: Request, desk: AtAdminDesk, session: SessionDep, member_id: uuid.UUID) -> Response:
    """Take a member out."""
    try:
        members.remove_member(session, desk.organization_id, member_id, desk.doer)
    except Conflict as error:
        return _page(request, session, desk, error.status, errors={"members": error.message})
    return RedirectResponse(f"{desk.url}/members", status_code=303)


@router.get("/join/{token}")
def join_page(
    request: Request, viewer: MaybeViewer, session: SessionDep, throttle: ThrottleDep, token: str
) -> Response:
    """What one is asked to join."""
    del viewer  # read by the page's frame
    throttle.hit(SIGN_IN_PER_ADDRESS, client_address(request))
    invitation, organization = members.invitation_of_token(session, token)
    return render(
        request, "dashboards/join.html", organization=organization.name, role=invitation.role, email=invitation.email
    )


@router.post("/join/{token}")
def join(viewer: Viewer, session: SessionDep, token: str) -> Response:
    """Join the organisation."""
    organization = members.accept_member_invitation(session, token, viewer)
    return RedirectResponse(f"/organizations/{organization.slug}", status_code=303)
