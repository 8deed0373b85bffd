"""Invitations over REST: candidates are asked in, and each gets a link of their own."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder
from app.accounts.organizations import organization_by_id
from app.accounts.service import normalise_email
from app.bank.queries import template_by_slug
from app.interviews import invitation_queries as queries
from app.interviews import inviting
from app.interviews.invitation_queries import InvitationRow
from app.interviews.invitation_schemas import (
    ExtendManyIn,
    InvitationOut,
    InvitationPage,
    InvitationSent,
    InvitationsIn,
    InvitationsMoved,
    InvitationsSent,
    ResendIn,
    ResendManyIn,
    Standing,
    WhichIn,
    WindowIn,
    invitation_out,
    invitation_sent,
)
from app.interviews.inviting import Inviter, Link, Window
from app.interviews.inviting_many import Which, extend_many, resend_many
from app.interviews.pasting import Invitee
from app.kit import clock
from app.kit.errors import Invalid
from app.kit.etags import entity_tag, require_match
from app.kit.rest import IF_MATCH, Cleaned, Cursor, Limit, SlugText, json_response, link_next, problems
from app.kit.web import SessionDep, base_url

router = APIRouter(prefix="/api/v1/invitations", tags=["Invitations"])

Reader = Annotated[KeyHolder, Depends(RequireScope("interviews:read"))]
Writer = Annotated[KeyHolder, Depends(RequireScope("interviews:write"))]
USUAL = dt.timedelta(days=14)


@router.post(
    "",
    operation_id="createInvitations",
    summary="Invite candidates",
    status_code=201,
    response_model=InvitationsSent,
    responses=problems(400, 404, 409, 413),
)
def create_invitations(request: Request, body: InvitationsIn, holder: Writer, session: SessionDep) -> Response:
    """Invite one candidate or up to 500 to an interview: all of them, or nobody when something is wrong.

    Each gets a link that opens the interview once, in one browser, without an account; its clock starts when the
    candidate starts it and agrees to scoring by a machine. Letters go to whoever has an `email`; with `return_links`
    the links are in the response, this once (only their digests are kept), and with `"send_letters": false` no letter
    is written. Who has an open invitation to the same template is 409 `already-invited`, unless `again` says so. Needs
    the scope `interviews:write`.
    """
    version = template_by_slug(session, holder.organization_id, body.template)
    invitees = [
        Invitee(
            number,
            " ".join(one.name.split()) or one.email or one.external_id or "",
            _email(one.email, number),
            one.time_multiplier,
            one.external_id,
        )
        for number, one in enumerate(body.candidates)
    ]
    if not body.again:
        inviting.refuse_invited(session, holder.organization_id, version, invitees)
    opens_at = body.opens_at or clock.now(session)
    window = Window(opens_at, body.closes_at or opens_at + USUAL)
    links = inviting.invite(
        session,
        _inviter(request, holder, session),
        version,
        invitees,
        window,
        body.time_multiplier,
        letters=body.send_letters,
    )
    return _sent(session, holder, links, 0, body.return_links, 201)


@router.get(
    "",
    operation_id="listInvitations",
    summary="List invitations",
    response_model=InvitationPage,
    responses=problems(),
)
def list_invitations(
    request: Request,
    response: Response,
    holder: Reader,
    session: SessionDep,
    status: Annotated[Standing | None, Query(description="Only those that stand here now.")] = None,
    template: Annotated[SlugText | None, Query(description="Only to this template.")] = None,
    external_id: Annotated[str, Query(max_length=200, description="Only this candidate's."), Cleaned] = "",
    q: Annotated[str, Query(max_length=200, description="Words of the name or the e-mail, all of them."), Cleaned] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> InvitationPage:
    """Your organisation's invitations, newest first. Needs the scope `interviews:read`."""
    page = queries.list_invitations(
        session,
        holder.organization_id,
        status or "",
        q,
        cursor,
        template=template or "",
        external_id=external_id,
        limit=limit,
    )
    link_next(response, request, page.next_cursor)
    return InvitationPage(items=[invitation_out(row) for row in page.items], next_cursor=page.next_cursor)


@router.post(
    "/resend",
    operation_id="resendInvitations",
    summary="Send many invitations again",
    response_model=InvitationsSent,
    responses=problems(400, 404, 409, 413),
)
def resend_all(request: Request, body: ResendManyIn, holder: Writer, session: SessionDep) -> Response:
    """New links for all candidates who have not opened theirs, or for those named.

    Up to 500 at once; `left` says how many more there are. The old links open nothing any more. One of those named that
    was taken back, or whose days are over, is 409, and nobody gets a new link. Needs the scope `interviews:write`.
    """
    inviter = _inviter(request, holder, session)
    done = resend_many(session, inviter, _which(body), letters=body.send_letters)
    return _sent(session, holder, done.links, done.left, body.return_links)


