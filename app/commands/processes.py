"""`viva web` and `viva worker`: one process each, alone or as children of `viva serve`."""

from __future__ import annotations

import socket

import uvicorn

from app.kit.config import Settings
from app.kit.errors import OperatorError
from app.kit.logging import configure_logging
from app.kit.private_postgres import database
from app.kit.supervisor import exit_when_parent_dies

BACKLOG = 2048


def run_web(settings: Settings) -> None:
    """Serve until told to stop.

    Raises:
        OperatorError: the port is taken, or the database cannot be reached.
    """
    from app.main import create_app

    if settings.supervised_fd is not None:
        exit_when_parent_dies()
    configure_logging(settings, "web")
    with database(settings) as url:
        listener = _listen(settings.host, settings.port)
        config = uvicorn.Config(
            create_app(settings, url),
            log_config=None,
            access_log=False,
            proxy_headers=True,
            forwarded_allow_ips=settings.trusted_proxies,
            server_header=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=8,
            backlog=BACKLOG,
        )
        uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    """The listening socket, taken before anything else starts: a taken port is one clear sentence."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        # The protocol is named because asyncio sets TCP_NODELAY only then; without it small answers wait 40 ms.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        raise OperatorError(
            f"Port {port} on {host} cannot be used ({error.strerror}): choose another with VIVA_PORT."
        ) from None
    return listener


def run_worker_process(settings: Settings) -> None:
    """Work until told to stop.

    Raises:
        OperatorError: the model is missing or altered, or the database cannot be reached.
    """
    from app.worker import run_worker

    if settings.supervised_fd is not None:
        exit_when_parent_dies()
    configure_logging(settings, "worker")
    with database(settings) as url:
        run_worker(settings, url)
