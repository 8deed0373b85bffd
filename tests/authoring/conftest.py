"""Authors with accounts, and workers that check and preview."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from conftest import run_jobs
from people import Person
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.accounts.models import User
from app.assessments.jobs import Jobs
from app.assessments.scorer import Scorer
from app.authoring.jobs import AuthoringJobs
from app.bank.question_text import write_question
from app.bank.seed_folder import read_questions
from app.embedding.files import find_model
from app.embedding.hashed import DeterministicEncoder
from app.embedding.local import LocalEncoder
from app.kit.config import ROOT

GOOD = "cycle-in-a-linked-list"
"""A question of the bank that passes its check."""


@pytest.fixture(scope="session")
def good_source() -> str:
    """A whole question that passes, under a slug of its own and without links."""
    question = read_questions(ROOT / "seed").questions[GOOD]
    mine = question.model_copy(update={"slug": "my-cycle", "title": "My cycle", "related": [], "prerequisites": []})
    return write_question(mine)


@pytest.fixture
def author(newcomer: Callable[[], Person]) -> Person:
    """Somebody with an account."""
    person = newcomer()
    assert person.sign_up(f"{uuid.uuid4().hex[:10]}@example.org").status_code == 303
    return person


@pytest.fixture
def colleague(newcomer: Callable[[], Person]) -> Person:
    """Somebody else with an account."""
    person = newcomer()
    assert person.sign_up(f"{uuid.uuid4().hex[:10]}@example.org").status_code == 303
    return person


@pytest.fixture
def user(sessions: sessionmaker[Session]) -> User:
    """An author, for tests of services."""
    from app.accounts.service import create_guest

    with sessions.begin() as session:
        return create_guest(session)


@pytest.fixture(scope="session")
def real_encoder() -> LocalEncoder:
    """The encoder that scores are judged with."""
    return LocalEncoder.load(find_model(None), threads=1)


class Workers:
    """Does what is in the queue, as a worker process would."""

    def __init__(self, sessions: sessionmaker[Session], encoder: object) -> None:
        scorer = Scorer(encoder)  # type: ignore[arg-type]
        self.sessions = sessions
        self.authoring = AuthoringJobs(sessions, scorer)
        self.jobs = Jobs(sessions, scorer)

    def run(self) -> int:
        return run_jobs(self, self.sessions)  # type: ignore[arg-type]

    def __dir__(self) -> list[str]:
        return [*dir(self.authoring), *dir(self.jobs)]

    def __getattr__(self, name: str) -> object:
        return getattr(self.authoring if hasattr(self.authoring, name) else self.jobs, name)


@pytest.fixture
def workers(sessions: sessionmaker[Session]) -> Workers:
    """With the hashed encoder: its scores mean nothing."""
    return Workers(sessions, DeterministicEncoder())


@pytest.fixture
def real_workers(sessions: sessionmaker[Session], real_encoder: LocalEncoder) -> Workers:
    """With the real encoder."""
    return Workers(sessions, real_encoder)


class Desk:
    """One question in an author's browser."""

    def __init__(self, person: Person, question_id: uuid.UUID) -> None:
        self.person, self.id, self.revision = person, question_id, 1
        self.url = f"/author/{question_id}"

    def save(self, source: str, base: int | None = None):  # type: ignore[no-untyped-def]
        answer = self.person.http.post(
            f"{self.url}/save",
            json={"source": source, "base_revision": self.revision if base is None else base},
            headers={"accept": "application/json"},
        )
        if answer.status_code == 200:
            self.revision = answer.json()["revision"]
        return answer

    def post(self, action: str, **data: str):  # type: ignore[no-untyped-def]
        return self.person.http.post(f"{self.url}/{action}", data=data)

    def edit(self) -> None:
        """Go on with what is published."""
        assert self.person.http.post(f"{self.url}/edit").status_code == 303
        found = re.search(r'data-revision="(\d+)"', self.page())
        assert found
        self.revision = int(found[1])

    def page(self, what: str = "") -> str:
        answer = self.person.http.get(f"{self.url}{what}")
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    def status(self) -> str:
        with self.person.sessions() as session:
            query = text("SELECT status FROM questions WHERE id = :i")
            return str(session.scalar(query, {"i": self.id}))


@pytest.fixture
def desk(author: Person) -> Desk:
    """A question that the author has just begun."""
    return begin(author)


def begin(person: Person) -> Desk:
    """Press “Write a question”."""
    answer = person.http.post("/author/new")
    assert answer.status_code == 303, answer.text
    return Desk(person, uuid.UUID(answer.headers["location"].rsplit("/", 1)[1]))