@router.post(
    "/extend",
    operation_id="extendInvitations",
    summary="Give many invitations more days",
    response_model=InvitationsMoved,
    responses=problems(400, 404, 409, 413),
)
def extend_all(request: Request, body: ExtendManyIn, holder: Writer, session: SessionDep) -> Response:
    """Another last day for all candidates who have not started and still can (up to 500), or for those named.

    Those named may have expired meanwhile. Links stay as they are. Needs the scope `interviews:write`.
    """
    done = extend_many(session, _inviter(request, holder, session), _which(body), body.closes_at)
    session.flush()
    rows = queries.invitation_rows(session, holder.organization_id, [one.invitation.id for one in done.links])
    return json_response(InvitationsMoved(items=[invitation_out(row) for row in rows], left=done.left))


@router.get(
    "/{invitation_id}",
    operation_id="readInvitation",
    summary="Read an invitation",
    response_model=InvitationOut,
    responses=problems(404),
)
def read_invitation(invitation_id: uuid.UUID, holder: Reader, session: SessionDep) -> Response:
    """One invitation; the `ETag` goes with a change of its days. Needs the scope `interviews:read`."""
    return _one(session, holder, invitation_id)


@router.patch(
    "/{invitation_id}",
    operation_id="changeInvitation",
    summary="Give an invitation other days",
    response_model=InvitationOut,
    responses=problems(400, 404, 409, 412, 413, 428),
    openapi_extra=IF_MATCH,
)
def change_invitation(
    request: Request, invitation_id: uuid.UUID, body: WindowIn, holder: Writer, session: SessionDep
) -> Response:
    """Change from when until when the candidate can start; the link stays. One that has begun or was taken back is 409.

    Needs the scope `interviews:write`.
    """
    found = inviting.invitation_for_write(session, holder.organization_id, invitation_id)
    require_match(request, _tag(queries.invitation_row(session, holder.organization_id, invitation_id)))
    window = Window(body.opens_at or found.opens_at, body.closes_at or found.closes_at)
    inviting.move_window(session, _inviter(request, holder, session), invitation_id, window)
    session.flush()
    return _one(session, holder, invitation_id)


@router.post(
    "/{invitation_id}/resend",
    operation_id="resendInvitation",
    summary="Send an invitation again",
    response_model=InvitationSent,
    responses=problems(400, 404, 409, 413),
)
def resend_one(
    request: Request, invitation_id: uuid.UUID, body: ResendIn, holder: Writer, session: SessionDep
) -> Response:
    """A new link to the same interview for the same candidate, for a lost link or another browser.

    The old link opens nothing any more. One that was taken back, or whose days are over, is 409. Needs the scope
    `interviews:write`.
    """
    link = inviting.resend(session, _inviter(request, holder, session), invitation_id, letters=body.send_letters)
    session.flush()
    row = queries.invitation_row(session, holder.organization_id, invitation_id)
    return json_response(invitation_sent(row, link.url if body.return_links else None), cache_control="no-store")


@router.post(
    "/{invitation_id}/revoke",
    operation_id="revokeInvitation",
    summary="Take an invitation back",
    response_model=InvitationOut,
    responses=problems(404, 409),
)
def revoke_invitation(request: Request, invitation_id: uuid.UUID, holder: Writer, session: SessionDep) -> Response:
    """The link opens nothing any more, for good; it has no body, and doing it twice is fine.

    An interview that has begun is 409: it can be stopped. Needs the scope `interviews:write`.
    """
    inviting.revoke(session, _inviter(request, holder, session), invitation_id)
    session.flush()
    return _one(session, holder, invitation_id)


def _inviter(request: Request, holder: KeyHolder, session: SessionDep) -> Inviter:
    base = base_url(request)
    return Inviter(organization_by_id(session, holder.organization_id), holder.doer, lambda path: base + path)


def _email(email: str | None, number: int) -> str | None:
    try:
        return normalise_email(email) if email else None
    except Invalid as error:
        raise Invalid(f"candidates[{number}].email: {error.message}", field=f"candidates[{number}].email") from None


def _which(body: WhichIn) -> Which:
    return Which(tuple(body.invitation_ids or ()), body.template or "")


def _tag(row: InvitationRow) -> str:
    return entity_tag(row.id, row.opens_at, row.closes_at, row.status in {"revoked", "running", "finished"})


def _one(session: SessionDep, holder: KeyHolder, invitation_id: uuid.UUID) -> Response:
    row = queries.invitation_row(session, holder.organization_id, invitation_id)
    return json_response(invitation_out(row), etag=_tag(row))


def _sent(
    session: SessionDep, holder: KeyHolder, links: list[Link], left: int, with_links: bool, status: int = 200
) -> Response:
    session.flush()
    rows = queries.invitation_rows(session, holder.organization_id, [link.invitation.id for link in links])
    items = [invitation_sent(row, link.url if with_links else None) for row, link in zip(rows, links, strict=True)]
    return json_response(InvitationsSent(items=items, left=left), status, cache_control="no-store")
