"""`Viva` and `AsyncViva`: where Viva is, the key, and everything that the API can do."""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio
import httpx2

from viva_client.async_operations import AsyncSurface
from viva_client.calls import AsyncCaller, Call, Caller
from viva_client.operations import Surface
from viva_client.problems import StillWaiting
from viva_client.retries import Retries
from viva_client.version import __version__

T = TypeVar("T")
LONGEST_WAIT = 25.0
"""Seconds that one request asks Viva to wait. It would wait up to 30; a proxy on the way may be less patient."""
UNDER_WAY = {"queued", "scoring", "running", "pending", "ready"}


class Viva(Surface):
    """Viva, as a key of an organisation sees it. Use it in `with`, or `close()` it.

    Without `url` and `key` the variables `VIVA_URL` and `VIVA_KEY` are read. `http` is a client of your own, for
    proxies and certificates; it stays yours to close.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        timeout: float | httpx2.Timeout = 30.0,
        retries: Retries | None = None,
        http: httpx2.Client | None = None,
    ) -> None:
        self._own = http is None
        self.http = http or httpx2.Client(timeout=timeout)
        _prepare(self.http, url, key)
        self._caller = Caller(self.http, retries or Retries())
        super().__init__(self._caller)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        wait: float | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> httpx2.Response:
        """Ask for anything, such as an address out of `links`, with the same patience and the same exceptions."""
        call = _raw(method, path, query, body, headers, wait, idempotency_key, if_match)
        return self._caller.send(call)

    def wait_for(
        self,
        read: Callable[..., T],
        *args: Any,
        until: Callable[[T], bool] | None = None,
        seconds: float = 120.0,
        every: float = 1.0,
        **kwargs: Any,
    ) -> T:
        """Read again until `until` holds (without it: until its `status` is none of something under way).

        Operations that can wait by themselves (`Prefer: wait`) do; others are asked again after a pause that grows.

        Raises:
            StillWaiting: it has not come to that within so many seconds.
        """
        done = until or _settled
        over, waits = time.monotonic() + seconds, _can_wait(read)
        while True:
            left = max(0.0, over - time.monotonic())
            if waits:
                kwargs["wait"] = min(LONGEST_WAIT, left) or None
            began = time.monotonic()
            found = read(*args, **kwargs)
            if done(found):
                return found
            now = time.monotonic()
            if now >= over:
                raise StillWaiting(f"It has not come to that within {seconds:g} seconds.", found)
            if not waits or now - began < every:
                time.sleep(min(every, over - now))
                every = min(every * 1.5, 15.0)

    def close(self) -> None:
        """Close the connections."""
        if self._own:
            self.http.close()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()


class AsyncViva(AsyncSurface):
    """Viva, as a key of an organisation sees it, for asyncio and trio. Use it in `async with`, or `close()` it."""

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        timeout: float | httpx2.Timeout = 30.0,
        retries: Retries | None = None,
        http: httpx2.AsyncClient | None = None,
    ) -> None:
        self._own = http is None
        self.http = http or httpx2.AsyncClient(timeout=timeout)
        _prepare(self.http, url, key)
        self._caller = AsyncCaller(self.http, retries or Retries())
        super().__init__(self._caller)

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        wait: float | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> httpx2.Response:
        """Ask for anything, such as an address out of `links`, with the same patience and the same exceptions."""
        call = _raw(method, path, query, body, headers, wait, idempotency_key, if_match)
        return await self._caller.send(call)

    async def wait_for(
        self,
        read: Callable[..., Awaitable[T]],
        *args: Any,
        until: Callable[[T], bool] | None = None,
        seconds: float = 120.0,
        every: float = 1.0,
        **kwargs: Any,
    ) -> T:
        """Read again until `until` holds (without it: until its `status` is none of something under way).

        Raises:
            StillWaiting: it has not come to that within so many seconds.
        """
        done = until or _settled
        over, waits = time.monotonic() + seconds, _can_wait(read)
        while True:
            left = max(0.0, over - time.monotonic())
            if waits:
                kwargs["wait"] = min(LONGEST_WAIT, left) or None
            began = time.monotonic()
            found = await read(*args, **kwargs)
            if done(found):
                return found
            now = time.monotonic()
            if now >= over:
                raise StillWaiting(f"It has not come to that within {seconds:g} seconds.", found)
            if not waits or now - began < every:
                await anyio.sleep(min(every, over - now))
                every = min(every * 1.5, 15.0)

    async def close(self) -> None:
        """Close the connections."""
        if self._own:
            await self.http.aclose()

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.close()


def _prepare(http: httpx2.Client | httpx2.AsyncClient, url: str | None, key: str | None) -> None:
    url = url or os.environ.get("VIVA_URL")
    key = key or os.environ.get("VIVA_KEY")
    if not url:
        raise ValueError("Say where Viva is: Viva('https://viva.example.org', …), or VIVA_URL.")
    if not key:
        raise ValueError("Give an API key: Viva(…, key='viva_…'), or VIVA_KEY. `viva key create NAME` makes one.")
    http.base_url = httpx2.URL(url)
    http.headers["Authorization"] = f"Bearer {key}"
    http.headers["Accept"] = "application/json, */*;q=0.5"
    http.headers["User-Agent"] = f"viva-client/{__version__}"


def _raw(
    method: str,
    path: str,
    query: Mapping[str, Any] | None,
    body: Any,
    headers: Mapping[str, str] | None,
    wait: float | None,
    idempotency_key: str | None,
    if_match: str | None,
) -> Call:
    # A path may hold braces of its own, which are not for us to fill in.
    address = path.replace("{", "{{").replace("}", "}}")
    return Call(
        method.upper(),
        address,
        query=query or {},
        headers=headers or {},
        body=body,
        wait=wait,
        idempotency_key=idempotency_key,
        if_match=if_match,
    )


def _can_wait(read: Callable[..., Any]) -> bool:
    return "wait" in inspect.signature(read).parameters


def _settled(found: Any) -> bool:
    return getattr(found, "status", None) not in UNDER_WAY
