"""The private PostgreSQL, with real servers: each test is something that has happened to somebody's."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from app.kit.command_database import database
from app.kit.config import Settings
from app.kit.data_folder import prepare
from app.kit.db import libpq_url
from app.kit.errors import OperatorError
from app.kit.orphans import is_alive
from app.kit.postgres_account import account_for, find_programs
from app.kit.private_postgres import OccupiedError, PrivatePostgres, check_server, running_url

ROOT = Path(__file__).resolve().parents[2]
Owner = Callable[..., tuple[subprocess.Popen[str], str, int]]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes accounts and mounts disks")

OWNER = """
import os, sys, time
from pathlib import Path
from app.kit.private_postgres import PrivatePostgres
server = PrivatePostgres(Path(sys.argv[1]))
if sys.argv[2:]:  # become an ordinary account only now: this Python may lie where that account cannot go
    os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
print(server.start(), server.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder after its first start: copying it is quicker than making one for each test."""
    folder = tmp_path_factory.mktemp("template") / "data"
    with PrivatePostgres(folder) as server:
        run(server.url, "CREATE TABLE kept (word text)")
    return folder


@pytest.fixture
def data_dir(template: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    shutil.copytree(template, folder)
    if account := account_for(template / "postgres"):
        account.own(folder / "postgres")
    return folder


@pytest.fixture
def owner(data_dir: Path) -> Iterator[Owner]:
    """Start a server in a process of its own, which can be killed."""
    started = []

    def start(folder: Path = data_dir, user: int | None = None) -> tuple[subprocess.Popen[str], str, int]:
        command = [sys.executable, "-W", "error", "-c", OWNER, str(folder), *([str(user)] if user else [])]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        started.append(process)
        assert process.stdout is not None
        url, pid = process.stdout.readline().split()
        return process, url, int(pid)

    yield start
    for process in started:
        process.terminate()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    wait_until(lambda: not servers_in(data_dir))


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(libpq_url(url)) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def servers_in(data_dir: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(data_dir) and process.name().startswith("postgres"):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def wait_until(condition: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_first_start_makes_a_server_that_only_we_can_use(tmp_path: Path) -> None:
    folder = tmp_path / "a b,c:d" / "données"  # characters that mean something to libpq and SQLAlchemy
    server = PrivatePostgres(folder)
    with server:
        settings = {"fsync": "on", "synchronous_commit": "on", "TimeZone": "UTC", "listen_addresses": ""}
        for name, value in settings.items():
            assert run(server.url, f"SHOW {name}") == [(value,)]
        rights = run(server.url, "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user")
        assert rights == [(False, True)]
        run(server.url, "CREATE EXTENSION IF NOT EXISTS vector")
        assert run(server.url, "SELECT '[1,2]'::vector::text") == [("[1,2]",)]
        rules = (server.cluster / "pg_hba.conf").read_text().splitlines()
        assert {rule.split()[-1] for rule in rules if rule.strip() and not rule.startswith("#")} == {"scram-sha-256"}
        password = libpq_url(server.url).split(":")[2].split("@")[0]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(libpq_url(server.url).replace(password, "guess"))
        for path in (folder, server.cluster, server.cluster / "viva-password", server.log):
            assert path.stat().st_mode & 0o077 == 0, path
        assert os.geteuid() != 0 or psutil.Process(server.pid).uids().real != 0
    assert not server.is_alive()
    assert not servers_in(folder)
    assert sorted(p.name for p in folder.iterdir()) == ["postgres", "postgres.lock", "postgres.log"]


def test_later_starts_take_less_than_a_second_and_keep_the_data(data_dir: Path) -> None:
    server = PrivatePostgres(data_dir)
    with server:
        run(server.url, "INSERT INTO kept VALUES ('first')")
    begin = time.monotonic()
    with server:
        assert time.monotonic() - begin < 1
        assert run(server.url, "SELECT word FROM kept") == [("first",)]
        assert server.start() == server.url  # again: nothing happens


def test_long_path(template: Path, tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 100) / ("y" * 100) / "data"
    with PrivatePostgres(folder) as server:
        assert len(server.url.split("host=")[1].encode()) < 100
        assert running_url(folder) == server.url
        link = Path(server.url.split("host=")[1].split("&")[0])
        assert link.parent.stat().st_mode & 0o777 == 0o700
        link.unlink()  # a cleaner of temporary files came by
        server.tend()
        assert run(server.url, "SELECT 1") == [(1,)]
    assert not link.is_symlink()


def test_folder_that_the_other_account_cannot_walk_to(template: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o700)
    with PrivatePostgres(locked / "data") as server:
        assert run(server.url, "SELECT 1") == [(1,)]


@needs_root
def test_programs_that_the_other_account_cannot_walk_to(data_dir: Path, tmp_path: Path) -> None:
    programs = find_programs()
    package = tmp_path / "locked" / programs.parents[1].name
    copy = package / programs.parent.name
    for part in ("bin/postgres", "bin/initdb", "share", "lib/postgresql"):
        source, target = programs.parent / part, copy / part
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)
    shutil.copytree(f"{programs.parents[1]}.libs", f"{package}.libs")
    (tmp_path / "locked").chmod(0o700)
    cache = Path("/var/cache/viva")
    before = set(cache.iterdir()) if cache.exists() else set()
    try:
        with PrivatePostgres(data_dir, programs_dir=copy / "bin") as server:
            assert run(server.url, "SELECT '[1]'::vector::text, count(*) FROM pg_timezone_names")[0][0] == "[1]"
            assert not psutil.Process(server.pid).exe().startswith(str(tmp_path))
    finally:
        for made in set(cache.iterdir()) - before if cache.exists() else ():
            shutil.rmtree(made)


@needs_root
def test_ordinary_account(data_dir: Path, tmp_path: Path, owner: Owner) -> None:
    nobody = pwd.getpwnam("nobody")
    for place in (tmp_path, *tmp_path.parents):
        if stat.S_IMODE(place.stat().st_mode) == 0o700:
            place.chmod(0o711)  # pytest's own
    try:
        subprocess.run([find_programs() / "postgres", "--version"], user=nobody.pw_uid, check=True)
    except OSError:
        pytest.skip("the checkout lies where an ordinary account cannot go")
    folder = data_dir
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    process, _, pid = owner(folder, user=nobody.pw_uid)
    assert psutil.Process(pid).uids().real == nobody.pw_uid
    process.terminate()
    process.wait()
    wait_until(lambda: not psutil.pid_exists(pid))
    with PrivatePostgres(folder) as server:  # root takes it over and leaves it usable
        assert psutil.Process(server.pid).uids().real == nobody.pw_uid
    owner(folder, user=nobody.pw_uid)


def test_tcp(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OperatorError, match=f"Port {port} is in use"):
            PrivatePostgres(data_dir, tcp_port=port).start()
    with PrivatePostgres(data_dir, tcp_port=port) as server:
        assert f"@127.0.0.1:{port}/viva" in server.url
        assert running_url(data_dir) == server.url
        assert check_server(server.url).startswith("18")


def test_one_owner(data_dir: Path) -> None:
    assert running_url(data_dir) is None
    with PrivatePostgres(data_dir) as server:
        assert running_url(data_dir) == server.url
        with pytest.raises(OccupiedError, match=f"process {os.getpid()}"):
            PrivatePostgres(data_dir).start()
        assert run(server.url, "SELECT 1") == [(1,)]
    assert running_url(data_dir) is None


def test_commands_share_one_server(data_dir: Path) -> None:
    settings = Settings(data_dir=data_dir, database_url=None)
    with database(settings) as first, database(settings) as second:
        assert first == second
        assert run(second, "SELECT 1") == [(1,)]
    assert not servers_in(data_dir)


def test_database_url_is_taken_as_people_write_it(data_dir: Path) -> None:
    with PrivatePostgres(data_dir) as server:
        for scheme in ("postgres://", "postgresql://", "postgresql+psycopg://"):
            given = server.url.replace("postgresql+psycopg://", scheme)
            with database(Settings(data_dir=data_dir, database_url=given)) as url:
                assert url == server.url


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            "postgresql://viva:hush@127.0.0.1:1/viva",
            "at 127.0.0.1:1 cannot be reached .*refused.*: start it, or correct",
        ),
        ("postgresql://viva:hush@no-such-host.invalid/viva", "at no-such-host.invalid:5432 cannot be reached"),
        ("postgresql://viva:hush@127.0.0.1:port/viva", "DATABASE_URL is not an address"),
        ("mysql://viva:hush@127.0.0.1/viva", "DATABASE_URL must begin with postgresql://"),
    ],
)
def test_database_url_that_does_not_work(tmp_path: Path, url: str, sentence: str) -> None:
    with (
        pytest.raises(OperatorError, match=sentence) as raised,
        database(Settings(data_dir=tmp_path, database_url=url)),
    ):
        pass
    assert "hush" not in raised.value.message


def test_wrong_password_is_not_printed(data_dir: Path) -> None:
    with PrivatePostgres(data_dir) as server:
        wrong = server.url.replace("viva:", "viva:hush", 1)
        with pytest.raises(OperatorError, match="password authentication failed") as raised:
            check_server(wrong)
        assert "hush" not in raised.value.message


def test_kill_9_of_postgres(data_dir: Path) -> None:
    server = PrivatePostgres(data_dir)
    url = server.start()
    try:
        client = psycopg.connect(libpq_url(url))  # its backend is alive when the next server starts
        run(url, "INSERT INTO kept VALUES ('acknowledged')")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        wait_until(lambda: not server.is_alive())
        assert server.exit_code() == -signal.SIGKILL
        assert server.start() == url
        assert run(url, "SELECT word FROM kept") == [("acknowledged",)]
        client.close()
    finally:
        server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends what is left over")
def test_kill_9_of_the_owner_leaves_no_process(data_dir: Path, owner: Owner) -> None:
    process, url, _ = owner()
    run(url, "INSERT INTO kept VALUES ('acknowledged')")
    process.kill()
    process.wait()
    wait_until(lambda: not servers_in(data_dir))
    with PrivatePostgres(data_dir) as server:
        assert run(server.url, "SELECT word FROM kept") == [("acknowledged",)]


def test_start_while_the_server_of_a_killed_owner_is_still_there(data_dir: Path, owner: Owner) -> None:
    process, url, pid = owner()
    os.kill(pid, signal.SIGSTOP)  # it cannot react to its owner's end
    process.kill()
    process.wait()
    earlier = psutil.Process(pid)
    waker = threading.Timer(0.5, earlier.resume)
    waker.start()
    with PrivatePostgres(data_dir) as server:
        assert server.pid != pid
        assert not is_alive(earlier)
        assert server.url == url
    waker.join()


@pytest.mark.parametrize("content", ["", "half", "{stranger}\n/proc/self/cwd\n1\n5432\n.\n\n1 1\nready\n"])
def test_pid_file_that_names_a_stranger_or_nobody(data_dir: Path, content: str) -> None:
    account = account_for(data_dir / "postgres")
    # The same account, as PostgreSQL knows strangers by not being allowed to signal them.
    stranger = subprocess.Popen(["sleep", "60"], user=account.uid if account else None)
    try:
        (data_dir / "postgres" / "postmaster.pid").write_text(content.format(stranger=stranger.pid))
        assert running_url(data_dir) is None
        with PrivatePostgres(data_dir) as server:
            assert run(server.url, "SELECT 1") == [(1,)]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_interrupted_first_start(data_dir: Path) -> None:
    shutil.move(data_dir / "postgres", data_dir / "postgres.new")
    (data_dir / "postgres.new" / "PG_VERSION").unlink()
    with PrivatePostgres(data_dir) as server:
        assert run(server.url, "SELECT 1") == [(1,)]
    assert not (data_dir / "postgres.new").exists()


def test_lost_and_wrong_password(data_dir: Path) -> None:
    file = data_dir / "postgres" / "viva-password"
    file.unlink()
    with PrivatePostgres(data_dir) as server:
        assert run(server.url, "SELECT 1") == [(1,)]
    file.write_text("wrong")
    with pytest.raises(OperatorError, match="remove that file and start again"):
        PrivatePostgres(data_dir).start()
    file.unlink()
    with PrivatePostgres(data_dir) as server:
        assert run(server.url, "SELECT 1") == [(1,)]


def test_other_major_version(data_dir: Path) -> None:
    (data_dir / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(OperatorError, match="made by PostgreSQL 16, and this Viva runs PostgreSQL 18: restore"):
        PrivatePostgres(data_dir).start()


def test_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "thesis.txt").write_text("precious")
    with pytest.raises(OperatorError, match="is not a PostgreSQL data folder"):
        PrivatePostgres(tmp_path).start()
    assert (tmp_path / "postgres" / "thesis.txt").read_text() == "precious"


def test_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    for folder in (tmp_path / "data", tmp_path / "data" / "deeper"):
        with pytest.raises(OperatorError, match="a file is in its place"):
            PrivatePostgres(folder).start()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, 200 MB small."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m", "viva", folder], capture_output=True).returncode:
        pytest.skip("mounting is not permitted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill(disk: Path, leave: int) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        file.write(bytes(shutil.disk_usage(disk).free - leave))
    return ballast


@needs_root
def test_full_and_read_only_disk(disk: Path, template: Path) -> None:
    ballast = fill(disk, 50 * 2**20)
    with pytest.raises(OperatorError, match=r"has [45][0-9] MB left, and Viva needs 100 MB: free some"):
        prepare(disk / "data", 100 * 2**20)
    with pytest.raises(OperatorError, match="is full: free some space"):
        PrivatePostgres(disk / "data").start()
    assert not (disk / "data" / "postgres.new").exists()
    ballast.unlink()
    with PrivatePostgres(disk / "data"):
        pass
    ballast = fill(disk, 0)
    with pytest.raises(OperatorError, match="is full: free some space"):
        PrivatePostgres(disk / "data").start()
    ballast.unlink()
    with PrivatePostgres(disk / "data") as server:
        ballast = fill(disk, 0)
        with pytest.raises(psycopg.Error):
            run(server.url, "CREATE TABLE big AS SELECT repeat(md5(n::text), 100) FROM generate_series(1, 100000) n")
        ballast.unlink()
        wait_until(lambda: server.start() and server.is_alive() and run(server.url, "SELECT 1"))
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with pytest.raises(OperatorError, match=r"cannot write to its data folder .* \(Read-only file system\): make it"):
        PrivatePostgres(disk / "data").start()


def test_log_is_capped(data_dir: Path) -> None:
    with PrivatePostgres(data_dir) as server:
        os.truncate(server.log, 11 * 2**20)
        server.tend()
        assert server.log.stat().st_size == 0
        with pytest.raises(psycopg.Error):
            run(server.url, "SELECT 1/0")
        assert "division by zero" in server.log.read_text()
