"""Interview templates over REST."""

from __future__ import annotations

from typing import Any

import pytest
from bank_routes import TEMPLATE
from conftest import Api
from integrator import Integrator, problem

DRAW = {
    "title": "Drawn",
    "description": "Two of vision.",
    "minutes": 20,
    "sections": [{"id": "vision", "title": "Vision", "draw": {"count": 2, "topics": ["vision"], "levels": [2]}}],
}


def test_made_changed_retired_and_back(api: Api) -> None:
    mine, other = Integrator.of(api, org="acme"), Integrator.of(api, org="other")
    made = mine.post(
        "/templates", DRAW | {"slug": "our-vision", "release": "by_interviewer", "candidate_sees": "score"}
    )
    assert made.status_code == 201, made.text
    url, tag = made.headers["location"], made.headers["etag"]
    body = made.json()
    assert (body["slug"], body["version"], body["own"], body["status"]) == ("our-vision", 1, True, "published")
    assert (body["release"], body["candidate_sees"], body["question_count"]) == ("by_interviewer", "score", 2)
    assert mine.get(url).json() == body
    assert mine.get(url).headers["etag"] == tag
    problem(other.get(url), 404, "not-found")
    interview = mine.post("/interviews", {"template": "our-vision"})
    assert interview.status_code == 201

    problem(mine.put(url, TEMPLATE), 428, "precondition-required")
    changed = mine.put(url, TEMPLATE, headers={"if-match": tag})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["version"], changed.json()["title"]) == (2, "Short")
    assert (
        problem(mine.put(url, DRAW, headers={"if-match": tag}), 412, "precondition")["etag"] == changed.headers["etag"]
    )
    same = mine.put(url, TEMPLATE, headers={"if-match": changed.headers["etag"]})
    assert (same.json()["version"], same.headers["etag"]) == (2, changed.headers["etag"])
    versions = mine.get(f"{url}/versions", params={"limit": 1})
    assert [(one["version"], one["is_current"]) for one in versions.json()["items"]] == [(2, True)]
    rest = mine.get(f"{url}/versions", params={"cursor": versions.json()["next_cursor"]}).json()
    assert [(one["version"], one["title"]) for one in rest["items"]] == [(1, "Drawn")]
    assert mine.get(rest["items"][0]["url"]).json() == rest["items"][0]
    problem(mine.get(f"{url}/versions/3"), 404, "not-found")

    for _ in range(2):
        assert mine.post(f"{url}/retire").json()["status"] == "retired"
    assert "our-vision" not in [one["slug"] for one in mine.get("/templates").json()["items"]]
    assert [one["slug"] for one in mine.get("/templates", params={"status": "retired"}).json()["items"]] == [
        "our-vision"
    ]
    problem(mine.post("/interviews", {"template": "our-vision"}), 404, "not-found")
    assert mine.post(f"{url}/restore").json()["status"] == "published"
    actions = mine.sql("SELECT action, actor FROM audit_events WHERE action LIKE 'template.%' ORDER BY at")
    assert [row.action for row in actions] == [
        "template.written", "template.written", "template.retired", "template.restored",
    ]  # fmt: skip
    assert {row.actor.split(":")[0] for row in actions} == {"key"}


def test_time_for_each_question(api: Api) -> None:
    mine = Integrator.of(api, org="acme")
    section = DRAW["sections"][0]
    timed = DRAW | {"slug": "timed", "timing": "question", "sections": [section | {"minutes_each": 3}]}
    made = mine.post("/templates", timed)
    assert made.status_code == 201, made.text
    assert (made.json()["timing"], made.json()["sections"][0]["minutes_each"]) == ("question", 3)
    assert mine.get(made.headers["location"]).json() == made.json()
    copied = mine.post("/templates/timed/copy").json()
    assert (copied["timing"], copied["sections"]) == ("question", made.json()["sections"])
    drawn = mine.post("/templates/timed/preview").json()
    assert (drawn["question_minutes"], drawn["minutes"]) == (6, 20)
    assert drawn["sections"][0]["minutes"] == [3, 3]
    plain = mine.post("/templates", DRAW | {"slug": "plain"}).json()
    assert (plain["timing"], plain["sections"][0]["minutes_each"]) == ("interview", None)
    # What is read can be sent again.
    sent = {name: made.json()[name] for name in ("title", "description", "minutes", "timing")}
    again = mine.put(
        "/templates/timed", sent | {"sections": timed["sections"]}, headers={"if-match": made.headers["etag"]}
    )
    assert again.json()["version"] == 1


