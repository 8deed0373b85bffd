"""Webhooks over REST: endpoints, their log, and the events themselves."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder
from app.integrations import webhook_service as service
from app.integrations.webhook_deliveries import (
    deliveries_to,
    delivery_of,
    endpoints_page,
    events_after,
    replay,
    send_test,
)
from app.integrations.webhook_models import WebhookEndpoint
from app.integrations.webhook_schemas import (
    DeliveryOut,
    DeliveryPage,
    DeliveryStatus,
    EndpointChange,
    EndpointIn,
    EndpointOut,
    EndpointPage,
    EndpointSecretOut,
    EventPage,
    EventType,
    delivery_out,
    endpoint_out,
    endpoint_secret_out,
    event_out,
)
from app.integrations.webhook_service import EndpointForm, wiring_of
from app.kit.errors import Invalid
from app.kit.etags import entity_tag, require_match
from app.kit.paging import decode_cursor, encode_cursor
from app.kit.rest import IF_MATCH, Cursor, Limit, Prefer, json_response, link_next, now_or_waited, problems
from app.kit.web import SessionDep, SettingsDep, WaiterDep

router = APIRouter(prefix="/api/v1", tags=["Webhooks"])

Holder = Annotated[KeyHolder, Depends(RequireScope("webhooks:write"))]
_LOCATION = {"headers": {"Location": {"schema": {"type": "string"}}}}
_TAGGED = {"headers": {"ETag": {"schema": {"type": "string"}}}}
MAX_SEQUENCE = 2**63 - 1


def _tag(endpoint: WebhookEndpoint) -> str:
    return entity_tag(endpoint.id, endpoint.revision)


@router.post(
    "/webhook-endpoints",
    operation_id="createWebhookEndpoint",
    summary="Make a webhook endpoint",
    status_code=201,
    response_model=EndpointSecretOut,
    responses={**problems(400, 409, 413), 201: {"headers": {**_LOCATION["headers"], **_TAGGED["headers"]}}},
)
def create_endpoint(body: EndpointIn, holder: Holder, session: SessionDep, settings: SettingsDep) -> Response:
    """Have events sent to an address from now on, signed as Standard Webhooks says.

    The response holds the `secret` that verifies deliveries; it is shown this once. What happened before is not sent:
    `GET /events` has it. An organisation has at most 50 endpoints (409 `too-many-endpoints`). Needs the scope
    `webhooks:write`.
    """
    form = EndpointForm(body.url, body.description, body.event_types, body.is_enabled)
    wiring = wiring_of(settings)
    endpoint, secret = service.make_endpoint(session, wiring, holder.organization_id, form, holder.actor)
    shown = endpoint_secret_out(endpoint, secret)
    return json_response(shown, 201, location=shown.links.self, etag=_tag(endpoint))


@router.get(
    "/webhook-endpoints",
    operation_id="listWebhookEndpoints",
    summary="List webhook endpoints",
    response_model=EndpointPage,
    responses=problems(),
)
def list_endpoints(
    request: Request, response: Response, holder: Holder, session: SessionDep, limit: Limit = 50, cursor: Cursor = None
) -> EndpointPage:
    """Your organisation's endpoints, newest first, without their secrets. Needs the scope `webhooks:write`."""
    page = endpoints_page(session, holder.organization_id, cursor, limit)
    link_next(response, request, page.next_cursor)
    return EndpointPage(items=[endpoint_out(one) for one in page.items], next_cursor=page.next_cursor)


@router.get(
    "/webhook-endpoints/{endpoint_id}",
    operation_id="readWebhookEndpoint",
    summary="Read a webhook endpoint",
    response_model=EndpointOut,
    responses={**problems(404), 200: _TAGGED},
)
def read_endpoint(endpoint_id: uuid.UUID, holder: Holder, session: SessionDep) -> Response:
    """An endpoint: where it is, which events it gets, and whether it takes them. Needs the scope `webhooks:write`."""
    endpoint = service.endpoint_of(session, holder.organization_id, endpoint_id)
    return json_response(endpoint_out(endpoint), etag=_tag(endpoint))


