"""`kill -9` of web, worker and PostgreSQL at random moments of typing and submitting: nothing acknowledged is lost."""

from __future__ import annotations

import os
import random
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil
import psycopg
import pytest
from psycopg.rows import namedtuple_row
from test_serve import Viva, free_port

from app.kit.db import libpq_url
from app.kit.private_postgres import running_url

ROUNDS = 20
SEED = 20
ALL_SECONDS = 150
SCORED_WITHIN_SECONDS = 40
PARTS = ("web", "worker", "postgres")
JSON = {"accept": "application/json"}


@dataclass
class Item:
    """What a client knows of a question: the newest draft and the answer that were acknowledged."""

    id: uuid.UUID
    interview: uuid.UUID
    revision: int = 0
    draft: str = ""
    answer: str | None = None


@dataclass
class Client:
    """Writes as a browser does: the same text on the same revision again, until there is an answer."""

    http: httpx2.Client
    ends_at: float
    repeated: int = 0

    def call(self, method: str, url: str, **more: Any) -> httpx2.Response:
        while True:
            assert time.monotonic() < self.ends_at, f"{method} {url}: no answer until the end of the test"
            try:
                response = self.http.request(method, url, **more)
            except httpx2.TransportError:
                response = None
            if response is not None and response.status_code < 500:
                return response
            self.repeated += 1
            time.sleep(0.1)


