"""From the outbox to consumers: events are numbered after their commit, then each consumer is handed each of its own.

What is left to do stands in the tables (an event without a number, a handover that is not done), so jobs only make it
quick, and neither a lost job nor a killed worker loses an event. A consumer may get one twice, if what it did outside
the transaction was done when the commit failed.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam, delete, exists, insert, literal, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from app.integrations.models import Event, EventCounter, EventHandover
from app.kit.clock import viva_now
from app.kit.db import table_of
from app.kit.events import NUMBER_EVENTS
from app.kit.jobs import JobName
from app.kit.locks import Lock
from app.kit.logging import get_logger

BATCH = 500
BACKOFF_SECONDS = (2, 10, 60, 300, 1800, 7200, 21600, 21600, 43200, 43200, 43200, 43200)
"""How long a consumer is left alone with an event after it failed the first, second … time: three days in all."""
KEPT_DAYS = 30
"""How long events can be asked for."""
HAND_OVER = JobName("hand_over", queue="events")

log = get_logger("viva.events")


@dataclass(frozen=True)
class Consumer:
    """Somebody who is told of events.

    `handle` runs in a transaction of its own for each event; what it writes to the database commits with the note that
    the event was taken. It may raise: then it is tried again for three days. It is called for one event at a time, in
    their order but for those that failed. It must bear to be called twice for one event.
    """

    name: str
    handle: Callable[[Session, Event], None]
    types: frozenset[str] | None = field(default=None)
    """None: all of them."""

    def wants(self, type: str) -> bool:
        """Whether an event of a type is for this consumer."""
        return self.types is None or type in self.types


class EventJobs:
    """One worker process's part in handing events on."""

    def __init__(self, sessions: sessionmaker[Session], consumers: Sequence[Consumer]) -> None:
        self.sessions = sessions
        self.consumers = {consumer.name: consumer for consumer in consumers}
        self._busy = {name: threading.Lock() for name in self.consumers}

    def number_events(self) -> None:
        """Number what is new, and have it handed on."""
        while number_new(self.sessions, tuple(self.consumers.values())) == BATCH:
            pass

    def hand_over(self, consumer: str) -> int:
        """Hand one consumer what waits for it; if this process does so already, that is enough."""
        known = self.consumers.get(consumer)
        if known is None or not self._busy[consumer].acquire(blocking=False):
            return 0
        try:
            count = 0
            while self._hand_over_next(known):
                count += 1
            return count
        finally:
            self._busy[consumer].release()

    def sweep(self) -> int:
        """Do what lost jobs would have done; how many consumers have work to do."""
        self.number_events()
        with self.sessions.begin() as session:
            waiting = session.scalars(
                select(EventHandover.consumer).where(EventHandover.retry_at <= viva_now()).distinct()
            ).all()
            for name in waiting:
                # Not again while one is queued: a consumer that takes long would fill the queue.
                if name in self.consumers and not _is_queued(session, name):
                    HAND_OVER.enqueue(session, consumer=name)
        return len(waiting)

    def tidy(self) -> None:
        """Forget old events, with all that hangs on them; those that somebody has yet to get stay."""
        with self.sessions.begin() as session:
            session.execute(
                delete(Event).where(
                    Event.created_at < viva_now() - dt.timedelta(days=KEPT_DAYS),
                    # A consumer that is known no more waits for nothing.
                    ~exists().where(
                        EventHandover.event_id == Event.id, EventHandover.consumer.in_(self.consumers.keys())
                    ),
                )
            )

    def _hand_over_next(self, consumer: Consumer) -> bool:
        with self.sessions.begin() as session:
            row = session.execute(_NEXT, {"consumer": consumer.name}).first()
            if row is None:
                return False
            handover, event = row
            try:
                with session.begin_nested():
                    consumer.handle(session, event)
            except Exception as error:
                self._failed(session, consumer, handover, event, error)
            else:
                session.execute(
                    delete(EventHandover).where(
                        EventHandover.event_id == event.id, EventHandover.consumer == consumer.name
                    )
                )
        return True

    def _failed(
        self, session: Session, consumer: Consumer, handover: EventHandover, event: Event, error: Exception
    ) -> None:
        attempts = handover.attempts + 1
        log.warning(
            "event not taken", consumer=consumer.name, event_id=str(event.id), attempts=attempts, exc_info=error
        )
        mine = (EventHandover.event_id == event.id, EventHandover.consumer == consumer.name)
        if attempts > len(BACKOFF_SECONDS):
            session.execute(delete(EventHandover).where(*mine))
            log.error("event given up", consumer=consumer.name, event_id=str(event.id))
            return
        pause = dt.timedelta(seconds=BACKOFF_SECONDS[attempts - 1])
        reason = f"{type(error).__name__}: {error}"[:500].replace("\x00", "")
        session.execute(
            update(EventHandover)
            .where(*mine)
            .values(attempts=attempts, retry_at=viva_now() + pause, error=reason)
            .execution_options(synchronize_session=False)
        )


# Built once: it is asked for every event.
_NEXT = (
    select(EventHandover, Event)
    .join(Event, Event.id == EventHandover.event_id)
    .where(EventHandover.consumer == bindparam("consumer"), EventHandover.retry_at <= viva_now())
    .order_by(EventHandover.retry_at, EventHandover.organization_id, EventHandover.sequence)
    .limit(1)
    .with_for_update(of=EventHandover, skip_locked=True)
)


def _is_queued(session: Session, consumer: str) -> bool:
    return bool(session.scalar(select(HAND_OVER.is_queued_for("consumer", literal(consumer)))))


def number_new(sessions: sessionmaker[Session], consumers: Sequence[Consumer]) -> int:
    """Give committed events their numbers, and each consumer a handover of what it wants; how many events."""
    with sessions.begin() as session:
        # One at a time, and each only for moments: numbers must become visible in their order.
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": Lock.EVENTS})
        new = session.execute(
            select(Event.id, Event.organization_id, Event.type)
            .where(Event.sequence.is_(None))
            .order_by(Event.created_at, Event.id)
            .limit(BATCH)
        ).all()
        by_organization = defaultdict(list)
        for event in new:
            by_organization[event.organization_id].append(event)
        handovers = []
        for organization_id, events in by_organization.items():
            last = session.scalar(_COUNT, {"organization_id": organization_id, "count": len(events)})
            assert isinstance(last, int)
            numbers = range(last - len(events) + 1, last + 1)
            for number, event in zip(numbers, events, strict=True):
                session.execute(_NUMBER, {"event_id": event.id, "number": number})
                handovers += [
                    {
                        "event_id": event.id,
                        "consumer": consumer.name,
                        "organization_id": organization_id,
                        "sequence": number,
                    }
                    for consumer in consumers
                    if consumer.wants(event.type)
                ]
        if handovers:
            session.execute(insert(table_of(EventHandover)), handovers)
        for name in {one["consumer"] for one in handovers}:
            HAND_OVER.enqueue(session, consumer=name)
        return len(new)


_COUNT = text(
    "INSERT INTO event_counters AS c (organization_id, last) VALUES (:organization_id, :count)"
    " ON CONFLICT (organization_id) DO UPDATE SET last = c.last + excluded.last RETURNING last"
)
_NUMBER = (
    update(table_of(Event))
    .where(table_of(Event).c.id == bindparam("event_id"))
    .values(sequence=bindparam("number", type_=EventCounter.last.type))
)

__all__ = ["HAND_OVER", "NUMBER_EVENTS", "Consumer", "EventJobs", "number_new"]