@router.patch(
    "/webhook-endpoints/{endpoint_id}",
    operation_id="changeWebhookEndpoint",
    summary="Change a webhook endpoint",
    response_model=EndpointOut,
    responses={**problems(400, 404, 412, 413, 428), 200: _TAGGED},
    openapi_extra=IF_MATCH,
)
def change_endpoint(
    request: Request,
    endpoint_id: uuid.UUID,
    body: EndpointChange,
    holder: Holder,
    session: SessionDep,
    settings: SettingsDep,
) -> Response:
    """Change address, description or types of an endpoint, switch it off, or on again.

    On again, it begins with what happens from then on; replay what it missed, or read `GET /events`. Needs the scope
    `webhooks:write`.
    """
    endpoint = service.endpoint_of(session, holder.organization_id, endpoint_id, lock=True)
    require_match(request, _tag(endpoint))
    given = body.model_dump(exclude_unset=True)
    if None in given.values():
        name = next(name for name, value in given.items() if value is None)
        raise Invalid(f"{name}: leave it out to keep it; null is no value of it.", field=name)
    now = {name: getattr(endpoint, name) for name in EndpointChange.model_fields}
    service.change_endpoint(session, wiring_of(settings), endpoint, EndpointForm(**(now | given)), holder.actor)
    return json_response(endpoint_out(endpoint), etag=_tag(endpoint))


@router.delete(
    "/webhook-endpoints/{endpoint_id}",
    operation_id="removeWebhookEndpoint",
    summary="Remove a webhook endpoint",
    status_code=204,
    responses=problems(404, 412, 428),
    openapi_extra=IF_MATCH,
)
def remove_endpoint(request: Request, endpoint_id: uuid.UUID, holder: Holder, session: SessionDep) -> Response:
    """Remove an endpoint with its secret and its log: nothing is sent to it any more.

    Needs the scope `webhooks:write`.
    """
    endpoint = service.endpoint_of(session, holder.organization_id, endpoint_id, lock=True)
    require_match(request, _tag(endpoint))
    service.remove_endpoint(session, endpoint, holder.actor)
    return Response(status_code=204)


@router.post(
    "/webhook-endpoints/{endpoint_id}/rotate",
    operation_id="rotateWebhookSecret",
    summary="Rotate a webhook's secret",
    response_model=EndpointSecretOut,
    responses={**problems(404), 200: _TAGGED},
)
def rotate(endpoint_id: uuid.UUID, holder: Holder, session: SessionDep, settings: SettingsDep) -> Response:
    """Give an endpoint a new secret, which is in this response and nowhere else; it has no body.

    For 24 hours both secrets sign: `webhook-signature` holds two signatures, so receivers can change over at any
    moment. A second rotation within that time ends the oldest secret at once. Needs the scope `webhooks:write`.
    """
    endpoint = service.endpoint_of(session, holder.organization_id, endpoint_id, lock=True)
    secret = service.rotate_secret(session, wiring_of(settings), endpoint, holder.actor)
    return json_response(endpoint_secret_out(endpoint, secret), etag=_tag(endpoint))


@router.post(
    "/webhook-endpoints/{endpoint_id}/test",
    operation_id="testWebhookEndpoint",
    summary="Send a test event",
    status_code=202,
    response_model=DeliveryOut,
    responses={
        **problems(404, 409),
        200: {"model": DeliveryOut, "description": "It was tried while you waited."},
        202: _LOCATION,
    },
)
def send_test_event(
    request: Request,
    endpoint_id: uuid.UUID,
    holder: Holder,
    session: SessionDep,
    waiter: WaiterDep,
    prefer: Prefer = None,
) -> Response:
    """Send an event `webhook.test` to this endpoint alone, whatever types it gets; it has no body.

    The response is its delivery (202). `Prefer: wait=10` waits for the first attempt and gives what came of it (200).
    An endpoint that is switched off is 409 `endpoint-off`. Needs the scope `webhooks:write`.
    """
    made = delivery_out(send_test(session, holder.organization_id, endpoint_id, holder.actor))

    def look(own: SessionDep) -> Response | None:
        found = delivery_of(own, holder.organization_id, endpoint_id, made.id)
        return json_response(delivery_out(found)) if found.duration_ms is not None or found.error else None

    later = json_response(made, 202, location=made.links.self)
    return now_or_waited(request, waiter, f"delivery:{made.id}", prefer, look, later)


