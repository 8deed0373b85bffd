"""One text's vector, asked of a worker: for what needs it at once, such as search while somebody types.

A worker answers on `VIVA_VECTORS_ADDRESS`; who asks waits 50 ms at the most and does without when nobody answers.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import numpy as np

from app.kit.logging import get_logger

if TYPE_CHECKING:
    from app.embedding import Encoder
    from app.scoring.encoded import Vectors

LIMIT_SECONDS = 0.05
REST_SECONDS = 2.0
"""How long nobody is asked after nobody has answered: a worker that is away must not cost each key 50 ms."""
MAX_BYTES = 4096
MAX_CHARS = 300

log = get_logger("viva.vectors")


def split_address(address: str) -> tuple[str, int]:
    """Host and port of `host:port`.

    Raises
    ------
    ValueError
        It is not of that form.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError(f"{address!r} is not host:port")
    return host.strip("[]"), int(port)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Several workers of one machine share the port; the kernel hands each caller to one of them.
    allow_reuse_port = True


def serve_vectors(address: str, encoder: Encoder) -> ThreadingHTTPServer:
    """Answer in a thread of its own; `shutdown` and `server_close` end it.

    Parameters
    ----------
    address : str
        ``host:port``.
    encoder : Encoder

    Returns
    -------
    ThreadingHTTPServer

    Raises
    ------
    OSError
        The port is taken, or not ours.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_POST(self) -> None:
            size = self.headers.get("content-length", "")
            if not size.isdecimal() or int(size) > MAX_BYTES:
                self.close_connection = True
                return self._answer(413, {"error": "too large"})
            try:
                asked = json.loads(self.rfile.read(int(size)))["text"][:MAX_CHARS]
            except (ValueError, KeyError, TypeError):
                return self._answer(400, {"error": 'send {"text": …}'})
            vector = encoder.encode(str(asked)).vector
            return self._answer(200, {"model": encoder.identity, "vector": [round(float(x), 6) for x in vector]})

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """What people look for goes into no log."""

    server = _Server(split_address(address), Handler)
    threading.Thread(target=server.serve_forever, name="vectors", daemon=True).start()
    return server


class VectorClient:
    """Asks a worker; safe to use from several threads, each with a connection of its own."""

    def __init__(self, address: str | None) -> None:
        self._place = split_address(address) if address else None
        self._mine = threading.local()
        self._rest_until = 0.0

    def vector(self, text: str) -> tuple[Vectors, str] | None:
        """A text's vector and the model's identity; None when nobody answers in time.

        Parameters
        ----------
        text : str

        Returns
        -------
        tuple of (float32 array (d,), str), or None
        """
        if self._place is None or time.monotonic() < self._rest_until:
            return None
        body = json.dumps({"text": text[:MAX_CHARS]})
        began = time.monotonic()
        # A kept connection may have been closed by a worker that was started again: then a new one is tried at once.
        for fresh in (False, True):
            try:
                connection = self._connection(fresh)
                connection.request("POST", "/", body, {"content-type": "application/json"})
                answer = connection.getresponse()
                found = json.loads(answer.read())
                if answer.status == 200:
                    return np.array(found["vector"], dtype=np.float32), str(found["model"])
                return None
            except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
                self._drop()
                if isinstance(error, TimeoutError) or time.monotonic() - began > LIMIT_SECONDS:
                    break
        self._rest_until = time.monotonic() + REST_SECONDS
        return None

    def _connection(self, fresh: bool) -> http.client.HTTPConnection:
        assert self._place is not None
        kept: http.client.HTTPConnection | None = getattr(self._mine, "connection", None)
        if kept is None or fresh:
            self._drop()
            kept = http.client.HTTPConnection(*self._place, timeout=LIMIT_SECONDS)
            kept.connect()
            kept.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._mine.connection = kept
        return kept

    def _drop(self) -> None:
        kept = getattr(self._mine, "connection", None)
        if kept is not None:
            with contextlib.suppress(OSError):
                kept.close()
            self._mine.connection = None
