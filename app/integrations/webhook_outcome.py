"""What an attempt means for its delivery and its endpoint: done, again later, given up, or switched off."""

from __future__ import annotations

import datetime as dt
import random
import re
import uuid
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.accounts.mail import queue_mail
from app.accounts.models import Membership, Organization, User
from app.accounts.service import audit
from app.integrations.webhook_models import WebhookDelivery, WebhookEndpoint
from app.integrations.webhook_service import stop_deliveries
from app.kit import clock
from app.kit.waiting import announce

Row = TypeVar("Row", WebhookEndpoint, WebhookDelivery)
MINUTE, HOUR = 60, 3600
BACKOFF_SECONDS = (
    *(5, 30, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR),
    *(12 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR, 13 * HOUR),
)
"""How long an event waits after its first, second … failure, give or take a tenth: three days in all."""
LASTING = dt.timedelta(days=3)
"""An endpoint that has taken nothing for so long is switched off."""
LONGEST_HOLD_SECONDS = 15 * MINUTE
LONGEST_RETRY_AFTER = HOUR


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt: a response, or the reason why there is none."""

    status: int | None = None
    snippet: str = ""
    error: str = ""
    retry_after: str | None = None
    duration_ms: int | None = None

    @property
    def is_taken(self) -> bool:
        """2xx; a redirect is not followed, and so is no success."""
        return self.status is not None and 200 <= self.status < 300


def record_outcome(
    session: Session, delivery_id: uuid.UUID, endpoint_id: uuid.UUID, outcome: Outcome, address: str
) -> None:
    """Note what an attempt came to. `address` is where links in letters begin."""
    now = clock.now(session)
    endpoint = None
    # The endpoint first: everybody who takes both locks takes them in this order.
    if outcome.is_taken:
        _mark_good(session, endpoint_id, now)
    else:
        endpoint = _locked(session, WebhookEndpoint, endpoint_id)
    delivery = _locked(session, WebhookDelivery, delivery_id)
    if delivery is None:  # the endpoint was removed meanwhile, or the event erased
        return
    delivery.response_status = outcome.status
    delivery.response_snippet = _printable(outcome.snippet, 1000)
    delivery.duration_ms = outcome.duration_ms
    delivery.error = _printable(outcome.error or _words(outcome), 300)
    if outcome.is_taken:
        delivery.status, delivery.next_attempt_at, delivery.delivered_at = "delivered", None, now
    # Another worker may have delivered it meanwhile, after this one's lease was over.
    elif delivery.status == "waiting" and endpoint is not None:
        _mark_failed(session, endpoint, delivery, outcome, now, address)
    announce(session, f"delivery:{delivery_id}")


def _locked(session: Session, model: type[Row], key: uuid.UUID) -> Row | None:
    return session.get(model, key, with_for_update=True, populate_existing=True)


def _mark_good(session: Session, endpoint_id: uuid.UUID, now: dt.datetime) -> None:
    # Only where it says something new: deliveries beside each other need not wait for one row.
    is_news = or_(
        WebhookEndpoint.failures > 0,
        WebhookEndpoint.last_success_at.is_(None),
        WebhookEndpoint.last_success_at < now - dt.timedelta(seconds=10),
    )
    session.execute(
        update(WebhookEndpoint)
        .where(WebhookEndpoint.id == endpoint_id, is_news)
        .values(failures=0, failing_since=None, hold_until=None, last_success_at=now)
        .execution_options(synchronize_session=False)
    )


def _mark_failed(
    session: Session,
    endpoint: WebhookEndpoint,
    delivery: WebhookDelivery,
    outcome: Outcome,
    now: dt.datetime,
    address: str,
) -> None:
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    hold = min(LONGEST_HOLD_SECONDS, 2 ** min(endpoint.failures - 1, 20))
    hold = max(hold, _retry_after(outcome))
    endpoint.hold_until = now + dt.timedelta(seconds=hold)
    failures = max(1, delivery.round_attempts)
    if failures > len(BACKOFF_SECONDS):
        delivery.status, delivery.next_attempt_at = "failed", None
    else:
        pause = BACKOFF_SECONDS[failures - 1] * random.uniform(0.9, 1.1)  # noqa: S311 - only spreads attempts
        delivery.next_attempt_at = now + dt.timedelta(seconds=pause)
    if not endpoint.is_enabled:
        delivery.status, delivery.next_attempt_at = "failed", None
    elif outcome.status == 410:
        switch_off(session, endpoint, "It answered 410 Gone: it wants no more events.", now, address)
    elif delivery.status == "failed" and now - endpoint.failing_since >= LASTING:
        switch_off(session, endpoint, f"It has taken nothing for three days. Last: {delivery.error}", now, address)


def switch_off(session: Session, endpoint: WebhookEndpoint, reason: str, now: dt.datetime, address: str) -> None:
    """Switch a (locked) endpoint off in Viva's own name, and tell the organisation's admins."""
    endpoint.is_enabled, endpoint.disabled_at, endpoint.disabled_reason = False, now, _printable(reason, 300)
    endpoint.revision += 1
    session.flush()
    stop_deliveries(session, endpoint.id)
    audit(session, endpoint.organization_id, "viva", "webhook.disabled", f"webhook:{endpoint.id}", reason=reason)
    organization = session.get_one(Organization, endpoint.organization_id)
    admins = session.scalars(
        select(User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == organization.id, Membership.role == "admin", User.email.is_not(None))
        .order_by(User.email)
    ).all()
    for email in admins:
        queue_mail(
            session,
            str(email),
            f"A webhook of {organization.name} was switched off",
            f"Viva sends no more events of {organization.name} to\n\n{endpoint.url}\n\n{reason}\n\n"
            "Once it is mended, switch it on again, and replay what it missed, here:\n\n"
            f"{address}/organizations/{organization.slug}/webhooks/{endpoint.id}\n",
            organization.id,
        )


def _words(outcome: Outcome) -> str:
    if outcome.is_taken or outcome.status is None:
        return ""
    if 300 <= outcome.status < 400:
        return f"It answered {outcome.status}: redirects are not followed."
    return f"It answered {outcome.status}."


def _retry_after(outcome: Outcome) -> int:
    told = (outcome.retry_after or "").strip()
    if outcome.status not in {429, 503} or not re.fullmatch(r"\d{1,9}", told):
        return 0
    return min(int(told), LONGEST_RETRY_AFTER)


def _printable(said: str, most: int) -> str:
    return "".join(one if one.isprintable() or one == "\n" else "�" for one in said)[:most]


__all__ = ["BACKOFF_SECONDS", "Outcome", "record_outcome", "switch_off"]
