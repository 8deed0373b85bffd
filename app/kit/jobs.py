"""The queue: Procrastinate, jobs enqueued in the transaction that makes them necessary.

Features declare their jobs with `JobName` (all that a web process needs to enqueue one); the worker registers the
functions behind the names. So a web process never imports what a job needs.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import procrastinate
from sqlalchemy import ColumnElement, String, cast, column, literal_column, select, table, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute, Session


@functools.lru_cache(maxsize=1)
def _enqueuer() -> procrastinate.App:
    # Its pool is never opened: every job goes in on the session's own connection.
    return procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


_JOBS = table("procrastinate_jobs", column("task_name"), column("status"), column("args", JSONB))


@dataclass(frozen=True)
class JobName:
    """A job that can be enqueued by name."""

    name: str
    queue: str = "default"

    def enqueue(self, session: Session, **arguments: Any) -> None:
        """Put the job into the queue when, and only when, the session's transaction commits."""
        connection = session.connection().connection.driver_connection
        _enqueuer().configure_task(self.name, queue=self.queue, connection=connection).defer(**arguments)

    def is_queued_for(
        self, argument: str, value: ColumnElement[Any] | InstrumentedAttribute[Any]
    ) -> ColumnElement[bool]:
        """Whether such a job waits or is under way for a row of the enclosing query; sweeps look for those without."""
        alive = _JOBS.c.status.in_([literal_column("'todo'"), literal_column("'doing'")])
        mine = _JOBS.c.args[argument].astext == cast(value, String)
        return select(literal_column("1")).where(_JOBS.c.task_name == self.name, alive, mine).exists()


def forget_dead_jobs(session: Session, silent_seconds: float) -> int:
    """Remove jobs that a killed worker was doing, and the worker; how many jobs.

    What they should have done is derived from state by the sweep, so nothing is lost with them.
    """
    session.execute(
        text("DELETE FROM procrastinate_workers WHERE last_heartbeat < now() - make_interval(secs => :silent)"),
        {"silent": silent_seconds},
    )
    gone = session.execute(
        text("DELETE FROM procrastinate_jobs WHERE status = 'doing' AND worker_id IS NULL RETURNING id")
    )
    return len(gone.all())
