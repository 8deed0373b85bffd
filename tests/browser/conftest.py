"""Viva as people run it (web and worker as processes, the real encoder), and a real Chromium in front of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import psycopg
import pytest
from databases import drop_database
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright
from psycopg import sql
from psycopg.rows import namedtuple_row

from app.kit.config import ROOT
from app.kit.db import libpq_url

# Nothing that a browser does of its own accord may leave the machine.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
ZONE = "Europe/Berlin"
# Two servers, two models and two browsers may share two cores: a page may take its time, and must get there.
expect.set_options(timeout=15_000)


class Site:
    """A running Viva and its database."""

    def __init__(self, folder: Path, database_url: str, settings: dict[str, str] | None = None) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{port}"
        self.database_url = libpq_url(database_url)
        self.data_dir = folder / "data"
        self.logs = {name: folder / f"{name}.log" for name in ("web", "worker")}
        environment = (
            os.environ
            | {
                "DATABASE_URL": database_url,
                "VIVA_PORT": str(port),
                "VIVA_DATA_DIR": str(folder / "data"),
                "VIVA_LOG_FORMAT": "json",
                "PYTHONPATH": str(ROOT),
                "PYTHONWARNINGS": "error::DeprecationWarning:app",
            }
            | (settings or {})
        )
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        for name, log in self.logs.items():
            with log.open("wb") as output:
                self.processes[name] = subprocess.Popen(
                    [sys.executable, "-P", "-m", "app.cli", name], stdout=output, stderr=output, env=environment
                )

    def wait_until_ready(self) -> None:
        end = time.monotonic() + 60
        while True:
            for name, process in self.processes.items():
                assert process.poll() is None, f"{name} has ended: {self.logs[name].read_text()}"
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as response:
                    if b'"worker":"ok"' in response.read():
                        return
            except urllib.error.HTTPError as error:
                error.close()
            except OSError:
                pass
            assert time.monotonic() < end, "Viva did not become ready"
            time.sleep(0.1)

    def letter(self, to: str, what: str) -> str:
        """The path of a link in a letter to somebody, which the worker writes into the data folder."""
        end = time.monotonic() + 20
        while True:
            for path in sorted(self.data_dir.glob("mail/*.eml")):
                letter = message_from_bytes(path.read_bytes(), policy=policy.default)
                link = re.search(rf"/{what}/[\w-]+", str(letter.get_content()))  # type: ignore[attr-defined]
                if letter["To"] == to and link:
                    return link[0]
            assert time.monotonic() < end, f"no letter to {to} about {what}"
            time.sleep(0.1)

    def stop(self) -> None:
        for process in self.processes.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @contextmanager
    def worker_paused(self) -> Iterator[None]:
        """Nothing is scored and nothing swept meanwhile."""
        self.processes["worker"].send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.processes["worker"].send_signal(signal.SIGCONT)

    def rows(self, statement: str, **values: object) -> list[Any]:
        with psycopg.connect(self.database_url, autocommit=True, row_factory=namedtuple_row) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def one(self, statement: str, **values: object) -> Any:
        (row,) = self.rows(statement, **values)
        return row

    def end_in(self, interview: uuid.UUID, seconds: float) -> None:
        """Move the deadline so that so many seconds are left."""
        self.rows(
            "UPDATE interviews SET deadline_at = viva_now() + make_interval(secs => %(s)s) WHERE id = %(i)s",
            s=seconds,
            i=interview,
        )

    def item(self, interview: uuid.UUID, position: int = 1) -> Any:
        return self.one(
            "SELECT i.*, a.text AS answer_text, a.submitted_by, a.id AS answer_id FROM interview_items i"
            " LEFT JOIN answers a ON a.item_id = i.id WHERE interview_id = %(i)s AND position = %(p)s",
            i=interview,
            p=position,
        )

    def kept(self, interview: uuid.UUID, *kinds: str) -> list[str]:
        """Texts in the history of an interview's drafts, oldest first."""
        rows = self.rows(
            "SELECT d.text FROM drafts d JOIN interview_items i ON i.id = d.item_id"
            " WHERE i.interview_id = %(i)s AND d.kind = ANY(%(k)s) ORDER BY d.created_at",
            i=interview,
            k=list(kinds),
        )
        return [row.text for row in rows]


