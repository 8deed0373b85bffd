"""A small course platform: login, launches signed by its key, a keyset, a token address, line items. For tests.

It speaks HTTP on a port of its own, as Viva fetches keys and sends grades. What it is told is kept, to be looked at.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"


@dataclass
class Platform:
    """The platform's state; `url` is where it listens."""

    url: str
    client_id: str = field(default_factory=lambda: f"client-{uuid.uuid4().hex[:8]}")
    deployment_id: str = "deployment-1"
    key: RSAKey = field(
        default_factory=lambda: RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
    )
    published: list[RSAKey] = field(default_factory=list)
    jwks_asked: int = 0
    tokens: dict[str, str] = field(default_factory=dict)
    token_requests: list[dict[str, Any]] = field(default_factory=list)
    scores: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    """Statuses with which the next scores are answered, before it takes them again."""
    tool_jwks: Any = None
    """Asks Viva for its keys: a function, as in tests Viva does not listen on a port."""
    registrations: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.published.append(self.key)

    @property
    def lineitem(self) -> str:
        # Moodle's have a query.
        return f"{self.url}/lineitems/7?type_id=3"

    def form(self) -> dict[str, str]:
        """What an admin types into Viva."""
        return {
            "name": "The platform", "issuer": self.url, "client_id": self.client_id,
            "auth_login_url": f"{self.url}/auth", "token_url": f"{self.url}/token", "jwks_url": f"{self.url}/jwks",
            "deployment_ids": self.deployment_id,
        }  # fmt: skip

    def login(self, tool: str, user: str = "carol", message: str = "") -> dict[str, str]:
        """What a login is begun with."""
        return {
            "iss": self.url, "login_hint": user, "client_id": self.client_id, "lti_message_hint": message,
            "target_link_uri": f"{tool}/lti/launch", "lti_deployment_id": self.deployment_id,
        }  # fmt: skip

    def claims(
        self, nonce: str, user: str = "carol", roles: tuple[str, ...] = (LEARNER,), **more: Any
    ) -> dict[str, Any]:
        """The claims of a resource link launch."""
        now = int(time.time())
        said = {
            "iss": self.url, "aud": self.client_id, "sub": user, "iat": now, "exp": now + 300, "nonce": nonce,
            "name": user.capitalize(),
            CLAIM + "deployment_id": self.deployment_id, CLAIM + "version": "1.3.0",
            CLAIM + "message_type": "LtiResourceLinkRequest", CLAIM + "roles": list(roles),
            CLAIM + "target_link_uri": "https://viva/lti/launch",
            CLAIM + "resource_link": {"id": "link-1", "title": "The interview"},
            CLAIM + "context": {"id": "course-1", "title": "Machine learning"},
            CLAIM + "custom": {"template": "warm-up"},
            "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {
                "scope": [SCORE], "lineitem": self.lineitem, "lineitems": f"{self.url}/lineitems",
            },
        }  # fmt: skip
        return {name: value for name, value in (said | more).items() if value is not None}

    def deep_linking(self, **settings: Any) -> dict[str, Any]:
        """What makes a deep linking request of the claims of a launch."""
        return {
            CLAIM + "message_type": "LtiDeepLinkingRequest",
            CLAIM + "resource_link": None,
            DL + "deep_linking_settings": {
                "deep_link_return_url": f"{self.url}/deep-link-return",
                "accept_types": ["ltiResourceLink"],
                "accept_presentation_document_targets": ["iframe"],
                "data": "keep this",
            }
            | settings,
        }

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.key.kid} | header, claims, self.key)

    def new_key(self) -> None:
        """Sign with another key from now on, and publish it."""
        self.key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        self.published.append(self.key)

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, str, str]:
        """(status, type, body) for a request."""
        route = urlsplit(path).path
        if route == "/jwks":
            self.jwks_asked += 1
            return _json(200, KeySet(self.published).as_dict(private=False))
        if route == "/token":
            return self._token(dict(parse_qsl(body.decode())))
        if route.startswith("/lineitems/") and route.endswith("/scores") and method == "POST":
            return self._score(path, headers, body)
        if route == "/.well-known/openid-configuration":
            return _json(200, self.configuration())
        if route == "/register":
            given = {"authorization": headers.get("authorization"), **json.loads(body)}
            self.registrations.append(given)
            tool = "https://purl.imsglobal.org/spec/lti-tool-configuration"
            return _json(200, json.loads(body) | {"client_id": self.client_id, tool: json.loads(body)[tool] | {"deployment_id": self.deployment_id}})  # fmt: skip
        return _json(404, {})

    def configuration(self) -> dict[str, Any]:
        """The platform's own description (LTI Dynamic Registration)."""
        return {
            "issuer": self.url, "authorization_endpoint": f"{self.url}/auth", "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks", "registration_endpoint": f"{self.url}/register",
            "https://purl.imsglobal.org/spec/lti-platform-configuration": {"product_family_code": "testing"},
        }  # fmt: skip

    def _token(self, form: dict[str, str]) -> tuple[int, str, str]:
        assert form["grant_type"] == "client_credentials"
        assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        keys = KeySet.import_key_set(self.tool_jwks())
        assertion = jwt.decode(form["client_assertion"], keys, algorithms=["RS256"])
        claims = assertion.claims
        assert claims["iss"] == claims["sub"] == self.client_id
        assert claims["aud"] == f"{self.url}/token"
        assert claims["exp"] > time.time()
        assert claims["jti"] not in [one["jti"] for one in self.token_requests]
        self.token_requests.append(claims)
        token = uuid.uuid4().hex
        self.tokens[token] = form["scope"]
        return _json(200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": form["scope"]})

    def _score(self, path: str, headers: Any, body: bytes) -> tuple[int, str, str]:
        if self.answers:
            status = self.answers.pop(0)
            if status == 401:
                self.tokens.clear()
            return _json(status, {"error": "not now"})
        token = headers.get("authorization", "").removeprefix("Bearer ")
        if SCORE not in self.tokens.get(token, "").split():
            return _json(401, {})
        assert headers.get("content-type") == "application/vnd.ims.lis.v1.score+json"
        assert parse_qs(urlsplit(path).query) == {"type_id": ["3"]}
        self.scores.append(json.loads(body))
        return _json(200, {})


def _json(status: int, body: Any) -> tuple[int, str, str]:
    return status, "application/json", json.dumps(body)


@contextmanager
def running_platform() -> Iterator[Platform]:
    """A platform that listens on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            try:
                status, kind, text = platform.answer(self.command, self.path, self.headers, body)
            except Exception as error:
                status, kind, text = 500, "text/plain", repr(error)
            data = text.encode()
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _any

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    platform = Platform(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Learner:
    """A browser inside the platform's frame."""

    http: httpx2.Client
    platform: Platform
    tool: str

    def begin(self, **more: Any) -> dict[str, str]:
        """Begin a launch; what Viva asks the platform."""
        response = self.http.get(f"{self.tool}/lti/login", params=self.platform.login(self.tool) | more)
        assert response.status_code == 303, response.text
        location = response.headers["location"]
        assert location.startswith(f"{self.platform.url}/auth?")
        return dict(parse_qsl(urlsplit(location).query))

    def launch(self, asked: dict[str, str] | None = None, token: str | None = None, **claims: Any) -> httpx2.Response:
        """Come back from the platform with a token."""
        asked = asked or self.begin()
        token = token or self.platform.sign(self.platform.claims(asked["nonce"], **claims))
        return self.http.post(
            f"{self.tool}/lti/launch",
            data={"state": asked["state"], "id_token": token},
            headers={"origin": self.platform.url, "sec-fetch-site": "cross-site", "accept": "text/html"},
        )
