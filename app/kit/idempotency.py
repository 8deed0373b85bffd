"""`Idempotency-Key` on every POST of the API: what was done once is not done twice, and is answered the same.

After the IETF's draft “The Idempotency-Key HTTP Header Field”. Records live in short transactions of their own, but
that the work was done is noted in the work's own transaction: a process that dies between commit and answer leaves a
record that says so, and the work is never done again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kit.errors import Conflict, Invalid, VivaError
from app.kit.problems import problem_response

KEPT_HOURS = 24
LOST_AFTER_SECONDS = 60
"""A request that was begun so long ago and has committed nothing died with its process."""
MAX_STORED_BYTES = 1024 * 1024
_PASSED_ON = {"content-type", "location", "content-location", "link", "preference-applied"}
_NOT_KEPT = {401, 403, 408, 425, 429}
"""Refusals of the caller and not of the request: the same request may be answered otherwise in a moment."""


class KeyReused(Invalid):
    """The key came before, with another request."""

    type = "idempotency-key-reused"


class StillRunning(Conflict):
    """The first request with the key is being worked on."""

    type = "idempotency-in-flight"


class AnswerLost(Conflict):
    """The first request was done, but its answer was lost."""

    type = "idempotency-answer-lost"


class Idempotency:
    """Answers a repeated POST of the API as the first time. Stands inside `BodyCap`, so the body comes in one piece."""

    def __init__(self, app: ASGIApp, engine: Engine) -> None:
        self.app = app
        self.records = Records(engine)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or answer it as before."""
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        key = headers.get("idempotency-key")
        if key is None:
            await self.app(scope, receive, send)
            return
        try:
            key = checked(key)
            first = await receive()
            if first["type"] == "http.disconnect":
                return
            seal = _seal(headers.get("authorization", ""))
            caller = _digest(headers.get("authorization", "").encode())
            asked = _digest(f"{scope['path']}?{scope['query_string'].decode('latin-1')}\n".encode() + first["body"])
            known = await run_in_threadpool(self.records.begin, caller, key, asked)
        except VivaError as error:
            await problem_response(Request(scope), error)(scope, receive, send)
            return
        if known is not None:
            await _replay(known, seal, send)
            return
        scope.setdefault("state", {})["idempotency"] = (caller, key)
        await self._serve(scope, _again(first, receive), send, (caller, key), seal)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, record: tuple[str, str], seal: Fernet) -> None:
        caller, key = record
        answer: dict[str, Any] = {"status": 500, "headers": {}, "body": bytearray()}

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer["status"] = message["status"]
                found = Headers(raw=message["headers"])
                answer["headers"] = {name: value for name, value in found.items() if name in _PASSED_ON}
            elif message["type"] == "http.response.body":
                if len(answer["body"]) <= MAX_STORED_BYTES:
                    answer["body"] += message.get("body", b"")
                if not message.get("more_body", False):
                    # Before the last piece goes out: who has the answer and asks again finds it.
                    await run_in_threadpool(self.records.end, caller, key, answer, seal)
            await send(message)

        try:
            await self.app(scope, receive, keep)
        except BaseException:
            await run_in_threadpool(self.records.forget, caller, key)
            raise


def checked(key: str) -> str:
    """A key as it is kept.

    Raises:
        Invalid: empty, longer than 255 characters, or not plain ASCII.
    """
    # The draft writes the key as a quoted string, and most callers do not quote it: both are the same key.
    key = key.strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise Invalid("Idempotency-Key: 1 to 255 printable ASCII characters, such as a UUID.", field="Idempotency-Key")
    return key


def note_commit(session: Session, mark: tuple[str, str] | None) -> None:
    """Write into the request's own transaction that its work is done with it."""
    if mark is not None and session.in_transaction():
        session.execute(
            text("UPDATE idempotency_records SET committed_at = viva_now() WHERE caller = :caller AND key = :key"),
            {"caller": mark[0], "key": mark[1]},
        )


def forget_old_records(session: Session) -> None:
    """Remove records that need not be kept any more."""
    session.execute(
        text("DELETE FROM idempotency_records WHERE begun_at < viva_now() - make_interval(hours => :hours)"),
        {"hours": KEPT_HOURS},
    )


