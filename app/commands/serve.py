"""`viva serve`: everything on one machine: database, migrations, questions, web server and workers, supervised."""

from __future__ import annotations

import errno
import http.client
import os
import socket
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError

from app.commands.running import Running
from app.kit.config import ROOT, Settings, get_settings
from app.kit.data_folder import FolderLock, prepare
from app.kit.db import normalise_url, transaction
from app.kit.errors import OperatorError
from app.kit.listening import free_port, listen
from app.kit.private_postgres import PrivatePostgres, check_server
from app.kit.supervisor import ChildProcess, Interrupted, Lifeline, StopSignals, Supervisor, stop_children

NEEDED_BYTES = 100 * 2**20
_WAIT_FOR_COMMANDS_SECONDS = 10.0
_REMIND_SECONDS = 15.0


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on (else VIVA_HOST, 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port (else VIVA_PORT, 8000).")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="How many workers (else VIVA_WORKERS, 1).")] = None,
    no_seed: Annotated[bool, typer.Option("--no-seed", help="Do not load the questions in seed/.")] = False,
) -> None:
    """Run Viva on this machine: its database, the web server and the workers, until Ctrl-C.

    Raises:
        OperatorError: it cannot run; the sentence says what to do.
    """
    given = {"host": host, "port": port, "workers": workers}
    settings = get_settings().model_copy(update={name: value for name, value in given.items() if value is not None})
    with StopSignals() as signals:
        try:
            with ExitStack() as stack:
                _serve(settings, signals, stack, seed=not no_seed)
        except Interrupted:
            pass
    say("Viva has stopped.")


def _serve(settings: Settings, signals: StopSignals, stack: ExitStack, seed: bool) -> None:
    """Start one thing after the other, each with its end on the stack, and supervise them."""
    with signals.raising():
        data_dir = prepare(settings.data_dir)
        settings = settings.model_copy(update={"data_dir": data_dir})
        running = Running(data_dir)
        lock = FolderLock(running.lock_path)
        if not lock.acquire(wait_seconds=0.5):  # `viva doctor` takes it for a moment
            raise OperatorError(
                f"Viva already runs here: {running.describe()}. Stop it, or set VIVA_DATA_DIR to another folder."
            )
        stack.callback(lock.release)
        running.end_left_over_children()
        check_port(settings.host, settings.port)
        prepare(data_dir, NEEDED_BYTES)
        address = address_of(settings.host, settings.port)
        running.write(address, [])
        stack.callback(running.forget)
        postgres = None if settings.database_url else PrivatePostgres(data_dir)
        if postgres:
            stack.callback(postgres.stop)
        url = _start_database(settings, postgres)
        _fill_database(url, settings, seed)

    lifeline = Lifeline()
    stack.callback(lifeline.close)
    listener = stack.enter_context(listen(settings.host, settings.port))
    environment = _environment(settings, url, private=postgres is not None)
    names = ["worker"] if settings.workers == 1 else [f"worker {number + 1}" for number in range(settings.workers)]
    heard = environment | {"VIVA_LISTEN_FD": str(listener.fileno())}
    web = ChildProcess("web server", _command("web"), heard, lifeline, inherits=[listener.fileno()])
    children = [web, *(ChildProcess(name, _command("worker"), environment, lifeline) for name in names)]

    def look_after() -> None:
        running.write(address, [(child.name, child.pid) for child in children])
        if postgres:
            postgres.tend()

    supervisor = Supervisor(signals, say, look_after)
    if postgres:
        supervisor.add(_DatabaseServer(postgres, signals), running=True)
    for child in children:
        supervisor.add(child, essential=child is web)
    stack.callback(stop_children, children)
    say(f"Starting the web server and {'a worker' if len(names) == 1 else f'{len(names)} workers'} …")
    stack.callback(lambda: say("Stopping …") if signals.stopping else None)
    remind_at = time.monotonic() + _REMIND_SECONDS

    def ready() -> bool:
        nonlocal remind_at
        if web.pid is not None and is_healthy(settings.host, settings.port):
            return True
        if time.monotonic() > remind_at:
            remind_at += _REMIND_SECONDS
            say("The web server does not answer yet; waiting for it …")
        return False

    supervisor.run(until=ready)
    if not signals.stopping:
        look_after()
        say(f"Viva is ready: {address}")
        _offer_first_admin(url, settings)
        say("Ctrl-C stops it.")
    supervisor.run()


