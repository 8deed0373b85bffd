"""The page behind an invitation's link, for candidates; nobody has to be signed in for it."""

from __future__ import annotations

from math import ceil
from typing import Annotated

from fastapi import APIRouter, Form, Request
from limits import RateLimitItemPerMinute
from starlette.responses import RedirectResponse, Response

from app.accounts.deps import MaybeViewer, ThrottleDep, client_address, session_token, set_session_cookie
from app.accounts.models import User
from app.accounts.service import end_browser_session, start_browser_session
from app.accounts.throttle import Throttle
from app.accounts.tokens import new_token
from app.interviews.claiming import Entry, NotOpen, claim, entry_of
from app.interviews.seeing import AFTERWARDS
from app.kit.errors import NotFound
from app.kit.templating import render
from app.kit.web import SessionDep, SettingsDep

router = APIRouter(prefix="/invited", include_in_schema=False)

LINKS_PER_ADDRESS = RateLimitItemPerMinute(300, namespace="invited-address")
BAD_LINKS_PER_ADDRESS = RateLimitItemPerMinute(20, namespace="invited-unknown-address")
# The address is a secret: no page that is opened from here learns it.
HEADERS = {"referrer-policy": "no-referrer"}


def _entry(request: Request, session: SessionDep, throttle: Throttle, token: str, viewer: User | None) -> Entry:
    throttle.hit(LINKS_PER_ADDRESS, client_address(request))
    try:
        return entry_of(session, token, viewer)
    except NotFound:
        # Whoever tries one after the other is told to wait.
        throttle.hit(BAD_LINKS_PER_ADDRESS, client_address(request))
        raise


def _page(request: Request, entry: Entry, viewer: User | None) -> Response:
    version = entry.version
    is_shown = entry.state == "open"
    response = render(
        request,
        "interviews/invited.html" if is_shown else "interviews/invited_not_open.html",
        status_code=200 if is_shown else 409,
        state=entry.state,
        organization=entry.organization.name,
        title=version.title,
        description=version.description,
        minutes=ceil(version.minutes * entry.invitation.time_multiplier),
        by_question=version.timing == "question",
        has_extra_time=entry.invitation.time_multiplier != 1,
        name=entry.invitation.candidate_name,
        opens_at=entry.invitation.opens_at,
        closes_at=entry.invitation.closes_at,
        afterwards=AFTERWARDS[version.candidate_sees, version.release],
        goes_on=entry.interview is not None,
        account=viewer if viewer is not None and not viewer.is_guest else None,
        is_mine=viewer is not None and viewer.id == entry.invitation.candidate_user_id,
        page=new_token(),
    )
    response.headers.update(HEADERS)
    return response


@router.get("/{token}")
def invited(request: Request, token: str, viewer: MaybeViewer, session: SessionDep, throttle: ThrottleDep) -> Response:
    """Who invites, to what, and until when."""
    entry = _entry(request, session, throttle, token, viewer)
    if entry.state == "mine" and entry.interview is not None:
        return RedirectResponse(f"/interviews/{entry.interview.id}", status_code=303, headers=HEADERS)
    return _page(request, entry, viewer)


@router.post("/{token}")
def come_in(
    request: Request,
    token: str,
    viewer: MaybeViewer,
    session: SessionDep,
    settings: SettingsDep,
    throttle: ThrottleDep,
    page: Annotated[str, Form(max_length=100)] = "",
    who: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Come in: to the lobby the first time, later to where the interview stands."""
    _entry(request, session, throttle, token, viewer)
    try:
        claimed = claim(session, token, viewer, as_viewer=who == "account", page=page or new_token())
    except NotOpen:
        return _page(request, entry_of(session, token, viewer), viewer)
    response = RedirectResponse(f"/interviews/{claimed.interview_id}", status_code=303, headers=HEADERS)
    if not claimed.is_signed_in:
        # A session of its own: whatever this browser was signed in as before, it is the candidate's now.
        old = session_token(request, settings)
        if old:
            end_browser_session(session, old)
        set_session_cookie(response, settings, start_browser_session(session, claimed.user))
    return response
