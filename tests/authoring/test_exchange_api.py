"""Files of questions over REST: in with a dry run, all or nothing; out in every format."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import Api
from integrator import Integrator, problem

from app.bank.exchange import FORMATS, read

YAML = {"content-type": "application/yaml"}
TYPES = {name: {"content-type": form.media_type} for name, form in FORMATS.items()}


def count(mine: Integrator) -> int:
    return int(mine.sql("SELECT count(*) FROM questions WHERE organization_id IS NOT NULL")[0][0])


def export(mine: Integrator, **params: Any) -> dict[str, Any]:
    return dict(mine.get("/bank/export", params={"format": "json", **params}).json())


@pytest.mark.parametrize("name", ["yaml", "json", "csv", "gift", "qti"])
def test_out_and_in_again(api: Api, name: str) -> None:
    mine = Integrator.of(api, org="acme")
    file = mine.get("/bank/export", params={"format": name, "topic": "vision", "limit": 3})
    assert file.status_code == 200, file.text
    assert file.headers["content-disposition"] == f'attachment; filename="questions{FORMATS[name].suffix}"'
    assert file.headers["content-type"] == FORMATS[name].media_type
    assert 'rel="next"' in file.headers["link"]
    slugs = sorted(one.slug for one in read(file.content, "file", name).questions)
    assert len(slugs) == 3
    dry = mine.post("/bank/import", content=file.content, headers=TYPES[name], params={"dry_run": "true"})
    assert dry.status_code == 200, dry.text
    assert dry.json()["format"] == name
    assert not dry.json()["imported"]
    assert count(mine) == 0
    done = mine.post("/bank/import", content=file.content, headers=TYPES[name], params={"name": f"bank.{name}"})
    assert done.json() == dry.json() | {"imported": True}
    # What Viva wrote it reads whole, also in the formats of other tools.
    assert done.json()["counts"] == {"new": 3}
    assert [one["slug"] for one in mine.get("/questions", params={"own": "true"}).json()["items"]] == slugs
    again = mine.post("/bank/import", content=file.content, headers=TYPES[name])
    assert again.json()["counts"] == {"unchanged": 3}
    history = mine.get(f"/questions/{slugs[0]}/history").json()["items"][0]
    assert (history["action"], history["by"], history["note"]) == (
        "version 1 imported", "key “test”", f"bank.{name}",
    )  # fmt: skip
    assert Integrator.of(api, org="other").get("/questions", params={"own": "true"}).json()["items"] == []


def test_all_pages_are_the_whole_bank(api: Api) -> None:
    mine = Integrator.of(api)
    there = {row.slug for row in mine.sql("SELECT slug FROM questions WHERE status = 'published'")}
    found: list[str] = []
    address: str | None = "/api/v1/bank/export?format=json&limit=60"
    while address:
        file = mine.get(address)
        found += [one["slug"] for one in file.json()["questions"]]
        link = file.headers.get("link")
        address = link.split(">")[0][1:] if link else None
    assert found == sorted(there)
    one = next(one for one in export(mine, q="what learning is")["questions"] if one["slug"] == "what-learning-is")
    whole = mine.get("/questions/what-learning-is").json()
    assert one["model_answer"] == whole["model_answer"]
    assert [(sample["kind"], sample["grade"], sample["text"]) for sample in one["samples"]] == [
        (sample["kind"], sample["grade"], sample["text"]) for sample in whole["samples"]
    ]


def test_other_tools_questions_become_working_copies(api: Api) -> None:
    mine = Integrator.of(api, org="acme")
    gift = "::What a loss is::What does a loss measure?{=How far the output is from what was wanted}"
    done = mine.post("/bank/import", content=gift.encode(), headers=TYPES["gift"]).json()
    assert done["format"] == "gift"
    assert done["counts"] == {"working copy": 1}
    assert done["items"][0]["notes"]
    drafts = mine.get("/question-drafts").json()["items"]
    assert [one["title"] for one in drafts] == ["What a loss is"]
    assert mine.post("/bank/import", content=gift.encode()).json()["counts"] == {"unchanged": 1}


def test_a_dry_run_says_what_would_change(api: Api) -> None:
    mine = Integrator.of(api, org="acme")
    file = export(mine, topic="vision", limit=2)
    mine.post("/bank/import", file)
    file["questions"][0]["title"] = "Another title"
    file["questions"][1]["model_answer"] += " And this."
    dry = mine.post("/bank/import", file, params={"dry_run": "true"}).json()
    first, second = dry["items"]
    assert (first["action"], first["rubric_changed"]) == ("new version", False)
    assert [(one["place"], one["after"]) for one in first["changes"]] == [("title", "Another title")]
    assert second["rubric_changed"]
    assert second["changes"][0]["place"] == "model answer"
    assert {"kind": "added", "text": "And"} in [
        word for word in second["changes"][0]["words"] if word["text"] == "And"
    ] or [word for word in second["changes"][0]["words"] if "And" in word["text"]]
    assert mine.get(f"/questions/{first['slug']}").json()["version"] == 1
    mine.post("/bank/import", file)
    assert mine.get(f"/questions/{first['slug']}").json()["version"] == 2


def test_one_mistake_and_nothing_is_imported(api: Api) -> None:
    mine = Integrator.of(api, org="acme")
    file = export(mine, topic="vision", limit=3)
    del file["questions"][1]["prompt"]
    file["questions"][2]["level"] = 9
    text = json.dumps(file, indent=1)
    for params in ({}, {"dry_run": "true"}):
        refused = problem(
            mine.post("/bank/import", content=text.encode(), headers=TYPES["json"], params=params),
            422,
            "not-importable",
        )
        assert refused["problem_count"] == 2
        lines = text.split("\n")
        first, second = refused["problems"]
        assert (first["question"], first["field"]) == (file["questions"][1]["slug"], "prompt")
        assert (second["question"], second["field"]) == (file["questions"][2]["slug"], "level")
        assert '"level": 9' in lines[second["line"] - 1]
        assert count(mine) == 0


def test_what_is_not_allowed_stops_all(api: Api) -> None:
    mine = Integrator.of(api, org="acme")
    file = export(mine, topic="vision", limit=2)
    slug = file["questions"][1]["slug"]
    mine.post("/bank/import", content=f"::{slug}::What is it?{{=x}}".encode(), headers={"content-type": "text/plain"})
    drafts = mine.get("/question-drafts").json()["items"]
    mine.sql("UPDATE questions SET slug = :s WHERE organization_id IS NOT NULL", s=slug)
    assert len(drafts) == 1
    refused = problem(mine.post("/bank/import", file), 422, "not-importable")
    assert refused["problems"][0]["question"] == slug
    assert refused["problems"][0]["message"].startswith("a working copy")
    assert count(mine) == 1


@pytest.mark.parametrize(
    ("content", "params", "type_"),
    [
        (b"", {}, "invalid"),
        (b"PK\x03\x04nonsense", {}, "not-importable"),
        (b"\xff\xfe", {}, "not-importable"),
        (b"just words", {"format": "yaml"}, "not-importable"),
        (b"{}", {"format": "xml"}, "invalid"),
        (b"[]", {"format": "json"}, "not-importable"),
        (b"a: &x 1\nb: *x", {"format": "yaml"}, "not-importable"),
        (b"slug: a", {"topic": "cooking"}, "invalid"),
        (b"slug: a", {"name": "a\0b"}, "invalid"),
    ],
)
def test_files_that_are_none(api: Api, content: bytes, params: dict[str, str], type_: str) -> None:
    problem(Integrator.of(api).post("/bank/import", content=content, params=params), 422, type_)


def test_sent_again_with_its_key_it_is_done_once(api: Api) -> None:
    mine = Integrator.of(api, org="acme")
    file = export(mine, topic="vision", limit=2)
    first, again = (mine.post("/bank/import", file, headers={"idempotency-key": "k1"}) for _ in range(2))
    assert first.json()["counts"] == {"new": 2}
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"


def test_an_empty_export_is_a_file_too(api: Api) -> None:
    mine = Integrator.of(api, org="acme")
    for name in FORMATS:
        file = mine.get("/bank/export", params={"format": name, "own": "true"})
        assert file.status_code == 200, file.text
    problem(mine.get("/bank/export", params={"limit": 5000}), 422, "invalid")
    problem(mine.get("/bank/export", params={"cursor": "x"}), 422, "invalid")
