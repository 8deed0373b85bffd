"""`kill -9` of web, worker, PostgreSQL and receiver at random moments: no event is lost, and duplicates can be told.

The receiver is the one of docs/webhooks.md, word for word, with the reference library as its verifier.
"""

from __future__ import annotations

import os
import random
import re
import sqlite3
import subprocess
import sys
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
from test_serve import Viva, free_port, wait_until

from app.kit.config import ROOT
from app.kit.db import libpq_url
from app.kit.private_postgres import running_url

INTERVIEWS = 70
"""Three events each."""
SEED = 6
ALL_SECONDS = 200
PARTS = ("web", "worker", "receiver", "postgres", "receiver", "worker")


@dataclass
class Receiver:
    """The documented receiver as a process that can be killed and begun again."""

    folder: Path
    secret: str
    port: int
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        (code,) = re.findall(
            r"^```python\n(.*?)^```", (ROOT / "docs/webhooks.md").read_text(encoding="utf-8"), re.M | re.S
        )
        self.program, self.inbox = self.folder / "receiver.py", self.folder / "inbox.db"
        self.program.write_text(code, encoding="utf-8")

    def begin(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(self.program), str(self.port), str(self.inbox)],
            env={**os.environ, "VIVA_WEBHOOK_SECRET": self.secret},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def count(self) -> int:
        with sqlite3.connect(self.inbox, timeout=10) as database:
            return int(database.execute("SELECT coalesce(sum(times), 0) FROM inbox").fetchone()[0])

    def got(self) -> dict[uuid.UUID, tuple[str, int]]:
        """(type, how many times it came) by `webhook-id`; what the verifier refused is not there."""
        with sqlite3.connect(self.inbox, timeout=10) as database:
            rows = database.execute("SELECT id, type, times FROM inbox").fetchall()
        return {uuid.UUID(key): (type, times) for key, type, times in rows}


@dataclass
class Killer:
    """Kills one part after the other, with pauses that chance decides."""

    viva: Viva
    receiver: Receiver
    over: threading.Event = field(default_factory=threading.Event)
    killed: list[str] = field(default_factory=list)

    def run(self) -> None:
        chance = random.Random(SEED)
        while not self.over.wait(0.7 + chance.random()):
            part = PARTS[len(self.killed) % len(PARTS)]
            if part in ("worker", "receiver"):
                self._wait_for_deliveries()
                time.sleep(chance.random() * 0.03)
            if part == "receiver":
                self.receiver.kill()
                self.killed.append(part)
                self.over.wait(chance.random())
                self.receiver.begin()
                continue
            try:
                self.viva.part(part).kill()
            except (StopIteration, psutil.Error):  # not back yet from the last time
                continue
            self.killed.append(part)

    def _wait_for_deliveries(self) -> None:
        """Until one has just come in: the next are under way then."""
        before, end = self.receiver.count(), time.monotonic() + 4
        while self.receiver.count() == before and time.monotonic() < end and not self.over.is_set():
            time.sleep(0.005)


@dataclass
class Program:
    """Another system: the same call again until there is an answer. (An interview more does not matter.)"""

    http: httpx2.Client
    ends_at: float

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        said = ""
        while True:
            assert time.monotonic() < self.ends_at, f"{method} {path}: no answer until the end of the test: {said}"
            try:
                response = self.http.request(method, path, json=body)
            except httpx2.TransportError as error:
                said = repr(error)
            else:
                if response.is_success:
                    return dict(response.json())
                said = response.text
                assert response.status_code >= 500, said
            time.sleep(0.1)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_no_event_is_lost(data_dir: Path, tmp_path: Path) -> None:
    ends_at = time.monotonic() + ALL_SECONDS
    port, hook_port = free_port(), free_port()
    viva = Viva(
        data_dir,
        "serve",
        "--port",
        str(port),
        VIVA_OUTBOUND_PRIVATE_NETWORKS="127.0.0.0/8",
        VIVA_OUTBOUND_PLAIN_HTTP="true",
        VIVA_LOG_FORMAT="json",
    )
    receiver: Receiver | None = None
    try:
        viva.wait_for("Ctrl-C stops it.", seconds=90)
        key_command = Viva(data_dir, "key", "create", "kill-test")
        assert key_command.finish() == 0, key_command.output
        headers = {"authorization": f"Bearer {key_command.lines[-1]}"}
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, headers=headers) as http:
            program = Program(http, ends_at)
            hook = f"http://127.0.0.1:{hook_port}/"
            endpoint = program.call("POST", "/api/v1/webhook-endpoints", {"url": hook})
            receiver = Receiver(tmp_path, endpoint["secret"], hook_port)
            receiver.begin()
            wait_until(lambda: receiver.inbox.exists() and receiver.inbox.stat().st_size)
            killer = Killer(viva, receiver)
            acknowledged = hold_interviews_under_fire(program, killer)
            assert {killer.killed.count(part) >= 2 for part in PARTS} == {True}, killer.killed
            check(program, data_dir, receiver, endpoint, acknowledged)
        viva.ctrl_c()
        assert viva.finish() == 0, viva.output
    finally:
        if receiver is not None:
            receiver.kill()
        if viva.process.poll() is None:
            left = viva.tree()
            viva.process.kill()
            psutil.wait_procs(left, timeout=15)
            viva.finish()