class Guest:
    """A person in a browser, over the pages."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def begin(self) -> list[Item]:
        """A new interview; one whose making was not acknowledged is left in its lobby."""
        response = self.client.call("POST", "/start", data={"template": "warm-up"})
        assert response.status_code == 303, response.text
        interview = uuid.UUID(response.headers["location"].split("/")[2])
        started = self.client.call("POST", f"/interviews/{interview}/start", data={"consent": "yes"})
        assert started.status_code == 303, started.text
        found = []
        for position in (1, 2, 3):
            page = self.client.call("GET", f"/interviews/{interview}/items/{position}")
            assert page.status_code == 200, page.text
            item = page.text.partition('data-item="')[2].partition('"')[0]
            found.append(Item(uuid.UUID(item), interview))
        return found

    def save(self, item: Item, text: str) -> None:
        body = {"text": text, "base_revision": item.revision}
        url = f"/interviews/{item.interview}/items/{item.id}/draft"
        response = self.client.call("PUT", url, json=body, headers=JSON)
        assert response.status_code == 200, response.text
        item.revision, item.draft = response.json()["revision"], text

    def submit(self, item: Item, text: str) -> None:
        url = f"/interviews/{item.interview}/items/{item.id}/answer"
        response = self.client.call("POST", url, json={"text": text}, headers=JSON)
        assert response.status_code == 200, response.text
        item.answer = text

    def finish(self, interview: uuid.UUID) -> None:
        response = self.client.call("POST", f"/interviews/{interview}/finish")
        assert response.headers["location"] == f"/interviews/{interview}/report", response.text


class Integration(Guest):
    """Another system, over the API."""

    def __init__(self, client: Client, key: str) -> None:
        super().__init__(client)
        self.headers = {"authorization": f"Bearer {key}"}

    def begin(self) -> list[Item]:
        response = self.client.call("POST", "/api/v1/interviews", json={"template": "warm-up"}, headers=self.headers)
        assert response.status_code == 201, response.text
        made = response.json()
        return [Item(uuid.UUID(item["id"]), uuid.UUID(made["id"])) for item in made["items"]]

    def save(self, item: Item, text: str) -> None:
        body = {"text": text, "base_revision": item.revision}
        url = f"/api/v1/interviews/{item.interview}/items/{item.id}/draft"
        response = self.client.call("PUT", url, json=body, headers=self.headers)
        assert response.status_code == 200, response.text
        item.revision, item.draft = response.json()["revision"], text

    def submit(self, item: Item, text: str) -> None:
        url = f"/api/v1/interviews/{item.interview}/items/{item.id}/answer"
        response = self.client.call("POST", url, json={"text": text}, headers=self.headers)
        assert response.status_code == 202, response.text
        assert response.json()["answer"]["text"] == text
        item.answer = text

    def finish(self, interview: uuid.UUID) -> None:
        response = self.client.call("POST", f"/api/v1/interviews/{interview}/finish", headers=self.headers)
        assert response.json()["status"] == "finished", response.text


@dataclass
class Killer:
    """Kills the parts in turn, one in each round but every fourth, at a moment that chance decides.

    (More would only be waiting: the supervisor doubles its pause each time a part ends soon after its start.)
    """

    viva: Viva
    chance: random.Random
    killed: list[str] = field(default_factory=list)

    def strike(self) -> threading.Thread:
        part, wait = PARTS[len(self.killed) % len(PARTS)], self.chance.random() * 0.6
        thread = threading.Thread(target=self._strike, args=(part, wait))
        thread.start()
        return thread

    def _strike(self, part: str, wait: float) -> None:
        time.sleep(wait)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                self.viva.part(part).kill()
            except (StopIteration, psutil.Error):  # it is not back yet from the last time
                time.sleep(0.05)
            else:
                self.killed.append(part)
                return


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_nothing_acknowledged_is_lost(data_dir: Path) -> None:
    began = time.monotonic()
    ends_at = began + ALL_SECONDS
    port = free_port()
    viva = Viva(data_dir, "serve", "--port", str(port), VIVA_LOG_FORMAT="json")
    try:
        viva.wait_for("Ctrl-C stops it.", seconds=90)
        key_command = Viva(data_dir, "key", "create", "kill-test")
        assert key_command.finish() == 0, key_command.output
        address = f"http://127.0.0.1:{port}"
        with (
            httpx2.Client(base_url=address, timeout=5) as browser,
            httpx2.Client(base_url=address, timeout=5) as program,
        ):
            guest = Guest(Client(browser, ends_at))
            system = Integration(Client(program, ends_at), key_command.lines[-1])
            items = write_under_fire(viva, [guest, system])
            repeated = guest.client.repeated + system.client.repeated
        assert repeated >= 5, "the kills were never felt: this tests nothing"
        url = running_url(data_dir)
        assert url
        check_what_is_stored(url, items, ends_at)
        tree = [psutil.Process(viva.process.pid), *viva.tree()]
        viva.ctrl_c()
        assert viva.finish() == 0, viva.output
        assert viva.lines[-1] == "Viva has stopped."
        assert not [process for process in tree if process.is_running()]
        assert left_of(data_dir) == []
        # A worker may log what it could not do; nothing ends by surprise, and no request by an error of our own.
        assert [line for line in viva.lines if line.startswith("Traceback") or "unexpected error" in line] == []
    finally:
        if viva.process.poll() is None:
            left = viva.tree()
            viva.process.kill()
            psutil.wait_procs(left, timeout=15)
            viva.finish()


def write_under_fire(viva: Viva, writers: list[Guest]) -> list[Item]:
    """Twenty rounds of typing and submitting, with a part killed in the midst; all items that were written."""
    chance = random.Random(SEED)
    killer = Killer(viva, chance)
    waiting: dict[int, list[Item]] = {0: [], 1: []}
    items: list[Item] = []
    struck = 0
    for round_number in range(ROUNDS):
        strike = killer.strike() if round_number % 4 != 3 else None
        number = round_number // 2 % 2
        writer = writers[number]
        if not waiting[number]:
            waiting[number] = writer.begin()
        item = waiting[number].pop(0)
        items.append(item)
        text = f"Round {round_number}:"
        for _ in range(chance.randint(3, 6)):
            text += f" Weights change so that the loss shrinks, “{chance.randrange(10**6)}” \U0001f4c9\n"
            writer.save(item, text)
            time.sleep(chance.random() * 0.15)
        if round_number % 4:
            writer.submit(item, text + "The end.")
        if not waiting[number] and round_number < ROUNDS - 4:
            writer.finish(item.interview)
        if strike:
            strike.join()
            struck += 1
    assert len(killer.killed) == struck == 15, f"only {len(killer.killed)} of {struck} kills hit something"
    assert {killer.killed.count(part) for part in PARTS} == {5}
    return items


def check_what_is_stored(url: str, items: list[Item], ends_at: float) -> None:
    def rows(statement: str, *values: object) -> list[Any]:
        with psycopg.connect(libpq_url(url), autocommit=True, row_factory=namedtuple_row) as connection:
            return connection.execute(statement, values).fetchall()

    end = min(time.monotonic() + SCORED_WITHIN_SECONDS, ends_at)
    unscored = "SELECT 1 FROM answers a WHERE NOT EXISTS (SELECT 1 FROM assessments s WHERE s.answer_id = a.id)"
    while True:
        try:
            left = len(rows(unscored))
        except psycopg.OperationalError:  # it was killed last, and comes back
            left = -1
        if left == 0:
            break
        assert time.monotonic() < end, f"{left} answers were not scored in time"
        time.sleep(0.3)

    interviews = {row.id: row for row in rows("SELECT * FROM interviews")}
    assert {item.interview for item in items} <= set(interviews)
    submitted = 0
    for item in items:
        (stored,) = rows("SELECT * FROM interview_items WHERE id = %s", item.id)
        assert stored.interview_id == item.interview
        assert (stored.draft_text, stored.draft_revision) == (item.draft, item.revision)
        answers = rows("SELECT * FROM answers WHERE item_id = %s", item.id)
        finished = interviews[item.interview].finished_at is not None
        expected = item.answer if item.answer is not None else item.draft if finished else None
        assert [answer.text for answer in answers] == ([] if expected is None else [expected])
        submitted += len(answers)
        newest = rows("SELECT text FROM drafts WHERE item_id = %s AND kind = 'saved' ORDER BY revision DESC", item.id)
        assert newest[0].text == item.draft
        # No text was taken for another tab's, or for late: a repeated request is the same request.
        assert rows("SELECT text FROM drafts WHERE item_id = %s AND kind <> 'saved'", item.id) == []
    assert submitted >= ROUNDS * 3 // 4
    assessed = rows("SELECT answer_id, receipt_digest, count(*) AS n FROM assessments GROUP BY 1, 2")
    assert len({row.answer_id for row in assessed}) == submitted
    assert len(assessed) == submitted, "an answer has more than one receipt, though nothing changed"
    assert {row.n for row in assessed} == {1}


def left_of(data_dir: Path) -> list[str]:
    """Processes that still have to do with a data folder."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        if process.pid == os.getpid():
            continue
        try:
            environment = process.environ()
        except psutil.Error:
            environment = {}
        words = [*(process.info["cmdline"] or []), environment.get("VIVA_DATA_DIR", "")]
        if any(str(data_dir) in word for word in words):
            found.append(f"{process.pid} {process.info['cmdline']}")
    return found
