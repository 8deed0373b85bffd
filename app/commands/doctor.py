"""`viva doctor`: what Viva needs, whether it is there, and what to do if it is not."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import typer

from app.commands.running import Running
from app.commands.serve import NEEDED_BYTES
from app.kit.command_database import database
from app.kit.config import Settings, get_settings
from app.kit.data_folder import prepare
from app.kit.db import libpq_url
from app.kit.errors import OperatorError
from app.kit.postgres_account import Programs, account_for
from app.kit.postgres_address import first_line
from app.kit.private_postgres import check_server

OLDEST_PYTHON = (3, 11)
_LONG_WAIT_SECONDS = 60

_QUEUE = """
SELECT count(*) FILTER (WHERE status = 'todo'),
       count(*) FILTER (WHERE status = 'doing'),
       coalesce(extract(epoch FROM now() - min(e.at) FILTER (WHERE status = 'todo')), 0)::float8,
       (SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '1 minute')
  FROM procrastinate_jobs j
  LEFT JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred'
 WHERE status IN ('todo', 'doing') AND (scheduled_at IS NULL OR scheduled_at <= now())
"""


class _Absent(Exception):
    """There is nothing to check yet, and that is as it should be."""


def doctor() -> None:
    """Check what Viva needs, and say what to do where something is wrong."""
    settings = get_settings()
    wrong = 0
    with ExitStack() as stack:
        for subject, check in _checks(settings, stack):
            try:
                mark, said = "✓", check()
            except _Absent as absent:
                mark, said = "–", str(absent)
            except OperatorError as error:
                mark, said, wrong = "✗", error.message, wrong + 1
            except psycopg.Error as error:
                mark, said, wrong = "✗", f"the database does not answer as it should ({first_line(error)})", wrong + 1
            print(f"{mark} {subject}: {said}", flush=True)
    if wrong:
        raise typer.Exit(1)


def _checks(settings: Settings, stack: ExitStack) -> Iterator[tuple[str, Callable[[], str]]]:
    """The checks in order; those that need the database come only once it answers."""
    url: list[str] = []

    def postgres() -> str:
        if not settings.database_url and not (settings.data_dir / "postgres").exists():
            version = Programs(account_for(settings.data_dir / "postgres")).version
            raise _Absent(f"{version.split()[-1]}, Viva's own; viva serve makes its database at the first start")
        url.append(stack.enter_context(database(settings)))
        return f"{check_server(url[0])}, {'named by DATABASE_URL' if settings.database_url else 'Viva’s own'}"

    yield "Python", _python
    yield "Data folder", lambda: _data_folder(settings)
    yield "PostgreSQL", postgres
    if url:
        yield "pgvector", lambda: _pgvector(url[0])
        yield "Migrations", lambda: _migrations(url[0])
        yield "Queue", lambda: _queue(url[0])
    yield "Model", lambda: _model(settings)
    yield "Viva", lambda: _viva(settings)


def _python() -> str:
    if sys.version_info < OLDEST_PYTHON:
        raise OperatorError(f"{platform.python_version()} is too old: use Python 3.11 or later.")
    return platform.python_version()


def _data_folder(settings: Settings) -> str:
    folder = prepare(settings.data_dir, NEEDED_BYTES)
    return f"{folder} can be written, {shutil.disk_usage(folder).free / 1e9:.1f} GB free"


def _pgvector(url: str) -> str:
    with psycopg.connect(libpq_url(url), connect_timeout=5) as connection:
        row = connection.execute("SELECT default_version FROM pg_available_extensions WHERE name = 'vector'").fetchone()
    if row is None:
        raise OperatorError("the server does not have it: install pgvector there (package postgresql-…-pgvector).")
    return str(row[0])


def _migrations(url: str) -> str:
    from app.kit.migrate import pending

    missing = pending(url)
    if missing:
        raise OperatorError(f"{len(missing)} are still to be made ({', '.join(missing)}): run viva migrate.")
    return "all made"


def _queue(url: str) -> str:
    with psycopg.connect(libpq_url(url), connect_timeout=5) as connection:
        known = connection.execute("SELECT to_regclass('procrastinate_jobs')").fetchone()
        if known is None or known[0] is None:
            raise _Absent("not made yet: run viva migrate")
        waiting, working, oldest, workers = connection.execute(_QUEUE).fetchone() or (0, 0, 0.0, 0)
    said = f"{waiting} waiting, {working} under way, {workers} {'worker' if workers == 1 else 'workers'}"
    if waiting:
        said += f", the oldest for {oldest:.0f} s"
        if not workers and oldest > _LONG_WAIT_SECONDS:
            raise OperatorError(f"{said}: start viva serve or viva worker, so that answers are scored.")
    return said


def _model(settings: Settings) -> str:
    from app.embedding import check_model

    return check_model(settings)


def _viva(settings: Settings) -> str:
    running = Running(settings.data_dir)
    if not running.is_running():
        raise _Absent("does not run on this data folder; viva serve starts it")
    return f"runs at {running.describe()}"
