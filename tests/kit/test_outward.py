"""Calls to addresses that somebody typed in: where they go, how long they take, how much comes back."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.kit.addresses import parse_networks
from app.kit.config import Settings
from app.kit.outward import CallFailed, CallRefused, Outward

LOOPBACK = Outward(parse_networks("127.0.0.0/8, ::1/128"), plain_http=True)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-One: 1\r\n\r\nok"


class Server:
    """Takes connections one after the other, and does with each what the test says."""

    def __init__(self, act: Callable[[Any], None], tls: ssl.SSLContext | None = None) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.requests: list[bytes] = []
        self.connections = 0
        self.act, self.tls = act, tls
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                made, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            try:
                with made:
                    made.settimeout(10)
                    talking = self.tls.wrap_socket(made, server_side=True) if self.tls else made
                    self.requests.append(whole_request(talking))
                    self.act(talking)
                    talking.close()
            except OSError:
                continue


def whole_request(talking: Any) -> bytes:
    read = b""
    while b"\r\n\r\n" not in read:
        if not (more := talking.recv(65536)):
            return read
        read += more
    head, _, body = read.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
    while len(body) < length:
        body += talking.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def begin(act: Callable[[Any], None], tls: ssl.SSLContext | None = None) -> Server:
        made.append(Server(act, tls))
        return made[-1]

    yield begin
    for server in made:
        server.socket.close()


def resolves_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """What the resolver says, one answer after the other; the names that it was asked for."""
    real, asked, left = socket.getaddrinfo, [], list(answers)

    def resolve(host: str, port: int, **more: Any) -> list[Any]:
        asked.append(host)
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [one for address in addresses for one in real(address, port, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_a_call(serve: Callable[..., Server]) -> None:
    server = serve(lambda talking: talking.sendall(OK))
    answer = LOOPBACK.call("POST", f"http://127.0.0.1:{server.port}/a?b=c", body=b"{}", headers={"X-Two": "2"})
    assert (answer.status, answer.body, answer.headers["x-one"]) == (200, b"ok", "1")
    (request,) = server.requests
    assert request.startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{server.port}\r\n".encode() in request
    assert b"X-Two: 2\r\n" in request
    assert request.endswith(b"\r\n\r\n{}")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://10.0.0.1",
        "https://169.254.169.254/latest/meta-data/", "http://example.org/", "ftp://example.org/", "example.org", "",
        "https://", "https:///a", "https://user@example.org/", "https://a:b@example.org/", "https://example.org/#a",
        "https://example.org:0/", "https://example.org:99999/", "https://exa mple.org/", "https://exämple.org/",
        "https://example.org\\@127.0.0.1/", "https://" + "a" * 64 + ".org/", "https://example.org/" + "a" * 2000,
        "https://example.org/\r\nHost: x", "https://[::1", "javascript:alert(1)", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_what_is_refused_as_it_stands(url: str) -> None:
    with pytest.raises(CallRefused):
        Outward().check(url)


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1", "localhost", "017700000001"])
def test_other_ways_to_write_this_machine(host: str, serve: Callable[..., Server]) -> None:
    server = serve(lambda talking: talking.sendall(OK))
    with pytest.raises((CallRefused, CallFailed)):
        Outward(plain_http=True).call("GET", f"http://{host}:{server.port}/")
    assert server.connections == 0


def test_one_private_address_among_a_names_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    resolves_to(monkeypatch, ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(CallRefused, match=r"10\.0\.0\.1 is no public address"):
        Outward().call("POST", "https://example.org/")


def test_a_name_that_leads_elsewhere_a_moment_later(
    monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Server]
) -> None:
    first, second = (serve(lambda talking: talking.sendall(OK)) for _ in range(2))
    asked = resolves_to(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
    only = Outward(parse_networks("127.0.0.1/32"), plain_http=True)
    assert only.call("GET", f"http://rebinding.example:{first.port}/").status == 200
    assert asked == ["rebinding.example"]  # once: the connection goes where was looked
    assert f"Host: rebinding.example:{first.port}".encode() in first.requests[0]
    with pytest.raises(CallRefused):
        only.call("GET", f"http://rebinding.example:{second.port}/")
    assert second.connections == 0


def test_the_next_address_is_tried_when_the_first_takes_no_connection(
    monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Server]
) -> None:
    server = serve(lambda talking: talking.sendall(OK))
    resolves_to(monkeypatch, ["127.0.0.9", "127.0.0.1"])
    assert LOOPBACK.call("GET", f"http://two.example:{server.port}/").status == 200


def test_redirects_are_not_followed(serve: Callable[..., Server]) -> None:
    elsewhere = serve(lambda talking: talking.sendall(OK))
    there = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{elsewhere.port}/\r\nContent-Length: 0\r\n\r\n"
    server = serve(lambda talking: talking.sendall(there.encode()))
    assert LOOPBACK.call("POST", f"http://127.0.0.1:{server.port}/").status == 302
    assert elsewhere.connections == 0


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Server]) -> None:
    proxy, server = (serve(lambda talking: talking.sendall(OK)) for _ in range(2))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    assert LOOPBACK.call("GET", f"http://127.0.0.1:{server.port}/").status == 200
    assert proxy.connections == 0


def test_a_response_without_end_is_cut(serve: Callable[..., Server]) -> None:
    def flood(talking: Any) -> None:
        talking.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(1000):
            talking.sendall(b"x" * 65536)

    server = serve(flood)
    answer = LOOPBACK.call("GET", f"http://127.0.0.1:{server.port}/", max_bytes=1000)
    assert answer.body == b"x" * 1000


def drip(talking: Any) -> None:
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000:
        talking.sendall(bytes([byte]))
        time.sleep(0.05)


@pytest.mark.parametrize("act", [lambda talking: time.sleep(5), drip], ids=["silent", "dripping"])
def test_time_is_up(act: Callable[[Any], None], serve: Callable[..., Server]) -> None:
    server = serve(act)
    began = time.monotonic()
    with pytest.raises(CallFailed, match=r"within 0\.5 seconds"):
        LOOPBACK.call("GET", f"http://127.0.0.1:{server.port}/", total_seconds=0.5)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1"])
def test_no_whole_response(said: bytes, serve: Callable[..., Server]) -> None:
    server = serve(lambda talking: talking.sendall(said))
    with pytest.raises(CallFailed, match="The connection failed"):
        LOOPBACK.call("GET", f"http://127.0.0.1:{server.port}/")


def test_nobody_listens_and_nobody_is_known() -> None:
    with pytest.raises(CallFailed, match="refused"):
        LOOPBACK.call("GET", "http://127.0.0.1:1/")
    with pytest.raises(CallFailed, match="cannot be resolved"):
        LOOPBACK.call("GET", "http://nobody.invalid/")


def certificate(folder: Path, *names: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for these names, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "both.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))


def test_tls_verifies_the_name_and_not_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Server]
) -> None:
    theirs, ours = certificate(tmp_path, "good.example")
    server = serve(lambda talking: talking.sendall(OK), theirs)
    resolves_to(monkeypatch, ["127.0.0.1"])
    trusting = Outward(LOOPBACK.networks, tls=ours)
    assert trusting.call("POST", f"https://good.example:{server.port}/", body=b"{}").status == 200
    with pytest.raises(CallFailed, match="The certificate is not good"):
        trusting.call("POST", f"https://bad.example:{server.port}/", body=b"{}")
    # An authority that nobody knows.
    with pytest.raises(CallFailed, match="The certificate is not good"):
        Outward(LOOPBACK.networks).call("POST", f"https://good.example:{server.port}/", body=b"{}")
    assert len([request for request in server.requests if request]) == 1


def test_what_the_settings_allow() -> None:
    outward = Outward.of(Settings(outbound_private_networks="10.0.0.0/8", outbound_plain_http=True))
    assert outward.networks == (ipaddress.ip_network("10.0.0.0/8"),)
    assert outward.plain_http
    assert Outward.of(Settings()) == Outward()
    with pytest.raises(ValueError, match="it must look like"):
        Settings(outbound_private_networks="here")
