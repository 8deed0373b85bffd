"""A learning record store is told: what, once, again after a failure, and nothing of what it must not know."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import run_jobs
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from teams import Team

from app.assessments.jobs import Jobs
from app.integrations.consuming import EventJobs
from app.integrations.xapi.statements import Statements
from app.kit.config import Settings


class Store:
    """A small learning record store: what it has, and with what it answers next."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.kept: dict[str, dict[str, Any]] = {}
        self.asked: list[Any] = []
        self.answers: list[int] = []


@pytest.fixture
def store() -> Iterator[Store]:
    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            one = parse_qs(urlsplit(self.path).query)["statementId"][0]
            kept.asked.append((self.path, self.headers))
            status = kept.answers.pop(0) if kept.answers else 409 if one in kept.kept else 204
            if status == 204:
                kept.kept[one] = body
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept = Store(f"http://127.0.0.1:{server.server_address[1]}/xapi")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    allowed = {"outbound_private_networks": "127.0.0.0/8", "outbound_plain_http": True}
    return settings.model_copy(update=allowed)


def set_store(team: Team, store: Store, **more: str) -> Any:
    form = {"url": store.url + "/", "username": "key", "password": "secret"} | more
    return team.admin.http.post(f"{team.url}/learning-records", data=form)


@pytest.fixture
def events(sessions: sessionmaker[Session], settings: Settings) -> EventJobs:
    return EventJobs(sessions, (Statements(settings).consumer,))


def test_a_sitting_is_told(
    store: Store, settings: Settings, sessions: sessionmaker[Session], worker: Jobs, events: EventJobs, team: Team
) -> None:
    assert set_store(team, store).status_code == 303
    sitting = team.candidate("Carol", template="warm-up")
    sitting.start()
    for number in range(len(sitting.items)):
        sitting.answer("Weights change so that the loss shrinks, in words of my own.", item=number)
    sitting.finish()
    run_jobs(worker, sessions)
    events.number_events()
    events.hand_over("xapi")
    said = sorted(store.kept.values(), key=lambda one: one["timestamp"])
    assert [one["verb"]["id"].rsplit("/")[-1] for one in said] == ["attempted", "completed", "scored"]
    assert {one["id"] for one in said} == set(store.kept)
    scored = said[-1]
    assert scored["object"]["id"].endswith("/templates/warm-up")
    assert scored["context"]["registration"] == str(sitting.id)
    assert 0 <= scored["result"]["score"]["scaled"] <= 1
    assert said[1]["result"]["completion"] is True
    assert said[1]["result"]["duration"].startswith("PT")
    assert "Carol" not in json.dumps(said)
    assert "words of my own" not in json.dumps(said)
    path, headers = store.asked[0]
    assert path.startswith("/xapi/statements?statementId=")
    assert headers["x-experience-api-version"] == "1.0.3"
    assert headers["authorization"] == "Basic " + base64.b64encode(b"key:secret").decode()


def test_what_is_not_taken_is_sent_again(
    store: Store, settings: Settings, sessions: sessionmaker[Session], team: Team
) -> None:
    set_store(team, store)
    telling = Statements(settings)
    events = EventJobs(sessions, (telling.consumer,))
    store.answers[:] = [500, 204]
    team.candidate("Carol").start()
    events.number_events()
    events.hand_over("xapi")
    assert store.kept == {}
    assert "answers 500" in team.admin.http.get(f"{team.url}/learning-records").text
    telling._resting.clear()
    with sessions.begin() as session:
        session.execute(text("UPDATE event_handovers SET retry_at = viva_now()"))
    events.hand_over("xapi")
    assert len(store.kept) == 1
    assert "have not arrived" not in team.admin.http.get(f"{team.url}/learning-records").text


def test_without_a_store_nothing_waits(sessions: sessionmaker[Session], events: EventJobs, team: Team) -> None:
    team.candidate("Carol").start()
    events.number_events()
    events.hand_over("xapi")
    with sessions.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM event_handovers")) == 0


@pytest.mark.parametrize(
    "wrong",
    [{"url": "ftp://x"}, {"url": "http://10.0.0.1/"}, {"url": ""}, {"username": ""}, {"username": "a:b"}, {"password": ""}, {"url": "https://x.example/?a=1"}],
)  # fmt: skip
def test_what_cannot_be_set(wrong: dict[str, str], store: Store, team: Team) -> None:
    response = set_store(team, store, **wrong)
    assert response.status_code == 422
    assert 'class="field-error"' in response.text


def test_a_secret_goes_nowhere_else(store: Store, team: Team) -> None:
    assert set_store(team, store).status_code == 303
    page = team.admin.http.get(f"{team.url}/learning-records").text
    assert "secret" not in page.replace("Secret", "").replace("password", "")
    assert set_store(team, store, password="", username="other").status_code == 303
    assert set_store(team, store, password="", url="https://other.example.org").status_code == 422
    assert team.admin.http.post(f"{team.url}/learning-records/remove").status_code == 303
    ben = team.join("ben")
    assert ben.http.get(f"{team.url}/learning-records").status_code == 403