@contextmanager
def run_site(
    postgres_server: str, template_database: str, folder: Path, settings: dict[str, str] | None = None
) -> Iterator[Site]:
    """Viva on a database of its own; what it logged is looked at when it is over."""
    base, _, query = libpq_url(postgres_server).partition("?")
    name = f"viva_browser_{uuid.uuid4().hex[:8]}"
    url = f"{base.rsplit('/', 1)[0]}/{name}{'?' + query if query else ''}"
    with psycopg.connect(libpq_url(postgres_server), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template_database))
        )
    running = Site(folder, url, settings)
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.stop()
        drop_database(postgres_server, name)
    for part, log in running.logs.items():
        assert "eights change" not in log.read_text(), f"{part} logs what candidates write"
        bad = [line for line in log.read_text().splitlines() if '"level": "error"' in line or "Traceback" in line]
        assert not bad, f"{part} logged errors: {bad[:3]}"


@pytest.fixture(scope="package")
def site(postgres_server: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Viva for all tests of this folder."""
    with run_site(postgres_server, template_database, tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The system's Chromium, else Playwright's own."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        except Error as error:
            reason = f"no Chromium can be started, so nothing is tested in a browser: {error.message.splitlines()[0]}"
            if os.environ.get("CI", "").lower() == "true":
                pytest.fail(reason)
            pytest.skip(reason)  # -ra says it for each test
        yield started
        started.close()


class Window:
    """One person's browser: its tabs are watched for what must never happen."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.context = context
        self.site = site
        self.wrong: list[str] = []
        context.set_default_timeout(15_000)
        context.on("request", lambda request: self._request(request.url))
        context.on("console", lambda message: self._console(message.text))
        context.on("weberror", lambda error: self.wrong.append(f"script error: {error.error}"))
        # Told by the page itself, also where the console would keep quiet.
        context.expose_function("vivaTestViolation", lambda words: self.wrong.append(f"CSP violation: {words}"))
        context.add_init_script(
            "document.addEventListener('securitypolicyviolation', (e) =>"
            " window.vivaTestViolation(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`))"
        )

    def _request(self, url: str) -> None:
        if not url.startswith((f"{self.site.url}/", "data:", "blob:")):
            self.wrong.append(f"request to another host: {url}")

    def _console(self, words: str) -> None:
        if "Content Security Policy" in words or "Uncaught" in words:
            self.wrong.append(f"console: {words}")

    def tab(self, path: str | None = "/") -> Page:
        page = self.context.new_page()
        if path is not None:
            page.goto(self.site.url + path)
        return page


Open = Callable[..., Window]


@pytest.fixture
def open_window(browser: Browser, site: Site) -> Iterator[Open]:
    """Opens a browser for somebody; options are those of a Playwright context."""
    windows: list[Window] = []

    def run(**options: Any) -> Window:
        chosen = {
            "viewport": {"width": 1280, "height": 800},
            "locale": "en-GB",
            "timezone_id": ZONE,
            "reduced_motion": "reduce",
        } | options
        windows.append(Window(browser.new_context(**chosen), site))
        return windows[-1]

    yield run
    for window in windows:
        # Answers that a test holds back may still be under way.
        for page in window.context.pages:
            page.unroute_all(behavior="ignoreErrors")
        window.context.close()
    wrong = [line for window in windows for line in window.wrong]
    assert not wrong, wrong


@pytest.fixture
def window(open_window: Open) -> Window:
    """One person's browser."""
    return open_window()
