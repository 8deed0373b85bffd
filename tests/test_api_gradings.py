"""Scoring without an interview."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from conftest import Api, run_jobs
from integrator import GOOD, Integrator, problem, while_working
from sqlalchemy.orm import Session, sessionmaker

from app.assessments.jobs import Jobs
from app.assessments.scorer import Asked, Scorer
from app.embedding.hashed import DeterministicEncoder
from app.scoring.encoded import EncodedText

BY_REFERENCE = {"id": "a1", "question": "What is learning?", "answer": GOOD, "references": [GOOD]}
BY_RUBRIC = {
    "answer": GOOD,
    "rubric": {"criteria": [{"id": "weights", "facet": "what", "statements": ["The weights change."]}]},
    "samples": [{"text": "Weights change.", "grade": 0.75}],
}
BY_SLUG = {"id": 3, "answer": GOOD, "slug": "what-learning-is"}


def graded(request: dict[str, Any]) -> dict[str, Any]:
    """What `viva grade` gives, with the tests' encoder."""
    return Scorer(DeterministicEncoder()).grade(request)


def test_one_object(api: Api, worker: Jobs, sessions: sessionmaker[Session]) -> None:
    mine = Integrator.of(api, "gradings:write")
    response = mine.post("/gradings", BY_REFERENCE)
    assert response.status_code == 202, response.text
    accepted = response.json()
    assert set(accepted) == {"id", "status", "url"}
    assert accepted["status"] == "queued"
    assert response.headers["location"] == accepted["url"] == f"/api/v1/gradings/{accepted['id']}"
    queued = mine.get(accepted["url"]).json()
    assert (queued["status"], queued["result"], queued["completed_at"]) == ("queued", None, None)
    run_jobs(worker, sessions)
    done = mine.get(accepted["url"]).json()
    assert done["status"] == "done"
    assert done["result"] == graded(BY_REFERENCE)
    assert done["result"]["id"] == "a1"


def test_an_answer_does_not_wait_for_a_batch_of_gradings() -> None:
    """One worker does both; a grading can take minutes."""
    held, go = threading.Event(), threading.Event()

    class Slow(DeterministicEncoder):
        def encode(self, text: str) -> EncodedText:
            if "slowly" in text:
                held.set()
                assert go.wait(30)
            return super().encode(text)

    scorer = Scorer(Slow(), at_once=2)
    grading = threading.Thread(target=scorer.grade, args=({**BY_REFERENCE, "answer": "Weights change slowly."},))
    grading.start()
    assert held.wait(10)
    scored: list[float] = []
    asked = Asked(
        "What is learning?", {"criteria": [{"id": "a", "facet": "what", "statements": ["Weights change."]}]}, []
    )
    answer = threading.Thread(target=lambda: scored.append(scorer.score("key", lambda: asked, GOOD).score))
    answer.start()
    answer.join(5)
    meanwhile = list(scored)
    go.set()
    grading.join(10)
    assert len(meanwhile) == 1


def test_wait_gives_the_bare_result(api: Api, worker: Jobs, sessions: sessionmaker[Session]) -> None:
    mine = Integrator.of(api, "gradings:write")
    response = while_working(worker, sessions, lambda: mine.post("/gradings", BY_RUBRIC, wait=20))
    assert response.status_code == 200, response.text
    assert response.headers["preference-applied"] == "wait=20"
    assert response.headers["content-location"].startswith("/api/v1/gradings/")
    assert response.json() == graded(BY_RUBRIC)
    assert "id" not in response.json()


def test_list_in_order_with_errors_in_their_place(api: Api, worker: Jobs, sessions: sessionmaker[Session]) -> None:
    mine = Integrator.of(api, "gradings:write")
    body = [
        BY_REFERENCE,
        {"id": "bad", "answer": GOOD, "slug": "no-such-question"},
        {"id": "worse", "answer": 7, "references": [GOOD]},
        {"id": "odd", "answer": GOOD, "references": [GOOD], "colour": "red"},
        BY_RUBRIC,
        {"id": 1.5, "answer": GOOD, "references": [GOOD]},
        {"id": True, "answer": GOOD, "references": [GOOD]},
    ]
    results = while_working(worker, sessions, lambda: mine.post("/gradings", body, wait=20)).json()
    assert results[0] == graded(BY_REFERENCE)
    assert results[1] == {"id": "bad", "error": "slug: there is no question 'no-such-question' in the bank"}
    assert results[2] == {"id": "worse", "error": "answer: must be text"}
    assert results[3]["error"].startswith("colour: is not a field here")
    assert results[4] == graded(BY_RUBRIC)
    # What is no id is not said back as one.
    assert results[5] == results[6] == {"id": None, "error": "id: must be text or a whole number"}


def test_list_of_one_stays_a_list(api: Api, worker: Jobs, sessions: sessionmaker[Session]) -> None:
    mine = Integrator.of(api, "gradings:write")
    response = while_working(worker, sessions, lambda: mine.post("/gradings", [BY_REFERENCE], wait=20))
    assert response.json() == [graded(BY_REFERENCE)]


