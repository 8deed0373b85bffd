"""What workers do for webhooks: attempts, in threads of their own, so that nobody's slowness holds up scores or others.

A process tries sixteen deliveries at once, and two to one endpoint. What is due stands in the table; a job only makes
it quick. An endpoint that fails is left in peace for a while that doubles, so a dead one costs next to nothing.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.orm import Session, sessionmaker
from standardwebhooks import Webhook

from app.integrations.event_body import event_body
from app.integrations.models import Event
from app.integrations.webhook_models import WebhookDelivery, WebhookEndpoint
from app.integrations.webhook_outcome import Outcome, record_outcome
from app.integrations.webhook_service import secrets_of, wiring_of
from app.kit import clock
from app.kit.clock import viva_now
from app.kit.config import Settings
from app.kit.logging import get_logger
from app.kit.outward import TOTAL_SECONDS, CallFailed, CallRefused
from app.kit.sealing import NotOpened

AT_ONCE = 16
AT_ONCE_PER_ENDPOINT = 2
LEASE_SECONDS = TOTAL_SECONDS + 5
"""When somebody else may try what a worker has taken on and not reported back: it is dead."""
SNIPPET_BYTES = 2000

log = get_logger("viva.webhooks")

# `viva_now()` is volatile: as a subquery it is asked once, and the index can be used.
_DUE = text(
    "SELECT e.id FROM webhook_endpoints e CROSS JOIN LATERAL ("
    " SELECT d.next_attempt_at FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.status = 'waiting'"
    " AND d.next_attempt_at <= (SELECT viva_now()) ORDER BY d.next_attempt_at LIMIT 1) first"
    " WHERE e.is_enabled AND (e.hold_until IS NULL OR e.hold_until <= (SELECT viva_now()))"
    " ORDER BY first.next_attempt_at LIMIT 200"
)
_CLAIM = (
    select(WebhookDelivery, Event, WebhookEndpoint)
    .join(Event, Event.id == WebhookDelivery.event_id)
    .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
    .where(
        WebhookDelivery.endpoint_id == bindparam("endpoint_id"),
        WebhookDelivery.status == "waiting",
        WebhookDelivery.next_attempt_at <= select(viva_now()).scalar_subquery(),
        WebhookEndpoint.is_enabled,
        # A test event may come here before it has its number, which is part of what is sent.
        Event.sequence.is_not(None),
    )
    .order_by(WebhookDelivery.next_attempt_at, Event.sequence)
    .limit(bindparam("most"))
    .with_for_update(of=WebhookDelivery, skip_locked=True)
)


@dataclass(frozen=True)
class Attempt:
    """One delivery as it is sent this time."""

    delivery_id: uuid.UUID
    endpoint_id: uuid.UUID
    url: str
    headers: dict[str, str]
    body: bytes
    cannot: str = ""
    """Why it cannot even be tried."""


class WebhookJobs:
    """One worker process's part in delivering."""

    def __init__(self, sessions: sessionmaker[Session], settings: Settings) -> None:
        self.sessions = sessions
        self.address = settings.address
        self.wiring = wiring_of(settings)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhooks")
        self._claiming = threading.Lock()
        self._running: Counter[uuid.UUID] = Counter()
        self._stopped = False

    def deliver_webhooks(self) -> int:
        """Begin what is due, as far as there are places; how many attempts."""
        # One claims at a time, and it sees what the others have begun.
        with self._claiming:
            begun = 0
            with self.sessions.begin() as session:
                attempts = self._claim(session)
            # After the commit: nobody else takes them now.
            for attempt in attempts:
                if not self._stopped:
                    self._running[attempt.endpoint_id] += 1
                    self._pool.submit(self._run, attempt)
                    begun += 1
            return begun

    sweep = deliver_webhooks

    def close(self) -> None:
        """Wait for attempts under way; nothing is begun any more."""
        with self._claiming:
            self._stopped = True
        self._pool.shutdown(wait=True)

    def _claim(self, session: Session) -> list[Attempt]:
        free = AT_ONCE - self._running.total()
        claimed: list[Attempt] = []
        if free <= 0 or self._stopped:
            return claimed
        for endpoint_id in session.scalars(_DUE).all():
            most = min(AT_ONCE_PER_ENDPOINT - self._running[endpoint_id], free - len(claimed))
            if most > 0:
                claimed += self._claim_of(session, endpoint_id, most)
            if len(claimed) >= free:
                break
        return claimed

    def _claim_of(self, session: Session, endpoint_id: uuid.UUID, most: int) -> list[Attempt]:
        rows = session.execute(_CLAIM, {"endpoint_id": endpoint_id, "most": most}).all()
        now = clock.now(session)
        for delivery, _, _ in rows:
            session.execute(
                update(WebhookDelivery)
                .where(WebhookDelivery.id == delivery.id)
                .values(
                    attempts=WebhookDelivery.attempts + 1,
                    round_attempts=WebhookDelivery.round_attempts + 1,
                    last_attempt_at=now,
                    next_attempt_at=now + dt.timedelta(seconds=LEASE_SECONDS),
                )
                .execution_options(synchronize_session=False)
            )
        return [self._attempt(session, now, *row) for row in rows]

    def _attempt(
        self, session: Session, now: dt.datetime, delivery: WebhookDelivery, event: Event, endpoint: WebhookEndpoint
    ) -> Attempt:
        body, message_id, cannot = event_body(event), str(event.id), ""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Viva-Webhooks/1",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
        }
        try:
            secrets = secrets_of(session, self.wiring.sealing, endpoint)
            headers["webhook-signature"] = " ".join(Webhook(one).sign(message_id, now, body) for one in secrets)
        except NotOpened as error:
            cannot = str(error)
        return Attempt(delivery.id, endpoint.id, endpoint.url, headers, body.encode(), cannot)

    def _run(self, attempt: Attempt) -> None:
        try:
            outcome = self._send(attempt)
            with self.sessions.begin() as session:
                record_outcome(session, attempt.delivery_id, attempt.endpoint_id, outcome, self.address)
        except Exception as error:
            # The lease ends by itself, and it is tried again.
            log.error("attempt not recorded", delivery_id=str(attempt.delivery_id), exc_info=error)
        finally:
            with self._claiming:
                self._running[attempt.endpoint_id] -= 1
                if not self._running[attempt.endpoint_id]:
                    del self._running[attempt.endpoint_id]
        try:
            self.deliver_webhooks()
        except Exception as error:
            log.warning("deliveries wait for the sweep", reason=str(error).strip().split("\n")[0])

    def _send(self, attempt: Attempt) -> Outcome:
        if attempt.cannot:
            return Outcome(error=attempt.cannot)
        began = time.monotonic()
        try:
            answer = self.wiring.outward.call(
                "POST", attempt.url, body=attempt.body, headers=attempt.headers, max_bytes=SNIPPET_BYTES
            )
        except (CallRefused, CallFailed) as error:
            return Outcome(error=str(error), duration_ms=_ms(began))
        return Outcome(
            status=answer.status,
            snippet=answer.body.decode("utf-8", "replace"),
            retry_after=answer.headers.get("retry-after"),
            duration_ms=_ms(began),
        )


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


__all__ = ["AT_ONCE", "AT_ONCE_PER_ENDPOINT", "LEASE_SECONDS", "WebhookJobs"]
