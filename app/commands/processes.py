"""`viva web` and `viva worker`: one process each, alone or as children of `viva serve`."""

from __future__ import annotations

import socket
from typing import cast

import uvicorn
from fastapi import FastAPI

from app.kit.command_database import database
from app.kit.config import Settings
from app.kit.listening import BACKLOG, listen
from app.kit.logging import configure_logging
from app.kit.supervisor import exit_when_parent_dies


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
        # `viva serve` keeps the socket itself: who calls while a killed web server is started again waits for it.
        if settings.listen_fd is None:
            listener = listen(settings.host, settings.port)
        else:
            listener = socket.socket(fileno=settings.listen_fd, proto=socket.IPPROTO_TCP)
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
        _Server(config).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Answers those who wait for a score before it ends, instead of cutting them off when its patience is over."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop taking requests, and end."""
        app = cast(FastAPI, self.config.app)
        await app.state.waiter.stop()
        await super().shutdown(sockets)


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
