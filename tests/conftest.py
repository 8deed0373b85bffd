"""Fixtures: a real PostgreSQL, the app on it, a deterministic encoder, and what ends after the tests."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import structlog
from databases import drop_database, hurry
from people import Person, new_person
from psycopg import sql
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient
from teams import Team, new_team

from app.accounts.keys import create_key
from app.accounts.models import Organization
from app.assessments.jobs import Jobs
from app.assessments.scorer import Scorer
from app.bank.seeding import seed_all
from app.embedding.hashed import DeterministicEncoder
from app.kit.config import ROOT, Settings
from app.kit.db import libpq_url, make_engine, make_sessions
from app.kit.migrate import upgrade
from app.kit.private_postgres import PrivatePostgres
from app.main import create_app

# What a developer has set must not reach the tests; DATABASE_URL chooses the server and is read on purpose below.
for name in [name for name in os.environ if name.startswith("VIVA_") and name != "VIVA_ASAG_DIR"]:
    del os.environ[name]
SERVER = os.environ.pop("DATABASE_URL", None)
# The default prints every local variable of every frame of a traceback, which takes seconds.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

SLOWEST = (
    "test_access_everywhere.py", "faults/", "scoring/test_attacks.py", "scoring/test_properties.py",
    "api_description/test_fuzz.py", "test_serve.py", "kit/test_supervisor.py", "test_deployment.py", "test_replicas.py",
    "browser/",
)  # fmt: skip
"""What takes longest goes first, so that no process is left alone with it at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order files by `SLOWEST`; within them, and among all others, nothing moves."""

    def place(item: pytest.Item) -> int:
        file = item.path.relative_to(ROOT / "tests").as_posix()
        return next((n for n, start in enumerate(SLOWEST) if file.startswith(start)), len(SLOWEST))

    items.sort(key=place)


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server on which databases may be made: DATABASE_URL, or a private one for the run."""
    if SERVER:
        yield SERVER
        return
    with PrivatePostgres(tmp_path_factory.mktemp("postgres")) as server:
        hurry(server)
        yield server.url


def _with_database(url: str, name: str) -> str:
    head, _, query = libpq_url(url).partition("?")
    base = head.rsplit("/", 1)[0]
    return f"{base}/{name}{'?' + query if query else ''}"


def _execute(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(scope="session")
def template_database(postgres_server: str) -> Iterator[str]:
    """The name of a migrated and seeded database that others are copied from (which takes some 50 ms)."""
    name = f"viva_template_{uuid.uuid4().hex[:8]}"
    _execute(postgres_server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = _with_database(postgres_server, name)
    upgrade(url)
    report = seed_all(url, ROOT / "seed")
    assert not report.errors, report.errors
    yield name
    drop_database(postgres_server, name)


@pytest.fixture
def database_url(postgres_server: str, template_database: str) -> Iterator[str]:
    """A database of the test's own, migrated and seeded."""
    name = f"viva_test_{uuid.uuid4().hex[:12]}"
    _execute(
        postgres_server,
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template_database)),
    )
    yield _with_database(postgres_server, name)
    drop_database(postgres_server, name)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of the app under test."""
    # Tests of something else must not meet the limits of calls.
    few = {"calls_per_minute": 1_000_000, "calls_per_minute_without_key": 1_000_000}
    return Settings(data_dir=tmp_path / "data", encoder="hashed", **few)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    """Transactions that commit, beside those of the app."""
    return make_sessions(engine)


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """One open transaction, for tests of services."""
    with sessions() as session:
        yield session
        session.rollback()


@pytest.fixture
def client(database_url: str, settings: Settings) -> Iterator[TestClient]:
    """A browser's stand-in: it keeps cookies, and follows no redirects by itself."""
    with TestClient(
        create_app(settings, database_url), follow_redirects=False, raise_server_exceptions=False
    ) as client:
        client.headers["accept"] = "text/html"
        yield client


@pytest.fixture
def worker(sessions: sessionmaker[Session]) -> Jobs:
    """A worker's jobs with the hashed encoder; the test says when they run (`sweep`, `score_answer`)."""
    return Jobs(sessions, Scorer(DeterministicEncoder()))


@dataclass
class Api:
    """Makes keys and the clients that carry them."""

    client: TestClient
    sessions: sessionmaker[Session]

    def key(self, *scopes: str, org: str | None = None) -> dict[str, str]:
        """Headers with a new key of an organisation (made when it is not there)."""
        with self.sessions.begin() as session:
            if org and session.execute(text("SELECT 1 FROM organizations WHERE slug = :s"), {"s": org}).first() is None:
                session.add(Organization(slug=org, name=org))
                session.flush()
            secret = create_key(session, "test", org, list(scopes) or None)
        return {"authorization": f"Bearer {secret}", "accept": "application/json"}


@pytest.fixture
def api(client: TestClient, sessions: sessionmaker[Session]) -> Api:
    """Keys for the app under test."""
    return Api(client, sessions)


def run_jobs(worker: object, sessions: sessionmaker[Session]) -> int:
    """Do what is in the queue for these jobs, as a worker process would; how many there were."""
    mine = [name for name in dir(worker) if not name.startswith("_")]
    with sessions.begin() as session:
        rows = session.execute(
            text(
                "DELETE FROM procrastinate_jobs WHERE status = 'todo' AND task_name = ANY(:mine)"
                " RETURNING task_name, args"
            ),
            {"mine": mine},
        ).all()
    for name, arguments in rows:
        getattr(worker, name)(**arguments)
    return len(rows)


@pytest.fixture
def newcomer(client: TestClient, sessions: sessionmaker[Session]) -> Callable[[], Person]:
    """Opens a browser for somebody new."""
    return lambda: new_person(client.app, sessions)


@pytest.fixture
def alice(newcomer: Callable[[], Person]) -> Person:
    """Somebody who practises."""
    return newcomer()


@pytest.fixture
def bob(newcomer: Callable[[], Person]) -> Person:
    """Somebody else, who practises too (so he is known, but not alice)."""
    bob = newcomer()
    bob.choose()
    return bob


@pytest.fixture
def team(newcomer: Callable[[], Person]) -> Team:
    """An organisation, Acme, with its admin Ada."""
    return new_team(newcomer)
