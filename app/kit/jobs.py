"""The queue: Procrastinate, jobs enqueued in the transaction that makes them necessary.

Features declare their jobs with `JobName` (all that a web process needs to enqueue one); the worker registers the
functions behind the names. So a web process never imports what a job needs.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import procrastinate
from sqlalchemy import text
from sqlalchemy.orm import Session


@functools.lru_cache(maxsize=1)
def _enqueuer() -> procrastinate.App:
    # Its pool is never opened: every job goes in on the session's own connection.
    return procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


@dataclass(frozen=True)
class JobName:
    """A job that can be enqueued by name."""

    name: str
    queue: str = "default"

    def enqueue(self, session: Session, **arguments: Any) -> None:
        """Put the job into the queue when, and only when, the session's transaction commits."""
        connection = session.connection().connection.driver_connection
        _enqueuer().configure_task(self.name, queue=self.queue, connection=connection).defer(**arguments)


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
