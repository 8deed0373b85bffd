"""The webhook routes' manners: entity tags, bad input, pages, catching up."""

from __future__ import annotations

import re
import uuid
from typing import Any, get_args

import pytest
from conftest import Api
from integrator import Integrator, problem
from sqlalchemy import text

from app.integrations.consuming import EventJobs
from app.integrations.event_types import EVENT_TYPES
from app.integrations.webhook_schemas import EventType
from app.integrations.webhook_service import MAX_ENDPOINTS
from app.kit.config import ROOT
from app.kit.events import record_event

URL = "https://hooks.example.org/viva"


@pytest.fixture
def mine(api: Api) -> Integrator:
    return Integrator.of(api)


def make(mine: Integrator, **more: Any) -> dict[str, Any]:
    response = mine.post("/webhook-endpoints", {"url": URL, **more})
    assert response.status_code == 201, response.text
    return dict(response.json())


def test_the_words_of_the_api_are_the_types() -> None:
    assert get_args(EventType) == tuple(EVENT_TYPES)


def test_the_documentation_names_every_type() -> None:
    rows = re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", (ROOT / "docs/webhooks.md").read_text(encoding="utf-8"), re.M)
    assert rows == list(EVENT_TYPES)


def test_what_is_made_can_be_read(mine: Integrator) -> None:
    response = mine.post("/webhook-endpoints", {"url": f" {URL} ", "event_types": ["grading.done", "interview.scored"]})
    made = response.json()
    assert response.headers["location"] == f"/api/v1/webhook-endpoints/{made['id']}"
    assert made["secret"].startswith("whsec_")
    assert made["url"] == URL
    assert made["event_types"] == ["interview.scored", "grading.done"]
    read = mine.get(made["links"]["self"])
    assert read.headers["etag"] == response.headers["etag"]
    assert read.json() == {name: value for name, value in made.items() if name != "secret"}
    assert mine.get("/webhook-endpoints").json()["items"] == [read.json()]


def test_changes_want_the_present_tag(mine: Integrator) -> None:
    made = make(mine, description="One")
    here = made["links"]["self"]
    tag = mine.get(here).headers["etag"]
    for method, body in (("PATCH", {"description": "Two"}), ("DELETE", None)):
        missing = problem(mine.call(method, here, json=body), 428, "precondition-required")
        assert missing["etag"] == tag
        problem(mine.call(method, here, json=body, headers={"if-match": '"old"'}), 412, "precondition")
    changed = mine.call("PATCH", here, json={"description": "Two"}, headers={"if-match": tag})
    assert (changed.status_code, changed.json()["description"], changed.json()["url"]) == (200, "Two", URL)
    assert changed.headers["etag"] not in ("", tag)
    problem(mine.call("PATCH", here, json={"url": URL}, headers={"if-match": tag}), 412, "precondition")
    same = mine.call("PATCH", here, json={}, headers={"if-match": changed.headers["etag"]})
    assert same.headers["etag"] == changed.headers["etag"]
    turned = mine.post(made["links"]["rotate"])
    assert turned.headers["etag"] != changed.headers["etag"]
    assert mine.call("DELETE", here, headers={"if-match": turned.headers["etag"]}).status_code == 204
    problem(mine.get(here), 404, "not-found")
    actions = [row.action for row in mine.sql("SELECT action FROM audit_events ORDER BY at")]
    assert actions == ["key.created", "webhook.created", "webhook.changed", "webhook.rotated", "webhook.removed"]


def test_switching_off_ends_what_waits(mine: Integrator) -> None:
    made = make(mine)
    sent = mine.post(made["links"]["test"]).json()
    any_tag = {"if-match": "*"}
    off = mine.call("PATCH", made["links"]["self"], json={"is_enabled": False}, headers=any_tag).json()
    assert (off["is_enabled"], off["disabled_at"], off["disabled_reason"]) == (False, None, "")
    logged = mine.get(sent["links"]["self"]).json()
    assert (logged["status"], logged["error"]) == ("failed", "The endpoint was switched off.")
    problem(mine.post(made["links"]["test"]), 409, "endpoint-off")
    problem(mine.post(sent["links"]["replay"]), 409, "endpoint-off")
    mine.call("PATCH", made["links"]["self"], json={"is_enabled": True}, headers=any_tag)
    assert mine.post(sent["links"]["replay"]).json()["status"] == "waiting"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": "http://[::1"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://[fd00::1]/"}, "url"),
        ({"url": "gopher://example.org/"}, "url"),
        ({"url": "https://a@example.org/"}, "url"),
        ({"url": "https://example.org/" + "a" * 2000}, "url"),
        ({"url": "https://example.org/\x00"}, "url"),
        ({"url": 5}, "url"),
        ({"url": URL, "event_types": ["interview.exploded"]}, "event_types[0]"),
        ({"url": URL, "event_types": "all"}, "event_types"),
        ({"url": URL, "description": "a" * 201}, "description"),
        ({"url": URL, "is_enabled": "yes"}, "is_enabled"),
        ({"url": URL, "secret": "whsec_mine"}, "secret"),
    ],
)
def test_bad_input(mine: Integrator, body: dict[str, Any], field: str) -> None:
    found = problem(mine.post("/webhook-endpoints", body), 422, "invalid")
    assert field in (found.get("field"), *(one["field"] for one in found.get("errors", []))), found
    if body:
        made = make(mine)
        patched = mine.call("PATCH", made["links"]["self"], json=body, headers={"if-match": "*"})
        problem(patched, 422, "invalid")
        assert mine.get(made["links"]["self"]).json() == {k: v for k, v in made.items() if k != "secret"}


