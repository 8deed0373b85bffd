"""The walk through the bank in docs/api-bank.md, run word for word, with the real encoder: its check has to pass."""

from __future__ import annotations

import os
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
from sqlalchemy.orm import Session, sessionmaker

from app.assessments.scorer import Scorer
from app.authoring.jobs import AuthoringJobs
from app.embedding.files import find_model
from app.embedding.local import LocalEncoder
from app.kit.config import ROOT, Settings
from app.main import create_app


@pytest.fixture
def server(database_url: str, settings: Settings, sessions: sessionmaker[Session]) -> Iterator[str]:
    """A real web server, and a worker for authors beside it."""
    worker = AuthoringJobs(sessions, Scorer(LocalEncoder.load(find_model(None), threads=1)))
    web = uvicorn.Server(
        uvicorn.Config(create_app(settings, database_url), port=0, log_config=None, ws="none", access_log=False)
    )
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            run_jobs(worker, sessions)  # type: ignore[arg-type]
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
def test_the_walk_through_the_bank(server: str, database_url: str, tmp_path: Path) -> None:
    commands = re.findall(r"^```bash\n(.*?)^```", (ROOT / "docs/api-bank.md").read_text(encoding="utf-8"), re.M | re.S)
    viva = f'viva() {{ (cd "{ROOT}" && "{sys.executable}" -m app.cli "$@"); }}\n'
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", viva + "\n".join(commands)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "VIVA": server, "DATABASE_URL": database_url, "VIVA_DATA_DIR": str(tmp_path / "data")},
        timeout=240,
    )
    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    for words in (
        '"title": "Find the cycle"',
        '"passes": true',
        '"status": "in_review"',
        '"slug": "find-the-cycle"',
        '"created_by": "key “bank”"',
        '"place": "minutes"',
        '"action": "version 2 published"',
        '"new version": 1',
        '"imported": true',
        '"type": "/docs/problems/not-importable"',
        '"field": "level"',
        '"question_count": 3',
        '"minutes": 40',
    ):
        assert words in said, said
    assert (tmp_path / "vision.zip").read_bytes().startswith(b"PK")
