"""Admission to the database: as many requests at once as there are connections for.

Requests run in threads, a few hops each. If more of them were let in than there are connections, those without one
would sit in the threads that those with one need to go on: nobody would move until the pool's time ran out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.kit.errors import Unavailable

WAIT_SECONDS = 10.0


class Places:
    """Places for requests in the database; who finds none free waits without holding a thread."""

    def __init__(self, connections: int, wait_seconds: float = WAIT_SECONDS) -> None:
        self._wait_seconds = wait_seconds
        # What a request does besides in a transaction of its own (counters) takes one of the rest.
        self._free = asyncio.Semaphore(max(1, connections - max(1, connections // 5)))

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Hold a place.

        Raises:
            Unavailable: none became free in ten seconds.
        """
        try:
            await asyncio.wait_for(self._free.acquire(), self._wait_seconds)
        except TimeoutError:
            raise Unavailable(
                "Viva has more to do than it can right now. What you typed is kept in your browser; try again soon.",
                retry_after_seconds=2,
            ) from None
        try:
            yield
        finally:
            self._free.release()
