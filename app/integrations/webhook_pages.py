"""Webhooks of an organisation, for its admins: endpoints, secrets, the log, tests and replays."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.desk import AtAdminDesk, Desk
from app.dashboards.frame import render_desk
from app.integrations import webhook_service as service
from app.integrations.event_types import EVENT_TYPES
from app.integrations.webhook_deliveries import deliveries_to, endpoints_page, replay, send_test
from app.integrations.webhook_models import WebhookEndpoint
from app.integrations.webhook_service import EndpointForm, EndpointOff, TooManyEndpoints, wiring_of
from app.kit import clock
from app.kit.errors import Invalid
from app.kit.paging import MAX_LIMIT
from app.kit.web import SessionDep, SettingsDep

router = APIRouter(prefix="/organizations/{organization}/webhooks", include_in_schema=False)

LOG_LINES = 25
STATUS_WORDS = {"waiting": "Waiting", "delivered": "Delivered", "failed": "Failed"}
NOTICES = {
    "changed": "Changed.",
    "on": "It is switched on: events go to it from now on. What it missed can be replayed below.",
    "off": "It is switched off: nothing is sent to it.",
    "tested": "A test event is on its way: load the page again to see what came of it.",
    "replayed": "The event is on its way again: load the page again to see what came of it.",
    "removed": "The endpoint is removed.",
}
Text = Annotated[str, Form()]
Types = Annotated[list[str] | None, Form()]


def _list(request: Request, session: SessionDep, desk: Desk, status_code: int = 200, **context: Any) -> Response:
    shown: dict[str, Any] = {"values": EndpointForm(""), "errors": {}, "notice": None, "problem": None}
    return render_desk(
        request,
        "integrations/webhooks.html",
        desk,
        status_code,
        endpoints=endpoints_page(session, desk.organization_id, None, MAX_LIMIT).items,
        event_types=EVENT_TYPES,
        **(shown | context),
    )


def _one(
    request: Request,
    session: SessionDep,
    desk: Desk,
    endpoint: WebhookEndpoint,
    status_code: int = 200,
    *,
    cursor: str | None = None,
    status: str = "",
    **context: Any,
) -> Response:
    now = EndpointForm(endpoint.url, endpoint.description, endpoint.event_types, endpoint.is_enabled)
    shown: dict[str, Any] = {"values": now, "errors": {}, "notice": None, "problem": None, "secret": None}
    known = status if status in STATUS_WORDS else None
    until = endpoint.old_secret_until
    return render_desk(
        request,
        "integrations/webhook.html",
        desk,
        status_code,
        endpoint=endpoint,
        here=f"{desk.url}/webhooks/{endpoint.id}",
        event_types=EVENT_TYPES,
        log=deliveries_to(session, desk.organization_id, endpoint.id, cursor, LOG_LINES, known),
        status=known or "",
        old_secret_signs=until is not None and until > clock.now(session),
        status_words=STATUS_WORDS,
        **(shown | context),
    )


def _back(desk: Desk, endpoint_id: uuid.UUID, done: str) -> Response:
    return RedirectResponse(f"{desk.url}/webhooks/{endpoint_id}?done={done}", status_code=303)


@router.get("")
def webhooks_page(request: Request, desk: AtAdminDesk, session: SessionDep, done: str = "") -> Response:
    """Where the organisation's events go."""
    return _list(request, session, desk, notice=NOTICES.get(done))


@router.post("")
def make_endpoint(
    request: Request,
    desk: AtAdminDesk,
    session: SessionDep,
    settings: SettingsDep,
    url: Text = "",
    description: Text = "",
    event_types: Types = None,
) -> Response:
    """Make an endpoint; its secret is on this page and nowhere else."""
    form = EndpointForm(url, description, event_types or [])
    try:
        endpoint, secret = service.make_endpoint(
            session, wiring_of(settings), desk.organization_id, form, desk.actor, desk.user.id
        )
    except Invalid as error:
        errors = {error.extra.get("field", "url"): error.message}
        return _list(request, session, desk, error.status, values=form, errors=errors)
    except TooManyEndpoints as error:
        return _list(request, session, desk, error.status, values=form, problem=error.message)
    return _one(request, session, desk, endpoint, secret=secret, notice="The endpoint is made.")


@router.get("/{endpoint_id}")
def endpoint_page(
    request: Request,
    desk: AtAdminDesk,
    session: SessionDep,
    endpoint_id: uuid.UUID,
    cursor: str | None = None,
    status: str = "",
    done: str = "",
) -> Response:
    """One endpoint and its log."""
    endpoint = service.endpoint_of(session, desk.organization_id, endpoint_id)
    return _one(request, session, desk, endpoint, cursor=cursor, status=status, notice=NOTICES.get(done))