class Records:
    """The records, each change in a short transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def begin(self, caller: str, key: str, asked: str) -> Any:
        """The row of an answer to give again, or None: the request is to be served, and the record stands.

        Raises:
            KeyReused: the key belongs to another request.
            StillRunning: the first one is not answered yet.
            AnswerLost: the first one was done, and its process died before the answer was kept.
        """
        values = {"caller": caller, "key": key, "asked": asked, "hours": KEPT_HOURS, "lost": LOST_AFTER_SECONDS}
        with self.engine.begin() as connection:
            # One statement takes the key, also from a record that is too old or whose process died before it did it.
            taken = connection.execute(
                text(
                    "INSERT INTO idempotency_records AS r (caller, key, request_hash) VALUES (:caller, :key, :asked)"
                    " ON CONFLICT (caller, key) DO UPDATE SET request_hash = :asked, begun_at = viva_now(),"
                    " committed_at = NULL, status = NULL, headers = NULL, body = NULL"
                    " WHERE r.begun_at < viva_now() - make_interval(hours => :hours)"
                    " OR (r.status IS NULL AND r.committed_at IS NULL AND r.request_hash = :asked"
                    " AND r.begun_at < viva_now() - make_interval(secs => :lost))"
                    " RETURNING key"
                ),
                values,
            ).first()
            if taken is not None:
                return None
            row = connection.execute(
                text(
                    "SELECT request_hash, status, headers, body, committed_at,"
                    " begun_at < viva_now() - make_interval(secs => :lost) AS is_old"
                    " FROM idempotency_records WHERE caller = :caller AND key = :key"
                ),
                values,
            ).first()
        if row is None:  # forgotten between the two statements
            return self.begin(caller, key, asked)
        if row.request_hash != asked:
            raise KeyReused("This Idempotency-Key came before with another request: use a new one for each request.")
        if row.status is not None:
            return row
        if row.committed_at is not None and row.is_old:
            raise AnswerLost(
                "The first request with this Idempotency-Key was done, but its answer was lost: look for what it made."
            )
        raise StillRunning(
            "The first request with this Idempotency-Key is not answered yet: ask again in a moment.",
            retry_after_seconds=1,
        )

    def end(self, caller: str, key: str, answer: dict[str, Any], seal: Fernet) -> None:
        """Keep an answer, unless the same request may be answered otherwise in a moment."""
        if answer["status"] >= 500 or answer["status"] in _NOT_KEPT or len(answer["body"]) > MAX_STORED_BYTES:
            self.forget(caller, key)
            return
        with self.engine.begin() as connection:
            connection.execute(
                text(
                    "UPDATE idempotency_records SET status = :status, headers = :headers, body = :body"
                    " WHERE caller = :caller AND key = :key"
                ),
                {
                    "caller": caller,
                    "key": key,
                    "status": answer["status"],
                    "headers": json.dumps(answer["headers"]),
                    "body": seal.encrypt(bytes(answer["body"])),
                },
            )

    def forget(self, caller: str, key: str) -> None:
        """Remove the record of a request that did nothing; one that committed stays."""
        with self.engine.begin() as connection:
            connection.execute(
                text("DELETE FROM idempotency_records WHERE caller = :caller AND key = :key AND committed_at IS NULL"),
                {"caller": caller, "key": key},
            )


async def _replay(row: Any, seal: Fernet, send: Send) -> None:
    body = seal.decrypt(bytes(row.body))
    headers = {**row.headers, "idempotency-replayed": "true", "content-length": str(len(body))}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": row.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def _seal(authorization: str) -> Fernet:
    """What closes and opens a caller's answers: made of the key that the caller sends, which Viva does not keep.

    Answers hold what is kept nowhere else (a new key's secret, an invitation's link), and candidates' words.
    """
    made = hmac.digest(authorization.encode(), b"viva: an answer that is kept for its caller", "sha256")
    return Fernet(base64.urlsafe_b64encode(made))


def _again(first: Message, receive: Receive) -> Receive:
    waiting: list[Message] = [first]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
