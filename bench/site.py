"""A running Viva for a benchmark: private PostgreSQL, web and worker processes on loopback, all ended afterwards."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import text

from app.accounts.keys import create_key
from app.bank.seeding import seed_all
from app.kit.config import ROOT
from app.kit.db import transaction
from app.kit.migrate import upgrade
from app.kit.private_postgres import PrivatePostgres


@dataclass
class Site:
    """Where it is, and what it is made of."""

    url: str
    database_url: str
    key: str
    web: subprocess.Popen[bytes]
    first_page_seconds: float

    def web_memory_mb(self) -> float:
        """Resident memory of the web process, in megabytes."""
        return psutil.Process(self.web.pid).memory_info().rss / 1e6

    def web_libraries(self) -> set[str]:
        """Model libraries that the web process has mapped (there should be none)."""
        maps = psutil.Process(self.web.pid).memory_maps()
        return {name for name in ("torch", "tokenizers", "safetensors") for m in maps if f"/{name}/" in m.path}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, path: str, seconds: float) -> float:
    """Seconds until the page is there."""
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path, headers={"accept": "text/html"})
            if connection.getresponse().status == 200:
                return time.perf_counter() - began
        except OSError:
            time.sleep(0.005)
        finally:
            connection.close()
    raise RuntimeError(f"{path} did not come within {seconds} s")


def start(name: str, port: int, database_url: str, data: Path, workers: int) -> subprocess.Popen[bytes]:
    """A process of Viva."""
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "VIVA_PORT": str(port),
        "VIVA_DATA_DIR": str(data),
        "VIVA_WORKERS": str(workers),
        "VIVA_LOG_LEVEL": "error",
        # Calls are counted as always, and none is refused.
        "VIVA_CALLS_PER_MINUTE": "1000000",
        "VIVA_CALLS_PER_MINUTE_WITHOUT_KEY": "1000000",
        "VIVA_GRADINGS_PER_HOUR": "1000000",
    }
    return subprocess.Popen([sys.executable, "-m", "app.cli", name], env=environment, cwd=ROOT)


def _wait_for_workers(database_url: str, workers: int) -> None:
    """Until the workers have taken their places in the queue: their encoders are loaded by then."""
    for _ in range(300):
        with transaction(database_url) as session:
            if session.scalar(text("SELECT count(*) FROM procrastinate_workers")) == workers:
                return
        time.sleep(0.2)
    raise RuntimeError("the workers did not come within a minute")


@contextmanager
def running_site(workers: int = 1) -> Iterator[Site]:
    """Start all of it, and end it."""
    with tempfile.TemporaryDirectory(prefix="viva-bench-") as folder:
        data = Path(folder) / "data"
        with PrivatePostgres(data) as postgres:
            url = postgres.url
            upgrade(url)
            seed_all(url)
            with transaction(url) as session:
                key = create_key(session, "bench")
            port = free_port()
            processes = [start("web", port, url, data, workers)]
            try:
                first = wait_for(port, "/", 30)
                processes += [start("worker", port, url, data, workers) for _ in range(workers)]
                _wait_for_workers(url, workers)
                yield Site(f"http://127.0.0.1:{port}", url, key, processes[0], first)
            finally:
                for process in processes:
                    process.terminate()
                for process in processes:
                    process.wait(20)
