"""A PostgreSQL data folder (a “cluster”): made in one step, configured, and cleared of what a dead owner left."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil

from app.kit.data_folder import disk_full, explain
from app.kit.errors import OperatorError
from app.kit.orphans import is_alive, wait_for_end
from app.kit.postgres_account import MAJOR, Programs

ADMIN = "postgres"
PASSWORD_FILE = "viva-password"  # noqa: S105 - the name of the file
_INITDB_NEEDS_BYTES = 120 * 2**20

_POSTGRESQL_CONF = """\
# Viva's settings come first; lines that you add below the include win over them.
include 'viva.conf'
"""

_VIVA_CONF = """\
# Viva writes this file at each start. Settings of your own belong into postgresql.conf beside it.

# Nothing acknowledged may be lost: a commit is on the disk before it is answered.
fsync = on
synchronous_commit = on
full_page_writes = on

# A laptop's share, with room for web processes, workers and commands.
shared_buffers = 128MB
max_connections = 100
max_wal_size = 256MB
huge_pages = off                        # with `try`, containers without them can be killed at the first access
io_method = sync                        # no pool of I/O processes for data that fits in memory
jit = off
max_logical_replication_workers = 0
# Parallel queries share memory through /dev/shm, of which containers have 64 MB.
max_parallel_workers_per_gather = 0
max_parallel_maintenance_workers = 0

timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, ymd'
default_text_search_config = 'pg_catalog.english'

