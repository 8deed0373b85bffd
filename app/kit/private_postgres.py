"""The private PostgreSQL: a server of our own in the data folder, running as our child while we need it.

Nobody else can reach it: it listens on a socket inside its own 0700 folder (or, for tests, on a loopback port) and
asks for a generated password. The server names the socket relative to its working folder, so neither a long path nor a
folder that its account cannot walk to matters to it; clients whose path would be too long use a link.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from app.kit import postgres_cluster as clusters
from app.kit.data_folder import FolderLock, explain, give_to_owner, prepare
from app.kit.db import libpq_url
from app.kit.errors import OperatorError
from app.kit.postgres_account import Programs, account_for
from app.kit.postgres_address import (
    NAME,
    SOCKET_PORT,
    check_server,
    first_line,
    private_url,
    remove_socket_link,
    running_url,
    socket_folder,
)

__all__ = ["OccupiedError", "PrivatePostgres", "check_server", "running_url"]

_LOG_BYTES = 10 * 2**20
_START_SECONDS = 600  # recovery after a crash can take long; nothing is gained by giving up on it


class OccupiedError(OperatorError):
    """Another process runs the private PostgreSQL of this data folder."""


class PrivatePostgres:
    """The private server of one data folder. Start it from a thread that lives as long as the server should."""

    def __init__(self, data_dir: Path, tcp_port: int | None = None, programs_dir: Path | None = None) -> None:
        self.data_dir = data_dir
        self.tcp_port = tcp_port
        self._programs_dir = programs_dir
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: FolderLock | None = None
        self._url: str | None = None

    @property
    def url(self) -> str:
        """SQLAlchemy's address of the running server."""
        assert self._url is not None, "the private PostgreSQL has not been started"
        return self._url

    @property
    def pid(self) -> int | None:
        """The number of the server's first process, while it runs."""
        return self._process.pid if self._process and self.is_alive() else None

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own folder."""
        return self.data_dir / "postgres"

    @property
    def log(self) -> Path:
        """What the server has to say; at most two files of ten megabytes."""
        return self.data_dir / "postgres.log"

    def is_alive(self) -> bool:
        """Whether the server process runs."""
        return self._process is not None and self._process.poll() is None

    def exit_code(self) -> int | None:
        """None while the server process runs; what it ended with once it has ended."""
        return self._process.poll() if self._process else 0

    def start(self, wait_seconds: float = 0.0) -> str:
        """Start the server, made or repaired as need be, and return its address. Starting it again does nothing.

        Raises:
            OccupiedError: another process owns it and does not end within `wait_seconds`.
            OperatorError: it cannot be started; the sentence says what to do.
        """
        if self.is_alive():
            return self.url
        self.data_dir = prepare(self.data_dir)
        if self._lock is None:
            lock = FolderLock(self.data_dir / "postgres.lock")
            if not lock.acquire(wait_seconds):
                raise OccupiedError(
                    f"Another Viva command ({lock.holder()}) uses the database in {self.data_dir}: "
                    "wait until it has ended, or set VIVA_DATA_DIR to another folder."
                )
            self._lock = lock
        try:
            programs = Programs(account_for(self.cluster), self._programs_dir)
            clusters.ensure_cluster(self.cluster, programs)
            clusters.stop_left_over(self.cluster)
            for attempt in range(100):
                try:
                    self._launch(programs)
                    break
                except _StillInUseError:  # the shared memory of a server that was killed is let go of a moment later
                    if attempt == 99:
                        raise
                    time.sleep(0.1)
            self._url = private_url(self.cluster, self.tcp_port)
            self._set_up()
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """Stop the server: clients are cut off, what was committed is kept. Nothing happens if it does not run."""
        if self._process is not None:
            for how, seconds in ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0)):
                if self._process.poll() is None:
                    self._process.send_signal(how)
                    with suppress(subprocess.TimeoutExpired):
                        self._process.wait(seconds)
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            self._process = None
            remove_socket_link(self.cluster)
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def tend(self) -> None:
        """What a running server needs now and then: its log kept short, and the link to its socket kept in place."""
        with suppress(OSError, OperatorError):
            if self._log_is_long():
                # The server appends, so cutting the file it holds open is safe.
                with suppress(OSError):  # on a full disk above all the cut matters
                    shutil.copyfile(self.log, self._older_log)
                os.truncate(self.log, 0)
            if self.tcp_port is None:
                socket_folder(self.cluster)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _launch(self, programs: Programs) -> None:
        """Start the server process and wait until it takes connections."""
        where = {
            "listen_addresses": "127.0.0.1" if self.tcp_port else "",
            "port": str(self.tcp_port or SOCKET_PORT),
            "unix_socket_directories": "" if self.tcp_port else ".",
            "unix_socket_permissions": "0700",
            "cluster_name": NAME,
        }
        try:
            if self._log_is_long():
                self.log.replace(self._older_log)
            descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                give_to_owner(descriptor, self.data_dir)
                begin = os.fstat(descriptor).st_size
                self._process = programs.start(
                    "postgres",
                    *("-D", programs.own_name_of(self.cluster)),
                    *(f"--{name}={value}" for name, value in where.items()),
                    within=self.cluster,
                    stdout=descriptor,
                    signal_if_orphaned=signal.SIGINT,
                )
            finally:
                os.close(descriptor)
        except OSError as error:
            raise explain(self.data_dir, error) from None
        end = time.monotonic() + _START_SECONDS
        while not self._ready():
            if self._process.poll() is not None:
                code, self._process = self._process.returncode, None
                with self.log.open("rb") as log:
                    log.seek(begin)
                    said = log.read().decode(errors="replace")
                if "is still in use" in said:
                    raise _StillInUseError(
                        f"An earlier PostgreSQL still runs on {self.cluster}: end it and start again."
                    )
                if "Address already in use" in said:
                    raise OperatorError(f"Port {self.tcp_port} is in use by another program: choose another port.")
                raise clusters.failure(said, self.data_dir, code, self.log)
            if time.monotonic() > end:
                raise OperatorError(f"PostgreSQL takes more than {_START_SECONDS} s to start: see {self.log}.")
            time.sleep(0.01)

    def _ready(self) -> bool:
        with suppress(OSError):
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
            return len(lines) >= 8 and lines[0] == str(self._process and self._process.pid) and "ready" in lines[7]
        return False

    @property
    def _older_log(self) -> Path:
        return self.log.with_suffix(".log.1")

    def _log_is_long(self) -> bool:
        return self.log.exists() and self.log.stat().st_size > _LOG_BYTES

    def _set_up(self) -> None:
        """Make our role and database if the first start did not come that far.

        The role is no superuser, so that a hole in Viva could not read files or run programs through PostgreSQL.
        pgvector needs one to be installed: it goes into the template of all databases.
        """
        try:
            psycopg.connect(libpq_url(self.url), connect_timeout=10).close()
            return
        except psycopg.OperationalError:
            pass
        admin, word = clusters.ADMIN, clusters.password_of(self.cluster)
        try:
            for database in ("template1", "postgres"):
                address = libpq_url(private_url(self.cluster, self.tcp_port, admin, database))
                with psycopg.connect(address, autocommit=True, connect_timeout=10) as connection:
                    if database == "template1":
                        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
                        continue
                    role, secret = sql.Identifier(NAME), sql.Literal(word)
                    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [NAME]).fetchone():
                        connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(role))
                    connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, secret))
                    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))
            psycopg.connect(libpq_url(self.url), connect_timeout=10).close()
        except psycopg.Error as error:
            if "password authentication failed" in str(error):
                raise OperatorError(
                    f"The private PostgreSQL refuses the password in {self.cluster / clusters.PASSWORD_FILE}: "
                    "remove that file and start again; Viva then sets a new password."
                ) from None
            raise OperatorError(
                f"The private PostgreSQL runs, but cannot be set up ({first_line(error)}): see {self.log}."
            ) from None


class _StillInUseError(OperatorError):
    """The shared memory of an earlier server is not free yet."""
