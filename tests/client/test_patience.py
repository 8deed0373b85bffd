"""When the client sends again, and what it makes of refusals: against a server that says what the test wants."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import anyio
import httpx2
import pytest

from viva_client import (
    AsyncViva,
    Conflict,
    DraftConflict,
    NotFound,
    Retries,
    StillWaiting,
    TooMany,
    Unavailable,
    Unexpected,
    Unreachable,
    Viva,
    VivaProblem,
)

Answer = tuple[int, dict[str, str], Any] | None
QUICK = Retries(times=3, first_seconds=0.01, longest_seconds=0.02)


class Script(ThreadingHTTPServer):
    """Answers one after the other; None hangs up. What was asked is kept."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = []
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.at: list[float] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Script
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        self.server.at.append(time.monotonic())
        answer = self.server.answers.pop(0)
        if answer is None:
            self.close_connection = True
            return
        status, headers, content = answer
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(raw)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any

    def log_message(self, *_: Any) -> None:
        pass


def refusal(status: int, kind: str, **more: Any) -> Answer:
    headers = {"Content-Type": "application/problem+json"} | more.pop("headers", {})
    body = {
        "type": f"/docs/problems/{kind}",
        "title": "A title",
        "status": status,
        "detail": "What happened.",
        "instance": "/api/v1/x",
        "request_id": "abc",
    }
    return status, headers, body | more


@pytest.fixture
def script() -> Iterator[Script]:
    with Script() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def viva(script: Script) -> Iterator[Viva]:
    with Viva(script.url, "viva_secret", retries=QUICK, timeout=5) as client:
        yield client


GRADING = {
    "id": "7f0c1b1e-3f3e-4f6e-9f4e-0a9d9c0c0001",
    "status": "queued",
    "url": "/api/v1/gradings/1",
    "created_at": "2026-01-01T00:00:00Z",
    "completed_at": None,
    "result": None,
}


def test_a_get_is_sent_again_until_it_is_answered(script: Script, viva: Viva) -> None:
    script.answers = [
        None,
        refusal(503, "unavailable"),
        (502, {"Content-Type": "text/html"}, b"<p>proxy"),
        (200, {}, GRADING),
    ]
    assert viva.gradings.read_grading(GRADING["id"]).status == "queued"
    assert len(script.asked) == 4


def test_a_post_keeps_its_key_through_all_tries(script: Script, viva: Viva) -> None:
    script.answers = [None, refusal(409, "idempotency-in-flight"), (202, {}, GRADING)]
    viva.gradings.create_grading({"answer": "ü", "references": ["b"]})
    keys = {headers["idempotency-key"] for _, _, headers, _ in script.asked}
    assert len(script.asked) == 3
    assert len(keys) == 1
    assert all(body == '{"answer": "ü", "references": ["b"]}'.encode() for _, _, _, body in script.asked)
    script.answers = [(202, {}, GRADING), (202, {}, GRADING)]
    viva.gradings.create_grading({"answer": "a"}, idempotency_key="mine")
    viva.gradings.create_grading({"answer": "a"})
    assert script.asked[-2][2]["idempotency-key"] == "mine"
    assert script.asked[-1][2]["idempotency-key"] not in keys | {"mine"}


def test_a_put_is_sent_again_only_where_it_was_surely_not_done(script: Script, viva: Viva) -> None:
    ids = ("7f0c1b1e-3f3e-4f6e-9f4e-0a9d9c0c0001", "7f0c1b1e-3f3e-4f6e-9f4e-0a9d9c0c0002")
    script.answers = [refusal(503, "unavailable")]
    with pytest.raises(Unavailable):
        viva.interviews.save_draft(*ids, {"text": "a", "base_revision": 0})
    script.answers = [None]
    with pytest.raises(Unreachable):
        viva.interviews.save_draft(*ids, {"text": "a", "base_revision": 0})
    saved = {"revision": 1, "saved_at": "2026-01-01T00:00:00Z", "remaining_ms": 5}
    script.answers = [refusal(429, "too-many", headers={"Retry-After": "0"}), (200, {}, saved)]
    assert viva.interviews.save_draft(*ids, {"text": "a", "base_revision": 0}).revision == 1
    assert len(script.asked) == 4


def test_retry_after_is_obeyed_and_a_long_one_is_an_error(script: Script, viva: Viva) -> None:
    script.answers = [refusal(429, "too-many", headers={"Retry-After": "1"}), (200, {}, GRADING)]
    viva.gradings.read_grading("1")
    assert script.at[1] - script.at[0] >= 1
    script.answers = [refusal(429, "too-many", headers={"Retry-After": "3600"})]
    with pytest.raises(TooMany) as raised:
        viva.gradings.read_grading("1")
    assert raised.value.retry_after == 3600
    assert len(script.asked) == 3


def test_it_gives_up(script: Script, viva: Viva) -> None:
    script.answers = [refusal(503, "unavailable")] * 4
    with pytest.raises(Unavailable):
        viva.gradings.read_grading("1")
    assert script.answers == []
    with Viva("http://127.0.0.1:1", "k", retries=QUICK) as nobody, pytest.raises(Unreachable) as raised:
        nobody.gradings.read_grading("1")
    assert isinstance(raised.value.__cause__, httpx2.ConnectError)


@pytest.mark.parametrize("tried", range(8))
def test_pauses_double_are_drawn_and_have_a_bound(tried: int) -> None:
    retries = Retries(times=10)
    error = httpx2.ReadError("gone")
    drawn = {retries.pause("GET", tried, has_key=False, response=None, error=error) for _ in range(50)}
    most = min(8.0, 0.5 * 2**tried)
    assert len(drawn) > 1
    assert all(pause is not None and most / 2 <= pause <= most for pause in drawn)