@router.post("/{endpoint_id}")
def change_endpoint(
    request: Request,
    desk: AtAdminDesk,
    session: SessionDep,
    settings: SettingsDep,
    endpoint_id: uuid.UUID,
    url: Text = "",
    description: Text = "",
    event_types: Types = None,
) -> Response:
    """Give an endpoint another address, description or choice of events."""
    endpoint = service.endpoint_of(session, desk.organization_id, endpoint_id, lock=True)
    form = EndpointForm(url, description, event_types or [], endpoint.is_enabled)
    try:
        service.change_endpoint(session, wiring_of(settings), endpoint, form, desk.actor)
    except Invalid as error:
        errors = {error.extra.get("field", "url"): error.message}
        return _one(request, session, desk, endpoint, error.status, values=form, errors=errors)
    return _back(desk, endpoint_id, "changed")


@router.post("/{endpoint_id}/on")
def switch_on(desk: AtAdminDesk, session: SessionDep, settings: SettingsDep, endpoint_id: uuid.UUID) -> Response:
    """Send events again."""
    return _switch(desk, session, settings, endpoint_id, True)


@router.post("/{endpoint_id}/off")
def switch_off(desk: AtAdminDesk, session: SessionDep, settings: SettingsDep, endpoint_id: uuid.UUID) -> Response:
    """Send nothing any more."""
    return _switch(desk, session, settings, endpoint_id, False)


def _switch(desk: Desk, session: SessionDep, settings: SettingsDep, endpoint_id: uuid.UUID, is_on: bool) -> Response:
    endpoint = service.endpoint_of(session, desk.organization_id, endpoint_id, lock=True)
    form = EndpointForm(endpoint.url, endpoint.description, endpoint.event_types, is_on)
    service.change_endpoint(session, wiring_of(settings), endpoint, form, desk.actor)
    return _back(desk, endpoint_id, "on" if is_on else "off")


@router.post("/{endpoint_id}/rotate")
def rotate_secret(
    request: Request, desk: AtAdminDesk, session: SessionDep, settings: SettingsDep, endpoint_id: uuid.UUID
) -> Response:
    """Make a new secret, which is on this page and nowhere else; the old one signs for another day."""
    endpoint = service.endpoint_of(session, desk.organization_id, endpoint_id, lock=True)
    secret = service.rotate_secret(session, wiring_of(settings), endpoint, desk.actor)
    said = f"There is a new secret. For {service.OVERLAP_HOURS} hours both sign, so change over at any moment."
    return _one(request, session, desk, endpoint, secret=secret, notice=said)


@router.post("/{endpoint_id}/test")
def send_test_event(request: Request, desk: AtAdminDesk, session: SessionDep, endpoint_id: uuid.UUID) -> Response:
    """Send a test event."""
    try:
        send_test(session, desk.organization_id, endpoint_id, desk.actor)
    except EndpointOff as error:
        return _refused(request, session, desk, endpoint_id, error)
    return _back(desk, endpoint_id, "tested")


@router.post("/{endpoint_id}/deliveries/{delivery_id}/replay")
def replay_delivery(
    request: Request, desk: AtAdminDesk, session: SessionDep, endpoint_id: uuid.UUID, delivery_id: uuid.UUID
) -> Response:
    """Send an event again."""
    try:
        replay(session, desk.organization_id, endpoint_id, delivery_id, desk.actor)
    except EndpointOff as error:
        return _refused(request, session, desk, endpoint_id, error)
    return _back(desk, endpoint_id, "replayed")


@router.post("/{endpoint_id}/remove")
def remove_endpoint(desk: AtAdminDesk, session: SessionDep, endpoint_id: uuid.UUID) -> Response:
    """Remove an endpoint with its log."""
    endpoint = service.endpoint_of(session, desk.organization_id, endpoint_id, lock=True)
    service.remove_endpoint(session, endpoint, desk.actor)
    return RedirectResponse(f"{desk.url}/webhooks?done=removed", status_code=303)


def _refused(request: Request, session: SessionDep, desk: Desk, endpoint_id: uuid.UUID, error: EndpointOff) -> Response:
    endpoint = service.endpoint_of(session, desk.organization_id, endpoint_id)
    return _one(request, session, desk, endpoint, error.status, problem=error.message)