@router.get(
    "/webhook-endpoints/{endpoint_id}/deliveries",
    operation_id="listWebhookDeliveries",
    summary="List deliveries",
    response_model=DeliveryPage,
    responses=problems(404),
)
def list_deliveries(
    request: Request,
    response: Response,
    endpoint_id: uuid.UUID,
    holder: Holder,
    session: SessionDep,
    status: Annotated[DeliveryStatus | None, Query(description="Only those that are like this now.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DeliveryPage:
    """What was sent to an endpoint in the last 30 days and what came of it, newest first.

    Needs the scope `webhooks:write`.
    """
    page = deliveries_to(session, holder.organization_id, endpoint_id, cursor, limit, status)
    link_next(response, request, page.next_cursor)
    return DeliveryPage(items=[delivery_out(one) for one in page.items], next_cursor=page.next_cursor)


@router.get(
    "/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}",
    operation_id="readWebhookDelivery",
    summary="Read a delivery",
    response_model=DeliveryOut,
    responses=problems(404),
)
def read_delivery(endpoint_id: uuid.UUID, delivery_id: uuid.UUID, holder: Holder, session: SessionDep) -> DeliveryOut:
    """One event on its way to one endpoint, with its last attempt. Needs the scope `webhooks:write`."""
    return delivery_out(delivery_of(session, holder.organization_id, endpoint_id, delivery_id))


@router.post(
    "/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/replay",
    operation_id="replayWebhookDelivery",
    summary="Send an event again",
    status_code=202,
    response_model=DeliveryOut,
    responses=problems(404, 409),
)
def replay_delivery(endpoint_id: uuid.UUID, delivery_id: uuid.UUID, holder: Holder, session: SessionDep) -> Response:
    """Send the event again, whatever became of it before, with the same body and `webhook-id`; it has no body.

    An endpoint that is switched off is 409 `endpoint-off`. Needs the scope `webhooks:write`.
    """
    delivery = replay(session, holder.organization_id, endpoint_id, delivery_id, holder.actor)
    return json_response(delivery_out(delivery), 202)


@router.get(
    "/events",
    operation_id="listEvents",
    summary="List events",
    response_model=EventPage,
    responses=problems(),
)
def list_events(
    request: Request,
    response: Response,
    holder: Holder,
    session: SessionDep,
    after: Annotated[
        int, Query(ge=0, le=MAX_SEQUENCE, description="Begin behind this `sequence`: the last that you have seen.")
    ] = 0,
    type: Annotated[list[EventType] | None, Query(description="Only events of these types.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> EventPage:
    """The last 30 days' events, oldest first: to catch up after an outage, or to poll where no webhook can come.

    Remember the `sequence` of the last event that you have worked on, and ask for what is `after` it: an event never
    gets a smaller number than one that was listed before it. Needs the scope `webhooks:write`.
    """
    if cursor:
        (last,) = decode_cursor(cursor, 1)
        if not (last.isascii() and last.isdigit() and int(last) <= MAX_SEQUENCE):
            raise Invalid("cursor: is not one that Viva gave; begin without it.", field="cursor")
        after = int(last)
    found, is_more = events_after(session, holder.organization_id, after, list(type or ()), limit)
    next_cursor = encode_cursor(found[-1].sequence) if is_more else None
    link_next(response, request, next_cursor)
    return EventPage(items=[event_out(event) for event in found], next_cursor=next_cursor)
