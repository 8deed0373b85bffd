from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from conftest import Api
from integrator import GOOD, Integrator
from inviting import post, rows
from sqlalchemy import Engine
from teams import Team
from timed_questions import TEMPLATE

from app.dashboards.exports import EXPORTS, ExportsBusy, stream

NAMED = ("interviews", "answers", "decisions", "invitations")


def test_two_exports_at_once_and_a_third_is_told_to_come_again(team: Team, engine: Engine) -> None:
    def export(what: str = "interviews"):  # type: ignore[no-untyped-def]
        return stream(engine, team.id, what, "csv", None, None, None, False)

    first, second = export(), export()
    with pytest.raises(ExportsBusy):
        export()
    page = team.admin.http.get(f"{team.url}/exports/answers?form=csv")
    assert page.status_code == 503
    assert page.headers["retry-after"] == "10"
    assert list(first), "what is read to the end gives its place back"
    third = export()
    del second  # and so does what is dropped
    fourth = export()
    assert list(third) == list(fourth)
    assert all(list(export(what)) for what in EXPORTS)


@pytest.fixture
def hired(team: Team, api: Api) -> dict[str, str]:
    """Two finished interviews, one that runs, an invitation and a decision; what each is called, by interview."""
    mine = Integrator.of(api, "interviews:write", "interviews:read", org=team.slug)
    made = []
    for number in range(3):
        candidate = {"external_id": f"secret-{number}", "name": f"Secret {number}"}
        one = mine.post("/interviews", {"template": "warm-up", "candidate": candidate}).json()
        mine.post(one["items"][0]["links"]["answer"], {"text": GOOD})
        made.append(one)
    for one in made[:2]:
        assert mine.post(f"/interviews/{one['id']}/finish").status_code == 200
    assert post(team, "Secret Invitee <secret@example.org>").status_code == 201
    compared = mine.get("/comparison").json()
    assert compared["names_hidden"] is True
    decision = {"decision": "advance", "note": "", "version": compared["version"]}
    assert team.admin.http.post(f"{team.url}/compare/{made[0]['id']}", data=decision).status_code == 303
    labels = {one["interview_id"]: one["label"] for one in compared["candidates"]}
    assert sorted(labels.values()) == ["Candidate A", "Candidate B"]
    return {one["id"]: labels.get(one["id"], "") for one in made}


def objects(team: Team, what: str, form: str, query: str = "") -> list[dict[str, Any]]:
    page = team.admin.http.get(f"{team.url}/exports/{what}?form={form}{query}")
    assert page.status_code == 200, page.text
    assert page.headers["content-disposition"].endswith(f'-{what}{"-blind" if query else ""}.{form}"')
    assert ("secret" in page.text.lower()) is (what in NAMED and not query), what
    return list(json.loads(page.text) if form == "json" else csv.DictReader(io.StringIO(page.text)))


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_blind_export_names_no_candidate(team: Team, hired: dict[str, str], form: str) -> None:
    listed = team.admin.http.get(f"{team.url}/interviews").text
    for what in EXPORTS:
        named, blind = objects(team, what, form), objects(team, what, form, "&blind=true")
        assert len(named) == len(blind) > 0 or what in ("assessments", "reviews")
        for one, other in zip(named, blind, strict=True):
            interview = one["id"] if what == "interviews" else one["interview_id"]
            sign = f"Candidate {(interview or one['id'])[:6]}"
            hidden = {
                name: sign for name in one if name.startswith("candidate_") and (one[name] or name.endswith("name"))
            }
            # Else it is the same file, with what the comparison says beside it.
            assert other == one | hidden | {"compared_as": hired.get(interview) or (None if form == "json" else "")}
            if what == "interviews":
                assert sign in listed, "lists call them the same while names are hidden"
    assert {one["candidate_external_id"] for one in objects(team, "interviews", form)} == {
        "secret-0",
        "secret-1",
        "secret-2",
    }


def test_an_export_says_what_time_there_was(team: Team, hired: dict[str, str], api: Api) -> None:
    mine = Integrator.of(api, "interviews:write", "interviews:read", "bank:write", org=team.slug)
    assert mine.post("/templates", TEMPLATE | {"slug": "timed"}).status_code == 201
    clocked = mine.post("/interviews", {"template": "timed"}).json()
    opened = mine.post(clocked["items"][0]["links"]["open"]).json()
    mine.post(opened["links"]["answer"], {"text": GOOD})

    def of(what: str, name: str) -> list[dict[str, Any]]:
        return [one for one in objects(team, what, "json") if (one[name] == clocked["id"])]

    (interview,) = of("interviews", "id")
    assert (interview["timing"], interview["duration_seconds"]) == ("question", clocked["duration_seconds"])
    (answer,) = of("answers", "interview_id")
    assert answer["question_seconds"] == 300
    for name in ("opened", "deadline"):
        assert answer[f"question_{name}_at"][:19] == opened[f"{name}_at"][:19]
    others = [one for one in objects(team, "answers", "csv") if one["interview_id"] in hired]
    assert len(others) == 3
    assert {(one["question_seconds"], one["question_opened_at"]) for one in others} == {("", "")}


def test_a_blind_export_of_nothing_has_its_columns(team: Team) -> None:
    found = team.admin.http.get(f"{team.url}/exports/answers?blind=true").text
    assert found.strip().endswith(",people_mark,compared_as")
    assert json.loads(team.admin.http.get(f"{team.url}/exports/answers?blind=true&form=json").text) == []
    assert team.admin.http.get(f"{team.url}/exports/answers?blind=perhaps").status_code == 422


def test_the_audit_trail_says_which_kind_was_made(team: Team, hired: dict[str, str]) -> None:
    objects(team, "answers", "csv")
    objects(team, "answers", "csv", "&blind=true")
    told = rows(team, "SELECT detail FROM audit_events WHERE action = 'exported' ORDER BY at")
    assert [row.detail for row in told] == [{"form": "csv", "names": "shown"}, {"form": "csv", "names": "hidden"}]
    assert "names: hidden" in team.admin.http.get(f"{team.url}/audit?action=exported").text


def test_the_page_says_what_each_file_will_hold(team: Team) -> None:
    page = team.admin.http.get(f"{team.url}/exports").text
    for what, export in EXPORTS.items():
        form = page.split(f'id="{what}-title"')[1].split("</form>")[0]
        offered = 'name="blind" value="true"' in form
        assert offered is (what in NAMED)
        assert ("Otherwise the file holds candidates’ " + export.holds in form) is offered
        assert ("This file names no candidates." in form) is not offered
        assert "checked" not in form, "as before, until somebody asks for it"