def hold_interviews_under_fire(program: Program, killer: Killer) -> set[str]:
    """Interviews whose making and end were acknowledged."""
    thread = threading.Thread(target=killer.run)
    thread.start()
    acknowledged = set()
    try:
        number = 0
        while number < INTERVIEWS or len(killer.killed) < 2 * len(PARTS):
            number += 1
            made = program.call("POST", "/api/v1/interviews", {"questions": ["gan"]})
            if number % 3 == 0:
                answer = made["items"][0]["links"]["answer"]
                program.call("POST", answer, {"text": "Two networks are trained against each other."})
            program.call("POST", f"/api/v1/interviews/{made['id']}/finish")
            acknowledged.add(made["id"])
            time.sleep(0.1)
    finally:
        killer.over.set()
        thread.join()
    return acknowledged


def check(
    program: Program, data_dir: Path, receiver: Receiver, endpoint: dict[str, Any], acknowledged: set[str]
) -> None:
    assert len(acknowledged) >= INTERVIEWS

    def rows(statement: str) -> list[Any]:
        while True:
            assert time.monotonic() < program.ends_at
            try:
                with psycopg.connect(libpq_url(running_url(data_dir) or ""), autocommit=True) as connection:
                    return connection.execute(statement).fetchall()
            except psycopg.OperationalError:  # it was killed last, and comes back
                time.sleep(0.2)

    # Everything is over when every finished interview has been told to be scored, and every delivery has arrived.
    unscored = "SELECT id FROM interviews WHERE finished_at IS NOT NULL AND scored_at IS NULL"
    unhanded = "SELECT event_id FROM event_handovers"
    unnumbered = "SELECT id FROM events WHERE sequence IS NULL"
    waiting = "SELECT id FROM webhook_deliveries WHERE status <> 'delivered'"
    while left := [one for query in (unscored, unnumbered, unhanded, waiting) for one in rows(query)]:
        assert time.monotonic() < program.ends_at, f"{len(left)} things were not done in time"
        time.sleep(0.5)

    happened = {
        key: (type, str(interview)) for key, type, interview in rows("SELECT id, type, interview_id FROM events")
    }
    assert len(happened) >= 200
    for interview in acknowledged:
        told = sorted(type for type, about in happened.values() if about == interview)
        assert told == ["interview.scored", "interview.started", "interview.submitted"]
    got = receiver.got()
    assert {key: type for key, (type, _) in got.items()} == {key: type for key, (type, _) in happened.items()}
    # The log agrees; what came again was tried again, and has the same id.
    attempts = dict(rows("SELECT event_id, attempts FROM webhook_deliveries"))
    assert attempts.keys() == happened.keys()
    assert all(got[key][1] <= attempts[key] for key in got)
    assert sum(attempts.values()) > len(attempts), "the kills were never felt: this tests nothing"
    # Catching up gives the same, numbered without a gap.
    listed: list[dict[str, Any]] = []
    while page := program.call("GET", f"/api/v1/events?limit=100&after={len(listed)}")["items"]:
        listed += page
    assert [one["sequence"] for one in listed] == list(range(1, len(happened) + 1))
    assert {uuid.UUID(one["id"]) for one in listed} == happened.keys()
    shown = program.call("GET", endpoint["links"]["self"])
    assert (shown["is_enabled"], shown["failing_since"]) == (True, None)
