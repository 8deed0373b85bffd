from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app.accounts.service import forget_expired
from app.kit.idempotency import forget_old_records

URL = "/api/v1/interviews"
BODY = {"candidate": {"external_id": "c-1", "name": "Carol"}, "questions": ["dropout"], "start": False}


@pytest.fixture
def post(api: Any, client: TestClient) -> Any:
    headers = api.key()
    return lambda key, body=BODY, **more: client.post(
        URL, json=body, headers={**headers, **more, "idempotency-key": key}
    )


def interviews(sessions: sessionmaker[Session]) -> int:
    with sessions.begin() as session:
        return session.scalar(text("SELECT count(*) FROM interviews")) or 0


def test_what_is_sent_twice_is_done_once_and_answered_the_same(post: Any, sessions: sessionmaker[Session]) -> None:
    first, again, quoted = post("k-1"), post("k-1"), post('"k-1"')
    assert first.status_code == again.status_code == quoted.status_code == 201
    assert first.content == again.content == quoted.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["content-type"] == first.headers["content-type"]
    assert interviews(sessions) == 1
    assert post("k-2").json()["id"] != first.json()["id"]


def test_another_request_with_the_key_is_refused(post: Any, sessions: sessionmaker[Session]) -> None:
    post("k-1")
    other = post("k-1", {**BODY, "questions": ["gan"]})
    assert other.status_code == 422
    assert other.json()["type"].endswith("/idempotency-key-reused")
    assert interviews(sessions) == 1


def test_a_refusal_is_repeated_too_and_one_of_the_caller_is_not(post: Any, api: Any, client: TestClient) -> None:
    bad = {**BODY, "questions": ["no-such-question"]}
    assert post("k-1", bad).status_code == post("k-1", bad).status_code == 404
    assert post("k-1", bad).headers["idempotency-replayed"] == "true"
    poor = {**api.key("bank:read"), "idempotency-key": "k-1"}
    for _ in range(2):
        refused = client.post(URL, json=BODY, headers=poor)
        assert refused.status_code == 403
        assert "idempotency-replayed" not in refused.headers


def test_keys_of_two_callers_have_nothing_to_do_with_each_other(post: Any, api: Any, client: TestClient) -> None:
    other = {**api.key(org="other"), "idempotency-key": "k-1"}
    assert post("k-1").json()["id"] != client.post(URL, json=BODY, headers=other).json()["id"]


@pytest.mark.parametrize("key", ["", "   ", '""', "x" * 256, "schlüssel"])
def test_a_key_that_is_none_is_refused(api: Any, client: TestClient, key: str) -> None:
    raw = {name.encode(): value.encode() for name, value in api.key().items()} | {
        b"idempotency-key": key.encode("latin-1")
    }
    answer = client.post(URL, json=BODY, headers=raw)
    assert answer.status_code == 422
    assert "printable ASCII" in answer.json()["detail"]


def test_many_at_once_make_one(post: Any, sessions: sessionmaker[Session]) -> None:
    barrier = threading.Barrier(8)

    def send(_: int) -> Any:
        barrier.wait()
        return post("k-1")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    made = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert len(made) == 1
    assert all(a.json()["type"].endswith("/idempotency-in-flight") for a in answers if a.status_code == 409)
    assert interviews(sessions) == 1
    assert post("k-1").json()["id"] in made


def died(sessions: sessionmaker[Session], *, committed: bool) -> None:
    """As if the process had died a while ago, after the record and before the answer was kept."""
    with sessions.begin() as session:
        session.execute(
            text(
                "UPDATE idempotency_records SET status = NULL, headers = NULL, body = NULL,"
                " begun_at = viva_now() - interval '2 minutes',"
                " committed_at = CASE WHEN :committed THEN committed_at END"
            ),
            {"committed": committed},
        )


def test_a_process_that_died_after_the_commit_is_not_followed_by_a_second_one(
    post: Any, sessions: sessionmaker[Session]
) -> None:
    post("k-1")
    died(sessions, committed=True)
    lost = post("k-1")
    assert lost.status_code == 409
    assert lost.json()["type"].endswith("/idempotency-answer-lost")
    assert interviews(sessions) == 1


def test_a_process_that_died_before_the_commit_is(post: Any, sessions: sessionmaker[Session]) -> None:
    post("k-1")
    with sessions.begin() as session:
        session.execute(text("DELETE FROM interviews"))
    died(sessions, committed=False)
    assert post("k-1", {**BODY, "questions": ["gan"]}).status_code == 422
    assert post("k-1").status_code == 201
    assert interviews(sessions) == 1


def test_records_are_forgotten_after_a_day(post: Any, sessions: sessionmaker[Session]) -> None:
    post("k-1")
    with sessions.begin() as session:
        session.execute(text("UPDATE idempotency_records SET begun_at = begun_at - interval '25 hours'"))
    assert post("k-1").status_code == 201
    assert interviews(sessions) == 2
    with sessions.begin() as session:
        session.execute(text("UPDATE idempotency_records SET begun_at = begun_at - interval '25 hours'"))
        forget_expired(session)
        forget_old_records(session)
        assert session.scalar(text("SELECT count(*) FROM idempotency_records")) == 0