class _DatabaseServer:
    """The private PostgreSQL as a supervised task."""

    name = "database server"

    def __init__(self, postgres: PrivatePostgres, signals: StopSignals) -> None:
        self._postgres = postgres
        self._signals = signals

    def start(self) -> None:
        with self._signals.raising():  # recovery can take long, and Ctrl-C should not have to wait for it
            self._postgres.start()

    def exit_code(self) -> int | None:
        return self._postgres.exit_code()


def _start_database(settings: Settings, postgres: PrivatePostgres | None) -> str:
    if postgres is None:
        check_server(settings.database_url or "")
        return normalise_url(settings.database_url or "")
    say("Starting the database …" if postgres.cluster.exists() else "Making the database, this once …")
    return postgres.start(wait_seconds=_WAIT_FOR_COMMANDS_SECONDS)


def _fill_database(url: str, settings: Settings, seed: bool) -> None:
    # Imported here: what a second start or a taken port need to say should not wait for them.
    from app.bank.seeding import seed_all
    from app.kit.migrate import upgrade

    try:
        say("Bringing the database up to date …")
        upgrade(url)
        if seed:
            say("Loading the questions …")
            try:
                report = seed_all(url, settings.seed_dir)
            except OperatorError as error:  # the bank of an earlier start still serves
                say(f"The questions were not loaded: {error.message}")
            else:
                for problem in report.errors:
                    say(f"  {problem}")
                say(f"Loaded {report}.")
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0] if error.orig and str(error.orig).strip() else "no answer"
        raise OperatorError(f"The database cannot be made ready ({reason}): correct that and start again.") from None


def _offer_first_admin(url: str, settings: Settings) -> None:
    """On a fresh installation, print the link that makes its holder the first admin."""
    from app.accounts.first_admin import LINK_HOURS, make_first_admin_link

    try:
        with transaction(url) as session:
            link = make_first_admin_link(session, settings.address)
    except (OperatorError, DBAPIError):  # it serves without, and says so again at the next start
        say("The link for the first admin could not be made: start Viva again for one.")
        return
    if link:
        say(f"No organisation has an admin yet. This link makes one, once, within {LINK_HOURS} hours: {link}")


def _command(part: str) -> list[str]:
    """How a part is started: by this Python, and without the current folder, which may hold another `app`."""
    return [sys.executable, "-P", "-m", "app.cli", part]


def _environment(settings: Settings, url: str, private: bool) -> dict[str, str]:
    """What the children see: the settings as this command has taken them."""
    environment = {name: value for name, value in os.environ.items() if not (private and name.startswith("PG"))}
    environment.pop("VIVA_DATABASE_URL", None)
    search = [str(ROOT), *filter(None, [environment.get("PYTHONPATH")])]
    return environment | {
        "DATABASE_URL": url,
        "VIVA_DATA_DIR": str(settings.data_dir),
        "VIVA_HOST": settings.host,
        "VIVA_PORT": str(settings.port),
        "VIVA_SEED_DIR": str(Path(settings.seed_dir).resolve()),
        "VIVA_WORKERS": str(settings.workers),
        "VIVA_VECTORS_ADDRESS": settings.vectors_address or f"127.0.0.1:{free_port()}",
        "PYTHONPATH": os.pathsep.join(search),
    }


def check_port(host: str, port: int) -> None:
    """Find out before anything is started whether the web server will be able to listen.

    Raises:
        OperatorError: it will not; the sentence says what to do.
    """
    reason = _why_not(host, port)
    if reason is None:
        return
    if reason.errno == errno.EADDRINUSE:
        other = next((p for p in range(port + 1, min(port + 50, 65536)) if _why_not(host, p) is None), 8001)
        raise OperatorError(
            f"Port {port} is in use by another program: stop that, or choose another port: viva serve --port {other}"
        )
    if reason.errno in (errno.EACCES, errno.EPERM):
        raise OperatorError(f"This account may not listen on port {port}: choose one from 1024: viva serve --port 8000")
    raise OperatorError(
        f"Viva cannot listen on {host} ({reason.strerror}): choose an address of this machine, such as --host 127.0.0.1"
    )


def _why_not(host: str, port: int) -> OSError | None:
    try:
        for family, kind, protocol, _, place in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(place)
    except OSError as error:
        return error
    return None


def _loopback_for(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - compared, not bound


def address_of(host: str, port: int) -> str:
    """The address to open in a browser on this machine."""
    name = _loopback_for(host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def is_healthy(host: str, port: int) -> bool:
    """Whether a web server answers `/healthz`."""
    connection = http.client.HTTPConnection(_loopback_for(host), port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def say(line: str) -> None:
    """Print at once; a terminal that has gone away is no reason to stop."""
    with suppress(OSError, ValueError):
        print(line, flush=True)
