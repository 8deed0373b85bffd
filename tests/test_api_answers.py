"""Drafts, answers, assessments and reports over REST."""

from __future__ import annotations

import time

import pytest
from conftest import Api, run_jobs
from integrator import GOOD, Integrator, problem, while_working
from sqlalchemy.orm import Session, sessionmaker

from app.assessments.jobs import Jobs
from app.interviews.writing import MAX_KEPT_ASIDE


def test_draft_grows(api: Api) -> None:
    mine = Integrator.of(api)
    made = mine.interview()
    draft = made["items"][0]["links"]["draft"]
    first = mine.put(draft, {"text": "one", "base_revision": 0})
    assert first.status_code == 200, first.text
    assert set(first.json()) == {"revision", "saved_at", "remaining_ms"}
    assert first.json()["revision"] == 1
    assert mine.put(draft, {"text": "one two", "base_revision": 1}).json()["revision"] == 2
    item = mine.get(made["links"]["self"]).json()["items"][0]
    assert (item["draft"]["text"], item["draft"]["revision"], item["state"]) == ("one two", 2, "draft")


def test_draft_conflict_keeps_both_texts(api: Api) -> None:
    mine = Integrator.of(api)
    made = mine.interview()
    draft = made["items"][0]["links"]["draft"]
    mine.put(draft, {"text": "from the desk", "base_revision": 0})
    body = problem(mine.put(draft, {"text": "from the sofa", "base_revision": 0}), 409, "draft-conflict")
    assert body["yours"] == {"text": "from the sofa"}
    assert (body["theirs"]["text"], body["theirs"]["revision"]) == ("from the desk", 1)
    assert body["kept"] is True
    kept = mine.sql("SELECT kind, text FROM drafts WHERE kind <> 'saved'")
    assert [tuple(row) for row in kept] == [("conflict", "from the sofa")], "the kept text was rolled back"
    assert mine.put(draft, {"text": "both", "base_revision": 1}).json()["revision"] == 2
    mine.post(made["links"]["finish"])
    report = mine.get(made["links"]["report"]).json()
    assert [one["text"] for one in report["items"][0]["conflict_texts"]] == ["from the sofa"]


def test_lost_acknowledgement_of_a_draft_is_repeated(api: Api) -> None:
    mine = Integrator.of(api)
    draft = mine.interview()["items"][0]["links"]["draft"]
    first = mine.put(draft, {"text": "same", "base_revision": 0}).json()
    again = mine.put(draft, {"text": "same", "base_revision": 0})
    assert again.status_code == 200
    assert again.json()["revision"] == first["revision"]


def test_late_text_is_kept_and_not_scored(api: Api) -> None:
    mine = Integrator.of(api)
    made = mine.interview()
    links = made["items"][0]["links"]
    mine.put(links["draft"], {"text": "in time", "base_revision": 0})
    mine.end_was(made, 9)
    assert mine.put(links["draft"], {"text": "in time, within grace", "base_revision": 1}).status_code == 200
    mine.end_was(made, 11)
    body = problem(mine.put(links["draft"], {"text": "late draft", "base_revision": 2}), 409, "time-is-up")
    assert body["kept"] is True
    assert body["theirs"]["text"] == "in time, within grace"
    problem(mine.post(links["answer"], {"text": "late answer"}), 409, "time-is-up")
    item = mine.get(made["links"]["report"]).json()["items"][0]
    assert item["answer_text"] == "in time, within grace"
    assert [one["text"] for one in item["late_texts"]] == ["late draft", "late answer"]


def test_kept_texts_are_bounded(api: Api) -> None:
    mine = Integrator.of(api)
    draft = mine.interview()["items"][0]["links"]["draft"]
    mine.put(draft, {"text": "first", "base_revision": 0})
    for number in range(MAX_KEPT_ASIDE + 3):
        problem(mine.put(draft, {"text": f"stale {number}", "base_revision": 0}), 409, "draft-conflict")
    assert mine.sql("SELECT count(*) FROM drafts WHERE kind = 'conflict'")[0][0] == MAX_KEPT_ASIDE


