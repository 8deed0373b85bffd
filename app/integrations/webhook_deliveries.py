"""Deliveries as rows: made for each event, listed, replayed; and the test event."""

from __future__ import annotations

import uuid

from sqlalchemy import Select, bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, contains_eager

from app.accounts.service import audit
from app.integrations.consuming import Consumer
from app.integrations.models import Event
from app.integrations.webhook_models import WebhookDelivery, WebhookEndpoint
from app.integrations.webhook_service import EndpointOff, endpoint_of
from app.kit import clock
from app.kit.errors import NotFound
from app.kit.events import record_event
from app.kit.jobs import JobName
from app.kit.paging import Page, encode_cursor, newest_first

DELIVER_WEBHOOKS = JobName("deliver_webhooks", queue="webhooks")
TEST = "webhook.test"

# Built once: it is asked for every event.
_ENABLED = select(WebhookEndpoint.id, WebhookEndpoint.event_types).where(
    WebhookEndpoint.organization_id == bindparam("organization_id"), WebhookEndpoint.is_enabled
)


def deliver_event(session: Session, event: Event) -> None:
    """Put the event on its way to every endpoint of its organisation that wants it. Twice does it once."""
    if event.type == TEST:
        DELIVER_WEBHOOKS.enqueue(session)  # its one delivery was made with it
        return
    wanted = [
        {"id": uuid.uuid4(), "organization_id": event.organization_id, "endpoint_id": key, "event_id": event.id}
        for key, types in session.execute(_ENABLED, {"organization_id": event.organization_id})
        if not types or event.type in types
    ]
    if wanted:
        session.execute(
            insert(WebhookDelivery).on_conflict_do_nothing(index_elements=["event_id", "endpoint_id"]), wanted
        )
        DELIVER_WEBHOOKS.enqueue(session)


WEBHOOKS = Consumer("webhooks", deliver_event)


def send_test(session: Session, organization_id: uuid.UUID, endpoint_id: uuid.UUID, actor: str) -> WebhookDelivery:
    """Put a test event on its way to one endpoint, whatever types it wants.

    Raises:
        NotFound: no such endpoint.
        EndpointOff: it is switched off.
    """
    endpoint = _enabled(session, organization_id, endpoint_id)
    event_id = record_event(session, organization_id, TEST, {"endpoint_id": endpoint.id, "sent_by": actor})
    delivery = WebhookDelivery(organization_id=organization_id, endpoint_id=endpoint.id, event_id=event_id)
    session.add(delivery)
    audit(session, organization_id, actor, "webhook.tested", f"webhook:{endpoint.id}")
    session.flush()
    return delivery_of(session, organization_id, endpoint_id, delivery.id)


def replay(
    session: Session, organization_id: uuid.UUID, endpoint_id: uuid.UUID, delivery_id: uuid.UUID, actor: str
) -> WebhookDelivery:
    """Send an event again, with the same `webhook-id`; failures are tried again for three days.

    Raises:
        NotFound: no such endpoint or delivery.
        EndpointOff: it is switched off.
    """
    endpoint = _enabled(session, organization_id, endpoint_id)
    delivery = delivery_of(session, organization_id, endpoint_id, delivery_id, lock=True)
    _again(session, delivery)
    # Somebody waits for it: what the endpoint failed at before is no reason to hold it back.
    endpoint.hold_until = None
    audit(session, organization_id, actor, "webhook.replayed", f"webhook:{endpoint_id}", event=str(delivery.event_id))
    session.flush()
    DELIVER_WEBHOOKS.enqueue(session)
    return delivery


def _again(session: Session, delivery: WebhookDelivery) -> None:
    delivery.status, delivery.round_attempts = "waiting", 0
    delivery.next_attempt_at = clock.now(session)


def _enabled(session: Session, organization_id: uuid.UUID, endpoint_id: uuid.UUID) -> WebhookEndpoint:
    endpoint = endpoint_of(session, organization_id, endpoint_id, lock=True)
    if not endpoint.is_enabled:
        raise EndpointOff("Nothing is sent to this endpoint: switch it on first.")
    return endpoint


def delivery_of(
    session: Session,
    organization_id: uuid.UUID,
    endpoint_id: uuid.UUID,
    delivery_id: uuid.UUID,
    *,
    lock: bool = False,
) -> WebhookDelivery:
    """A delivery to an endpoint of the organisation, with its event.

    Raises:
        NotFound: there is none (any more: the log goes after 30 days).
    """
    query = (
        _of_endpoint(organization_id, endpoint_id)
        .where(WebhookDelivery.id == delivery_id)
        .execution_options(populate_existing=True)
    )
    found = session.scalar(query.with_for_update(of=WebhookDelivery) if lock else query)
    if found is None:
        raise NotFound("There is no such delivery, or it is too old to be in the log.")
    return found


def deliveries_to(
    session: Session,
    organization_id: uuid.UUID,
    endpoint_id: uuid.UUID,
    cursor: str | None,
    limit: int,
    status: str | None = None,
) -> Page[WebhookDelivery]:
    """The log of an endpoint, newest first.

    Raises:
        NotFound: no such endpoint.
        Invalid: the cursor is not one of ours.
    """
    endpoint_of(session, organization_id, endpoint_id)
    query = _of_endpoint(organization_id, endpoint_id)
    if status:
        query = query.where(WebhookDelivery.status == status)
    found = list(session.scalars(newest_first(query, WebhookDelivery.created_at, WebhookDelivery.id, cursor, limit)))
    page = found[:limit]
    return Page(page, encode_cursor(page[-1].created_at, page[-1].id) if len(found) > limit else None)


def _of_endpoint(organization_id: uuid.UUID, endpoint_id: uuid.UUID) -> Select[WebhookDelivery]:
    return (
        select(WebhookDelivery)
        .join(WebhookDelivery.event)
        .options(contains_eager(WebhookDelivery.event))
        .where(WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.organization_id == organization_id)
    )


def endpoints_page(
    session: Session, organization_id: uuid.UUID, cursor: str | None, limit: int
) -> Page[WebhookEndpoint]:
    """An organisation's endpoints, newest first.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    query = select(WebhookEndpoint).where(WebhookEndpoint.organization_id == organization_id)
    found = list(session.scalars(newest_first(query, WebhookEndpoint.created_at, WebhookEndpoint.id, cursor, limit)))
    page = found[:limit]
    return Page(page, encode_cursor(page[-1].created_at, page[-1].id) if len(found) > limit else None)


def events_after(
    session: Session, organization_id: uuid.UUID, after: int, types: list[str], limit: int
) -> tuple[list[Event], bool]:
    """Numbered events in their order, and whether there are more."""
    query = select(Event).where(Event.organization_id == organization_id, Event.sequence > after)
    if types:
        query = query.where(Event.type.in_(types))
    found = list(session.scalars(query.order_by(Event.sequence).limit(limit + 1)))
    return found[:limit], len(found) > limit
