"""The integrator's walks in docs/, run word for word; and docs/problems.md against the code."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from conftest import run_jobs
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

import app
from app.assessments.jobs import Jobs
from app.dashboards.export_jobs import ExportJobs
from app.kit.config import ROOT, Settings
from app.kit.errors import VivaError
from app.main import create_app

WALKS = {
    "integration.md": (
        "/api/v1/gradings/{grading_id}",
        '"slug": "warm-up"',
        '"status": "running"',
        '"revision": 1',
        '"type": "/docs/problems/draft-conflict"',
        '"status": "scored"',
        '"finish_reason": "candidate"',
        '"status": "complete"',
        '"id": "a1"',
        "there is no question 'no-such-question' in the bank",
    ),
    "api-hiring.md": (
        '"organization": "main"',
        "warm-up: ",
        "/invited/",
        '"opens_at": "2998-12-15T00:00:00Z"',
        '"revoked"',
        '"connection": "unknown"',
        '"finish_reason": "interviewer"',
        '"why": "worth"',
        '"source": "person"',
        '"disagreement": true',
        '"source": "settled"',
        '"people": 1',
        '"by": "Rita"',
        "%PDF",
        '"status": "done"',
        '"people_mark": 0.5',
    ),
}


@pytest.fixture
def server(
    database_url: str, settings: Settings, worker: Jobs, sessions: sessionmaker[Session], engine: Engine
) -> Iterator[str]:
    """A real web server, and a worker beside it."""
    web = uvicorn.Server(
        uvicorn.Config(create_app(settings, database_url), port=0, log_config=None, ws="none", access_log=False)
    )
    over = threading.Event()
    exports = ExportJobs(sessions, engine)

    def work() -> None:
        while not over.is_set():
            for jobs in (worker, exports):
                run_jobs(jobs, sessions)
            time.sleep(0.05)

    threads = [threading.Thread(target=web.run), threading.Thread(target=work)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 20
    while not web.started:
        assert time.monotonic() < end, "the server has not started"
        time.sleep(0.02)
    yield f"http://127.0.0.1:{web.servers[0].sockets[0].getsockname()[1]}"
    web.should_exit = True
    over.set()
    for thread in threads:
        thread.join()


# In CI a missing program is a failure, not a skip.
@pytest.mark.skipif(
    os.environ.get("CI", "").lower() != "true" and not (shutil.which("curl") and shutil.which("jq")),
    reason="the walk needs curl and jq",
)
@pytest.mark.parametrize("page", WALKS)
def test_the_walk(server: str, database_url: str, tmp_path: Path, page: str) -> None:
    commands = re.findall(r"^```bash\n(.*?)^```", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.M | re.S)
    # As after `make run`; the command is this checkout's, whether or not it is installed.
    viva = tmp_path / ".venv" / "bin" / "viva"
    viva.parent.mkdir(parents=True)
    viva.write_text(f'#!/bin/sh\ncd "{ROOT}" && exec "{sys.executable}" -m app.cli "$@"\n', encoding="utf-8")
    viva.chmod(0o755)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join([f'viva() {{ "{viva}" "$@"; }}', *commands])],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "VIVA": server, "DATABASE_URL": database_url, "VIVA_DATA_DIR": str(tmp_path / "data")},
        timeout=120,
    )
    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    for words in WALKS[page]:
        assert words in said, said
    assert '"verdicts": []' not in said, "the answer was not scored in time"


def families(of: type[VivaError] = VivaError) -> set[str]:
    return {of.type}.union(*(families(one) for one in of.__subclasses__()))


def test_every_problem_has_its_words() -> None:
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if module.name.rsplit(".")[-1] in {"api", "pages", "service", "problems", "web", "keys"}:
            importlib.import_module(module.name)
    headings = re.findall(r"^## (.*)$", (ROOT / "docs/problems.md").read_text(encoding="utf-8"), re.M)
    here = {kind for kind in families() if kind}
    assert sorted(headings) == sorted(here)
