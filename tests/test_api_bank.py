"""The bank over REST."""

from __future__ import annotations

import json
import re
import uuid

import pytest
from conftest import Api
from integrator import Integrator, problem

from app.bank.words import TOPICS


def test_list_questions(api: Api) -> None:
    mine = Integrator.of(api, "bank:read")
    response = mine.get("/questions", params={"limit": 100, "topic": "foundations"})
    body = response.json()
    slugs = [item["slug"] for item in body["items"]]
    assert len(slugs) >= 15
    assert slugs == sorted(slugs)
    assert body["next_cursor"] is None
    assert "link" not in response.headers
    first = body["items"][0]
    assert set(first) == {"slug", "version", "title", "prompt", "kind", "topic", "level", "minutes", "url"}
    assert mine.get(first["url"]).json()["title"] == first["title"]


def test_pages_by_link_give_every_question_once(api: Api) -> None:
    mine = Integrator.of(api, "bank:read")
    everything = sorted(row.slug for row in mine.sql("SELECT slug FROM questions WHERE status = 'published'"))
    found: list[str] = []
    address: str | None = "/questions?limit=7"
    while address:
        response = mine.get(address)
        found += [item["slug"] for item in response.json()["items"]]
        link = re.fullmatch(r'<([^>]+)>; rel="next"', response.headers.get("link", ""))
        assert (link is None) == (response.json()["next_cursor"] is None)
        address = link[1] if link else None
    assert found == everything


def test_pages_stay_put_while_questions_go(api: Api) -> None:
    mine = Integrator.of(api, "bank:read")
    everything = [item["slug"] for item in mine.get("/questions", params={"limit": 100}).json()["items"]]
    first = mine.get("/questions", params={"limit": 5}).json()
    mine.sql("UPDATE questions SET status = 'retired' WHERE slug = ANY(:s)", s=[everything[1], everything[4]])
    second = mine.get("/questions", params={"limit": 5, "cursor": first["next_cursor"]}).json()
    assert [item["slug"] for item in second["items"]] == everything[5:10]


def test_filters_narrow_and_stay_in_the_link(api: Api) -> None:
    mine = Integrator.of(api, "bank:read")
    params: dict[str, str | int] = {"topic": "vision", "q": "convolution", "limit": 1}
    response = mine.get("/questions", params=params)
    assert [item["topic"] for item in response.json()["items"]] == ["vision"]
    assert "topic=vision" in response.headers["link"]
    assert "q=convolution" in response.headers["link"]
    for item in mine.get("/questions", params={"kind": "explain", "level": 2}).json()["items"]:
        assert (item["kind"], item["level"]) == ("explain", 2)
    assert mine.get("/questions", params={"q": "no such words anywhere %_"}).json()["items"] == []


def test_rubric_only_with_its_scope(api: Api) -> None:
    plain = Integrator.of(api, "bank:read").get("/questions/why-cnns-for-images").json()
    graders = Integrator.of(api, "bank:read", "rubrics:read").get("/questions/why-cnns-for-images").json()
    secret = {"rubric", "model_answer", "samples"}
    assert not secret & set(plain)
    assert secret <= set(graders)
    assert {name: graders[name] for name in plain} == plain
    assert graders["rubric"]["approaches"][0]["criteria"][0]["statements"]
    assert {"kind", "grade", "text"} == set(graders["samples"][0])


def test_own_question_goes_before_the_public_one_of_the_same_slug(api: Api) -> None:
    mine, others = Integrator.of(api, "bank:read", org="acme"), Integrator.of(api, "bank:read", org="other")
    q, v = uuid.uuid4(), uuid.uuid4()
    mine.sql(
        "INSERT INTO questions (id, organization_id, slug) "
        "SELECT :q, id, 'why-cnns-for-images' FROM organizations WHERE slug = 'acme'",
        q=q,
    )
    mine.sql(
        "INSERT INTO question_versions SELECT (jsonb_populate_record(v, CAST(:changes AS jsonb))).* "
        "FROM question_versions v JOIN questions p ON p.current_version_id = v.id WHERE p.slug = 'why-cnns-for-images'",
        changes=json.dumps({"id": str(v), "question_id": str(q), "title": "Ours"}),
    )
    mine.sql("UPDATE questions SET current_version_id = :v WHERE id = :q", q=q, v=v)
    listed = mine.get("/questions", params={"q": "why-cnns-for-images"}).json()["items"]
    titles = {item["slug"]: item["title"] for item in listed}
    assert len(listed) == len(titles)
    assert titles["why-cnns-for-images"] == "Ours"
    assert mine.get("/questions/why-cnns-for-images").json()["title"] == "Ours"
    assert others.get("/questions/why-cnns-for-images").json()["title"] != "Ours"


def test_templates(api: Api) -> None:
    mine = Integrator.of(api, "bank:read")
    items = mine.get("/templates").json()["items"]
    minutes = [item["minutes"] for item in items]
    assert minutes == sorted(minutes)
    assert len(items) >= 8
    assert mine.get("/templates/warm-up").json() == items[0]
    drawn, exact = items[0]["sections"][1], items[0]["sections"][0]
    assert exact["questions"]
    assert exact["draw"] is None
    assert drawn["questions"] == []
    assert drawn["draw"]["count"] == 2
    assert items[0]["question_count"] == 3


@pytest.mark.parametrize("path", ["/questions", "/templates"])
@pytest.mark.parametrize("slug", ["no-such-thing", "No Slug", "%00", "a%ED%A0%80", "x" * 300])
def test_unknown_slug(api: Api, path: str, slug: str) -> None:
    problem(Integrator.of(api, "bank:read").get(f"{path}/{slug}"), 404, "not-found")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("limit=0", "limit: Input should be greater than or equal to 1."),
        ("limit=101", "limit: Input should be less than or equal to 100."),
        ("limit=many", "limit: Input should be a valid integer"),
        ("level=6", "level: Input should be less than or equal to 5."),
        ("topic=cooking", f"topic: Input should be '{TOPICS[0]}'"),
        ("kind=riddle", "kind: Input should be 'explain'"),
        ("q=%00", "q: the text holds a NUL character (U+0000): remove it."),
        ("q=" + "x" * 201, "q: String should have at most 200 characters."),
        ("cursor=rubbish", "cursor: is not one that Viva gave; begin without it."),
        ("cursor=é", "cursor: is not one that Viva gave; begin without it."),
        ("cursor=WyJcdTAwMDAiXQ", "cursor: is not one that Viva gave; begin without it."),  # ["\u0000"]
        ("cursor=WyJcdWQ4MDAiXQ", "cursor: is not one that Viva gave; begin without it."),  # ["\ud800"]
        ("cursor=" + "W" * 4000, "cursor: String should have at most 400 characters."),
    ],
)
def test_bad_query(api: Api, query: str, words: str) -> None:
    body = problem(Integrator.of(api, "bank:read").get(f"/questions?{query}"), 422, "invalid")
    assert body["detail"].startswith(words)
