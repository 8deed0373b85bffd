"""Somebody with a browser of their own, so that tests read as stories: alice sits, bob tries to look."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from httpx2 import Response
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

JSON = {"accept": "application/json"}
PASSWORD = "a long enough password"


@dataclass
class Sitting:
    """An interview of a person, as the person's browser writes to it."""

    person: Person
    id: uuid.UUID
    items: list[uuid.UUID] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"/interviews/{self.id}"

    def item_url(self, number: int, what: str) -> str:
        return f"{self.url}/items/{self.items[number]}/{what}"

    def save(self, words: str, base: int = 0, *, item: int = 0) -> Response:
        body = {"text": words, "base_revision": base}
        return self.person.http.put(self.item_url(item, "draft"), json=body, headers=JSON)

    def answer(self, words: str = "", *, item: int = 0, does_not_know: bool = False) -> Response:
        body = {"text": words, "does_not_know": does_not_know}
        return self.person.http.post(self.item_url(item, "answer"), json=body, headers=JSON)

    def start(self) -> Response:
        return self.person.http.post(f"{self.url}/start", data={"consent": "yes"})

    def finish(self) -> Response:
        return self.person.http.post(f"{self.url}/finish")

    def report(self) -> str:
        response = self.person.http.get(f"{self.url}/report")
        assert response.status_code == 200, response.text
        return response.text

    def clock(self) -> dict[str, Any]:
        return dict(self.person.http.get(f"{self.url}/clock", headers=JSON).json())

    def end_was(self, seconds: float) -> None:
        """Move the deadline so that it was so many seconds ago."""
        self._sql("UPDATE interviews SET deadline_at = viva_now() - make_interval(secs => :s) WHERE id = :i", s=seconds)

    def row(self) -> Any:
        """The interview as stored."""
        with self.person.sessions.begin() as session:
            return session.execute(text("SELECT * FROM interviews WHERE id = :i"), {"i": self.id}).one()

    def answers(self) -> dict[int, Any]:
        """The answers as stored, by the number of their item."""
        query = "SELECT a.* FROM answers a JOIN interview_items i ON a.item_id = i.id WHERE i.interview_id = :i"
        with self.person.sessions.begin() as session:
            rows = session.execute(text(query), {"i": self.id}).all()
        assert len({row.item_id for row in rows}) == len(rows)
        return {self.items.index(row.item_id): row for row in rows}

    def draft(self, item: int = 0) -> tuple[str, int]:
        """The newest draft as stored, and its revision."""
        query = "SELECT draft_text, draft_revision FROM interview_items WHERE id = :i"
        with self.person.sessions.begin() as session:
            row = session.execute(text(query), {"i": self.items[item]}).one()
        return row.draft_text, row.draft_revision

    def kept(self, kind: str, item: int = 0) -> list[str]:
        """Texts of a kind (`saved`, `conflict`, `late`) in the history of an item, oldest first."""
        query = "SELECT text FROM drafts WHERE item_id = :i AND kind = :k ORDER BY created_at"
        with self.person.sessions.begin() as session:
            return list(session.scalars(text(query), {"i": self.items[item], "k": kind}))

    def _sql(self, statement: str, **values: object) -> None:
        with self.person.sessions.begin() as session:
            session.execute(text(statement), {"i": self.id, **values})


@dataclass
class Person:
    """A browser with its cookies; a guest until an account is made."""

    http: TestClient
    sessions: sessionmaker[Session]

    def choose(self, template: str = "warm-up") -> Sitting:
        """One click: an interview that waits in its lobby."""
        response = self.http.post("/start", data={"template": template})
        assert response.status_code == 303, response.text
        return self._sitting(response.headers["location"])

    def sit(self, template: str = "warm-up") -> Sitting:
        """An interview whose clock runs."""
        sitting = self.choose(template)
        assert sitting.start().status_code == 303
        return sitting

    def practise(self, slug: str = "dropout") -> Sitting:
        """One question, without a clock."""
        response = self.http.post(f"/questions/{slug}/practise")
        assert response.status_code == 303, response.text
        return self._sitting(response.headers["location"])

    def sign_up(self, email: str, password: str = PASSWORD, **more: str) -> Response:
        return self.http.post("/sign-up", data={"email": email, "password": password, **more})

    def sign_in(self, email: str, password: str = PASSWORD, **more: str) -> Response:
        return self.http.post("/sign-in", data={"email": email, "password": password, **more})

    def _sitting(self, location: str) -> Sitting:
        interview_id = uuid.UUID(location.split("/")[2])
        query = "SELECT id FROM interview_items WHERE interview_id = :i ORDER BY position"
        with self.sessions.begin() as session:
            return Sitting(self, interview_id, list(session.scalars(text(query), {"i": interview_id})))


def new_person(app: Any, sessions: sessionmaker[Session]) -> Person:
    """Somebody who opens a new browser."""
    http = TestClient(app, follow_redirects=False, raise_server_exceptions=False)
    http.headers["accept"] = "text/html"
    return Person(http, sessions)
