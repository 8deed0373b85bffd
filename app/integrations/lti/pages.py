"""What platforms call, and the pages of somebody who came from one."""

from __future__ import annotations

import uuid
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from limits import RateLimitItemPerMinute
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.accounts.deps import ThrottleDep, client_address
from app.accounts.service import audit_once_a_day
from app.bank.queries import list_templates
from app.integrations.lti import claims as words_of
from app.integrations.lti import sessions
from app.integrations.lti.deep_linking import answer_choice, begin_choice, choice_for
from app.integrations.lti.keys import published_keys
from app.integrations.lti.launching import (
    LOGIN_MINUTES,
    Launch,
    LaunchRefused,
    LostBrowser,
    accept_launch,
    begin_login,
    platform_of,
    platform_of_state,
)
from app.integrations.lti.platforms import good_registration
from app.integrations.lti.registration import register
from app.integrations.lti.results import link_for, results_of
from app.integrations.lti.sessions import Staff, allow_frame, staff_of
from app.integrations.lti.sittings import link_of, sitting_of, user_of
from app.integrations.lti.wiring import WiringDep
from app.kit.templating import render
from app.kit.web import SessionDep, SettingsDep, base_url

router = APIRouter(prefix="/lti", include_in_schema=False)

POSTED_FROM_ELSEWHERE = ("/lti/login", "/lti/launch")
"""What platforms post to from their own site. Neither goes by a cookie alone: a login only begins something, and a
launch takes a token that the platform signed for a login of this very browser."""

PER_ADDRESS = RateLimitItemPerMinute(600, namespace="lti-address")
BAD_LINKS_PER_ADDRESS = RateLimitItemPerMinute(20, namespace="lti-registration-address")


async def read_fields(request: Request) -> dict[str, str]:
    """The fields of a login or launch, from the address or the form."""
    given = {name: value for name, value in request.query_params.items() if len(value) <= 20_000}
    if request.method == "POST":
        async with request.form() as form:
            given |= {name: value for name, value in form.items() if isinstance(value, str)}
    return given


Fields = Annotated[dict[str, str], Depends(read_fields)]


@router.get("/jwks")
def jwks(session: SessionDep, wiring: WiringDep) -> Response:
    """The public keys of Viva as a tool."""
    return JSONResponse(published_keys(session, wiring.sealing), headers={"cache-control": "public, max-age=300"})


@router.get("/login")
@router.post("/login")
def login(
    request: Request, fields: Fields, session: SessionDep, settings: SettingsDep, throttle: ThrottleDep
) -> Response:
    """A platform begins a launch; the browser goes back to it, to be told who its person is."""
    throttle.hit(PER_ADDRESS, client_address(request))
    platform = platform_of(session, fields.get("iss", ""), fields.get("client_id"))
    allow_frame(request, platform.frame_origins)
    begun = begin_login(session, platform, fields, f"{base_url(request)}/lti/launch")
    response = RedirectResponse(begun.url, status_code=303)
    name = sessions.login_cookie(begun.state)
    sessions.set_cookie(response, settings, name, begun.browser_secret, LOGIN_MINUTES * 60)
    return response


@router.post("/launch")
def launch(
    request: Request,
    fields: Fields,
    session: SessionDep,
    settings: SettingsDep,
    throttle: ThrottleDep,
    wiring: WiringDep,
) -> Response:
    """The platform says who somebody is and where they want to go."""
    throttle.hit(PER_ADDRESS, client_address(request))
    state = fields.get("state", "")
    waiting = platform_of_state(session, state)
    if waiting is not None:
        allow_frame(request, waiting.frame_origins)
    cookie = sessions.login_cookie(state)
    try:
        accepted = accept_launch(session, wiring.platform_keys, fields, sessions.read_cookie(request, settings, cookie))
    except LostBrowser as lost:
        return render(request, "lti/own_window.html", status_code=409, again=f"/lti/login?{urlencode(lost.asked)}")
    response = _open(request, session, settings, accepted)
    sessions.set_cookie(response, settings, cookie, "", 0)
    return response


def _open(request: Request, session: SessionDep, settings: SettingsDep, accepted: Launch) -> Response:
    """Where a launch that is believed leads."""
    if accepted.role == "none":
        raise LaunchRefused("Viva opens interviews for those who learn in a course, and results for those who teach.")
    user = user_of(session, accepted)
    opened, token = sessions.open_session(session, user, sessions.read_cookie(request, settings, sessions.SESSION))
    if accepted.message == words_of.DEEP_LINK:
        if accepted.role != "staff":
            raise LaunchRefused("Only those who teach can choose an interview for a course.")
        where = f"/lti/deep-links/{begin_choice(session, accepted, opened).id}"
    else:
        link = link_of(session, accepted)
        if accepted.role == "staff":
            sessions.grant_results(session, opened, link)
            where = f"/lti/links/{link.id}"
        else:
            where = f"/interviews/{sitting_of(session, accepted, user, link).interview_id}"
    response = RedirectResponse(where, status_code=303)
    sessions.set_cookie(response, settings, sessions.SESSION, token, sessions.HOURS * 3600)
    return response


def require_staff(request: Request, session: SessionDep, settings: SettingsDep) -> Staff:
    """Whoever teaches, and came here from a platform.

    Raises:
        NotFound: nobody, or no longer.
    """
    staff = staff_of(session, sessions.read_cookie(request, settings, sessions.SESSION))
    allow_frame(request, staff.platform.frame_origins)
    return staff


AsStaff = Annotated[Staff, Depends(require_staff)]


@router.get("/links/{link_id}")
def results(request: Request, link_id: uuid.UUID, staff: AsStaff, session: SessionDep) -> Response:
    """The results behind a link."""
    link = link_for(session, staff, link_id)
    audit_once_a_day(session, link.organization_id, staff.actor, "lti.results_seen", f"lti_link:{link.id}")
    return render(request, "lti/results.html", results=results_of(session, link))


@router.get("/deep-links/{deep_link_id}")
def choose(request: Request, deep_link_id: uuid.UUID, staff: AsStaff, session: SessionDep) -> Response:
    """The templates to choose from."""
    choice = choice_for(session, staff, deep_link_id)
    return render(
        request,
        "lti/choose.html",
        deep_link_id=choice.id,
        templates=list_templates(session, choice.organization_id),
    )


@router.post("/deep-links/{deep_link_id}")
def chosen(
    request: Request,
    deep_link_id: uuid.UUID,
    staff: AsStaff,
    session: SessionDep,
    wiring: WiringDep,
    template: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Send the choice to the platform, by a form that the browser posts there."""
    choice = choice_for(session, staff, deep_link_id)
    answer = answer_choice(session, staff, choice, template, f"{base_url(request)}/lti/launch", wiring.sealing)
    request.state.form_action = (answer.origin,)
    return render(request, "lti/send_choice.html", answer=answer)


@router.get("/register/{token}")
def register_platform(
    request: Request,
    token: str,
    session: SessionDep,
    throttle: ThrottleDep,
    wiring: WiringDep,
    openid_configuration: str = "",
    registration_token: str = "",
) -> Response:
    """A platform registers itself by an admin's link (LTI Dynamic Registration)."""
    throttle.hit(BAD_LINKS_PER_ADDRESS, client_address(request))
    link = good_registration(session, token)
    # The admin who made the link said in whose frame this page stands.
    allow_frame(request, [link.frame_origin])
    platform = register(session, link, wiring.outward, openid_configuration, registration_token, base_url(request))
    return render(request, "lti/registered.html", platform=platform)