def test_null_keeps_nothing(mine: Integrator) -> None:
    made = make(mine)
    response = mine.call("PATCH", made["links"]["self"], json={"url": None}, headers={"if-match": "*"})
    assert problem(response, 422, "invalid")["field"] == "url"


def test_there_is_a_limit(mine: Integrator) -> None:
    for _ in range(MAX_ENDPOINTS):
        make(mine)
    problem(mine.post("/webhook-endpoints", {"url": URL}), 409, "too-many-endpoints")
    first = mine.get("/webhook-endpoints?limit=30")
    second = mine.get(first.headers["link"].partition(">")[0].removeprefix("<"))
    ids = [one["id"] for one in [*first.json()["items"], *second.json()["items"]]]
    assert len(ids) == len(set(ids)) == MAX_ENDPOINTS
    assert second.json()["next_cursor"] is None


def test_the_log_pages_and_filters(mine: Integrator) -> None:
    made = make(mine)
    for _ in range(5):
        mine.post(made["links"]["test"])
    mine.sql(
        "UPDATE webhook_deliveries SET status = 'delivered' WHERE id IN (SELECT id FROM webhook_deliveries LIMIT 2)"
    )
    seen, url = [], f"{made['links']['deliveries']}?limit=2"
    while url:
        page = mine.get(url)
        seen += [one["id"] for one in page.json()["items"]]
        url = page.headers.get("link", "").partition(">")[0].removeprefix("<")
    assert len(seen) == len(set(seen)) == 5
    assert len(mine.get(f"{made['links']['deliveries']}?status=delivered").json()["items"]) == 2
    problem(mine.get(f"{made['links']['deliveries']}?status=lost"), 422, "invalid")
    problem(mine.get(f"{made['links']['deliveries']}?cursor=nonsense"), 422, "invalid")
    other = make(mine)
    problem(mine.get(f"{other['links']['deliveries']}/{seen[0]}"), 404, "not-found")


def happen(mine: Integrator, org: str, *types: str) -> None:
    with mine.sessions.begin() as session:
        organization_id = session.scalar(text("SELECT id FROM organizations WHERE slug = :s"), {"s": org})
        assert isinstance(organization_id, uuid.UUID)
        for type in types:
            record_event(session, organization_id, type, {})
    EventJobs(mine.sessions, []).number_events()


def test_catching_up(api: Api) -> None:
    mine, theirs = Integrator.of(api), Integrator.of(api, org="other")
    assert mine.get("/events").json() == {"items": [], "next_cursor": None}
    happen(mine, "main", *["question.published", "grading.done"] * 3)
    happen(mine, "other", "grading.done")
    seen: list[dict[str, Any]] = []
    url = "/events?limit=4"
    while url:
        page = mine.get(url)
        seen += page.json()["items"]
        url = page.headers.get("link", "").partition(">")[0].removeprefix("<")
    assert [one["sequence"] for one in seen] == [1, 2, 3, 4, 5, 6]
    assert [one["sequence"] for one in mine.get("/events?after=4").json()["items"]] == [5, 6]
    happen(mine, "main", "export.done")
    assert [one["sequence"] for one in mine.get("/events?after=6").json()["items"]] == [7]
    some = mine.get("/events?type=export.done&type=grading.done&limit=2")
    assert [one["type"] for one in some.json()["items"]] == ["grading.done", "grading.done"]
    rest = mine.get(some.headers["link"].partition(">")[0].removeprefix("<")).json()["items"]
    assert [one["type"] for one in rest] == ["grading.done", "export.done"]
    assert [one["sequence"] for one in theirs.get("/events").json()["items"]] == [1]
    for query in ("after=-1", "after=x", "after=99999999999999999999", "cursor=nonsense", "cursor=WyJ4Il0", "type=no"):
        problem(mine.get(f"/events?{query}"), 422, "invalid")


def test_what_is_not_numbered_yet_is_not_listed(mine: Integrator) -> None:
    make(mine)
    mine.interview()
    assert mine.get("/events").json()["items"] == []
