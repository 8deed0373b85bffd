"""Limits of calls: per key and per address, the same in all web processes, with headers that tell where one stands."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from conftest import Api
from integrator import Integrator, problem
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app.kit.config import Settings
from app.main import create_app

LIMIT = 40
SMALL = {"answer": "a", "references": ["b c d."]}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        encoder="hashed",
        calls_per_minute=LIMIT,
        calls_per_minute_without_key=5,
        gradings_per_hour=150,
    )


@contextmanager
def replicas(count: int, settings: Settings, database_url: str) -> Iterator[list[TestClient]]:
    """Several web applications on one database."""
    with ExitStack() as stack:
        yield [stack.enter_context(TestClient(create_app(settings, database_url))) for _ in range(count)]


def standing(response: object) -> dict[str, tuple[int, int]]:
    """name → (left, seconds), of a `RateLimit` header."""
    header = response.headers["ratelimit"]  # type: ignore[attr-defined]
    return {name: (int(r), int(t)) for name, r, t in re.findall(r'"([a-z-]+)";r=(\d+);t=(\d+)', header)}


def over_now(sessions: sessionmaker[Session]) -> None:
    """Let the windows be over: a minute later on Viva's clock."""
    with sessions.begin() as session:
        session.execute(text("UPDATE throttle_counts SET expires_at = expires_at - interval '1 hour'"))


def test_headers_tell_where_one_stands(api: Api) -> None:
    mine = Integrator.of(api)
    first, second = mine.get("/questions"), mine.get("/nothing")
    assert first.headers["ratelimit-policy"] == second.headers["ratelimit-policy"] == '"calls-per-key";q=40;w=60'
    assert standing(first)["calls-per-key"][0] == LIMIT - 1
    left, seconds = standing(second)["calls-per-key"]
    assert left == LIMIT - 2
    assert 55 <= seconds <= 60


def test_over_the_limit(api: Api, sessions: sessionmaker[Session]) -> None:
    mine, other = Integrator.of(api), Integrator.of(api)
    for _ in range(LIMIT):
        assert mine.get("/templates").status_code == 200
    refused = mine.get("/templates")
    body = problem(refused, 429, "too-many")
    assert body["limit"] == "calls-per-key"
    assert body["detail"].startswith("This key may call 40 times a minute: wait ")
    assert 1 <= int(refused.headers["retry-after"]) == body["retry_after_seconds"] <= 60
    assert standing(refused)["calls-per-key"] == (0, body["retry_after_seconds"])
    # Another key, a page, and the same key in the next window are not touched.
    assert standing(other.get("/templates"))["calls-per-key"][0] == LIMIT - 1
    assert mine.http.get("/healthz").status_code == 200
    over_now(sessions)
    assert standing(mine.get("/templates"))["calls-per-key"][0] == LIMIT - 1


def test_what_is_refused_does_nothing(api: Api) -> None:
    mine = Integrator.of(api)
    for _ in range(LIMIT):
        mine.get("/nothing")
    key = {"idempotency-key": "one"}
    problem(mine.post("/gradings", SMALL, headers=key), 429, "too-many")
    assert mine.sql("SELECT 1 FROM gradings") == []
    over_now(mine.sessions)
    assert mine.post("/gradings", SMALL, headers=key).status_code == 202


