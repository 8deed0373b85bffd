"""Interviews over REST: made, listed, read, started, finished."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from conftest import Api
from integrator import TWO, Integrator, problem


def test_from_a_template(api: Api) -> None:
    mine = Integrator.of(api)
    response = mine.post("/interviews", {"template": "warm-up", "candidate": {"external_id": "c-17", "name": "Ada"}})
    assert response.status_code == 201, response.text
    made = response.json()
    assert response.headers["location"] == made["links"]["self"] == f"/api/v1/interviews/{made['id']}"
    assert made["status"] == "running"
    assert made["candidate"] == {"external_id": "c-17", "name": "Ada"}
    assert made["title"] == "Warm-up"
    assert 890 < made["remaining_seconds"] <= 900
    assert [item["position"] for item in made["items"]] == [1, 2, 3]
    assert made["items"][0]["section"] == {"id": "first-steps", "title": "First steps"}
    assert set(made["items"][0]["question"]) == {"slug", "version", "title", "prompt", "kind", "minutes"}
    assert made["items"][0]["draft"] == {"text": "", "revision": 0, "saved_at": None, "input_mode": None}
    assert made["items"][0]["answer"] is None
    read = mine.get(made["links"]["self"]).json()
    assert read | {"remaining_seconds": 0} == made | {"remaining_seconds": 0}
    (event,) = mine.sql("SELECT actor FROM audit_events WHERE action = 'interview.created'")
    assert event.actor.startswith("key:")


def test_from_slugs(api: Api) -> None:
    mine = Integrator.of(api)
    plain = mine.interview(*TWO)
    minutes = [item["question"]["minutes"] for item in plain["items"]]
    assert [item["question"]["slug"] for item in plain["items"]] == TWO
    assert plain["duration_seconds"] == sum(minutes) * 60
    assert plain["title"] == plain["items"][0]["question"]["title"]
    assert plain["candidate"] == {"external_id": None, "name": None}
    named = mine.interview(*TWO, minutes=7, title=" Second round ")
    assert (named["duration_seconds"], named["title"]) == (420, "Second round")


def test_extra_time(api: Api) -> None:
    made = Integrator.of(api).interview("what-learning-is", minutes=10, time_multiplier=1.5)
    assert made["time_multiplier"] == 1.5
    assert 890 < made["remaining_seconds"] <= 900


def test_start_later(api: Api) -> None:
    mine = Integrator.of(api)
    made = mine.interview(start=False)
    assert made["status"] == "ready"
    assert [made[name] for name in ("started_at", "deadline_at", "remaining_seconds")] == [None] * 3
    item = made["items"][0]["links"]
    problem(mine.put(item["draft"], {"text": "early", "base_revision": 0}), 409, "not-started")
    problem(mine.post(item["answer"], {"text": "early"}), 409, "not-started")
    problem(mine.post(made["links"]["finish"]), 409, "not-started")
    first = mine.post(made["links"]["start"]).json()
    assert first["status"] == "running"
    again = mine.post(made["links"]["start"]).json()
    assert again["deadline_at"] == first["deadline_at"]


def test_times_are_utc(api: Api) -> None:
    made = Integrator.of(api).interview()
    started = dt.datetime.fromisoformat(made["started_at"])
    assert started.utcoffset() == dt.timedelta(0)
    assert abs((dt.datetime.now(dt.UTC) - started).total_seconds()) < 60


def test_list_by_candidate_and_status(api: Api) -> None:
    mine = Integrator.of(api)
    ada = mine.interview(candidate={"external_id": "ada"})
    bob = mine.interview(candidate={"external_id": "bob"}, start=False)
    done = mine.interview(candidate={"external_id": "ada"})
    mine.post(done["links"]["finish"])

    def ids(**params: str) -> list[str]:
        return [item["id"] for item in mine.get("/interviews", params=params).json()["items"]]

    assert ids() == [done["id"], bob["id"], ada["id"]]
    assert ids(external_id="ada") == [done["id"], ada["id"]]
    assert ids(external_id="nobody") == []
    assert ids(status="ready") == [bob["id"]]
    assert ids(status="running") == [ada["id"]]
    assert ids(status="finished", external_id="ada") == [done["id"]]
    item = mine.get("/interviews").json()["items"][0]
    assert "items" not in item
    assert (item["question_count"], item["answer_count"]) == (2, 0)


def test_pages_of_interviews_are_stable(api: Api) -> None:
    mine = Integrator.of(api)
    made = [mine.interview(start=False)["id"] for _ in range(5)]
    first = mine.get("/interviews", params={"limit": 2})
    assert 'rel="next"' in first.headers["link"]
    mine.interview(start=False)
    rest: list[str] = []
    cursor = first.json()["next_cursor"]
    while cursor:
        page = mine.get("/interviews", params={"limit": 2, "cursor": cursor}).json()
        rest += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert [item["id"] for item in first.json()["items"]] + rest == made[::-1]


def test_reading_ends_what_is_due(api: Api) -> None:
    mine = Integrator.of(api)
    one, two = mine.interview(), mine.interview()
    mine.put(one["items"][0]["links"]["draft"], {"text": "half a thought", "base_revision": 0})
    for made in (one, two):
        mine.end_was(made, 11)
    read = mine.get(one["links"]["self"]).json()
    assert (read["status"], read["finish_reason"], read["remaining_seconds"]) == ("finished", "deadline", 0)
    assert read["finished_at"] == read["deadline_at"]
    assert read["items"][0]["answer"]["text"] == "half a thought"
    assert read["items"][0]["answer"]["submitted_by"] == "deadline"
    listed = mine.get("/interviews", params={"status": "finished"}).json()["items"]
    assert {item["id"]: item["status"] for item in listed} == {one["id"]: "finished", two["id"]: "finished"}
    assert mine.get("/interviews", params={"status": "running"}).json()["items"] == []


def test_finish_twice_gives_the_same(api: Api) -> None:
    mine = Integrator.of(api)
    made = mine.interview()
    mine.put(made["items"][1]["links"]["draft"], {"text": "not sent", "base_revision": 0})
    first = mine.post(made["links"]["finish"])
    assert first.status_code == 200
    assert first.json()["items"][1]["answer"]["submitted_by"] == "finish"
    assert first.json()["items"][0]["answer"] is None
    again = mine.post(made["links"]["finish"])
    assert (again.status_code, again.json()) == (200, first.json())


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "body: give either template or questions."),
        ({"template": "warm-up", "questions": TWO}, "body: give either template or questions."),
        ({"template": "warm-up", "minutes": 5}, "body: minutes and title go with questions: a template has its own."),
        ({"questions": []}, "questions: List should have at least 1 item after validation, not 0."),
        ({"questions": TWO[:1] * 2}, "questions: one stands there twice."),
        ({"questions": [f"q-{i}" for i in range(51)]}, "questions: List should have at most 50 items"),
        ({"questions": ["what-learning-is", 7]}, "questions[1]: Input should be a valid string."),
        ({"questions": ["a\x00b"]}, "questions[0]: String should match pattern"),
        ({"questions": ["\ud800"]}, "questions[0]: holds half of a surrogate pair"),
        ({"questions": TWO, "minutes": 0}, "minutes: Input should be greater than or equal to 1."),
        ({"questions": TWO, "minutes": "5"}, "minutes: Input should be a valid integer."),
        ({"questions": TWO, "title": "  "}, "title: String should have at least 1 character."),
        ({"questions": TWO, "start": "yes"}, "start: Input should be a valid boolean."),
        ({"questions": TWO, "time_multiplier": 11}, "time_multiplier: Input should be less than or equal to 10."),
        ({"questions": TWO, "time_multiplier": 0.5}, "time_multiplier: Input should be greater than or equal to 1."),
        ({"questions": TWO, "candidate": {}}, "candidate.external_id: is missing."),
        ({"questions": TWO, "candidate": {"external_id": " "}}, "candidate.external_id: String should have at least 1"),
        ({"questions": TWO, "candidate": {"external_id": "x" * 201}}, "candidate.external_id: String should have at"),
        ({"questions": TWO, "candidate": {"external_id": "x\x00"}}, "candidate.external_id: the text holds a NUL"),
        ({"questions": TWO, "candidate": {"external_id": "x", "mail": "y"}}, "candidate.mail: is not a known field"),
        ({"template": "warm-up", "user": 1}, "user: is not a known field: remove it or correct its name."),
        ([], "body: must be a JSON object"),
        ("text", "body: must be a JSON object"),
    ],
)
def test_bad_interview(api: Api, body: Any, words: str) -> None:
    mine = Integrator.of(api)
    found = problem(mine.post("/interviews", body), 422, "invalid")
    assert found["detail"].startswith(words)
    assert mine.get("/interviews").json()["items"] == []


def test_unknown_slugs_make_nothing(api: Api) -> None:
    mine = Integrator.of(api)
    assert "'nothing'" in problem(mine.post("/interviews", {"template": "nothing"}), 404, "not-found")["detail"]
    body = {"questions": [TWO[0], "nothing"]}
    assert "'nothing'" in problem(mine.post("/interviews", body), 404, "not-found")["detail"]
    assert mine.get("/interviews").json()["items"] == []


@pytest.mark.parametrize("query", ["status=over", "limit=0", "cursor=WyJ4IiwieSJd", "cursor=x", "external_id=%00"])
def test_bad_list(api: Api, query: str) -> None:
    problem(Integrator.of(api).get(f"/interviews?{query}"), 422, "invalid")


@pytest.mark.parametrize("unknown", ["0b5f0000-0000-4000-8000-000000000001", "17", "%00"])
def test_unknown_interview(api: Api, unknown: str) -> None:
    mine = Integrator.of(api)
    for path in ("", "/report", f"/items/{uuid.uuid4()}/assessment"):
        problem(mine.get(f"/interviews/{unknown}{path}"), 404, "not-found")
    for path in ("/start", "/finish"):
        problem(mine.post(f"/interviews/{unknown}{path}"), 404, "not-found")
    item = f"/interviews/{unknown}/items/{uuid.uuid4()}"
    problem(mine.put(f"{item}/draft", {"text": "x", "base_revision": 0}), 404, "not-found")
    problem(mine.post(f"{item}/answer", {"text": "x"}), 404, "not-found")


def test_item_of_another_interview(api: Api) -> None:
    mine = Integrator.of(api)
    one, two = mine.interview(), mine.interview()
    crossed = f"{one['links']['self']}/items/{two['items'][0]['id']}"
    problem(mine.put(f"{crossed}/draft", {"text": "x", "base_revision": 0}), 404, "not-found")
    problem(mine.post(f"{crossed}/answer", {"text": "x"}), 404, "not-found")
    problem(mine.get(f"{crossed}/assessment"), 404, "not-found")
