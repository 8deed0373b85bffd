"""`viva verify`: stored scores come out of their receipts again, and it is said where they do not."""

from __future__ import annotations

import json
import uuid

import pytest
from conftest import Api, run_jobs
from integrator import GOOD, TWO, Integrator
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.assessments import verification
from app.assessments.jobs import Jobs
from app.assessments.scorer import Scorer
from app.embedding.hashed import DeterministicEncoder


@pytest.fixture
def scored(api: Api, worker: Jobs, sessions: sessionmaker[Session]) -> str:
    """The id of an interview with two scored answers."""
    mine = Integrator.of(api)
    made = mine.interview(*TWO)
    for item in made["items"]:
        mine.post(item["links"]["answer"], {"text": f"{GOOD} {item['position']}"})
    mine.post(made["links"]["finish"])
    run_jobs(worker, sessions)
    return str(made["id"])


def outcomes(sessions: sessionmaker[Session], about: str) -> list[tuple[str, str]]:
    with sessions() as session:
        identities = verification.assessments_of(session, uuid.UUID(about))
        found = verification.verify(session, Scorer(DeterministicEncoder()), identities)
        return [(one.outcome, one.detail) for one in found]


def change(sessions: sessionmaker[Session], statement: str, **values: object) -> None:
    with sessions.begin() as session:
        session.execute(text(statement), values)


def test_stored_scores_match(sessions, scored):
    assert [kind for kind, _ in outcomes(sessions, scored)] == [verification.MATCHES] * 2


def test_samples_added_later_do_not_matter(sessions, scored):
    change(
        sessions,
        "INSERT INTO samples (id, question_id, kind, grade, text, digest)"
        " SELECT gen_random_uuid(), id, 'plain', 1, 'A new sample.', repeat('0', 64) FROM questions",
    )
    assert [kind for kind, _ in outcomes(sessions, scored)] == [verification.MATCHES] * 2


def test_a_changed_score_is_found(sessions, scored):
    change(sessions, "UPDATE assessments SET report = jsonb_set(report, '{score}', '0.987')")
    found = outcomes(sessions, scored)
    assert [kind for kind, _ in found] == [verification.DIFFERS] * 2
    assert "stored 0.9870" in found[0][1]


def test_a_changed_answer_is_found(sessions, scored):
    change(sessions, "UPDATE answers SET text = 'Something else entirely.'")
    assert [kind for kind, _ in outcomes(sessions, scored)] == [verification.DIFFERS] * 2


def test_samples_that_are_gone_are_said(sessions, scored):
    change(sessions, "DELETE FROM samples WHERE kind = 'salad'")
    assert [kind for kind, _ in outcomes(sessions, scored)] == [verification.SAMPLES] * 2


def test_another_engine_is_named_and_old_scores_stay(sessions, scored, worker):
    """Rescoring appends: the report of the engine before stays as it is."""
    old = json.dumps({"engine": "1"})
    change(
        sessions,
        "UPDATE assessments SET receipt = receipt || CAST(:r AS jsonb), receipt_digest = repeat('a', 64)",
        r=old,
    )
    found = outcomes(sessions, scored)
    assert [kind for kind, _ in found] == [verification.OTHER] * 2
    assert "Another engine made it (engine 1" in found[0][1]
    with sessions() as session:
        answers = [str(one) for one in session.scalars(text("SELECT id FROM answers"))]
        before = session.execute(text("SELECT id, report FROM assessments ORDER BY id")).all()
    for answer in answers:
        worker.score_answer(answer)
    with sessions() as session:
        after = session.execute(text("SELECT id, report FROM assessments ORDER BY id")).all()
    assert len(after) == 2 * len(before)
    assert set(map(str, before)) <= set(map(str, after))
    assert sorted(kind for kind, _ in outcomes(sessions, scored)) == sorted(
        [verification.OTHER] * 2 + [verification.MATCHES] * 2
    )