def test_answer_is_taken_and_scored(api: Api, worker: Jobs, sessions: sessionmaker[Session]) -> None:
    mine = Integrator.of(api)
    made = mine.interview("what-learning-is")
    links = made["items"][0]["links"]
    problem(mine.get(links["assessment"]), 404, "not-found")
    response = mine.post(links["answer"], {"text": GOOD})
    assert response.status_code == 202, response.text
    assert response.headers["location"] == links["assessment"]
    assert "preference-applied" not in response.headers
    body = response.json()
    assert body["assessment"] == {"status": "queued", "url": links["assessment"]}
    assert (body["answer"]["text"], body["answer"]["submitted_by"]) == (GOOD, "candidate")
    waiting = mine.get(links["assessment"])
    assert (waiting.status_code, waiting.json()) == (202, {"status": "queued", "url": links["assessment"]})
    assert run_jobs(worker, sessions) == 1
    scored = mine.get(links["assessment"])
    assert scored.status_code == 200
    report = scored.json()
    assert report["status"] == "scored"
    assert 0 <= report["score"] <= 1
    assert report["band"]["id"] in {"not-yet", "getting-there", "solid", "strong"}
    assert {"confidence", "needs_review", "facets", "criteria", "feedback", "receipt", "created_at"} <= set(report)
    for criterion in report["criteria"]:
        if criterion["evidence"]:
            assert 0 <= criterion["evidence"]["start"] < criterion["evidence"]["end"] <= len(GOOD)


def test_wait_for_the_score(api: Api, worker: Jobs, sessions: sessionmaker[Session]) -> None:
    mine = Integrator.of(api)
    made = mine.interview("what-learning-is", "why-cnns-for-images")
    links = made["items"][0]["links"]
    began = time.monotonic()
    response = while_working(worker, sessions, lambda: mine.post(links["answer"], {"text": GOOD}, wait=20))
    assert response.status_code == 200, response.text
    assert time.monotonic() - began < 15
    assert response.headers["preference-applied"] == "wait=20"
    assert response.headers["content-location"] == links["assessment"]
    assert response.json() == mine.get(links["assessment"]).json()
    # The next one waits at its assessment.
    links = made["items"][1]["links"]
    mine.post(links["answer"], {"text": GOOD})
    response = while_working(worker, sessions, lambda: mine.get(links["assessment"], wait=20))
    assert (response.status_code, response.json()["status"]) == (200, "scored")


def test_wait_that_is_over(api: Api) -> None:
    mine = Integrator.of(api)
    links = mine.interview()["items"][0]["links"]
    response = mine.post(links["answer"], {"text": GOOD}, wait=1)
    assert response.status_code == 202
    assert response.headers["preference-applied"] == "wait=1"
    assert response.json()["assessment"]["status"] == "queued"
    waited = mine.get(links["assessment"], wait=1)
    assert (waited.status_code, waited.json()["status"]) == (202, "queued")


@pytest.mark.parametrize("prefer", ["wait=soon", "wait=-1", "wait", "wait=²", "respond-async", "", "wait=0"])
def test_other_preferences_do_not_wait(api: Api, prefer: str) -> None:
    mine = Integrator.of(api)
    links = mine.interview()["items"][0]["links"]
    headers = {"prefer": prefer.encode("latin-1")}
    response = mine.post(links["answer"], {"text": GOOD}, headers=headers)
    assert response.status_code == 202
    assert "preference-applied" not in response.headers


def test_same_answer_again(api: Api, worker: Jobs, sessions: sessionmaker[Session]) -> None:
    mine = Integrator.of(api)
    links = mine.interview()["items"][0]["links"]
    first = mine.post(links["answer"], {"text": GOOD})
    again = mine.post(links["answer"], {"text": GOOD})
    assert (again.status_code, again.json()) == (202, first.json())
    assert run_jobs(worker, sessions) == 1, "one answer, one job"
    third = mine.post(links["answer"], {"text": GOOD})
    assert third.json()["answer"] == first.json()["answer"]
    assert third.json()["assessment"]["status"] == "scored"
    assert mine.post(links["answer"], {"text": GOOD}, wait=5).status_code == 200


