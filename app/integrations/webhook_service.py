"""Writes of webhook endpoints: made, changed, switched off and on, secrets rotated, removed."""

from __future__ import annotations

import base64
import datetime as dt
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.accounts.service import audit
from app.integrations.event_types import EVENT_TYPES
from app.integrations.webhook_models import WebhookDelivery, WebhookEndpoint
from app.kit import clock
from app.kit.clock import viva_now
from app.kit.config import Settings
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.outward import CallRefused, Outward
from app.kit.sealing import Sealing
from app.kit.text import clean_text

MAX_ENDPOINTS = 50
OVERLAP_HOURS = 24
"""How long a rotated secret still signs beside its successor."""
SWITCHED_OFF = "The endpoint was switched off."


class TooManyEndpoints(Conflict):
    """The organisation has as many endpoints as it may."""

    type = "too-many-endpoints"


class EndpointOff(Conflict):
    """Nothing is sent to an endpoint that is switched off."""

    title = "The endpoint is switched off"
    type = "endpoint-off"


@dataclass(frozen=True)
class EndpointForm:
    """What people and programs say of an endpoint."""

    url: str
    description: str = ""
    event_types: Sequence[str] = ()
    is_enabled: bool = True


@dataclass(frozen=True)
class Wiring:
    """What the operator's settings mean for webhooks."""

    outward: Outward
    sealing: Sealing


def wiring_of(settings: Settings) -> Wiring:
    """As the settings have it."""
    return Wiring(Outward.of(settings), Sealing.of(settings))


def make_endpoint(
    session: Session,
    wiring: Wiring,
    organization_id: uuid.UUID,
    form: EndpointForm,
    actor: str,
    by: uuid.UUID | None = None,
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint, and its secret, which is shown once.

    Raises:
        Invalid: the address, the description or a type is not good.
        TooManyEndpoints: there are as many as there may be.
    """
    form = _checked(wiring, form)
    count = select(func.count()).select_from(WebhookEndpoint).where(WebhookEndpoint.organization_id == organization_id)
    if (session.scalar(count) or 0) >= MAX_ENDPOINTS:
        raise TooManyEndpoints(f"An organisation has at most {MAX_ENDPOINTS} endpoints: remove one first.")
    secret = _new_secret()
    endpoint = WebhookEndpoint(
        organization_id=organization_id,
        url=form.url,
        description=form.description,
        event_types=list(form.event_types),
        is_enabled=form.is_enabled,
        secret=wiring.sealing.seal(secret),
        created_by=by,
    )
    session.add(endpoint)
    session.flush()
    audit(session, organization_id, actor, "webhook.created", f"webhook:{endpoint.id}", url=form.url)
    return endpoint, secret


def change_endpoint(
    session: Session, wiring: Wiring, endpoint: WebhookEndpoint, form: EndpointForm, actor: str
) -> WebhookEndpoint:
    """Give a (locked) endpoint another address, description or choice of types; switch it off, or on again.

    What waited for one that is switched off has failed, and can be replayed; on again, it begins anew.

    Raises:
        Invalid: the address, the description or a type is not good.
    """
    form = _checked(wiring, form)
    names = ("url", "description", "event_types", "is_enabled")
    new: dict[str, Any] = {"url": form.url, "description": form.description, "event_types": list(form.event_types)}
    new |= {"is_enabled": form.is_enabled}
    changed = [name for name in names if getattr(endpoint, name) != new[name]]
    if not changed:
        return endpoint
    for name in changed:
        setattr(endpoint, name, new[name])
    if {"url", "is_enabled"} & set(changed):
        forgive(endpoint)
    endpoint.revision += 1
    if not endpoint.is_enabled:
        stop_deliveries(session, endpoint.id)
    detail = {name: new[name] for name in changed}
    audit(session, endpoint.organization_id, actor, "webhook.changed", f"webhook:{endpoint.id}", **detail)
    session.flush()
    return endpoint


def rotate_secret(session: Session, wiring: Wiring, endpoint: WebhookEndpoint, actor: str) -> str:
    """A new secret for a (locked) endpoint, which is shown once; for a day the one before signs as well."""
    secret = _new_secret()
    endpoint.old_secret = endpoint.secret
    endpoint.old_secret_until = clock.now(session) + dt.timedelta(hours=OVERLAP_HOURS)
    endpoint.secret = wiring.sealing.seal(secret)
    endpoint.revision += 1
    audit(session, endpoint.organization_id, actor, "webhook.rotated", f"webhook:{endpoint.id}")
    session.flush()
    return secret


def remove_endpoint(session: Session, endpoint: WebhookEndpoint, actor: str) -> None:
    """Remove an endpoint with its log."""
    audit(session, endpoint.organization_id, actor, "webhook.removed", f"webhook:{endpoint.id}", url=endpoint.url)
    session.delete(endpoint)
    session.flush()


def endpoint_of(
    session: Session, organization_id: uuid.UUID, endpoint_id: uuid.UUID, *, lock: bool = False
) -> WebhookEndpoint:
    """An endpoint of the organisation.

    Raises:
        NotFound: there is none.
    """
    query = select(WebhookEndpoint).where(
        WebhookEndpoint.id == endpoint_id, WebhookEndpoint.organization_id == organization_id
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound("There is no such endpoint, or it has been removed.")
    return found


def forgive(endpoint: WebhookEndpoint) -> None:
    """Forget what an endpoint has failed at: it is another one now."""
    endpoint.failures, endpoint.failing_since, endpoint.hold_until = 0, None, None
    endpoint.disabled_at, endpoint.disabled_reason = None, ""


def stop_deliveries(session: Session, endpoint_id: uuid.UUID) -> None:
    """What waits for an endpoint is not tried any more."""
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.status == "waiting")
        .values(status="failed", next_attempt_at=None, error=SWITCHED_OFF)
        .execution_options(synchronize_session=False)
    )


def secrets_of(session: Session, sealing: Sealing, endpoint: WebhookEndpoint) -> list[str]:
    """The secrets that sign now, the newest first.

    Raises:
        NotOpened: the newest was sealed with a key that is not set any more.
    """
    found = [sealing.open(endpoint.secret)]
    if endpoint.old_secret is not None and endpoint.old_secret_until is not None:
        is_over = session.scalar(select(viva_now() >= endpoint.old_secret_until))
        if not is_over:
            found.append(sealing.open(endpoint.old_secret))
    return found


def _new_secret() -> str:
    # 32 bytes: the specification wants 24 to 64.
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _checked(wiring: Wiring, form: EndpointForm) -> EndpointForm:
    url = clean_text(form.url, field="url").strip()
    try:
        wiring.outward.check(url)
    except CallRefused as error:
        raise Invalid(str(error), field="url") from None
    description = clean_text(form.description, field="description").strip()
    if len(description) > 200:
        raise Invalid("Describe it in at most 200 characters.", field="description")
    for type in form.event_types:
        if type not in EVENT_TYPES:
            raise Invalid(f"{type!r} is no type of event: choose among {', '.join(EVENT_TYPES)}.", field="event_types")
    # In the order of the list, each once.
    return EndpointForm(url, description, [one for one in EVENT_TYPES if one in form.event_types], form.is_enabled)
