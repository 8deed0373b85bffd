"""`viva serve` as people run it: real processes, killed, interrupted and started twice."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import psutil
import psycopg
import pytest

import app.models  # noqa: F401 - the bank's tables refer to others
from app.bank.seeding import seed_all
from app.kit.db import libpq_url
from app.kit.migrate import upgrade
from app.kit.postgres_account import account_for
from app.kit.private_postgres import PrivatePostgres, running_url

ROOT = Path(__file__).resolve().parents[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Viva:
    """`viva …` as the leader of its process group, like a command in a terminal's foreground."""

    def __init__(self, data_dir: Path, *arguments: str, **environment: str) -> None:
        self.data_dir = data_dir
        clean = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "VIVA_DATABASE_URL")}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "app.cli", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
            env=clean
            | {"PYTHONPATH": str(ROOT), "VIVA_DATA_DIR": str(data_dir), "VIVA_ENCODER": "hashed"}
            | environment,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self.lines.append(line.rstrip("\n"))

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, text: str, seconds: float = 40) -> None:
        wait_until(lambda: text in self.output or self.process.poll() is not None, seconds)
        assert text in self.output, self.output

    def tree(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def part(self, name: str) -> psutil.Process:
        children = psutil.Process(self.process.pid).children()
        return next(c for c in children if name in (c.name(), c.cmdline()[-1]))

    def ctrl_c(self) -> None:
        os.killpg(self.process.pid, signal.SIGINT)

    def finish(self) -> int:
        code = self.process.wait(30)
        self._reader.join(10)
        return code


def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def works(process: psutil.Process) -> bool:
    """Whether it still does anything: one whose parent went first stays on the list until init takes it off."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def get(port: int, path: str, seconds: float = 5) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


Start = Callable[..., Viva]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Viva] = []

    def run(*arguments: str, data_dir: Path = tmp_path / "data", **environment: str) -> Viva:
        started.append(Viva(data_dir, *arguments, **environment))
        return started[-1]

    yield run
    for viva in started:
        if viva.process.poll() is None:
            left = viva.tree()
            viva.process.kill()
            psutil.wait_procs(left, timeout=15)
        viva.finish()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder after its first start."""
    folder = tmp_path_factory.mktemp("serve") / "data"
    with PrivatePostgres(folder) as server:
        upgrade(server.url)
        seed_all(server.url, ROOT / "seed")
    return folder


@pytest.fixture
def data_dir(template: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    shutil.copytree(template, folder)
    if account := account_for(template / "postgres"):
        account.own(folder / "postgres")
    return folder


def become_first_admin(viva: Viva, port: int) -> None:
    """By the link that a fresh installation prints; the letter to the new account becomes a file."""
    said = next(line for line in viva.lines if "/first-admin/" in line)
    path = said.partition(f"http://127.0.0.1:{port}")[2]
    assert get(port, path) == 200
    form = {"organization": "Acme", "name": "Ada", "email": "ada@example.org", "password": "a long enough password"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
    connection.request("POST", path, urlencode(form), headers)
    response = connection.getresponse()
    assert (response.status, response.headers["location"]) == (303, "/organizations/acme")
    connection.close()
    assert get(port, path) == 404
    wait_until(lambda: list(viva.data_dir.glob("mail/*.eml")))


def test_first_start_second_start_and_ctrl_c(tmp_path: Path, start: Start) -> None:
    port = free_port()
    viva = start("serve", "--port", str(port))
    viva.wait_for("Ctrl-C stops it.")
    address = f"http://127.0.0.1:{port}"
    assert viva.lines.count(f"Viva is ready: {address}") == 1
    assert get(port, "/healthz") == 200
    become_first_admin(viva, port)
    state = json.loads((tmp_path / "data" / "viva.json").read_text())
    assert (state["pid"], state["address"]) == (viva.process.pid, address)

    second = start("serve", "--port", str(free_port()))
    assert second.finish() == 1
    assert second.output == (
        f"viva: Viva already runs here: {address} (process {viva.process.pid}). "
        "Stop it, or set VIVA_DATA_DIR to another folder."
    )
    doctor = start("doctor")
    assert doctor.finish() == 0, doctor.output
    assert f"✓ Viva: runs at {address}" in doctor.output

    tree = viva.tree()
    assert len(tree) >= 3
    viva.ctrl_c()
    time.sleep(0.2)
    viva.ctrl_c()  # impatient
    assert viva.finish() == 0
    assert viva.lines[-1] == "Viva has stopped."
    assert "Traceback" not in viva.output
    wait_until(lambda: not any(works(process) for process in tree), 5)
    assert not (tmp_path / "data" / "viva.json").exists()
    assert not (tmp_path / "data" / "postgres" / "postmaster.pid").exists()


def test_kill_9_of_each_part(data_dir: Path, start: Start) -> None:
    port = free_port()
    viva = start("serve", "--port", str(port), "--no-seed")
    viva.wait_for("Ctrl-C stops it.")
    url = running_url(data_dir)
    assert url
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    web, worker = viva.part("web"), viva.part("worker")
    viva.part("postgres").kill()
    wait_until(lambda: running_url(data_dir))
    with psycopg.connect(libpq_url(url)) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (1,)
    wait_until(lambda: get(port, "/readyz") == 200)
    assert (viva.part("web"), viva.part("worker")) == (web, worker)  # they were left alone
    web.kill()
    web.wait(10)
    worker.kill()
    # Nobody is turned away meanwhile: the supervisor holds the socket, and who calls waits for the next web server.
    assert get(port, "/healthz", seconds=30) == 200
    wait_until(lambda: get(port, "/healthz") == 200 and viva.part("worker") != worker)
    assert "The web server has ended (signal SIGKILL); starting it again in 0.2 s." in viva.lines
    viva.process.send_signal(signal.SIGTERM)
    assert viva.finish() == 0


def test_kill_9_of_everything_at_any_moment_of_starting(tmp_path: Path, start: Start) -> None:
    port = free_port()
    for word in ("Making", "Bringing", "Loading", "Starting", "Viva is ready"):
        viva = start("serve", "--port", str(port))
        viva.wait_for(word)
        if word == "Viva is ready":  # after all that was interrupted before
            assert get(port, "/healthz") == 200
        tree = viva.tree()
        viva.process.kill()
        viva.process.wait()
        if word != "Starting":  # there the next start has to deal with what is left
            assert not psutil.wait_procs(tree, timeout=15)[1]
        if word == "Making":
            shutil.rmtree(tmp_path / "data" / "postgres", ignore_errors=True)
            (tmp_path / "data" / "postgres.new").mkdir(exist_ok=True)
    with PrivatePostgres(tmp_path / "data") as server, psycopg.connect(libpq_url(server.url)) as connection:
        assert connection.execute("SELECT count(*) > 0 FROM questions").fetchone() == (True,)


def test_ctrl_c_while_starting(tmp_path: Path, start: Start) -> None:
    viva = start("serve", "--port", str(free_port()))
    viva.wait_for("Making the database")
    wait_until(lambda: (tmp_path / "data" / "postgres.new").exists())
    tree = viva.tree()
    viva.ctrl_c()
    assert viva.finish() == 0
    assert viva.lines[-1] == "Viva has stopped."
    assert "Traceback" not in viva.output
    # What initdb had started learns of its end from it, a moment later.
    wait_until(lambda: not any(works(process) for process in tree), 5)


def test_taken_port(data_dir: Path, start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        viva = start("serve", "--port", str(port))
        assert viva.finish() == 1
    sentence = f"viva: Port {port} is in use by another program: stop that, or choose another port: viva serve --port "
    assert viva.output.startswith(sentence)
    assert len(viva.lines) == 1
    assert int(viva.output.removeprefix(sentence)) > port


def test_places_that_do_not_work(tmp_path: Path, start: Start) -> None:
    (tmp_path / "file").write_text("")
    port = str(free_port())
    in_file = start("serve", "--port", port, data_dir=tmp_path / "file")
    no_database = start("serve", "--port", port, DATABASE_URL="postgresql://viva:hush@127.0.0.1:1/viva")
    bad_url = start("serve", "--port", port, data_dir=tmp_path / "other", DATABASE_URL="sqlite:///viva.db")
    for viva, words in (
        (in_file, "a file is in its place: move that file away, or set VIVA_DATA_DIR"),
        (no_database, "The database at 127.0.0.1:1 cannot be reached"),
        (bad_url, "DATABASE_URL must begin with postgresql://"),
    ):
        assert viva.finish() == 1
        assert words in viva.output
        assert len(viva.lines) == 1, viva.output
        assert "hush" not in viva.output


def test_missing_model_leaves_the_rest_in_service(data_dir: Path, start: Start) -> None:
    port = free_port()
    missing = {"VIVA_ENCODER": "local", "VIVA_MODEL_PATH": str(data_dir / "no-model")}
    viva = start("serve", "--port", str(port), "--no-seed", **missing)
    viva.wait_for("Ctrl-C stops it.")
    viva.wait_for("The worker has ended (exit code 3)")
    assert "no-model" in viva.output
    assert "Traceback" not in viva.output
    assert get(port, "/healthz") == 200
    viva.ctrl_c()
    assert viva.finish() == 0


def test_database_of_the_operator_goes_away_and_comes_back(data_dir: Path, tmp_path: Path, start: Start) -> None:
    server = PrivatePostgres(data_dir, tcp_port=free_port())
    with server:
        port = free_port()
        viva = start("serve", "--port", str(port), "--no-seed", data_dir=tmp_path / "other", DATABASE_URL=server.url)
        viva.wait_for("Ctrl-C stops it.")
        assert not (tmp_path / "other" / "postgres").exists()
        wait_until(lambda: get(port, "/readyz") == 200)
        server.stop()
        wait_until(lambda: get(port, "/readyz") == 503)
        assert get(port, "/healthz") == 200
        server.start()
        wait_until(lambda: get(port, "/readyz") == 200)
        viva.ctrl_c()
        assert viva.finish() == 0
