"""Lists: iterated from the first thing to the last, the pages fetched as they are needed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any, Generic, TypeVar, cast

from viva_client.calls import AsyncCaller, Call, Caller

Page = TypeVar("Page")
Item = TypeVar("Item")


def _next(call: Call, page: Any) -> Call | None:
    cursor = page.next_cursor
    return replace(call, query={**call.query, "cursor": cursor}) if cursor else None


class Listing(Generic[Page, Item]):
    """A list. `for thing in listing` goes through all of it; `page()` is one page, `pages()` are all."""

    def __init__(self, caller: Caller, call: Call, kind: type[Page]) -> None:
        self._caller = caller
        self._first = call
        self._kind = kind

    def page(self) -> Page:
        """The page that was asked for (the first, without a `cursor`)."""
        return cast(Page, self._caller.call(self._first, {200: self._kind}))

    def pages(self) -> Iterator[Page]:
        """Page after page."""
        call: Call | None = self._first
        while call is not None:
            page = self._caller.call(call, {200: self._kind})
            yield page
            call = _next(call, page)

    def __iter__(self) -> Iterator[Item]:
        """Go through all of it."""
        for page in self.pages():
            yield from cast(Any, page).items


class AsyncListing(Generic[Page, Item]):
    """A list. `async for thing in listing` goes through all of it; `await page()` is one page, `pages()` are all."""

    def __init__(self, caller: AsyncCaller, call: Call, kind: type[Page]) -> None:
        self._caller = caller
        self._first = call
        self._kind = kind

    async def page(self) -> Page:
        """The page that was asked for (the first, without a `cursor`)."""
        return cast(Page, await self._caller.call(self._first, {200: self._kind}))

    async def pages(self) -> AsyncIterator[Page]:
        """Page after page."""
        call: Call | None = self._first
        while call is not None:
            page = await self._caller.call(call, {200: self._kind})
            yield page
            call = _next(call, page)

    async def __aiter__(self) -> AsyncIterator[Item]:
        """Go through all of it."""
        async for page in self.pages():
            for item in cast(Any, page).items:
                yield item
