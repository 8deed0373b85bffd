"""More requests at once than connections: they take turns, and nobody stands in another's way."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app.accounts.keys import create_key
from app.kit.config import Settings
from app.kit.errors import Unavailable
from app.kit.places import Places
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
