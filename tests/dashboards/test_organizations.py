from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from people import Person
from teams import Team, new_team


def test_whoever_makes_an_organisation_is_its_admin(team: Team) -> None:
    page = team.admin.http.get(team.url)
    assert page.status_code == 200
    assert "No interview yet" in page.text
    assert "You are an admin" in team.admin.http.get("/organizations").text


def test_an_address_is_given_once(team: Team) -> None:
    response = team.join("ben").http.post("/organizations", data={"name": "ACME!"})
    assert response.status_code == 409
    assert "choose another name" in response.text
    assert 'value="ACME!"' in response.text


@pytest.mark.parametrize("name", ["", "   ", "…", "x" * 201, "Personal 1"])
def test_a_name_that_makes_no_address_is_refused(team: Team, name: str) -> None:
    assert team.admin.http.post("/organizations", data={"name": name}).status_code == 422


def test_a_guest_makes_no_organisation(alice: Person) -> None:
    alice.choose()
    assert alice.http.post("/organizations", data={"name": "Mine"}).status_code == 403
    assert "takes an account" in alice.http.get("/organizations").text


def test_others_do_not_learn_that_an_organisation_is_there(team: Team, newcomer: Callable[[], Person]) -> None:
    stranger = new_team(newcomer, "Other").admin
    ben, carl = team.join("ben"), team.join("carl", role="candidate")
    assert ben.http.get(team.url).status_code == 200
    team.leave("ben")
    there, nowhere = stranger.http.get(team.url), stranger.http.get("/organizations/nowhere")
    assert there.status_code == nowhere.status_code == 404
    # But for the number of the request, which every page of an error shows.
    same = [re.sub(r"<code>[0-9a-f]{16}</code>|acme|nowhere", "", page.text) for page in (there, nowhere)]
    assert same[0] == same[1]
    assert ben.http.get(team.url).status_code == carl.http.get(team.url).status_code == 404


def test_the_overview_counts_what_goes_on(team: Team) -> None:
    sitting = team.candidate("Carol")
    sitting.start()
    page = team.admin.http.get(team.url).text
    assert "<dt>Interviews running now</dt><dd>1</dd>" in page
    assert "0 of 2 answered" in page


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/audit?action=%00", "action"),
        ("/review?template=%00", "template"),
        ("/interviews?candidate=%00", "candidate"),
        ("/invitations?status=open&q=a%00", "q"),
    ],
)
def test_a_nul_in_a_query_is_refused(team: Team, address: str, field: str) -> None:
    page = team.admin.http.get(f"{team.url}{address}")
    assert page.status_code == 422
    assert f"{field}: the text holds a NUL character" in page.text


def test_a_path_with_a_nul_is_nobodys(team: Team) -> None:
    assert team.admin.http.get(f"{team.url}%00").status_code == 404
