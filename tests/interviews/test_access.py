"""Another person's interview does not exist: on every route, in the same words as one that never was."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Api
from fastapi.routing import iter_route_contexts
from people import JSON, Person, Sitting
from starlette.testclient import TestClient

# What a route needs so that it gets as far as looking for the interview.
BODIES: dict[str, dict[str, Any]] = {
    "draft": {"json": {"text": "not mine", "base_revision": 0}},
    "answer": {"json": {"text": "not mine"}},
    "flag": {"json": {"flagged": True}},
    "input-mode": {"json": {"input_mode": "dictated"}},
    "start": {"data": {"consent": "yes"}},
}


def routes_of_interviews(client: TestClient) -> list[tuple[str, str]]:
    """(method, path) of every route that names an interview."""
    found = [
        (method, str(route.path))
        for route in iter_route_contexts(client.app.routes)  # type: ignore[attr-defined]
        for method in sorted(getattr(route, "methods", None) or ())
        if "{interview_id}" in str(route.path)
    ]
    assert len(found) >= 16, found
    return found


def filled(path: str, interview: uuid.UUID, item: uuid.UUID) -> str:
    return path.format(interview_id=interview, item_id=item, position=1)


BY_API = {
    "extra-time": {"json": {"minutes": 5}},
    "pause": {"json": {"reason": "power"}},
    "decisions": {"json": {"decision": "advance", "note": "n"}},
}


def body_of(path: str) -> dict[str, Any]:
    last = path.rsplit("/", 1)[-1]
    if path.startswith("/api/"):
        return BY_API.get(last) or ({} if last == "start" else BODIES.get(last, {}))
    return BODIES.get(last, {})


def everything(sitting: Sitting) -> tuple[Any, ...]:
    drafts = [sitting.draft(n) for n in range(len(sitting.items))]
    return sitting.row(), sitting.answers(), drafts, sitting.kept("late"), sitting.kept("conflict")


@pytest.mark.parametrize("state", ["ready", "running", "finished"])
def test_every_page_as_the_wrong_person(alice: Person, bob: Person, client: TestClient, state: str) -> None:
    sitting = alice.choose()
    if state != "ready":
        sitting.start()
        sitting.save("alice's secret", item=0)
        sitting.answer("alice's answer", item=1)
    if state == "finished":
        sitting.finish()
    before = everything(sitting)
    # (Pages of organisations are tried in test_access_everywhere.)
    pages = [(m, p) for m, p in routes_of_interviews(client) if p.startswith("/interviews/")]
    assert len(pages) >= 8
    for method, path in pages:
        for headers in ({}, JSON):
            theirs = bob.http.request(
                method, filled(path, sitting.id, sitting.items[0]), headers=headers, **body_of(path)
            )
            assert theirs.status_code == 404, f"{method} {path}: {theirs.status_code}"
            assert "alice" not in theirs.text
            nobodys = bob.http.request(
                method, filled(path, uuid.uuid4(), uuid.uuid4()), headers=headers, **body_of(path)
            )
            assert nobodys.status_code == 404, f"{method} {path}: {nobodys.status_code}"
            if headers:
                assert theirs.json()["detail"] == nobodys.json()["detail"], f"{method} {path} tells them apart"
    assert everything(sitting) == before


def test_every_api_route_with_another_organisations_key(api: Api, alice: Person) -> None:
    made = api.client.post(
        "/api/v1/interviews", json={"questions": ["dropout", "gan"]}, headers=api.key(org="one")
    ).json()
    sitting = alice.sit()
    other = api.key(org="two")
    routes = [(m, p) for m, p in routes_of_interviews(api.client) if p.startswith("/api/")]
    assert len(routes) >= 7
    pairs = [
        (uuid.UUID(made["id"]), uuid.UUID(made["items"][0]["id"])),
        (sitting.id, sitting.items[0]),
        (uuid.uuid4(), uuid.uuid4()),
    ]
    before = everything(sitting)
    for method, path in routes:
        words = set()
        for interview, item in pairs:
            response = api.client.request(method, filled(path, interview, item), headers=other, **body_of(path))
            assert response.status_code == 404, f"{method} {path}: {response.status_code} {response.text}"
            assert response.headers["content-type"] == "application/problem+json"
            words.add(response.json()["detail"])
        assert len(words) == 1, f"{method} {path} tells them apart: {words}"
    assert everything(sitting) == before
    unchanged = api.client.get(f"/api/v1/interviews/{made['id']}", headers=api.key(org="one")).json()
    assert [item["draft"]["text"] for item in unchanged["items"]] == ["", ""]


def test_an_item_of_another_interview_of_ones_own(alice: Person) -> None:
    """The pair must fit: an item is not reached through another interview, whose clock may still run."""
    over, running = alice.sit(), alice.sit()
    over.end_was(3600)
    for what, call in (("draft", alice.http.put), ("answer", alice.http.post), ("flag", alice.http.post)):
        url = f"{running.url}/items/{over.items[0]}/{what}"
        response = call(url, headers=JSON, **BODIES[what])
        assert response.status_code == 404, what
    assert over.draft() == ("", 0)
    assert over.answers() == {}


def test_a_cookie_opens_no_api_and_a_key_no_page(alice: Person, api: Api) -> None:
    sitting = alice.sit()
    response = alice.http.get(f"/api/v1/interviews/{sitting.id}")
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="viva"'
    with_key = api.client.get(f"{sitting.url}/report", headers=api.key())
    assert (with_key.status_code, with_key.headers.get("location", "")[:9]) in {(303, "/sign-in?"), (401, "")}


def test_history_shows_only_ones_own(alice: Person, bob: Person, newcomer: Callable[[], Person]) -> None:
    sitting = alice.sit()
    for page in ("/interviews", "/"):
        assert str(sitting.id) in alice.http.get(page).text
        assert str(sitting.id) not in bob.http.get(page).text
        assert str(sitting.id) not in newcomer().http.get(page, follow_redirects=True).text
    practice = alice.practise("gan")
    practice.answer("my words")
    assert f"{practice.url}" in alice.http.get("/questions/gan").text
    assert f"{practice.url}" not in bob.http.get("/questions/gan").text
