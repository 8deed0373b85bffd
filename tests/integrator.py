"""Another system that calls the API with a key, so that tests read as stories."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conftest import Api, run_jobs
from httpx2 import Response
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app.assessments.jobs import Jobs

TWO = ["why-cnns-for-images", "what-learning-is"]
GOOD = (
    "Learning means that the weights change. A loss measures how far the output is from what was wanted, and gradient "
    "descent moves every weight a little so that the loss shrinks; this is repeated over many examples."
)


@dataclass
class Integrator:
    """A key and the client that carries it."""

    http: TestClient
    headers: dict[str, str]
    sessions: sessionmaker[Session]

    @classmethod
    def of(cls, api: Api, *scopes: str, org: str | None = None) -> Integrator:
        return cls(api.client, api.key(*scopes, org=org), api.sessions)

    def call(self, method: str, path: str, *, wait: float | None = None, **more: Any) -> Response:
        headers = self.headers | more.pop("headers", {}) | ({"prefer": f"wait={wait:g}"} if wait is not None else {})
        url = path if path.startswith("/api/") else f"/api/v1{path}"
        if (body := more.pop("json", None)) is not None:
            # As ASCII, so that a test can send half of a surrogate pair.
            more["content"] = json.dumps(body)
            headers = {"content-type": "application/json"} | headers
        return self.http.request(method, url, headers=headers, **more)

    def get(self, path: str, **more: Any) -> Response:
        return self.call("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Response:
        return self.call("POST", path, **({"json": body} if body is not None else {}), **more)

    def put(self, path: str, body: Any, **more: Any) -> Response:
        return self.call("PUT", path, json=body, **more)

    def interview(self, *slugs: str, **more: Any) -> dict[str, Any]:
        """A new interview of these questions, started unless told otherwise."""
        response = self.post("/interviews", {"questions": list(slugs or TWO), **more})
        assert response.status_code == 201, response.text
        return dict(response.json())

    def sql(self, statement: str, **values: Any) -> list[Any]:
        with self.sessions.begin() as session:
            result = session.execute(text(statement), values)
            return list(result) if result.returns_rows else []

    def end_was(self, interview: dict[str, Any], seconds: float) -> None:
        """Move the deadline so that it was so many seconds ago."""
        self.sql(
            "UPDATE interviews SET deadline_at = viva_now() - make_interval(secs => :s) WHERE id = :i",
            s=seconds,
            i=interview["id"],
        )


def problem(response: Response, status: int, kind: str) -> dict[str, Any]:
    """The problem document, which must be whole."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = dict(response.json())
    assert body["type"] == f"/docs/problems/{kind}", body
    assert body["status"] == status
    assert body["title"]
    assert body["detail"].endswith((".", "…”"))
    assert body["instance"].startswith("/api/v1/")
    assert body["request_id"] == response.headers["x-request-id"]
    return body


def while_working(worker: Jobs, sessions: sessionmaker[Session], call: Callable[[], Response]) -> Response:
    """The response of a call during which a worker does what comes into the queue."""
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            run_jobs(worker, sessions)
            time.sleep(0.05)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        return call()
    finally:
        over.set()
        thread.join()
