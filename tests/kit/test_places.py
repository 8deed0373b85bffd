"""More requests at once than connections: they take turns, and nobody stands in another's way."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from httpx2 import ASGITransport, AsyncClient
from people import Person
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app.accounts.keys import create_key
from app.kit.config import Settings
from app.kit.errors import Unavailable
from app.kit.places import Places
from app.kit.waiting import Waiter
from app.main import create_app


def test_far_more_requests_than_connections_are_all_served(
    database_url: str, tmp_path: Path, sessions: sessionmaker[Session]
) -> None:
    """With one thread for each of them and no turns, those that wait for a connection hold up those that have one."""
    with sessions.begin() as session:
        key = create_key(session, "many")
    app = create_app(Settings(data_dir=tmp_path, encoder="hashed", database_pool=2), database_url)
    with TestClient(app, raise_server_exceptions=False) as client, ThreadPoolExecutor(120) as people:
        headers = {"authorization": f"Bearer {key}"}
        replies = [people.submit(client.get, "/api/v1/questions", headers=headers) for _ in range(240)]
        assert Counter(reply.result().status_code for reply in replies) == {200: 240}


def test_slow_senders_hold_up_nobody(database_url: str, tmp_path: Path, alice: Person) -> None:
    """Answers whose bodies never come: they have taken nothing yet."""
    sitting = alice.sit()
    cookie = "; ".join(f"{one.name}={one.value}" for one in alice.http.cookies.jar)
    app = create_app(Settings(data_dir=tmp_path, encoder="hashed", database_pool=2), database_url)
    path = sitting.item_url(0, "answer")

    async def never() -> dict[str, object]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def nowhere(message: object) -> None:
        raise AssertionError(message)

    async def story() -> None:
        headers = [(b"cookie", cookie.encode()), (b"content-type", b"application/json"), (b"content-length", b"20")]
        scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
        scope |= {"headers": headers, "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 80)}
        async with app.router.lifespan_context(app):
            slow = [asyncio.create_task(app(dict(scope), never, nowhere)) for _ in range(8)]  # type: ignore[arg-type]
            await asyncio.sleep(0.3)
            async with AsyncClient(transport=ASGITransport(app=app), base_url="http://127.0.0.1") as client:
                page = await client.get("/questions", headers={"cookie": cookie})
            assert page.status_code == 200
            for task in slow:
                task.cancel()
            await asyncio.gather(*slow, return_exceptions=True)

    asyncio.run(story())


def test_who_waits_is_answered_when_the_server_stops(database_url: str) -> None:
    async def story() -> None:
        waiter = Waiter(database_url, Places(4))
        await waiter.start()
        looks = []
        waits = asyncio.create_task(waiter.until("answer:1", 60, lambda: looks.append(1)))
        await asyncio.sleep(0.5)
        before = len(looks)
        await waiter.stop()
        assert await asyncio.wait_for(waits, 5) is None
        assert len(looks) > before, "it did not look for the last time"

    asyncio.run(story())


def test_who_waits_too_long_is_told_so_and_the_place_is_not_lost() -> None:
    async def story() -> None:
        places = Places(2, wait_seconds=0.05)
        async with places.one():
            with pytest.raises(Unavailable, match="more to do than it can"):
                async with places.one():
                    pass
        async with places.one():
            pass

    asyncio.run(story())


def test_a_place_comes_back_when_its_request_fails() -> None:
    async def story() -> None:
        places = Places(2, wait_seconds=0.05)
        with pytest.raises(ZeroDivisionError):
            async with places.one():
                raise ZeroDivisionError
        async with places.one():
            pass

    asyncio.run(story())
