"""Invitations: who is asked, where each stands, and what can be done about it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.desk import AtDesk, Desk
from app.dashboards.frame import render_desk
from app.dashboards.invite_form import InviteForm, read_invite_form
from app.dashboards.local_time import field_value, read_moment, read_window
from app.interviews import invitation_queries as queries
from app.interviews.inviting import Inviter, Link, invite, move_window, resend, revoke
from app.interviews.inviting_many import Which, extend_many, resend_many
from app.interviews.releasing import release_results
from app.kit import clock
from app.kit.config import Settings
from app.kit.errors import Conflict, Invalid
from app.kit.text import clean_text
from app.kit.web import SessionDep, SettingsDep

router = APIRouter(prefix="/organizations/{organization}/invitations", include_in_schema=False)

DEFAULT_DAYS = 14
NOTICES = {
    "revoked": "The invitation is taken back: its link opens nothing any more.",
    "moved": "The invitation has other days now; its link is the same.",
    "released": "Released: the candidate can see the result.",
    "none": "There was nothing to release.",
    "extended": "Those who have not started have more days now; their links are the same.",
    "none-open": "Nobody has yet to start: there was nothing to change.",
}


def _inviter(request: Request, desk: Desk, settings: Settings) -> Inviter:
    base = (settings.public_url or str(request.base_url)).rstrip("/")
    return Inviter(desk.organization, desk.doer, lambda path: base + path)


@router.get("")
def invitations(
    request: Request,
    desk: AtDesk,
    session: SessionDep,
    status: str = "",
    q: str = "",
    cursor: str | None = None,
    done: str = "",
    count: int = 0,
) -> Response:
    """All invitations, newest first."""
    said = f"{count} results released." if done == "released" and count > 1 else NOTICES.get(done)
    return _list(request, desk, session, status, q, cursor, said)


def _list(
    request: Request,
    desk: Desk,
    session: SessionDep,
    status: str = "",
    q: str = "",
    cursor: str | None = None,
    notice: str | None = None,
    *,
    error: Invalid | Conflict | None = None,
    closes: str | None = None,
) -> Response:
    q = clean_text(q, field="q")[:200]
    page = queries.list_invitations(session, desk.organization_id, status, q, cursor)
    again = {key: value for key, value in (("status", status), ("q", q)) if value}
    counts = queries.count_by_status(session, desk.organization_id)
    two_weeks = clock.now(session).replace(second=0, microsecond=0) + dt.timedelta(DEFAULT_DAYS)
    return render_desk(
        request,
        "dashboards/invitations.html",
        desk,
        status_code=error.status if error else 200,
        page=page,
        statuses=queries.STATUSES,
        counts=counts,
        status=status,
        q=q,
        next_url=f"{desk.url}/invitations?{urlencode(again | {'cursor': page.next_cursor})}"
        if page.next_cursor
        else None,
        waiting=len(queries.waiting_for_release(session, desk.organization_id)),
        notice=notice,
        not_opened=min(queries.MANY, counts.get("invited", 0)),
        not_started=min(queries.MANY, counts.get("invited", 0) + counts.get("opened", 0)),
        closes=closes if closes is not None else field_value(two_weeks),
        is_typed=closes is not None,
        errors={error.extra.get("field", ""): error.message} if error else {},
    )


@router.get("/new")
def new_invitations(request: Request, desk: AtDesk, session: SessionDep, template: str = "") -> Response:
    """Whom to invite, to what, and when."""
    now = clock.now(session).replace(second=0, microsecond=0)
    form = InviteForm(template=template, opens=field_value(now), closes=field_value(now + dt.timedelta(DEFAULT_DAYS)))
    return _form(request, desk, session, form)


def _form(request: Request, desk: Desk, session: SessionDep, form: InviteForm, **problems: Any) -> Response:
    return render_desk(
        request,
        "dashboards/invite.html",
        desk,
        status_code=422 if problems else 200,
        form=form,
        templates=queries.invitable_templates(session, desk.organization_id),
        errors=problems.get("errors", {}),
        lines=problems.get("lines", []),
    )


@router.post("")
def send_invitations(
    request: Request,
    desk: AtDesk,
    session: SessionDep,
    settings: SettingsDep,
    form: Annotated[InviteForm, Form()],
) -> Response:
    """Invite all of them, or nobody when a line is wrong."""
    read = read_invite_form(session, desk.organization_id, form)
    if read.errors or read.lines or read.version is None or read.window is None:
        return _form(request, desk, session, form, errors=read.errors, lines=read.lines)
    inviter = _inviter(request, desk, settings)
    try:
        links = invite(session, inviter, read.version, read.invitees, read.window, read.time_multiplier)
    except Invalid as error:
        return _form(request, desk, session, form, errors={error.extra.get("field", "closes"): error.message})
    return _links(request, desk, links)


def _links(request: Request, desk: Desk, links: list[Link]) -> Response:
    return render_desk(request, "dashboards/invited_links.html", desk, status_code=201, links=links)


@router.post("/release")
def release(
    desk: AtDesk, session: SessionDep, interview_id: Annotated[list[uuid.UUID] | None, Form()] = None
) -> Response:
    """Release the results of one finished interview, or of all that wait for it."""
    wanted = interview_id or queries.waiting_for_release(session, desk.organization_id)
    released = release_results(session, desk.organization_id, wanted, desk.actor)
    said = urlencode({"done": "released" if released else "none", "count": len(released)})
    return RedirectResponse(f"{desk.url}/invitations?{said}", status_code=303)


@router.post("/resend-open")
def send_open_again(
    request: Request, desk: AtDesk, session: SessionDep, settings: SettingsDep, sure: Annotated[str, Form()] = ""
) -> Response:
    """New links for all who have not opened theirs; the old ones open nothing any more."""
    if sure != "yes":
        return _list(request, desk, session, error=Invalid("Tick that the old links may end.", field="sure"))
    return _links(request, desk, resend_many(session, _inviter(request, desk, settings), Which()).links)


@router.post("/extend-open")
def extend_open(
    request: Request,
    desk: AtDesk,
    session: SessionDep,
    settings: SettingsDep,
    closes: Annotated[str, Form(max_length=40)] = "",
    closes_offset: Annotated[str, Form(max_length=10)] = "0",
) -> Response:
    """Another last day for all who have not started."""
    try:
        closes_at = read_moment(closes, closes_offset, "closes")
        # Conflicts are found while days are being changed: all of it is undone.
        with session.begin_nested():
            done = extend_many(session, _inviter(request, desk, settings), Which(), closes_at)
    except (Invalid, Conflict) as error:
        return _list(request, desk, session, error=error, closes=closes)
    said = urlencode({"done": "extended" if done.links else "none-open", "count": len(done.links)})
    return RedirectResponse(f"{desk.url}/invitations?{said}", status_code=303)


@router.get("/{invitation_id}")
def invitation(
    request: Request, desk: AtDesk, session: SessionDep, invitation_id: uuid.UUID, done: str = ""
) -> Response:
    """One invitation, and what can be done about it."""
    return _one(request, desk, session, invitation_id, notice=NOTICES.get(done))


def _one(
    request: Request,
    desk: Desk,
    session: SessionDep,
    invitation_id: uuid.UUID,
    *,
    notice: str | None = None,
    error: Invalid | Conflict | None = None,
    typed: tuple[str, str] | None = None,
) -> Response:
    row = queries.invitation_row(session, desk.organization_id, invitation_id)
    opens, closes = typed or (field_value(row.opens_at), field_value(row.closes_at))
    return render_desk(
        request,
        "dashboards/invitation.html",
        desk,
        status_code=error.status if error else 200,
        one=row,
        notice=notice,
        errors={error.extra.get("field", ""): error.message} if error else {},
        opens=opens,
        closes=closes,
        is_typed=typed is not None,
    )


@router.post("/{invitation_id}/resend")
def send_again(
    request: Request, desk: AtDesk, session: SessionDep, settings: SettingsDep, invitation_id: uuid.UUID
) -> Response:
    """Make a new link and send it; the old one opens nothing any more."""
    try:
        link = resend(session, _inviter(request, desk, settings), invitation_id)
    except Conflict as error:
        return _one(request, desk, session, invitation_id, error=error)
    return _links(request, desk, [link])


@router.post("/{invitation_id}/revoke")
def take_back(
    request: Request, desk: AtDesk, session: SessionDep, settings: SettingsDep, invitation_id: uuid.UUID
) -> Response:
    """Take an invitation back."""
    try:
        revoke(session, _inviter(request, desk, settings), invitation_id)
    except Conflict as error:
        return _one(request, desk, session, invitation_id, error=error)
    return RedirectResponse(f"{desk.url}/invitations/{invitation_id}?done=revoked", status_code=303)


@router.post("/{invitation_id}/window")
def give_other_days(
    request: Request,
    desk: AtDesk,
    session: SessionDep,
    settings: SettingsDep,
    invitation_id: uuid.UUID,
    opens: Annotated[str, Form(max_length=40)] = "",
    opens_offset: Annotated[str, Form(max_length=10)] = "0",
    closes: Annotated[str, Form(max_length=40)] = "",
    closes_offset: Annotated[str, Form(max_length=10)] = "0",
) -> Response:
    """Give an invitation other days."""
    try:
        window = read_window(opens, opens_offset, closes, closes_offset)
        move_window(session, _inviter(request, desk, settings), invitation_id, window)
    except (Invalid, Conflict) as error:
        return _one(request, desk, session, invitation_id, error=error, typed=(opens, closes))
    return RedirectResponse(f"{desk.url}/invitations/{invitation_id}?done=moved", status_code=303)
