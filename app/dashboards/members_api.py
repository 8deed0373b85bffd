"""Members of an organisation over REST: listed, asked in, given roles, taken out."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, Field

from app.accounts import members
from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder
from app.accounts.organizations import organization_by_id
from app.accounts.schemas import Email
from app.kit.etags import entity_tag, require_match
from app.kit.rest import IF_MATCH, Cursor, Limit, Out, StrictBody, json_response, link_next, problems
from app.kit.web import SessionDep, base_url

router = APIRouter(prefix="/api/v1/members", tags=["Organisation"])

Admin = Annotated[KeyHolder, Depends(RequireScope("admin"))]
Role = Literal["candidate", "interviewer", "admin"]


class MemberOut(Out):
    """A person's place in your organisation."""

    id: uuid.UUID
    name: str
    email: str | None
    role: Role
    created_at: dt.datetime


class MemberPage(Out):
    """One page of members, who came last first."""

    items: list[MemberOut]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


class RoleIn(StrictBody):
    """Another role."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "admin"}]})

    role: Role


class MemberInvitationIn(StrictBody):
    """A colleague to ask in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "rita@example.org", "role": "interviewer"}]})

    email: Email
    role: Role = "interviewer"


class MemberInvitationOut(Out):
    """A colleague who was asked in and has not come yet."""

    id: uuid.UUID
    email: str
    role: Role
    created_at: dt.datetime
    expires_at: dt.datetime


class MemberInvitationMade(MemberInvitationOut):
    """The same with its link, which is given this once; it was mailed as well."""

    link: str


class MemberInvitationPage(Out):
    """All open invitations of colleagues, newest first."""

    items: list[MemberInvitationOut]
    next_cursor: str | None = Field(description="Always null: there is one page.")


@router.get("", operation_id="listMembers", summary="List members", response_model=MemberPage, responses=problems())
def list_members(
    request: Request,
    response: Response,
    holder: Admin,
    session: SessionDep,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> MemberPage:
    """Who belongs to your organisation, who came last first. Needs the scope `admin`."""
    page = members.members_page(session, holder.organization_id, cursor, limit)
    link_next(response, request, page.next_cursor)
    return MemberPage(items=[MemberOut.model_validate(one) for one in page.items], next_cursor=page.next_cursor)


@router.get(
    "/invitations",
    operation_id="listMemberInvitations",
    summary="List colleagues who were asked in",
    response_model=MemberInvitationPage,
    responses=problems(),
)
def list_member_invitations(holder: Admin, session: SessionDep) -> MemberInvitationPage:
    """Colleagues who were asked in and can still come, newest first. Needs the scope `admin`."""
    found = members.open_member_invitations(session, holder.organization_id)
    return MemberInvitationPage(items=[MemberInvitationOut.model_validate(one) for one in found], next_cursor=None)


@router.post(
    "/invitations",
    operation_id="inviteMember",
    summary="Ask a colleague in",
    status_code=201,
    response_model=MemberInvitationMade,
    responses=problems(400, 409, 413),
)
def invite_member(request: Request, body: MemberInvitationIn, holder: Admin, session: SessionDep) -> Response:
    """Send a colleague a link that makes them a member; it works once, for 14 days.

    An open invitation of the same address is replaced. Somebody who is a member already is 409: change their role.
    Needs the scope `admin`.
    """
    organization = organization_by_id(session, holder.organization_id)
    asked, link = members.invite_member(session, organization, holder.doer, body.email, body.role, base_url(request))
    made = MemberInvitationMade(**dict(MemberInvitationOut.model_validate(asked)), link=link)
    return json_response(made, 201, cache_control="no-store")


@router.delete(
    "/invitations/{invitation_id}",
    operation_id="withdrawMemberInvitation",
    summary="Take a colleague's invitation back",
    status_code=204,
    response_class=Response,
    responses=problems(404),
)
def withdraw(invitation_id: uuid.UUID, holder: Admin, session: SessionDep) -> Response:
    """Take back what a colleague was sent; doing it twice is fine. Needs the scope `admin`."""
    members.revoke_member_invitation(session, holder.organization_id, invitation_id, holder.doer)
    return Response(status_code=204)


@router.get(
    "/{member_id}",
    operation_id="readMember",
    summary="Read a member",
    response_model=MemberOut,
    responses=problems(404),
)
def read_member(member_id: uuid.UUID, holder: Admin, session: SessionDep) -> Response:
    """One member; the `ETag` goes with a change. Needs the scope `admin`."""
    return _member(members.member_by_id(session, holder.organization_id, member_id))


@router.patch(
    "/{member_id}",
    operation_id="changeMember",
    summary="Give a member another role",
    response_model=MemberOut,
    responses=problems(400, 404, 409, 412, 413, 428),
    openapi_extra=IF_MATCH,
)
def change_member(request: Request, member_id: uuid.UUID, body: RoleIn, holder: Admin, session: SessionDep) -> Response:
    """Give a member another role. The only admin stays one (409 `last-admin`). Needs the scope `admin`."""
    place = members.member_for_write(session, holder.organization_id, member_id)
    require_match(request, entity_tag(place.id, place.role))
    members.change_role(session, holder.organization_id, member_id, body.role, holder.doer)
    return _member(members.member_by_id(session, holder.organization_id, member_id))


@router.delete(
    "/{member_id}",
    operation_id="removeMember",
    summary="Take a member out",
    status_code=204,
    response_class=Response,
    responses=problems(404, 409, 412, 428),
    openapi_extra=IF_MATCH,
)
def remove_member(request: Request, member_id: uuid.UUID, holder: Admin, session: SessionDep) -> Response:
    """Take a member out; what they did stays. The only admin stays (409 `last-admin`). Needs the scope `admin`."""
    place = members.member_for_write(session, holder.organization_id, member_id)
    require_match(request, entity_tag(place.id, place.role))
    members.remove_member(session, holder.organization_id, member_id, holder.doer)
    return Response(status_code=204)


def _member(member: members.Member) -> Response:
    return json_response(MemberOut.model_validate(member), etag=entity_tag(member.id, member.role))
