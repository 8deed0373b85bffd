"""Batches of gradings: in whole, line by line, cancelled, killed half-way, forgotten."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import Api
from httpx2 import Response
from integrator import GOOD, Integrator, problem
from sqlalchemy.orm import Session, sessionmaker
from test_api_gradings import BY_REFERENCE, BY_RUBRIC, BY_SLUG, graded

from app.assessments import batch_work
from app.assessments.batch_work import BatchWork
from app.assessments.scorer import GIVE_WAY_SECONDS, Asked, Scorer
from app.embedding.hashed import DeterministicEncoder
from app.kit.config import Settings
from app.scoring.encoded import EncodedText

PATH = "/grading-batches"
NDJSON = {"content-type": "application/x-ndjson"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", encoder="hashed", max_batch_bytes=1024 * 1024)


@pytest.fixture(autouse=True)
def slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """How much is done at once depends on how quick the machine is: not here."""
    monkeypatch.setattr(batch_work, "SECONDS_AT_ONCE", 60.0)


@pytest.fixture
def mine(api: Api) -> Integrator:
    return Integrator.of(api, "gradings:write")


@pytest.fixture
def work(sessions: sessionmaker[Session]) -> BatchWork:
    return BatchWork(sessions, Scorer(DeterministicEncoder()))


def small(number: int) -> dict[str, Any]:
    return {"id": number, "answer": f"Weights change, {number}.", "references": ["Weights change."]}


def sent(mine: Integrator, body: list[Any]) -> dict[str, Any]:
    response = mine.post(PATH, body)
    assert response.status_code == 202, response.text
    return dict(response.json())


def results(mine: Integrator, batch: dict[str, Any], limit: int = 100) -> list[dict[str, Any]]:
    """All of them, page by page."""
    found: list[dict[str, Any]] = []
    path: str | None = f"{batch['links']['results']}?limit={limit}"
    while path:
        response = mine.get(path)
        assert response.status_code == 200, response.text
        found += response.json()["items"]
        path = response.links["next"]["url"] if "next" in response.links else None
        assert (path is None) == (response.json()["next_cursor"] is None)
    return found


def test_from_the_body_to_the_results(mine: Integrator, work: BatchWork) -> None:
    body = [BY_REFERENCE, {"id": "bad", "answer": 7, "references": [GOOD]}, BY_RUBRIC, {"answer": "a", "slug": "none"}]
    response = mine.post(PATH, body)
    assert response.status_code == 202, response.text
    batch = response.json()
    assert response.headers["location"] == batch["url"] == f"/api/v1{PATH}/{batch['id']}"
    told = {name: batch[name] for name in ("status", "total", "done", "failed", "progress", "started_at")}
    assert told == {"status": "queued", "total": 4, "done": 0, "failed": 0, "progress": 0, "started_at": None}
    assert [line["status"] for line in results(mine, batch)] == ["queued"] * 4
    assert work.work()
    assert not work.work()
    batch = mine.get(batch["url"]).json()
    assert (batch["status"], batch["done"], batch["failed"], batch["progress"]) == ("done", 2, 2, 1)
    assert batch["created_at"] <= batch["started_at"] <= batch["finished_at"] < batch["expires_at"]
    assert results(mine, batch) == [
        {"line": 1, "status": "done", "result": graded(BY_REFERENCE)},
        {"line": 2, "status": "failed", "result": {"id": "bad", "error": "answer: must be text"}},
        {"line": 3, "status": "done", "result": graded(BY_RUBRIC)},
        {
            "line": 4,
            "status": "failed",
            "result": {"id": None, "error": "slug: there is no question 'none' in the bank"},
        },
    ]
    assert mine.get(PATH).json()["items"] == [batch]
    # What was sent is not kept longer than it is needed.
    assert mine.sql("SELECT 1 FROM grading_lines WHERE request IS NOT NULL") == []


def test_lines_of_a_file(mine: Integrator, work: BatchWork) -> None:
    """As `viva grade` takes them: empty lines are counted, bad ones spoil nothing."""
    lines = [
        json.dumps(BY_REFERENCE).encode(),
        b"",
        b"{not JSON",
        b"\xff\xfe",
        b"[1]",
        b'{"id": "n", "answer": "a\\u0000b"}',
        b'{"answer": "a", "references": ["b"], "samples": [{"text": "c", "grade": NaN}]}',
        b'{"id": "x\\u0000", "answer": "\\ud800"}',
        b"[" * 100_000,
        json.dumps(BY_RUBRIC).encode(),
    ]
    response = mine.post(PATH, content=b"\r\n".join(lines), headers=NDJSON)
    assert response.status_code == 202, response.text
    batch = response.json()
    assert (batch["total"], batch["failed"]) == (9, 7)
    work.work()
    found = {line["line"]: line["result"] for line in results(mine, batch)}
    assert sorted(found) == [1, 3, 4, 5, 6, 7, 8, 9, 10]
    assert (found[1], found[10]) == (graded(BY_REFERENCE), graded(BY_RUBRIC))
    errors = {line: one["error"] for line, one in found.items() if "error" in one}
    assert errors.pop(3).startswith("the line is not JSON: Expecting property name")
    assert errors == {
        4: "the line is not UTF-8",
        5: "must be an object",
        6: "answer holds a NUL character (U+0000): remove it",
        7: "NaN is not a number that JSON knows",
        8: "id holds a NUL character (U+0000): remove it",
        9: "the line is nested too deeply",
    }
    assert (found[6]["id"], found[8]["id"]) == ("n", None)


def test_a_batch_of_bad_lines_is_done_at_once(mine: Integrator, work: BatchWork) -> None:
    batch = mine.post(PATH, content=b"no\nno", headers=NDJSON).json()
    assert (batch["status"], batch["failed"], batch["progress"]) == ("done", 2, 1)
    assert batch["finished_at"]
    assert not work.work()


def test_slugs_are_what_they_were_when_the_batch_came(mine: Integrator, api: Api, work: BatchWork) -> None:
    single = Integrator.of(api).post("/gradings", BY_SLUG).json()
    batch = sent(mine, [BY_SLUG] * 3)
    mine.sql("UPDATE questions SET status = 'retired' WHERE slug = 'what-learning-is'")
    work.work()
    ((requests,),) = mine.sql("SELECT requests FROM gradings WHERE id = :id", id=single["id"])
    assert [line["result"] for line in results(mine, batch)] == [graded(requests[0])] * 3


def test_pages_in_the_order_of_the_lines(mine: Integrator, work: BatchWork) -> None:
    batch = sent(mine, [small(number) for number in range(150)])
    while work.work():
        pass
    found = results(mine, batch, limit=40)
    assert [line["line"] for line in found] == list(range(1, 151))
    assert [line["result"]["id"] for line in found] == list(range(150))
    assert found == results(mine, batch, limit=500)
    for bad in ("?limit=501", "?limit=0", "?cursor=nonsense", "?cursor=WyItMSJd"):
        problem(mine.get(batch["links"]["results"] + bad), 422, "invalid")


def test_waiting_for_the_end(mine: Integrator, work: BatchWork) -> None:
    over = threading.Event()

    def go_on() -> None:
        while not over.is_set():
            work.work()
            time.sleep(0.05)

    worker = threading.Thread(target=go_on)
    worker.start()
    try:
        response = mine.post(PATH, [small(1)], wait=20)
        assert (response.status_code, response.json()["status"]) == (200, "done")
        assert response.headers["preference-applied"] == "wait=20"
        later = mine.post(PATH, [small(number) for number in range(100)]).json()
        assert mine.get(later["url"], wait=20).json()["status"] == "done"
    finally:
        over.set()
        worker.join()


def test_sent_twice_with_a_key_is_one_batch(mine: Integrator) -> None:
    def send(number: int) -> Response:
        body = json.dumps(small(number)).encode()
        return mine.post(PATH, content=body, headers=NDJSON | {"idempotency-key": "one"})

    first, again = send(1), send(1)
    assert (first.status_code, again.status_code, first.json()) == (202, 202, again.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    problem(send(2), 422, "idempotency-key-reused")
    assert mine.sql("SELECT count(*) FROM grading_batches") == [(1,)]


def test_cancelling_keeps_what_is_done(mine: Integrator, work: BatchWork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_work, "LINES_AT_ONCE", 2)
    batch = sent(mine, [small(number) for number in range(5)])
    assert work.work()
    assert mine.get(batch["url"]).json()["status"] == "running"
    cancelled = mine.call("DELETE", batch["url"])
    assert (cancelled.status_code, cancelled.json()["status"], cancelled.json()["done"]) == (200, "cancelled", 2)
    assert mine.call("DELETE", batch["url"]).json() == cancelled.json() == mine.get(batch["url"]).json()
    assert not work.work()
    assert [line["status"] for line in results(mine, batch)] == ["done"] * 2 + ["cancelled"] * 3
    done = sent(mine, [small(1)])
    work.work()
    problem(mine.call("DELETE", done["url"]), 409, "already-finished")
    actions = mine.sql(
        "SELECT action FROM audit_events WHERE subject = :s ORDER BY at", s=f"grading_batch:{batch['id']}"
    )
    assert [action for (action,) in actions] == ["grading_batch.created", "grading_batch.cancelled"]


def test_cancelled_while_lines_are_scored(mine: Integrator, sessions: sessionmaker[Session]) -> None:
    held, go = threading.Event(), threading.Event()

    class Slow(DeterministicEncoder):
        def encode(self, text: str) -> EncodedText:
            held.set()
            assert go.wait(30)
            return super().encode(text)

    batch = sent(mine, [small(1), small(2)])
    worker = threading.Thread(target=BatchWork(sessions, Scorer(Slow())).work)
    worker.start()
    assert held.wait(10)
    assert mine.call("DELETE", batch["url"]).json()["status"] == "cancelled"
    go.set()
    worker.join(30)
    after = mine.get(batch["url"]).json()
    assert (after["status"], after["done"]) == ("cancelled", 2)


def test_a_worker_that_dies_loses_nothing_and_does_nothing_twice(
    mine: Integrator, sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a killed process leaves is an open transaction that the server ends: so does an exception out of the blue."""
    monkeypatch.setattr(batch_work, "LINES_AT_ONCE", 4)
    seen: list[str] = []

    class Mortal(DeterministicEncoder):
        dies = False

        def encode(self, text: str) -> EncodedText:
            if text.startswith("Weights change, "):
                seen.append(text)
                if self.dies and text.endswith("6."):
                    raise KeyboardInterrupt
            return super().encode(text)

    batch = sent(mine, [small(number) for number in range(10)])
    first = Mortal()
    dying = BatchWork(sessions, Scorer(first))
    assert dying.work()
    first.dies = True
    with pytest.raises(KeyboardInterrupt):
        dying.work()
    assert mine.get(batch["url"]).json()["done"] == 4
    heir = BatchWork(sessions, Scorer(Mortal()))
    while heir.work():
        pass
    after = mine.get(batch["url"]).json()
    assert (after["status"], after["done"]) == ("done", 10)
    assert [line["result"] for line in results(mine, batch)] == [graded(small(number)) for number in range(10)]
    times = {number: seen.count(f"Weights change, {number}.") for number in range(10)}
    # Stored before the death: once. Of those under way, what was scored is scored again, as nobody has it.
    assert [times[number] for number in range(4)] == [1] * 4
    assert all(times[number] <= 2 for number in range(10))