# The log goes to the owner, who caps it. Terse: a person's words and addresses do not belong in it.
logging_collector = off
log_destination = 'stderr'
log_line_prefix = '%m [%p] '
log_error_verbosity = terse
log_min_error_statement = panic
log_checkpoints = off
"""


def ensure_cluster(cluster: Path, programs: Programs) -> None:
    """Make the cluster if there is none, and bring an existing one into a state that `postgres` can start from.

    Raises:
        OperatorError: the disk is full or not writable, or the folder is not ours to use.
    """
    fresh = cluster.with_name(cluster.name + ".new")
    try:
        if fresh.exists():  # an earlier start was interrupted
            _end_processes_in(fresh)
            shutil.rmtree(fresh)
        if cluster.is_dir() and not any(cluster.iterdir()):
            cluster.rmdir()
        if not cluster.exists():
            try:
                _make(fresh, programs)
            except BaseException:
                shutil.rmtree(fresh, ignore_errors=True)
                raise
            fresh.rename(cluster)
            _sync(cluster.parent)
        _check(cluster)
        if programs.account and cluster.stat().st_uid == 0:  # root copied it here
            programs.account.own(cluster)
        cluster.chmod(0o700)
        _write(cluster / "viva.conf", _VIVA_CONF, programs)
        if not _read(cluster / PASSWORD_FILE):
            _reset_password(cluster, programs)
    except OSError as error:
        raise explain(cluster.parent, error) from None


def password_of(cluster: Path) -> str | None:
    """The generated password, if there is one and we may read it."""
    with suppress(OSError):
        return _read(cluster / PASSWORD_FILE) or None
    return None


def stop_left_over(cluster: Path) -> None:
    """End what still runs on the cluster although nobody owns it, and forget a pid file that names a stranger.

    What counts as running is any `postgres` whose working folder is the cluster (they all stay there), never a mere
    number from a file: numbers are used again. PostgreSQL itself believes the number and would refuse to start.

    Raises:
        OperatorError: something could not be ended.
    """
    pid_file = cluster / "postmaster.pid"
    if not pid_file.exists():
        return
    _end_processes_in(cluster)
    with suppress(FileNotFoundError):
        if _misleads(pid_file):
            pid_file.unlink()


def _misleads(pid_file: Path) -> bool:
    """Whether the file is half written, or names a process that is certainly another program or a zombie.

    In doubt it stays: it also guards the shared memory of a server that we may not look at.
    """
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if not is_alive(process) or not process.name().startswith("postgres"):
            return True
        return not Path(process.cwd()).samefile(pid_file.parent)
    except (ValueError, IndexError):
        return True
    except (psutil.Error, FileNotFoundError):  # nobody has the number, or it is hidden from us: PostgreSQL copes
        return False


def _end_processes_in(folder: Path) -> None:
    for how, seconds in ((signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        running = _processes_in(folder)
        numbers = {process.pid for process in running}
        for process in running:
            with suppress(psutil.Error):
                if how == signal.SIGKILL or process.ppid() not in numbers:  # the leader ends its own children
                    process.send_signal(how)
        if not wait_for_end(running, seconds):
            return
    if running := _processes_in(folder):
        raise OperatorError(
            f"An earlier PostgreSQL (process {running[0].pid}) still runs on {folder} and does not end: "
            "end it, or restart the machine."
        )


def _processes_in(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            link = Path(f"/proc/{process.pid}/cwd")  # the kernel follows it, even below folders we cannot name
            theirs = link if link.exists() else Path(process.cwd())
            if theirs.samefile(folder) and process.name().startswith(("postgres", "initdb")):
                found.append(process)
    return found


def _make(fresh: Path, programs: Programs) -> None:
    """Run `initdb` in a folder beside the final one; whoever interrupts it leaves nothing that looks finished."""
    account = programs.account
    if shutil.disk_usage(fresh.parent).free < _INITDB_NEEDS_BYTES:
        raise disk_full(fresh.parent)
    fresh.mkdir(mode=0o700)
    if account:
        account.own(fresh)
    word = secrets.token_urlsafe(32)
    with tempfile.TemporaryFile(dir=fresh.parent) as file:  # it has no name, so nothing remains of it
        file.write(f"{word}\n".encode())
        file.flush()
        file.seek(0)
        if account:
            os.fchown(file.fileno(), account.uid, account.gid)
        _run(
            programs,
            "initdb",
            f"--pgdata={programs.own_name_of(fresh)}",
            f"--username={ADMIN}",
            f"--pwfile=/dev/fd/{file.fileno()}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # PostgreSQL's own collation: an upgrade of the system's C library cannot corrupt indexes.
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
            within=fresh,
            pass_fds=[file.fileno()],
        )
    _write(fresh / "viva.conf", _VIVA_CONF, programs)
    _write(fresh / "postgresql.conf", _POSTGRESQL_CONF, programs)
    _write(fresh / PASSWORD_FILE, word + "\n", programs)
    _sync(fresh)


def _check(cluster: Path) -> None:
    owner, me = cluster.stat().st_uid, os.geteuid()
    if me not in (0, owner):
        raise OperatorError(
            f"The database in {cluster} belongs to another account (number {owner}): start Viva as that account, "
            "give the folder to yours with chown -R, or set VIVA_DATA_DIR to another folder."
        )
    version = _read(cluster / "PG_VERSION")
    if not version:
        raise OperatorError(
            f"{cluster} is not a PostgreSQL data folder, though it has the name of Viva's: "
            "move it away, or set VIVA_DATA_DIR to another folder."
        )
    if version != str(MAJOR):
        raise OperatorError(
            f"The database in {cluster} was made by PostgreSQL {version}, and this Viva runs PostgreSQL {MAJOR}: "
            "restore a backup made with the older Viva into a new VIVA_DATA_DIR, or start that Viva again."
        )


def _reset_password(cluster: Path, programs: Programs) -> None:
    """Give the administrator a new password when the file that held it is gone: whoever owns the folder may."""
    stop_left_over(cluster)
    word = secrets.token_urlsafe(32)
    command = ("postgres", "--single", "-D", programs.own_name_of(cluster), "postgres")
    _run(programs, *command, within=cluster, said=f"ALTER ROLE {ADMIN} PASSWORD '{word}';")
    _write(cluster / PASSWORD_FILE, word + "\n", programs)


def _run(programs: Programs, *command: str, within: Path, said: str = "", pass_fds: list[int] | None = None) -> None:
    process = programs.start(
        *command,
        within=within,
        stdin=subprocess.PIPE,
        pass_fds=pass_fds or (),
        signal_if_orphaned=signal.SIGTERM,
    )
    try:
        output = process.communicate(said.encode() + b"\n")[0].decode(errors="replace")
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if process.returncode != 0:
        raise failure(output, within.parent, process.returncode)


def failure(output: str, data_dir: Path, code: int, log: Path | None = None) -> OperatorError:
    """The sentence for what PostgreSQL wrote before it gave up."""
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return disk_full(data_dir)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    grave = [line for line in lines if "FATAL:" in line or "PANIC:" in line or ": error:" in line]
    reason = (grave or lines or [f"it ended with code {code}"])[-1]
    for mark in ("FATAL:", "PANIC:", "error:"):
        reason = reason.split(mark)[-1].strip() if mark in reason else reason
    if "user does not exist" in reason:
        return OperatorError(
            f"PostgreSQL needs an account with a name, and yours (number {os.geteuid()}) has none: "
            "start Viva as an account of this machine, or set DATABASE_URL."
        )
    advice = f"see {log}" if log else f"look after the folder {data_dir}"
    return OperatorError(f"PostgreSQL did not start ({reason.rstrip('.')}): {advice}, or set DATABASE_URL.")


def _write(path: Path, text: str, programs: Programs) -> None:
    """Replace a small file as a whole, if it differs."""
    with suppress(FileNotFoundError):
        if path.read_text() == text:
            return
    descriptor, name = tempfile.mkstemp(dir=path.parent)  # 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            if programs.account:
                os.fchown(descriptor, programs.account.uid, programs.account.gid)
            os.fsync(descriptor)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""


def _sync(folder: Path) -> None:
    """Make a rename within the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
