"""A Viva that is really served, with a worker beside it, and a key for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from conftest import run_jobs
from sqlalchemy.orm import Session, sessionmaker

from app.accounts.keys import create_key
from app.assessments.jobs import Jobs
from app.kit.config import Settings
from app.main import create_app


@pytest.fixture
def served(database_url: str, settings: Settings, worker: Jobs, sessions: sessionmaker[Session]) -> Iterator[str]:
    """The address of a real web server."""
    web = uvicorn.Server(
        uvicorn.Config(create_app(settings, database_url), port=0, log_config=None, ws="none", access_log=False)
    )
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            run_jobs(worker, sessions)
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


@pytest.fixture
def key(sessions: sessionmaker[Session]) -> str:
    """A key of the first organisation, for everything but administration."""
    with sessions.begin() as session:
        return create_key(session, "client")
