from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from people import Person
from sqlalchemy import text
from teams import Team, new_team, user_id_of

LINK = re.compile(r"<code>[^<]*(/join/[\w-]+)</code>")


def member_id(team: Team, name: str) -> str:
    email = f"{name}@{team.slug}.example.org"
    with team.admin.sessions.begin() as session:
        query = "SELECT id FROM memberships WHERE organization_id = :o AND user_id = :u"
        return str(session.scalar(text(query), {"o": team.id, "u": user_id_of(team.admin, email)}))


def invite(team: Team, email: str, role: str = "interviewer") -> str:
    page = team.admin.http.post(f"{team.url}/members", data={"email": email, "role": role})
    assert page.status_code == 200
    found = LINK.search(page.text)
    assert found
    return found[1]


def test_a_colleague_is_asked_in_and_joins_once(team: Team, newcomer: Callable[[], Person]) -> None:
    link = invite(team, "grace@example.org")
    assert "grace@example.org" in team.admin.http.get(f"{team.url}/members").text
    assert link not in team.admin.http.get(f"{team.url}/members").text
    grace = newcomer()
    assert "asked to join as interviewer" in grace.http.get(link).text
    assert grace.http.post(link).headers["location"].startswith("/sign-in")
    assert grace.sign_up("grace@example.org", name="Grace", next=link).headers["location"] == link
    assert grace.http.post(link).headers["location"] == team.url
    assert grace.http.get(team.url).status_code == 200
    assert grace.http.get(f"{team.url}/settings").status_code == 403
    mallory = newcomer()
    mallory.sign_up("mallory@example.org")
    for _ in range(2):
        assert mallory.http.get(link).status_code == mallory.http.post(link).status_code == 404
    assert mallory.http.get(team.url).status_code == 404


def test_only_the_newest_link_of_an_address_works_and_it_can_be_taken_back(team: Team) -> None:
    old, new = invite(team, "Grace@example.org"), invite(team, "grace@example.org", role="admin")
    assert team.admin.http.get(old).status_code == 404
    assert team.admin.http.get(new).status_code == 200
    page = team.admin.http.get(f"{team.url}/members").text
    (revoke,) = re.findall(r'action="([^"]+/revoke)"', page)
    assert team.admin.http.post(revoke).status_code == team.admin.http.post(revoke).status_code == 303
    assert team.admin.http.get(new).status_code == 404
    with team.admin.sessions.begin() as session:
        letters = session.execute(
            text("SELECT recipient, body FROM outgoing_mails WHERE organization_id IS NOT NULL ORDER BY created_at")
        ).all()
    assert [letter.recipient for letter in letters] == ["Grace@example.org", "grace@example.org"]
    assert new in letters[1].body


@pytest.mark.parametrize(
    ("email", "role", "status"),
    [("no address", "interviewer", 422), ("a@example.org", "owner", 422), ("ada@acme.example.org", "admin", 409)],
)
def test_what_cannot_be_asked(team: Team, email: str, role: str, status: int) -> None:
    page = team.admin.http.post(f"{team.url}/members", data={"email": email, "role": role})
    assert page.status_code == status
    assert f'value="{email}"' in page.text


def test_roles_change_and_an_admin_always_remains(team: Team) -> None:
    ben = team.join("ben")
    ada_id, ben_id = member_id(team, "ada"), member_id(team, "ben")
    url = f"{team.url}/members"
    assert ben.http.post(f"{url}/{ben_id}/role", data={"role": "admin"}).status_code == 403
    assert "only admin" in team.admin.http.post(f"{url}/{ada_id}/remove").text
    assert team.admin.http.post(f"{url}/{ada_id}/role", data={"role": "interviewer"}).status_code == 409
    assert team.admin.http.post(f"{url}/{ben_id}/role", data={"role": "admin"}).status_code == 303
    assert ben.http.post(f"{url}/{ada_id}/remove").status_code == 303
    assert team.admin.http.get(team.url).status_code == 404
    trail = ben.http.get(f"{team.url}/audit").text
    assert "member.role_changed" in trail
    assert "was: interviewer; role: admin" in trail
    assert "member.removed" in trail


def test_members_of_another_organisation_are_out_of_reach(team: Team, newcomer: Callable[[], Person]) -> None:
    team.join("ben")
    other = new_team(newcomer, "Other")
    url = f"{other.url}/members/{member_id(team, 'ben')}"
    assert other.admin.http.post(f"{url}/role", data={"role": "admin"}).status_code == 404
    assert other.admin.http.post(f"{url}/remove").status_code == 404
