"""The database that a command uses: the one that `DATABASE_URL` names, else the private server."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.kit.config import Settings
from app.kit.data_folder import FolderLock, prepare
from app.kit.db import normalise_url
from app.kit.postgres_address import check_server, running_url
from app.kit.private_postgres import OccupiedError, PrivatePostgres


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The address of the database for the time of a command.

    `DATABASE_URL` if it is set; else the private server that already runs; else one that is started, and stopped when
    the last command that uses it has ended.

    Raises:
        OperatorError: there is none to be had.
    """
    if settings.database_url:
        url = normalise_url(settings.database_url)
        check_server(url)
        yield url
        return
    data_dir = prepare(settings.data_dir)
    users = FolderLock(data_dir / "postgres.users")
    server = PrivatePostgres(data_dir)
    end = time.monotonic() + 30
    while True:
        if running_url(data_dir) and users.acquire(30, shared=True):
            try:
                if url_now := running_url(data_dir):  # it may have been stopped before we held the lock
                    yield url_now
                    return
            finally:
                users.release()
        try:
            server.start()
            break
        except OccupiedError:  # it is just being started or stopped
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
    try:
        yield server.url
    finally:
        try:
            if not users.acquire():
                print("Another Viva command still uses the database: waiting for it.", file=sys.stderr, flush=True)
                users.acquire(3600)
        finally:
            server.stop()
            users.release()
