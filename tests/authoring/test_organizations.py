"""Questions that people write for the organisation they work for, on the pages."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from conftest import Api
from integrator import Integrator
from people import Person
from teams import Team

from .conftest import Desk

YAML = {"content-type": "application/yaml"}


@pytest.fixture
def theirs(api: Api, team: Team, good_source: str) -> Integrator:
    """A published question of Acme's."""
    mine = Integrator.of(api, org=team.slug)
    assert mine.post("/bank/import", content=good_source.encode(), headers=YAML).status_code == 200
    return mine


def test_written_for_the_organization(team: Team, real_workers: Any, good_source: str, api: Api) -> None:
    ben = team.join("ben")
    page = ben.http.get("/author").text
    assert f'<option value="{team.slug}">Acme</option>' in page
    begun = ben.http.post("/author/new", data={"organization": team.slug})
    desk = Desk(ben, uuid.UUID(begun.headers["location"].rsplit("/", 1)[1]))
    assert desk.save(good_source).status_code == 200
    colleague = Desk(team.admin, desk.id)
    assert "My cycle" in colleague.page()
    assert "Acme" in team.admin.http.get("/author").text
    ben.http.post(f"{desk.url}/check")
    real_workers.run()
    assert team.admin.http.post(f"{desk.url}/publish", data={"note": "Good."}).status_code == 303
    assert Integrator.of(api, org=team.slug).get("/questions/my-cycle").json()["own"]


def test_the_bank_shows_it_to_who_works_there(team: Team, theirs: Integrator, author: Person, newcomer: Any) -> None:
    ben, cleo = team.join("ben"), team.join("cleo", "candidate")
    assert "My cycle" in ben.http.get("/questions?topic=algorithms").text
    assert "/questions/my-cycle" in ben.http.get("/questions?q=my+cycle").text
    page = ben.http.get("/questions/my-cycle").text
    assert "A question of Acme." in page
    begun = ben.http.post("/questions/my-cycle/practise")
    assert begun.status_code == 303
    assert "My cycle" in ben.http.get(begun.headers["location"]).text
    assert theirs.get("/interviews").json()["items"] == [], "practice is the person's own"
    for stranger in (cleo, author, newcomer()):
        assert stranger.http.get("/questions/my-cycle").status_code == 404
        assert stranger.http.post("/questions/my-cycle/practise").status_code == 404
        assert "My cycle" not in stranger.http.get("/questions?topic=algorithms").text
        assert "/questions/my-cycle" not in stranger.http.get("/questions?q=my+cycle").text
    team.leave("ben")
    assert ben.http.get("/questions/my-cycle").status_code == 404


def test_adapted_for_whom_one_chooses(team: Team, theirs: Integrator, author: Person) -> None:
    ben = team.join("ben")
    assert 'name="organization"' in ben.http.get("/questions/dropout").text
    copied = ben.http.post("/author/copy/dropout", data={"organization": team.slug})
    assert copied.status_code == 303
    assert [one["title"] for one in theirs.get("/question-drafts").json()["items"]] != []
    assert ben.http.post("/author/copy/my-cycle").status_code == 303
    assert len(theirs.get("/question-drafts").json()["items"]) == 1, "the other copy is Ben's own"
    assert 'name="organization"' not in author.http.get("/questions/dropout").text


@pytest.mark.parametrize("role", ["candidate", None])
def test_not_for_others(team: Team, theirs: Integrator, author: Person, role: str | None) -> None:
    person = team.join("dan", role) if role else author
    for path in ("/author/new", "/author/copy/dropout"):
        assert person.http.post(path, data={"organization": team.slug}).status_code == 404
    assert theirs.get("/question-drafts").json()["items"] == []
    draft = theirs.post("/question-drafts", {"title": "Ours"}).json()
    assert person.http.get(f"/author/{draft['id']}").status_code == 404
