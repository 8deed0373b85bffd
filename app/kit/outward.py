"""Calls to addresses that others have typed in: to public servers alone, bounded in time and size.

The name is resolved once, every address that it has must be allowed, and the connection goes to the address that was
looked at: a name that leads elsewhere a moment later (DNS rebinding) changes nothing. TLS still verifies the name.
Redirects are not followed, proxies of the environment are not used.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from app.kit.addresses import Network, may_be_called, parse_networks
from app.kit.config import Settings

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
MAX_BYTES = 64 * 1024
MAX_URL = 2000


class CallRefused(Exception):
    """Viva does not call this address; the sentence says why."""


class CallFailed(Exception):
    """There was no whole response; the sentence says why."""


@dataclass(frozen=True)
class Answered:
    """What came back: `body` holds no more than was asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Outward:
    """What the operator allows beyond public https."""

    networks: tuple[Network, ...] = ()
    plain_http: bool = False
    tls: ssl.SSLContext | None = None

    @classmethod
    def of(cls, settings: Settings) -> Outward:
        """As the settings have it."""
        return cls(parse_networks(settings.outbound_private_networks or ""), settings.outbound_plain_http)

    def check(self, url: str) -> SplitResult:
        """The parts of an address that looks as if it might be called; its name is not resolved yet.

        Raises:
            CallRefused: it is no address, not https, or names a private address outright.
        """
        parts = _parts(url)
        if parts.scheme == "http" and not self.plain_http:
            raise CallRefused("The address must begin with https://.")
        with contextlib.suppress(ValueError):
            self._look_at(ipaddress.ip_address(parts.hostname or ""))
        return parts

    def call(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        total_seconds: float = TOTAL_SECONDS,
        max_bytes: int = MAX_BYTES,
    ) -> Answered:
        """One request, from the name's resolution to the response's end within `total_seconds`.

        (The resolver has a time limit of its own.)

        Raises:
            CallRefused: the address must not be called.
            CallFailed: no connection, no response, or not in time.
        """
        parts = self.check(url)
        ends_at = time.monotonic() + total_seconds
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = parts.hostname or ""
        try:
            found = socket.getaddrinfo(_ascii(host), port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise CallFailed(f"The name {host} cannot be resolved.") from error
        for *_, address in found:
            self._look_at(ipaddress.ip_address(address[0]))
        connection = http.client.HTTPConnection(_ascii(host), port)
        connection.default_port = 443 if parts.scheme == "https" else 80
        with _until(ends_at) as guard:
            try:
                connection.sock = guard.hold(_connect(found, ends_at))
                if parts.scheme == "https":
                    connection.sock = guard.hold(self._encrypt(connection.sock, _ascii(host)))
                    connection.sock.do_handshake()
                path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                connection.request(method, path, body=body, headers={"Connection": "close", **(headers or {})})
                response = connection.getresponse()
                content = response.read(max_bytes)
                return Answered(
                    response.status, {name.lower(): value for name, value in response.getheaders()}, content
                )
            except ssl.SSLCertVerificationError as error:
                raise CallFailed(f"The certificate is not good: {error.verify_message}.") from error
            except (OSError, http.client.HTTPException, ValueError) as error:
                if guard.is_over or isinstance(error, TimeoutError):
                    raise CallFailed(f"There was no whole response within {total_seconds:g} seconds.") from error
                said = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
                raise CallFailed(f"The connection failed: {said}.") from error
            finally:
                connection.close()

    def _look_at(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
        if not may_be_called(address, self.networks):
            raise CallRefused(
                f"{address} is no public address. Whoever runs this Viva can allow its network "
                "(VIVA_OUTBOUND_PRIVATE_NETWORKS)."
            )

    def _encrypt(self, plain: socket.socket, host: str) -> ssl.SSLSocket:
        context = self.tls or ssl.create_default_context()
        return context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)


def _parts(url: str) -> SplitResult:
    if len(url) > MAX_URL or not url.isprintable() or " " in url or not url.isascii():
        raise CallRefused(f"The address must have at most {MAX_URL} characters, all of them ASCII, and no spaces.")
    try:
        parts = urlsplit(url)
        port = parts.port
        _ascii(parts.hostname or "")
    except ValueError:
        raise CallRefused("This is no address.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0 or "\\" in url:
        raise CallRefused("The address must look like https://hooks.example.org/viva.")
    if "@" in parts.netloc or parts.fragment:
        raise CallRefused("The address must hold no user, password or fragment.")
    return parts


def _ascii(host: str) -> str:
    return host.encode("idna").decode() if ":" not in host else host


def _connect(found: list[Any], ends_at: float) -> socket.socket:
    """A connection to the first of the addresses that takes one."""
    last: OSError | None = None
    for family, kind, protocol, _, address in found:
        left = min(CONNECT_SECONDS, ends_at - time.monotonic())
        if left <= 0:
            raise TimeoutError
        made = socket.socket(family, kind, protocol)
        try:
            made.settimeout(left)
            made.connect(address)
            made.settimeout(max(0.1, ends_at - time.monotonic()))
        except OSError as error:
            made.close()
            last = error
        else:
            return made
    raise last or OSError("there is no address")


class _Guard:
    """Ends a connection when its time is up, however slowly bytes drip in."""

    def __init__(self) -> None:
        self.is_over = False
        self._held: socket.socket | None = None

    def hold(self, held: Any) -> Any:
        self._held = held
        return held

    def end(self) -> None:
        self.is_over = True
        if self._held is not None:
            with contextlib.suppress(OSError):
                # Not the TLS socket's own: it would change what another thread is reading with.
                socket.socket.shutdown(self._held, socket.SHUT_RDWR)


@contextlib.contextmanager
def _until(ends_at: float) -> Any:
    guard = _Guard()
    timer = threading.Timer(max(0.0, ends_at - time.monotonic()), guard.end)
    timer.daemon = True
    timer.start()
    try:
        yield guard
    finally:
        timer.cancel()
