"""`kill -9` of the worker in the middle of a batch: every line is scored, and none that was stored is scored again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from conftest import Api
from integrator import Integrator

from app.kit.config import ROOT

LINES = 400
KILLS = 3


def start_worker(database_url: str, folder: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "VIVA_ENCODER": "hashed",
        "VIVA_DATA_DIR": str(folder),
        "VIVA_LOG_LEVEL": "error",
    }
    return subprocess.Popen([sys.executable, "-m", "app.cli", "worker"], env=environment, cwd=ROOT)


def wait_for(is_so: Callable[[], bool], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends, "it took too long"
        time.sleep(0.05)


def test_killed_in_the_middle_of_a_batch(api: Api, database_url: str, tmp_path: Path) -> None:
    mine = Integrator.of(api, "gradings:write")
    # A rubric of its own for every fourth line, so that there is something to do.
    body = [
        {"id": n, "answer": f"Weights change, {n}. " * 40, "references": [f"Weights change by {n // 4}. " * 20]}
        for n in range(LINES)
    ]
    batch = mine.post("/grading-batches", body).json()
    # The row of a line changes when its result is stored, and never again: xmin is the transaction that did it.
    versions = "SELECT line, xmin::text FROM grading_lines WHERE status = 'done' ORDER BY line"

    def done() -> int:
        return int(mine.get(batch["url"]).json()["done"])

    stored: dict[int, str] = {}

    def has_more_than(before: int) -> Callable[[], bool]:
        return lambda: done() > before or done() == LINES

    for _ in range(KILLS):
        more = has_more_than(done())
        worker = start_worker(database_url, tmp_path / "data")
        try:
            wait_for(more, 120)
        finally:
            worker.kill()
            worker.wait(20)
        now = dict(map(tuple, mine.sql(versions)))
        assert now.items() >= stored.items()
        stored = now
    assert stored
    worker = start_worker(database_url, tmp_path / "data")
    try:
        wait_for(lambda: mine.get(batch["url"]).json()["status"] == "done", 300)
    finally:
        worker.terminate()
        worker.wait(30)
    now = dict(map(tuple, mine.sql(versions)))
    assert now.items() >= stored.items()
    after = mine.get(batch["url"]).json()
    assert (after["done"], after["failed"], len(now)) == (LINES, 0, LINES)
