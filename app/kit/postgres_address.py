"""How a database is addressed: the private server's socket or port, and the server that `DATABASE_URL` names."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.kit.db import libpq_url, normalise_url
from app.kit.errors import OperatorError
from app.kit.postgres_cluster import PASSWORD_FILE, password_of

NAME = "viva"  # of the role and of the database
SOCKET_PORT = 5432  # only the name of the socket file
MINIMUM_VERSION = 160000
_PLAIN = re.compile(r"/[A-Za-z0-9/._-]{1,80}")


def running_url(data_dir: Path) -> str | None:
    """The address of the private server that another process runs on this data folder, or None. Tried, not guessed."""
    cluster = data_dir.expanduser().resolve() / "postgres"
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        url = private_url(cluster, int(lines[3]) if lines[5] == "127.0.0.1" else None)
        psycopg.connect(libpq_url(url), connect_timeout=3).close()
    except (OSError, ValueError, IndexError, OperatorError, psycopg.Error):
        return None
    return url


def check_server(url: str) -> str:
    """Try a server that the operator named; returns its version.

    Raises:
        OperatorError: it cannot be reached or is too old. The password is never part of the sentence.
    """
    try:
        parts = make_url(normalise_url(url))
    except (ArgumentError, ValueError):
        raise OperatorError(
            "DATABASE_URL is not an address: it must look like postgresql://user:password@host:5432/database."
        ) from None
    place = f"{parts.host or parts.query.get('host') or 'this machine'}:{parts.port or parts.query.get('port') or 5432}"
    try:
        with psycopg.connect(libpq_url(url), connect_timeout=5) as connection:
            number, name = connection.info.server_version, connection.info.parameter_status("server_version")
    except psycopg.Error as error:
        reason = first_line(error)
        for secret in filter(None, (parts.password, url)):
            reason = reason.replace(str(secret), "…")
        raise OperatorError(
            f"The database at {place} cannot be reached ({reason}): start it, or correct DATABASE_URL."
        ) from None
    if number < MINIMUM_VERSION:
        raise OperatorError(
            f"Viva needs PostgreSQL 16 or later, and the server at {place} is PostgreSQL {name}: "
            "point DATABASE_URL at a later one, or unset it to use Viva's own."
        )
    return name or str(number)


def first_line(error: BaseException) -> str:
    """What went wrong, without the address that libpq repeats before it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return re.sub(r"^(connection failed: |connection to server .*? failed: (FATAL: *)?)+", "", text).rstrip(".")


def private_url(cluster: Path, tcp_port: int | None, user: str = NAME, name: str = NAME) -> str:
    """The address of the private server on this cluster.

    Raises:
        OperatorError: the password cannot be read, or there is no path for its socket.
    """
    word = password_of(cluster)
    if word is None:
        raise OperatorError(f"The password in {cluster / PASSWORD_FILE} cannot be read with this account.")
    if tcp_port:
        return f"postgresql+psycopg://{user}:{word}@127.0.0.1:{tcp_port}/{name}"
    # The port is said, as PGPORT in somebody's environment would otherwise be looked for.
    return f"postgresql+psycopg://{user}:{word}@/{name}?host={socket_folder(cluster)}&port={SOCKET_PORT}"


def socket_folder(cluster: Path) -> Path:
    """A path to the folder of the socket that libpq can use.

    A socket's path may have 103 bytes, and libpq and SQLAlchemy give meaning to commas and colons: where the cluster's
    own path does not do, a link to it does, in a folder of the temporary files that is ours and nobody else's.

    Raises:
        OperatorError: there is no place for such a link.
    """
    if _PLAIN.fullmatch(str(cluster)):
        return cluster
    for link in _links(cluster):
        folder = link.parent
        with suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            status = folder.lstat()
            if folder.is_symlink() or status.st_uid != os.geteuid() or status.st_mode & 0o077:
                continue
            if not (link.is_symlink() and link.readlink() == cluster):
                fresh = Path(tempfile.mkdtemp(dir=folder)) / "link"
                fresh.symlink_to(cluster)
                fresh.replace(link)
                fresh.parent.rmdir()
            return link
    raise OperatorError(
        f"The path {cluster} is too long for a socket, and {tempfile.gettempdir()} holds no folder of your own: "
        "set VIVA_DATA_DIR to a shorter path, or TMPDIR to a folder of your own."
    )


def remove_socket_link(cluster: Path) -> None:
    """Remove the link, if there is one: nothing listens there any more."""
    for link in _links(cluster):
        with suppress(OSError):
            if link.readlink() == cluster:
                link.unlink()


def _links(cluster: Path) -> list[Path]:
    """Where the link may lie, best first; the name is the same for everyone who looks for it."""
    bases = (tempfile.gettempdir(), "/tmp", os.environ.get("XDG_RUNTIME_DIR", "/tmp"))  # noqa: S108 - checked before use
    name = hashlib.sha256(str(cluster).encode()).hexdigest()[:16]
    links = [Path(base, f"viva-{os.geteuid()}", name) for base in bases]
    return [link for link in links if _PLAIN.fullmatch(str(link))]
