from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from people import Person
from sqlalchemy import text
from starlette.testclient import TestClient
from teams import Team, new_team

SECRET = re.compile(r"<code>(viva_[\w-]+)</code>")


def make(team: Team, **data: Any) -> str:
    page = team.admin.http.post(
        f"{team.url}/keys", data={"name": "Hiring system", "scopes": ["interviews:read"], **data}
    )
    assert page.status_code == 200, page.text
    found = SECRET.search(page.text)
    assert found
    return found[1]


def status(client: TestClient, secret: str, url: str = "/api/v1/interviews") -> int:
    headers = {"authorization": f"Bearer {secret}", "accept": "application/json"}
    return client.get(url, headers=headers).status_code


def forms(team: Team, action: str) -> list[str]:
    return re.findall(rf'action="([^"]+/{action})"', team.admin.http.get(f"{team.url}/keys").text)


def test_a_key_opens_what_its_scopes_say_and_its_secret_is_shown_once(team: Team, client: TestClient) -> None:
    team.candidate("Carol")
    secret = make(team)
    assert status(client, secret) == 200
    assert status(client, secret, "/api/v1/questions") == 403
    page = team.admin.http.get(f"{team.url}/keys").text
    assert secret not in page
    assert secret[:10] in page
    assert "never" not in page
    with team.admin.sessions.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM api_keys WHERE secret_hash = :s"), {"s": secret}) == 0


def test_a_rotated_key_works_for_another_day(team: Team, client: TestClient) -> None:
    old = make(team)
    (rotate,) = forms(team, "rotate")
    found = SECRET.search(team.admin.http.post(rotate).text)
    assert found
    assert status(client, old) == status(client, found[1]) == 200
    with team.admin.sessions.begin() as session:
        session.execute(text("UPDATE api_keys SET expires_at = expires_at - interval '24 hours'"))
    assert status(client, old) == 401
    assert status(client, found[1]) == 200
    assert len(forms(team, "rotate")) == 1


def test_a_revoked_key_opens_nothing_from_then_on(team: Team, client: TestClient) -> None:
    secret = make(team, days="30")
    (revoke,) = forms(team, "revoke")
    assert team.admin.http.post(revoke).status_code == 303
    assert status(client, secret) == 401
    assert team.admin.http.post(revoke).status_code == 404
    trail = team.admin.http.get(f"{team.url}/audit").text
    assert "key.created" in trail
    assert "key.revoked" in trail


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": "  "}, "Name the key"),
        ({"scopes": []}, "at least one scope"),
        ({"scopes": ["root"]}, "is no scope"),
        ({"days": "0"}, "from 1 to 3,650 days"),
        ({"days": "soon"}, "Write a number of days"),
    ],
)
def test_what_makes_no_key(team: Team, data: dict[str, Any], words: str) -> None:
    page = team.admin.http.post(f"{team.url}/keys", data={"name": "Mine", "scopes": ["admin"], "days": "", **data})
    assert page.status_code == 422
    assert words in page.text
    assert not SECRET.search(page.text)


def test_keys_are_for_admins_of_the_organisation(team: Team, newcomer: Callable[[], Person]) -> None:
    make(team)
    (rotate,) = forms(team, "rotate")
    assert team.join("ben").http.get(f"{team.url}/keys").status_code == 403
    other = new_team(newcomer, "Other")
    assert other.admin.http.post(rotate).status_code == 404
    assert other.admin.http.post(rotate.replace("acme", "other")).status_code == 404