def test_one_line_that_fails_for_no_reason_of_its_own(mine: Integrator, sessions: sessionmaker[Session]) -> None:
    class Odd(DeterministicEncoder):
        def encode(self, text: str) -> EncodedText:
            if "1." in text:
                raise RuntimeError("odd")
            return super().encode(text)

    batch = sent(mine, [small(0), small(1)])
    BatchWork(sessions, Scorer(Odd())).work()
    found = results(mine, batch)
    assert [line["status"] for line in found] == ["done", "failed"]
    assert found[1]["result"] == {
        "id": 1,
        "error": "Viva met an error of its own; it is logged. Send this line again.",
    }


def test_workers_share_a_batch(
    mine: Integrator, sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_work, "LINES_AT_ONCE", 5)
    batch = sent(mine, [small(number) for number in range(100)])

    def go_on() -> None:
        own = BatchWork(sessions, Scorer(DeterministicEncoder()))
        while own.work():
            pass

    workers = [threading.Thread(target=go_on) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    after = mine.get(batch["url"]).json()
    assert (after["status"], after["done"], after["failed"]) == ("done", 100, 0)


def test_batches_take_turns(mine: Integrator, work: BatchWork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_work, "LINES_AT_ONCE", 2)
    large, little = sent(mine, [small(number) for number in range(20)]), sent(mine, [small(1)])
    work.work()
    work.work()
    assert mine.get(little["url"]).json()["status"] == "done"
    assert mine.get(large["url"]).json()["done"] == 2


def test_a_batch_gives_way_to_an_answer() -> None:
    """While somebody waits for a score, a batch scores nothing (for a second: it never stands still for ever)."""
    held, go = threading.Event(), threading.Event()

    class Slow(DeterministicEncoder):
        def encode(self, text: str) -> EncodedText:
            held.set()
            assert go.wait(30)
            return super().encode(text)

    scorer = Scorer(Slow(), at_once=2)
    asked = Asked("Q?", {"criteria": [{"id": "a", "facet": "what", "statements": ["Weights change."]}]}, [])
    answer = threading.Thread(target=lambda: scorer.score("key", lambda: asked, GOOD))
    began = time.monotonic()
    scorer.give_way()
    assert time.monotonic() - began < 0.5
    answer.start()
    assert held.wait(10)
    began = time.monotonic()
    scorer.give_way()
    assert 0.9 * GIVE_WAY_SECONDS < time.monotonic() - began < 5
    go.set()
    answer.join(10)
    began = time.monotonic()
    scorer.give_way()
    assert time.monotonic() - began < 0.5


def test_forgotten_when_its_time_is_over(mine: Integrator, work: BatchWork) -> None:
    old, young, open_ = sent(mine, [small(1)] * 3), sent(mine, [small(1)]), None
    while work.work():
        pass
    open_ = sent(mine, [small(1)])
    mine.sql(
        "UPDATE grading_batches SET finished_at = viva_now() - interval '7 days 1 second' WHERE id = :i", i=old["id"]
    )
    work.tidy()
    problem(mine.get(old["url"]), 404, "not-found")
    assert {one["id"] for one in mine.get(PATH).json()["items"]} == {young["id"], open_["id"]}
    assert mine.sql("SELECT count(*) FROM grading_lines") == [(2,)]
    said = mine.sql("SELECT actor, detail FROM audit_events WHERE action = 'grading_batch.deleted'")
    assert [tuple(row) for row in said] == [("system", {"lines": 3, "after_days": 7})]


@pytest.mark.parametrize(
    ("body", "kind", "status", "problem_type", "words"),
    [
        (b"[", "application/json", 400, "malformed", "The body is not JSON ("),
        (b"[\xff]", "application/json", 400, "malformed", "The body is not UTF-8"),
        (b"[" * 100_000, "application/json", 400, "malformed", "The body is not JSON that can be read"),
        (b"{}", "application/json", 422, "invalid", "The body must be a JSON list"),
        (b"[]", "application/json; charset=utf-8", 422, "invalid", "Send at least one object"),
        (b"\n\n", "application/x-ndjson", 422, "invalid", "Send at least one object"),
        (b"[{}]", "text/plain", 422, "invalid", "Send a JSON list with the header"),
        (b"no\n" * 10_001, "application/x-ndjson", 413, "too-large", "At most 10,000 answers in one batch"),
        (b" " * 1024 * 1024 + b"[]", "application/json", 413, "too-large", "The request is larger than 1024 KiB"),
    ],
)
def test_bodies_that_are_none(
    mine: Integrator, body: bytes, kind: str, status: int, problem_type: str, words: str
) -> None:
    response = mine.post(PATH, content=body, headers={"content-type": kind})
    assert problem(response, status, problem_type)["detail"].startswith(words)
    assert mine.sql("SELECT 1 FROM grading_batches") == []


def test_too_many_questions(mine: Integrator) -> None:
    body = [{"answer": "a", "slug": f"q-{number}"} for number in range(1001)]
    problem(mine.post(PATH, body), 413, "too-large")


def test_a_large_body_is_read_only_with_a_key(mine: Integrator) -> None:
    large = b" " * (600 * 1024) + b"[1]"
    headers = {"content-type": "application/json", "authorization": "Bearer viva_unknown"}
    problem(mine.http.post(f"/api/v1{PATH}", content=large, headers=headers), 401, "unauthenticated")
    assert mine.post(PATH, content=large, headers={"content-type": "application/json"}).status_code == 202
    # Other routes keep the general cap.
    problem(mine.post("/gradings", content=large, headers={"content-type": "application/json"}), 413, "too-large")
