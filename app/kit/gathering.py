"""A short statement with every request, at the price of few: who asks while one is under way goes with the next.

Each web process has one connection for it. Nobody waits for company: alone, a question goes out at once; together, many
are one statement, one transaction and one way to the server and back.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import psycopg

from app.kit.db import libpq_url
from app.kit.logging import get_logger

MOST_AT_ONCE = 200
AWAY_SECONDS = 1.0
"""After a failure nobody tries for so long: a database that is away must not hold up every request anew."""
_OPTIONS = "-c timezone=UTC -c statement_timeout=5000 -c lock_timeout=5000"

log = get_logger("viva.gathering")


class Away(Exception):
    """The database did not answer."""


class Gatherer:
    """Asks one statement for many.

    The statement takes an array for each value (in the order of `ask`) and gives a row for each place in them: the
    place, from 1, then the answer.
    """

    def __init__(self, database_url: str, statement: str) -> None:
        self._url = libpq_url(database_url)
        self._statement = statement
        self._asked: list[tuple[tuple[Any, ...], asyncio.Future[tuple[Any, ...]]]] = []
        self._task: asyncio.Task[None] | None = None
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._away_until = 0.0

    async def ask(self, *values: Any) -> tuple[Any, ...]:
        """The statement's answer to these values.

        Raises:
            Away: there is none.
        """
        future: asyncio.Future[tuple[Any, ...]] = asyncio.get_running_loop().create_future()
        self._asked.append((values, future))
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        return await future

    async def stop(self) -> None:
        """Close the connection; who asks later opens a new one."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._close()

    async def _work(self) -> None:
        try:
            while self._asked:
                asked, self._asked = self._asked[:MOST_AT_ONCE], self._asked[MOST_AT_ONCE:]
                await self._answer(asked)
        finally:
            # No await since the last look: nobody can have come in between.
            self._task = None

    async def _answer(self, asked: list[tuple[tuple[Any, ...], asyncio.Future[tuple[Any, ...]]]]) -> None:
        found: dict[int, tuple[Any, ...]] = {}
        try:
            arrays = [list(column) for column in zip(*(values for values, _ in asked), strict=True)]
            found = {place: answer for place, *answer in await self._rows(arrays)}  # type: ignore[misc]
        finally:
            # Also when we are cancelled: whoever waits must hear of it.
            for place, (_, future) in enumerate(asked, start=1):
                if not future.done():
                    if place in found:
                        future.set_result(tuple(found[place]))
                    else:
                        future.set_exception(Away())

    async def _rows(self, arrays: list[list[Any]]) -> list[tuple[Any, ...]]:
        loop = asyncio.get_running_loop()
        if loop.time() < self._away_until:
            return []
        # A connection that the server ended meanwhile fails once; the second try has a new one.
        for attempt in (1, 2):
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = await psycopg.AsyncConnection.connect(
                        self._url, autocommit=True, connect_timeout=5, options=_OPTIONS, application_name="viva"
                    )
                cursor = await self._connection.execute(self._statement, arrays)
                return await cursor.fetchall()
            except (psycopg.Error, OSError) as error:
                await self._close()
                if attempt == 2:
                    self._away_until = loop.time() + AWAY_SECONDS
                    log.warning("counting interrupted", reason=str(error).strip().split("\n")[0])
        return []

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error, OSError):
                await connection.close()
