"""Time for each question over REST: opened by the integrator, ended by the server."""

from __future__ import annotations

from typing import Any

from conftest import Api
from integrator import Integrator, problem
from timed_questions import TEMPLATE

from app.assessments.jobs import Jobs


def made(mine: Integrator, **more: Any) -> dict[str, Any]:
    assert mine.post("/templates", TEMPLATE | {"slug": "timed"}).status_code == 201
    response = mine.post("/interviews", {"template": "timed", **more})
    assert response.status_code == 201, response.text
    return dict(response.json())


def ended(mine: Integrator, item: dict[str, Any], seconds: float) -> None:
    """Move a question's deadline so that it was so many seconds ago."""
    mine.sql(
        "UPDATE interview_items SET deadline_at = viva_now() - make_interval(secs => :s) WHERE id = :i",
        s=seconds,
        i=item["id"],
    )


def test_opened_and_over(api: Api, worker: Jobs) -> None:
    mine = Integrator.of(api, org="acme")
    interview = made(mine, time_multiplier=2)
    assert interview["timing"] == "question"
    first, second, _ = interview["items"]
    for _ in range(2):  # reading opens nothing
        read = mine.get(interview["links"]["self"]).json()["items"][0]
        assert [read[name] for name in ("duration_seconds", "opened_at", "deadline_at", "remaining_seconds")] == [
            300, None, None, None,
        ]  # fmt: skip
    problem(mine.put(first["links"]["draft"], {"text": "a", "base_revision": 0}), 409, "not-opened")
    problem(mine.post(first["links"]["answer"], {"text": "a"}), 409, "not-opened")

    opened = mine.post(first["links"]["open"])
    assert opened.status_code == 200, opened.text
    assert opened.json()["id"] == first["id"]
    assert 590 < opened.json()["remaining_seconds"] <= 600
    again = mine.post(first["links"]["open"]).json()
    assert (again["opened_at"], again["deadline_at"]) == (opened.json()["opened_at"], opened.json()["deadline_at"])
    saved = mine.put(first["links"]["draft"], {"text": "in time", "base_revision": 0}).json()
    assert 590_000 < saved["remaining_ms"] <= 600_000
    (live,) = mine.get("/live").json()["items"]
    assert live["position"] == 1
    assert 590_000 < live["question_remaining_ms"] <= 600_000 < live["remaining_ms"]

    ended(mine, first, 11)
    late = problem(mine.put(first["links"]["draft"], {"text": "late", "base_revision": 1}), 409, "time-is-up")
    assert (late["item"]["id"], late["item"]["position"]) == (first["id"], 1)
    assert problem(mine.post(first["links"]["answer"], {"text": "late too"}), 409, "time-is-up")["item"]
    read = mine.get(interview["links"]["self"]).json()
    assert read["status"] == "running"
    assert read["items"][0]["answer"]["submitted_by"] == "deadline"
    assert read["items"][0]["answer"]["text"] == "in time"
    assert read["items"][0]["remaining_seconds"] == 0
    assert mine.get(f"{first['links']['answer'].removesuffix('answer')}assessment").status_code == 202

    mine.post(f"{interview['links']['self']}/pause", {"reason": "A power cut."})
    problem(mine.post(second["links"]["open"]), 409, "interview-paused")
    mine.post(f"{interview['links']['self']}/resume")
    more = {"minutes": 5}
    problem(mine.post(f"{interview['links']['self']}/extra-time", more), 409, "conflict")
    before = mine.post(second["links"]["open"]).json()["remaining_seconds"]
    given = mine.post(f"{interview['links']['self']}/extra-time", more).json()
    assert given["time_multiplier"] == 2
    assert 290 < given["items"][1]["remaining_seconds"] - before <= 300

    mine.end_was(interview, 11)
    problem(mine.post(interview["items"][2]["links"]["open"]), 409, "time-is-up")
    assert worker.sweep() == 1
    assert mine.get(interview["links"]["self"]).json()["finish_reason"] == "deadline"


def test_not_begun_and_without_a_clock_of_its_own(api: Api) -> None:
    mine = Integrator.of(api, org="acme")
    waiting = made(mine, start=False)
    problem(mine.post(waiting["items"][0]["links"]["open"]), 409, "not-started")
    plain = mine.interview()
    assert plain["timing"] == "interview"
    opened = mine.post(plain["items"][0]["links"]["open"])
    assert (opened.status_code, opened.json()["opened_at"]) == (200, None)
    other = Integrator.of(api, org="other")
    problem(other.post(plain["items"][0]["links"]["open"]), 404, "not-found")


def test_made_of_questions(api: Api) -> None:
    mine = Integrator.of(api)
    body = {"questions": ["dropout", "gan"], "timing": "question", "minutes_each": 3}
    made = mine.post("/interviews", body).json()
    assert made["timing"] == "question"
    assert [item["duration_seconds"] for item in made["items"]] == [180, 180]
    assert 470 < made["remaining_seconds"] <= 480  # and a minute beside each
    opened = mine.post(made["items"][1]["links"]["open"]).json()
    assert 170 < opened["remaining_seconds"] <= 180
    own = mine.post("/interviews", {"questions": ["dropout"], "timing": "question", "minutes": 45}).json()
    assert own["items"][0]["duration_seconds"] > 180
    assert 2690 < own["remaining_seconds"] <= 2700


def test_times_of_questions_need_questions_with_clocks(api: Api) -> None:
    mine = Integrator.of(api)
    for body, words in (
        ({"template": "warm-up", "timing": "question"}, "a template has its own"),
        ({"questions": ["dropout"], "minutes_each": 3}, "goes with timing question"),
        ({"questions": ["dropout"], "timing": "question", "minutes_each": 61}, "less than or equal to 60"),
        ({"questions": ["dropout"], "timing": "clock"}, "'interview' or 'question'"),
    ):
        assert words in problem(mine.post("/interviews", body), 422, "invalid")["detail"]
