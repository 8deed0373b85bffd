"""Viva in several processes, as its compose file has them: web processes behind a proxy, workers, one PostgreSQL."""

from __future__ import annotations

import asyncio
import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import psutil
import yaml

from app.kit.config import ROOT
from app.kit.private_postgres import PrivatePostgres

Services = dict[str, dict[str, Any]]

COMPOSE = ROOT / "docker-compose.yml"
PROGRAMS = Path(sys.executable).parent


def services_of_compose() -> Services:
    """What the compose file says of its services."""
    return dict(yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"])


def as_run(command: list[str]) -> list[str]:
    """A command of the file as the container gets it: there `$$` stands for one `$`."""
    return [part.replace("$$", "$") for part in command]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_until(true: Callable[[], object], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


class RoundRobin:
    """A small proxy: each connection goes to the next server that takes it, as Caddy does it in docker-compose.yml."""

    def __init__(self, *ports: int) -> None:
        self.taken = dict.fromkeys(ports, 0)
        self.port = free_port()
        self._next = itertools.cycle(ports)
        self._callers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> RoundRobin:
        self._thread.start()
        start = asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self._server = asyncio.run_coroutine_threadsafe(start, self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        # Nothing is cancelled: whose connection is cut comes to its end by itself, and closes what it has opened.
        for writer in self._callers:
            writer.transport.abort()
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._callers.add(writer)
        for _ in self.taken:
            port = next(self._next)
            try:
                there, back = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
            self.taken[port] += 1
            await asyncio.gather(self._copy(reader, back), self._copy(there, writer))
            break
        await self._close(writer)
        self._callers.discard(writer)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        await self._close(writer)

    @staticmethod
    async def _close(writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            writer.close()
            await writer.wait_closed()


class Containers:
    """Runs services of the compose file as ordinary processes."""

    def __init__(self, services: Services, server: PrivatePostgres, folder: Path) -> None:
        self._services = services
        self._folder = folder
        self.address = urlsplit(server.url)
        self.started: list[subprocess.Popen[bytes]] = []

    def environment(self, service: str) -> dict[str, str]:
        """What Compose hands over; only addresses differ, and the encoder is the tests' quick one."""
        own = {name: value for name, value in self._services[service]["environment"].items() if value is not None}
        url = own["DATABASE_URL"].replace("@postgres:5432/", f"@127.0.0.1:{self.address.port}/")
        assert self.address.password
        return {
            **own,
            "DATABASE_URL": url,
            "PGPASSWORD": self.address.password,
            "VIVA_LOG_LEVEL": "info",
            "VIVA_ENCODER": "hashed",
            "VIVA_DATA_DIR": str(self._folder / "data"),
            "PATH": f"{PROGRAMS}:{os.defpath}",
            "HOME": str(self._folder),
        }

    def run(self, service: str) -> str:
        """A service that ends."""
        done = subprocess.run(
            as_run(self._services[service]["command"]),
            env=self.environment(service),
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, service: str, **more: str) -> subprocess.Popen[bytes]:
        """A service that stays."""
        with (self._folder / f"{service}-{len(self.started)}.log").open("wb") as log:
            process = subprocess.Popen(
                as_run(self._services[service]["command"]),
                env=self.environment(service) | more,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        self.started.append(process)
        return process

    def wait_for(self, *ports: int) -> None:
        """Until the web processes at these ports serve, and know of a worker."""

        def serves(port: int) -> bool:
            with suppress(OSError, http.client.HTTPException):
                answer = call(port, "GET", "/readyz")
                return answer.status == 200 and answer.body["checks"]["worker"] == "ok"
            assert all(process.poll() is None for process in self.started), self.said()
            return False

        wait_until(lambda: all(serves(port) for port in ports))

    def viva(self, *arguments: str) -> str:
        """A command, as by `docker compose exec web viva …`; its last line."""
        command = [str(PROGRAMS / "viva"), *arguments]
        done = subprocess.run(
            command, env=self.environment("web"), cwd=self._folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[-1]

    def stop(self) -> None:
        """`docker compose down`: SIGTERM, and SIGKILL for who does not follow."""
        for process in self.started:
            process.terminate()
        for process in self.started:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def said(self) -> str:
        return "\n".join(f"--- {log.name}\n{log.read_text()}" for log in sorted(self._folder.glob("*.log")))


@contextmanager
def nothing_left_running() -> Iterator[None]:
    """Fails if a process that was started within is still there afterwards."""
    me = psutil.Process()
    before = {process.pid for process in me.children(recursive=True)}
    yield
    left = [process for process in me.children(recursive=True) if process.pid not in before]
    assert psutil.wait_procs(left, timeout=5)[1] == []


class Answer(NamedTuple):
    """What a web process answered."""

    status: int
    body: Any
    headers: Message


def call(port: int, method: str, path: str, key: str = "", body: object = None, **headers: str) -> Answer:
    """One request on a connection of its own, so that a proxy chooses anew; `if_match` stands for `If-Match`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=40)
    try:
        own = {"content-type": "application/json", **({"authorization": f"Bearer {key}"} if key else {})}
        own |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, json.dumps(body) if body is not None else None, own)
        response = connection.getresponse()
        text = response.read().decode()
        content = json.loads(text) if "json" in response.getheader("content-type", "") else text
        return Answer(response.status, content, response.headers)
    finally:
        connection.close()
