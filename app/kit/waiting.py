"""Waiting for something that another process does, without holding a thread or a connection.

Workers `pg_notify` when they have stored a score. Each web process listens on one connection and wakes the requests
that wait for that key. A missed notification costs seconds, not an answer: waiters look again by themselves, and
all of them when the connection had to be made anew.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.kit.db import libpq_url
from app.kit.errors import Unavailable
from app.kit.logging import get_logger
from app.kit.places import Places

CHANNEL = "viva_done"
FIRST_LOOK_SECONDS = 0.25
LOOK_AGAIN_SECONDS = 3.0

_NOTIFY = text("SELECT pg_notify(:channel, key) FROM unnest(CAST(:keys AS text[])) AS key")

log = get_logger("viva.waiting")


def announce(session: Session, *keys: str) -> None:
    """Wake whoever waits for these keys, when this transaction commits."""
    session.execute(_NOTIFY, {"channel": CHANNEL, "keys": list(keys)})


class Waiter:
    """One LISTEN connection, and an event for each key that somebody waits for."""

    def __init__(self, database_url: str, places: Places) -> None:
        self._url = libpq_url(database_url)
        self._places = places
        self._events: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Begin to listen."""
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        """End, and let all waiters look for the last time: what they wait for is stored, and can be asked for again."""
        self._stopping = True
        self._wake_all()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def _wake_all(self) -> None:
        for events in list(self._events.values()):
            for event in events:
                event.set()

    async def _listen(self) -> None:
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True, connect_timeout=5)
                async with connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self._wake_all()  # what was said while nobody listened is lost: everybody looks
                    async for notification in connection.notifies():
                        for event in self._events.get(notification.payload, ()):
                            event.set()
            except (psycopg.Error, OSError) as error:
                log.warning("listening interrupted", reason=str(error).strip().split("\n")[0])
                await asyncio.sleep(1)

    async def until(self, key: str, seconds: float, look: Callable[[], Response | None]) -> Response | None:
        """What `look` gives as soon as it gives something; None when the time is over.

        `look` runs in a thread and opens a short transaction of its own.
        """
        event = asyncio.Event()
        # Registered before the first look, so that what is stored between the two is not missed. The first look waits
        # a moment: callers have looked themselves just now, and whatever comes meanwhile is announced.
        self._events[key].add(event)
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), min(seconds, FIRST_LOOK_SECONDS))
            while True:
                event.clear()
                found = None
                # The request is committed and answered either way: no place now means no more than to look again.
                with contextlib.suppress(Unavailable):
                    async with self._places.one():
                        found = await run_in_threadpool(look)
                left = end - loop.time()
                if found is not None or left <= 0 or self._stopping:
                    return found
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(event.wait(), min(left, LOOK_AGAIN_SECONDS))
        finally:
            self._events[key].discard(event)
            if not self._events[key]:
                del self._events[key]


class WaitingResponse(Response):
    """A response that is decided after the request's transaction has committed.

    Args:
        look: gives the response once there is something to say, else None. Whoever makes this has looked already.
        otherwise: what is sent when the time is over.
    """

    def __init__(
        self, waiter: Waiter, key: str, seconds: float, look: Callable[[], Response | None], otherwise: Response
    ) -> None:
        super().__init__()
        self._waiter, self._key, self._seconds = waiter, key, seconds
        self._look, self._otherwise = look, otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, then send."""
        found = await self._waiter.until(self._key, self._seconds, self._look)
        await (found or self._otherwise)(scope, receive, send)


def preferred_wait_seconds(prefer: str | None, most: float = 30) -> float:
    """Seconds in `Prefer: wait=10` (RFC 7240), at most `most`; 0 when it is absent or not a number."""
    for preference in (prefer or "").split(","):
        name, _, value = preference.strip().partition("=")
        seconds = value.split(";")[0].strip('" ')
        # Not isdigit(), which takes “²”, and float() does not.
        if name.strip().lower() == "wait" and seconds.isdecimal():
            return min(float(seconds), most)
    return 0.0