def test_one_limit_in_all_web_processes(
    settings: Settings, database_url: str, api: Api, sessions: sessionmaker[Session]
) -> None:
    """Four of them, sixteen callers at once: exactly so many calls are served, and no two have the same place."""
    mine, other = Integrator.of(api), Integrator.of(api)
    seen: list[tuple[int, int]] = []
    with replicas(4, settings, database_url) as clients:
        for client in clients:
            # What an application makes with its first request it makes on one thread, as in a process of its own.
            assert client.get("/api/v1/templates").status_code == 401

        def call(number: int) -> None:
            client = clients[number % 4]
            for _ in range(5):
                response = client.get("/api/v1/templates", headers=mine.headers)
                seen.append((response.status_code, standing(response)["calls-per-key"][0]))

        callers = [threading.Thread(target=call, args=(number,)) for number in range(16)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join(120)
        assert Counter(status for status, _ in seen) == {200: LIMIT, 429: 80 - LIMIT}
        assert sorted(left for status, left in seen if status == 200) == list(range(LIMIT))
        assert clients[0].get("/api/v1/templates", headers=other.headers).status_code == 200


def test_without_a_good_key_the_address_counts(api: Api) -> None:
    mine = Integrator.of(api)
    bad = {"accept": "application/json"}
    for number in range(5):
        # A new invented key each time gives no new calls.
        response = api.client.get("/api/v1/templates", headers=bad | {"authorization": f"Bearer viva_{number}"})
        problem(response, 401, "unauthenticated")
        assert standing(response) == {"calls-per-address": (4 - number, standing(response)["calls-per-address"][1])}
    refused = api.client.get("/api/v1/openapi.json", headers=bad)
    assert problem(refused, 429, "too-many")["limit"] == "calls-per-address"
    assert mine.get("/templates").status_code == 200


def test_a_revoked_key_is_no_key(api: Api) -> None:
    mine = Integrator.of(api)
    mine.sql("UPDATE api_keys SET revoked_at = viva_now()")
    assert "calls-per-address" in standing(mine.get("/templates"))


def test_gradings_count_by_the_answer(api: Api, sessions: sessionmaker[Session]) -> None:
    mine = Integrator.of(api, "gradings:write")
    response = mine.post("/gradings", [SMALL] * 90)
    assert response.status_code == 202
    assert response.headers["ratelimit-policy"] == '"calls-per-key";q=40;w=60, "gradings-per-key";q=150;w=3600'
    assert standing(response)["gradings-per-key"][0] == 60
    refused = mine.post("/grading-batches", [SMALL] * 61)
    body = problem(refused, 429, "too-many")
    assert body["limit"] == "gradings-per-key"
    assert body["detail"].startswith("This key may have 150 answers an hour scored, and 60 are left: ")
    assert int(refused.headers["retry-after"]) > 3500
    assert mine.sql("SELECT 1 FROM grading_batches") == []
    # All or none: what was refused left the rest.
    assert standing(mine.post("/grading-batches", [SMALL] * 60))["gradings-per-key"][0] == 0
    problem(mine.post("/gradings", SMALL), 429, "too-many")
    over_now(sessions)
    assert mine.post("/gradings", SMALL).status_code == 202


def test_calls_go_on_when_nobody_counts(api: Api) -> None:
    """The statement fails (a table away stands for a database away): the description needs no database."""
    mine = Integrator.of(api)
    mine.sql("ALTER TABLE throttle_counts RENAME TO throttle_counts_away")
    response = api.client.get("/api/v1/openapi.json")
    assert response.status_code == 200
    assert "ratelimit" not in response.headers
    mine.sql("ALTER TABLE throttle_counts_away RENAME TO throttle_counts")


def test_a_connection_that_ended_is_made_anew(api: Api) -> None:
    mine = Integrator.of(api)
    assert mine.get("/templates").status_code == 200
    mine.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%WITH ORDINALITY%' AND pid <> pg_backend_pid()"
    )
    assert standing(mine.get("/templates"))["calls-per-key"][0] == LIMIT - 2


def test_counts_are_written_to_no_log(session: Session) -> None:
    assert session.scalar(text("SELECT relpersistence FROM pg_class WHERE relname = 'throttle_counts'")) == "u"


def test_every_operation_says_it(client: TestClient) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(document["components"]["headers"])
    for path, operations in document["paths"].items():
        if path.startswith("/api/"):
            for operation in operations.values():
                assert set(operation["responses"]["429"]["headers"]) >= {"RateLimit", "RateLimit-Policy", "Retry-After"}