def test_what_comes_with_viva_is_copied(api: Api) -> None:
    mine = Integrator.of(api, org="acme")
    read = mine.get("/templates/warm-up")
    assert read.json()["own"] is False
    problem(
        mine.put("/templates/warm-up", TEMPLATE, headers={"if-match": read.headers["etag"]}), 409, "comes-with-viva"
    )
    problem(mine.post("/templates/warm-up/retire"), 409, "comes-with-viva")
    copied = mine.post("/templates/warm-up/copy")
    assert copied.status_code == 201
    assert copied.json()["own"]
    assert copied.json()["sections"] == read.json()["sections"]
    problem(mine.post("/templates", TEMPLATE | {"slug": "warm-up"}), 409, "slug-taken")
    assert mine.post("/templates", TEMPLATE | {"slug": "mine"}).status_code == 201
    problem(mine.post("/templates", TEMPLATE | {"slug": "mine"}), 409, "slug-taken")


def test_previews(api: Api) -> None:
    mine = Integrator.of(api)
    drawn = mine.post("/template-previews", DRAW)
    assert drawn.status_code == 200, drawn.text
    section = drawn.json()["sections"][0]
    assert len(section["questions"]) == 2
    assert {one["topic"] for one in section["questions"]} == {"vision"}
    assert section["pool"] >= 2
    assert mine.post("/templates/warm-up/preview").json()["sections"][0]["questions"]
    few = DRAW | {
        "minutes": 1,
        "sections": [{"id": "a", "title": "A", "draw": {"count": 20, "topics": ["debugging"], "levels": [5]}}],
    }
    assert mine.post("/template-previews", few).json()["warnings"]
    assert mine.sql("SELECT count(*) FROM interviews")[0][0] == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"minutes": 0}, "minutes"),
        ({"minutes": "10"}, "minutes"),
        ({"title": "ab"}, "title"),
        ({"title": "a\0bc"}, ""),
        ({"sections": []}, "sections"),
        ({"sections": [{"id": "a", "title": "A"}]}, "sections[0]"),
        ({"sections": [{"id": "a", "title": "A", "questions": ["nope"]}]}, "sections[0].questions[0]"),
        ({"sections": [{"id": str(n), "title": "A", "draw": {"count": 20}} for n in range(3)]}, "sections"),
        ({"sections": [{"id": "a", "title": "A", "draw": {"count": 1, "topics": ["cooking"]}}]}, "sections[0].draw.topics[0]"),
        ({"candidate_sees": "all"}, "candidate_sees"),
        ({"timing": "section"}, "timing"),
        ({"sections": [{"id": "a", "title": "A", "draw": {"count": 1}, "minutes_each": 3}]}, ""),
        ({"timing": "question", "sections": [{"id": "a", "title": "A", "draw": {"count": 1}, "minutes_each": 0}]}, "sections[0].minutes_each"),
        ({"slug": "Not A Slug"}, "slug"),
        ({"colour": "red"}, "colour"),
    ],
)  # fmt: skip
def test_templates_that_are_none(api: Api, wrong: dict[str, Any], field: str) -> None:
    mine = Integrator.of(api)
    refused = problem(mine.post("/templates", TEMPLATE | wrong), 422, "invalid")
    assert field in refused["errors"][0]["field"]
    assert mine.get("/templates", params={"limit": 100}).json()["items"]
    assert mine.sql("SELECT count(*) FROM interview_templates WHERE organization_id IS NOT NULL")[0][0] == 0


def test_pages_of_templates(api: Api) -> None:
    mine = Integrator.of(api)
    for n in range(3):
        mine.post("/templates", TEMPLATE | {"slug": f"mine-{n}"})
    whole = [one["slug"] for one in mine.get("/templates", params={"limit": 100}).json()["items"]]
    found: list[str] = []
    address: str | None = "/templates?limit=2"
    while address:
        page = mine.get(address)
        found += [one["slug"] for one in page.json()["items"]]
        link = page.headers.get("link")
        address = link.split(">")[0][1:] if link else None
    assert found == whole
    assert {"mine-0", "mine-1", "mine-2", "warm-up"} <= set(found)
    for cursor in ("x", "WyJhIiwgImIiLCAiYyJd"):
        problem(mine.get("/templates", params={"cursor": cursor}), 422, "invalid")