def test_another_answer_is_refused_and_kept(api: Api) -> None:
    mine = Integrator.of(api)
    made = mine.interview()
    links = made["items"][0]["links"]
    mine.post(links["answer"], {"text": "the first"})
    body = problem(mine.post(links["answer"], {"text": "a better one"}), 409, "already-answered")
    assert body["theirs"]["text"] == "the first"
    body = problem(mine.put(links["draft"], {"text": "a third", "base_revision": 0}), 409, "already-answered")
    assert body["theirs"]["text"] == "the first"
    mine.post(made["links"]["finish"])
    item = mine.get(made["links"]["report"]).json()["items"][0]
    assert item["answer_text"] == "the first"
    assert [one["text"] for one in item["late_texts"]] == ["a better one", "a third"]


def test_i_do_not_know(api: Api, worker: Jobs, sessions: sessionmaker[Session]) -> None:
    mine = Integrator.of(api)
    made = mine.interview()
    links = made["items"][0]["links"]
    response = mine.post(links["answer"], {"does_not_know": True})
    assert response.status_code == 202, response.text
    assert response.json()["answer"]["does_not_know"] is True
    run_jobs(worker, sessions)
    assert mine.get(links["assessment"]).json()["score"] < 0.25
    assert mine.get(made["links"]["self"]).json()["items"][0]["state"] == "unknown"


def test_failed_scoring_is_said(api: Api, worker: Jobs, sessions: sessionmaker[Session]) -> None:
    mine = Integrator.of(api)
    links = mine.interview("what-learning-is")["items"][0]["links"]
    mine.post(links["answer"], {"text": GOOD})
    mine.sql("UPDATE question_versions SET rubric = '{}' WHERE title LIKE 'What it means that a network learns'")
    run_jobs(worker, sessions)
    failed = mine.get(links["assessment"], wait=5)
    assert failed.status_code == 202
    assert failed.json()["status"] == "failed"
    assert failed.json()["reason"] == "Scoring failed and is tried again by itself; the answer is safe."
    assert failed.json()["retry_at"]
    assert mine.post(links["answer"], {"text": GOOD}, wait=5).json()["status"] == "failed"


def test_report(api: Api, worker: Jobs, sessions: sessionmaker[Session]) -> None:
    mine = Integrator.of(api)
    made = mine.interview(candidate={"external_id": "c-1", "name": "Ada"})
    running = problem(mine.get(made["links"]["report"]), 409, "not-finished")
    assert running["interview_status"] == "running"
    mine.post(made["items"][1]["links"]["answer"], {"text": GOOD})
    mine.post(made["links"]["finish"])
    scoring = mine.get(made["links"]["report"], wait=1)
    assert scoring.headers["preference-applied"] == "wait=1"
    assert (scoring.status_code, scoring.json()["status"], scoring.json()["score"]) == (200, "scoring", None)
    assert [item["state"] for item in scoring.json()["items"]] == ["unanswered", "waiting"]
    whole = while_working(worker, sessions, lambda: mine.get(made["links"]["report"], wait=20)).json()
    assert whole["status"] == "complete"
    assert whole["candidate"] == {"external_id": "c-1", "name": "Ada"}
    assert whole["interview"]["id"] == made["id"]
    assert (whole["scored"], whole["failed"], whole["total"]) == (1, 0, 1)
    unanswered, scored = whole["items"]
    assert unanswered["score"] == 0
    assert whole["score"] == pytest.approx(scored["score"] / 2, abs=1e-4)
    assert whole["band"]["id"]
    assert scored["answer_text"] == GOOD
    assert scored["model_answer"]
    assert all(len(sentence) > 1 for sentence in scored["feedback"]), "feedback fell into letters"
    assert scored["notes"] == mine.get(made["items"][1]["links"]["assessment"]).json()["notes"]
    for criterion in scored["criteria"]:
        if criterion["quote"] is not None:
            assert criterion["quote"] == GOOD[criterion["start"] : criterion["end"]]
    assert mine.get(made["links"]["report"]).json() == whole


def test_model_answers_only_with_their_scope(api: Api) -> None:
    mine = Integrator.of(api)
    made = mine.interview()
    mine.post(made["links"]["finish"])
    reader = Integrator.of(api, "interviews:read")
    items = reader.get(made["links"]["report"]).json()["items"]
    assert [set(mine.get(made["links"]["report"]).json()["items"][0]) - set(item) for item in items] == [
        {"model_answer"},
        {"model_answer"},
    ]