def test_slug_is_resolved_when_the_request_comes_in(api: Api, worker: Jobs, sessions: sessionmaker[Session]) -> None:
    mine = Integrator.of(api)
    url = mine.post("/gradings", BY_SLUG).json()["url"]
    question = mine.get("/questions/what-learning-is").json()
    mine.sql("UPDATE questions SET status = 'retired' WHERE slug = 'what-learning-is'")
    run_jobs(worker, sessions)
    samples = [{"text": one["text"], "grade": one["grade"]} for one in question["samples"]]
    expected = {"question": question["prompt"], "rubric": question["rubric"], "samples": samples}
    assert mine.get(url).json()["result"] == graded({"id": 3, "answer": GOOD, **expected})
    later = while_working(worker, sessions, lambda: mine.post("/gradings", BY_SLUG, wait=20)).json()
    assert later == {"id": 3, "error": "slug: there is no question 'what-learning-is' in the bank"}


def test_slug_takes_the_callers_samples_along(api: Api) -> None:
    mine = Integrator.of(api)
    own = {"text": "My own sample.", "grade": 1}
    mine.post("/gradings", BY_SLUG | {"samples": [own], "question": "Asked otherwise?"})
    ((requests,),) = mine.sql("SELECT requests FROM gradings")
    assert requests[0]["samples"][0] == own
    assert len(requests[0]["samples"]) > 1
    assert requests[0]["question"] == "Asked otherwise?"
    assert "slug" not in requests[0]


def test_wait_that_is_over(api: Api) -> None:
    mine = Integrator.of(api, "gradings:write")
    response = mine.post("/gradings", BY_REFERENCE, wait=1)
    assert (response.status_code, response.json()["status"]) == (202, "queued")
    waited = mine.get(response.json()["url"], wait=1)
    assert (waited.status_code, waited.json()["status"]) == (200, "queued")
    assert waited.headers["preference-applied"] == "wait=1"


def test_grading_that_fails_is_said(api: Api) -> None:
    mine = Integrator.of(api, "gradings:write")
    url = mine.post("/gradings", BY_REFERENCE).json()["url"]
    mine.sql("UPDATE gradings SET status = 'failed', completed_at = viva_now()")
    body = mine.get(url).json()
    assert (body["status"], body["result"]) == ("failed", None)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([BY_REFERENCE, 7], "[1]: must be an object to grade."),
        ([[BY_REFERENCE]], "[0]: must be an object to grade."),
        ("answer", "The body must be a JSON object to grade, or a list of them, sent with the"),
        (7, "The body must be a JSON object to grade, or a list of them, sent with the"),
        ([], "Send at least one object to grade."),
        ({**BY_REFERENCE, "answer": "a\x00b"}, "answer holds a NUL character (U+0000): remove it."),
        ([BY_REFERENCE, {"answer": "a", "references": ["\x00"]}], "[1].references[0] holds a NUL character"),
        ([{"answer": "a", "a\x00": 1}], "The name of a field holds a NUL character"),
        ({**BY_REFERENCE, "id": 2**60}, "id: is a number out of range."),
    ],
)
def test_bad_gradings(api: Api, body: Any, words: str) -> None:
    mine = Integrator.of(api, "gradings:write")
    assert problem(mine.post("/gradings", body), 422, "invalid")["detail"].startswith(words)
    assert mine.sql("SELECT 1 FROM gradings") == []


def test_at_most_a_hundred(api: Api) -> None:
    mine = Integrator.of(api, "gradings:write")
    small = {"answer": "a", "references": ["b c d."]}
    assert mine.post("/gradings", [small] * 100).status_code == 202
    body = problem(mine.post("/gradings", [small] * 101), 413, "too-large")
    assert body["detail"] == "At most 100 objects in one call: send the rest in another."


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (
            '{"answer": "a", "references": ["b"], "samples": [{"text": "c", "grade": NaN}]}',
            "samples[0].grade: is not a",
        ),
        (
            '{"answer": "a", "references": ["b"], "samples": [{"text": "c", "grade": -Infinity}]}',
            "samples[0].grade: is",
        ),
        (
            '{"answer": "a", "references": ["b"], "samples": [{"text": "c", "grade": 1e999}]}',
            "samples[0].grade: is not a",
        ),
        ('{"answer": "\\ud800", "references": ["b"]}', "answer holds half of a surrogate pair"),
        ('{"answer": "a", "rubric": ' + '{"x":' * 50 + "1" + "}" * 50 + "}", "rubric.x.x"),
    ],
)
def test_json_that_cannot_be_kept(api: Api, raw: str, words: str) -> None:
    mine = Integrator.of(api, "gradings:write")
    response = mine.post("/gradings", content=raw, headers={"content-type": "application/json"})
    assert problem(response, 422, "invalid")["detail"].startswith(words)


@pytest.mark.parametrize("unknown", ["0b5f0000-0000-4000-8000-000000000001", "17"])
def test_unknown_grading(api: Api, unknown: str) -> None:
    problem(Integrator.of(api).get(f"/gradings/{unknown}"), 404, "not-found")