def test_what_is_no_answer_is_no_retry(script: Script, viva: Viva) -> None:
    script.answers = [refusal(404, "not-found"), refusal(409, "conflict")]
    with pytest.raises(NotFound):
        viva.gradings.read_grading("1")
    with pytest.raises(Conflict):
        viva.gradings.create_grading({"answer": "a"})
    assert len(script.asked) == 2


def test_problems_are_told_apart(script: Script, viva: Viva) -> None:
    theirs = {"text": "newer", "revision": 2}
    script.answers = [refusal(409, "draft-conflict", theirs=theirs, errors=[{"field": "a", "message": "b"}])]
    with pytest.raises(DraftConflict) as raised:
        viva.request("PUT", "/api/v1/{x}", body={})
    found = raised.value
    assert (found.status, found.kind, found.title, found.detail) == (409, "draft-conflict", "A title", "What happened.")
    assert (found.type, found.request_id, found.extra) == ("/docs/problems/draft-conflict", "abc", {"theirs": theirs})
    assert found.errors == [{"field": "a", "message": "b"}]
    assert str(found) == "What happened. (409, draft-conflict)"
    assert script.asked[0][1] == "/api/v1/%7Bx%7D"
    # A type of a later Viva is its family's, by the status; and what is no problem document is one all the same.
    script.answers = [refusal(409, "brand-new"), (418, {"Content-Type": "text/plain"}, b"teapot")]
    with pytest.raises(Conflict) as conflict:
        viva.request("PUT", "/x")
    assert conflict.value.type == "/docs/problems/brand-new"
    with pytest.raises(VivaProblem) as odd:
        viva.request("PUT", "/x")
    assert (odd.value.status, odd.value.detail) == (418, "teapot")


def test_an_answer_of_something_else(script: Script, viva: Viva) -> None:
    script.answers = [(200, {"Content-Type": "text/html"}, b"<p>Log in to this hotel</p>")]
    with pytest.raises(Unexpected):
        viva.gradings.read_grading("1")


def test_what_a_later_viva_adds_is_kept(script: Script, viva: Viva) -> None:
    script.answers = [(200, {"ETag": '"v1"', "X-Request-Id": "r1"}, GRADING | {"status": "paused", "news": [1]})]
    found = viva.gradings.read_grading("1")
    assert (found.status, found.etag, found.request_id) == ("paused", '"v1"', "r1")
    assert found.model_extra == {"news": [1]}


def test_preconditions_waits_and_queries_on_the_wire(script: Script, viva: Viva) -> None:
    script.answers = [(200, {}, {}), (200, {}, GRADING), (200, {}, {"items": [], "next_cursor": None})]
    viva.request("DELETE", "/x", if_match='"v1"', query={"a": True, "b": [1, 2], "c": None})
    viva.gradings.read_grading("a/b", wait=2.5)
    assert list(viva.interviews.list_interviews(external_id="ä b", limit=5)) == []
    (_, path, headers, _), (_, read, waiting, _), (_, listed, _, _) = script.asked
    assert (path, headers["if-match"]) == ("/x?a=true&b=1&b=2", '"v1"')
    assert (read, waiting["prefer"]) == ("/api/v1/gradings/a%2Fb", "wait=2.5")
    assert listed == "/api/v1/interviews?external_id=%C3%A4+b&limit=5"
    assert headers["authorization"] == "Bearer viva_secret"
    assert headers["user-agent"].startswith("viva-client/")


def test_waiting_for_something(script: Script, viva: Viva) -> None:
    done = GRADING | {"status": "done", "result": None}
    script.answers = [(200, {}, GRADING), (200, {}, GRADING), (200, {}, done)]
    assert viva.wait_for(viva.gradings.read_grading, "1", every=0.01).status == "done"
    assert all("prefer" in headers for _, _, headers, _ in script.asked)
    script.answers = [(200, {}, GRADING)] * 50
    with pytest.raises(StillWaiting) as raised:
        viva.wait_for(viva.gradings.read_grading, "1", seconds=0.1, every=0.02)
    assert raised.value.last.status == "queued"


def test_where_and_who_must_be_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for make in (Viva, AsyncViva):
        with pytest.raises(ValueError, match="VIVA_URL"):
            make()
        with pytest.raises(ValueError, match="viva key create"):
            make("http://viva.test")
    monkeypatch.setenv("VIVA_URL", "http://viva.test/below")
    monkeypatch.setenv("VIVA_KEY", "viva_x")
    with Viva() as viva:
        assert str(viva.http.build_request("GET", "/api").url) == "http://viva.test/below/api"


@pytest.mark.parametrize("backend", ["asyncio"])
def test_all_of_it_without_blocking(script: Script, backend: str) -> None:
    done = GRADING | {"status": "done", "result": None}
    script.answers = [None, refusal(503, "unavailable"), (200, {}, GRADING), (200, {}, done), refusal(404, "not-found")]

    async def walk() -> None:
        async with AsyncViva(script.url, "k", retries=QUICK) as viva:
            assert (await viva.wait_for(viva.gradings.read_grading, "1", every=0.01)).status == "done"
            with pytest.raises(NotFound):
                await viva.gradings.read_grading("2")
            script.answers = [(200, {}, GRADING)] * 50
            with pytest.raises(StillWaiting):
                await viva.wait_for(viva.gradings.read_grading, "1", seconds=0.05, every=0.02)

    run: Callable[..., Any] = anyio.run
    run(walk, backend=backend)
