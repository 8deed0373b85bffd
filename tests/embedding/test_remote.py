"""The remote encoder against a real HTTP server that speaks text-embeddings-inference's `/embed_all`."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from app.embedding import load_encoder
from app.kit.config import Settings
from app.kit.errors import OperatorError, Unavailable

LONG = "The loss falls while the weights move. " * 60


class Server(ThreadingHTTPServer):
    """Serves the local model; `noise` makes it another model, `failures` counts down 429s, `requests` what came."""

    def __init__(self, encoder) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.encoder = encoder
        self.noise = 0.0
        self.failures = 0
        self.requests: list[tuple[str, dict]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, body))
        if self.server.failures:
            self.server.failures -= 1
            return self.answer(429, {"error": "Model is overloaded", "error_type": "overloaded"})
        inputs = body.get("inputs")
        if self.path != "/embed_all" or not isinstance(inputs, list) or len(inputs) > 32:
            return self.answer(404, {"error": "not found"})
        found = []
        for text in inputs:
            ids = self.server.encoder.tokenizer.encode(text).ids
            if len(ids) > 256:
                return self.answer(413, {"error": "too many tokens", "error_type": "validation"})
            hidden = self.server.encoder._hidden([ids])
            if self.server.noise:
                hidden = hidden + self.server.noise * np.random.default_rng(1).standard_normal(hidden.shape)
            found.append(hidden.tolist())
        return self.answer(200, found)

    def answer(self, status: int, content: object) -> None:
        payload = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(encoder) -> Iterator[Server]:
    with Server(encoder) as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield running
        running.shutdown()


def connect(url: str):
    return load_encoder(Settings(encoder="remote", encoder_url=url))


@pytest.mark.parametrize("text", ["Dropout zeroes units.", "😀 naïve façade", "", LONG])
def test_it_gives_what_the_local_model_gives(server, encoder, text):
    remote = connect(server.url)
    theirs, ours = remote.encode(text), encoder.encode(text)
    assert remote.identity == encoder.identity
    assert (theirs.offsets == ours.offsets).all()
    np.testing.assert_allclose(theirs.token_vectors, ours.token_vectors, atol=1e-4)
    np.testing.assert_allclose(theirs.vector, ours.vector, atol=1e-5)
    remote._client.close()


def test_long_texts_are_sent_in_windows_and_never_truncated(server):
    remote = connect(server.url)
    server.requests.clear()
    remote.encode(LONG)
    assert len(server.requests) >= 2
    assert all(body["truncate"] is False for _, body in server.requests)
    remote._client.close()


def test_another_model_is_refused(server):
    server.noise = 0.05
    with pytest.raises(OperatorError, match="does not serve all-MiniLM-L6-v2 with Viva's adapter in full precision"):
        connect(server.url)


def test_an_overloaded_server_is_asked_again_and_then_given_up_for_now(server):
    remote = connect(server.url)
    server.failures = 1
    assert len(remote.encode("Once more.").offsets) == 3
    server.failures = 99
    with pytest.raises(Unavailable, match=r"does not answer \(status 429\); try again later"):
        remote.encode("Once more.")
    remote._client.close()


def test_a_server_that_is_away_is_a_retryable_error(server):
    remote = connect(server.url)
    server.shutdown()
    server.server_close()
    remote._client.close()
    with pytest.raises(Unavailable, match="try again later"):
        connect(server.url)


@pytest.mark.parametrize("url", [None, "", "embeddings:80"])
def test_no_address_is_said_in_one_sentence(url):
    with pytest.raises(OperatorError, match="VIVA_ENCODER_URL must hold"):
        connect(url)
