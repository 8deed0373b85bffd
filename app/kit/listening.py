"""The socket that the web server listens on."""

from __future__ import annotations

import socket

from app.kit.errors import OperatorError

BACKLOG = 2048
"""Connections that may wait to be taken."""


def listen(host: str, port: int) -> socket.socket:
    """Take the address before anything else starts: a taken port is one clear sentence.

    Raises:
        OperatorError: it is taken, or not this machine's.
    """
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


def free_port() -> int:
    """A port of this machine that nobody listens on at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
