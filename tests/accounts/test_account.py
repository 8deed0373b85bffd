"""The account: browsers, organisations, one's data as a file, and leaving."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from conftest import run_jobs
from people import PASSWORD, Person
from sqlalchemy import text
from teams import Team, new_team, user_id_of

from app.accounts.browser_sessions import browser_name
from app.accounts.first_admin import make_first_admin_link
from app.accounts.mail import queue_mail
from app.assessments.jobs import Jobs

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def team(newcomer: Callable[[], Person]) -> Team:
    return new_team(newcomer)


def sql(person: Person, query: str, **values: object) -> list[Any]:
    with person.sessions.begin() as session:
        result = session.execute(text(query), values)
        return list(result) if result.returns_rows else []


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1", "Safari on iOS"),
        ("curl/8.0", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)  # fmt: skip
def test_browsers_have_names(agent: str, name: str) -> None:
    assert browser_name(agent) == name


def test_browsers_are_listed_and_signed_out(alice: Person, bob: Person, newcomer: Callable[[], Person]) -> None:
    alice.sign_up("alice@example.org")
    phone, library = newcomer(), newcomer()
    phone.http.headers["user-agent"] = FIREFOX
    for person in (phone, library):
        person.sign_in("alice@example.org")
        person.http.get("/account")
    page = alice.http.get("/account").text
    assert "Firefox on Linux" in page
    assert page.count("(this one)") == 1
    ends = re.findall(r'action="(/account/browsers/[0-9a-f-]{36}/end)"', page)
    assert len(ends) == 2
    assert bob.http.post(ends[0]).status_code == 404
    # The one last used comes first: the library.
    assert alice.http.post(ends[0]).status_code == 303
    assert alice.http.post(ends[0]).status_code == 404
    assert library.http.get("/account").status_code == 303
    assert phone.http.get("/account").status_code == 200
    assert phone.http.post("/account/browsers/end-others").headers["location"] == "/account?done=browsers"
    assert alice.http.get("/account").status_code == 303
    assert phone.http.get("/account").status_code == 200
    assert bob.http.get("/account").status_code == 200


def test_reading_pages_writes_nothing_for_some_minutes(alice: Person) -> None:
    alice.sign_up("alice@example.org")
    alice.http.get("/account")
    was = sql(alice, "SELECT last_used_at, xmin FROM browser_sessions")
    alice.http.get("/account")
    assert sql(alice, "SELECT last_used_at, xmin FROM browser_sessions") == was
    sql(alice, "UPDATE browser_sessions SET last_used_at = viva_now() - interval '6 minutes'")
    alice.http.get("/account")
    assert sql(alice, "SELECT last_used_at FROM browser_sessions")[0][0] > was[0][0]


def test_leaving_an_organisation(team: Team) -> None:
    ben = team.join("ben")
    leave = f"/account{team.url}/leave"
    refused = team.admin.http.post(leave)
    assert (refused.status_code, "This is the only admin" in refused.text) == (409, True)
    assert ben.http.post(leave).headers["location"] == "/account?done=left"
    assert ben.http.get(team.url).status_code == 404
    assert ben.http.post(leave).status_code == 404
    personal = sql(ben, "SELECT slug FROM organizations o JOIN users u ON u.personal_organization_id = o.id"
                   " WHERE email = 'ben@acme.example.org'")[0][0]  # fmt: skip
    assert ben.http.post(f"/account/organizations/{personal}/leave").status_code == 404
    actions = [row[0] for row in sql(ben, "SELECT action FROM audit_events WHERE organization_id = :o", o=team.id)]
    assert actions[-1] == "member.left"


def test_the_first_admin(alice: Person, bob: Person, newcomer: Callable[[], Person]) -> None:
    def link() -> str | None:
        with alice.sessions.begin() as session:
            made = make_first_admin_link(session, "")
        return made

    old, new = link(), link()
    assert old
    assert new
    assert alice.http.get(old).status_code == 404, "a link of an earlier start works still"
    page = alice.http.get(new).text
    assert "Name of the organisation" in page
    form = {"organization": "Acme", "name": "Ada", "email": "ada@example.org", "password": PASSWORD}
    for wrong, said in (
        ({"organization": " "}, "Give the organisation a name"),
        ({"email": "ada"}, "Write an e-mail address"),
        ({"password": "short"}, "at least 10 characters"),
    ):
        response = alice.http.post(new, data=form | wrong)
        assert (response.status_code, said in response.text) == (422, True)
        assert sql(alice, "SELECT count(*) FROM users WHERE email IS NOT NULL")[0][0] == 0, "half of it is there"
    assert 'value="Ada"' in response.text
    # Bob, who has an account, opens it too; the one who presses first is the admin.
    bob.sign_up("bob@example.org")
    assert "You are signed in as" in bob.http.get(new).text
    response = alice.http.post(new, data=form)
    assert response.headers["location"] == "/organizations/acme"
    assert "Ada" in alice.http.get("/organizations/acme/members").text
    assert bob.http.post(new, data={"organization": "Bobs"}).status_code == 404
    assert link() is None
    assert "admin" in alice.http.get("/organizations").text


def test_the_first_admin_can_be_somebody_with_an_account(alice: Person) -> None:
    alice.sign_up("alice@example.org", name="Alice")
    with alice.sessions.begin() as session:
        # `viva key create` made this one before anybody came.
        session.execute(text("INSERT INTO organizations (id, slug, name) VALUES (gen_random_uuid(), 'main', 'Main')"))
        link = make_first_admin_link(session, "")
    assert link
    taken = alice.http.post(link, data={"organization": "Main"})
    assert (taken.status_code, "choose another name" in taken.text) == (409, True)
    assert alice.http.post(link, data={"organization": "Acme"}).headers["location"] == "/organizations/acme"
    assert alice.http.get("/organizations/main").status_code == 200
    assert sql(alice, "SELECT count(*) FROM users WHERE email IS NOT NULL")[0][0] == 1


def candidate_of(team: Team, worker: Jobs) -> Person:
    """Carol, who has an account, practised, and sat an interview of the organisation that was reviewed."""
    sitting = team.candidate("Carol", template="warm-up")
    sitting.start()
    sitting.answer("Dropout switches units off, says Carol.")
    sitting.save("a draft of Carol", item=1)
    sitting.finish()
    carol = sitting.person
    carol.practise("gan").answer("what Carol practised")
    run_jobs(worker, carol.sessions)
    carol.sign_up("carol@example.org", name="Carol")
    answer = sitting.answers()[0].id
    with carol.sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO reviews (id, organization_id, answer_id, reviewer_id, score, verdicts, reason, comment)"
                " VALUES (gen_random_uuid(), :o, :a, :u, 0.75, '{}', 'between us', 'well done, Carol')"
            ),
            {"o": team.id, "a": answer, "u": user_id_of(team.admin, "ada@acme.example.org")},
        )
        session.execute(
            text(
                "INSERT INTO appeals (id, organization_id, answer_id, text) VALUES (gen_random_uuid(), :o, :a, 'no!')"
            ),
            {"o": team.id, "a": answer},
        )
        session.execute(
            text(
                "INSERT INTO samples (id, question_id, organization_id, kind, grade, text, digest)"
                " SELECT gen_random_uuid(), v.question_id, :o, 'reviewed', 0.75, a.text, repeat('0', 64) FROM answers a"
                " JOIN interview_items i ON i.id = a.item_id JOIN question_versions v ON v.id = i.question_version_id"
                " WHERE a.id = :a"
            ),
            {"o": team.id, "a": answer},
        )
        queue_mail(session, "carol@example.org", "Hello", "Carol!", team.id)
    return carol


def test_export(team: Team, worker: Jobs, newcomer: Callable[[], Person]) -> None:
    carol = candidate_of(team, worker)
    response = carol.http.get("/account/export")
    assert response.headers["content-disposition"] == 'attachment; filename="viva-export.json"'
    data = response.json()
    assert data["account"]["email"] == "carol@example.org"
    assert [one["role"] for one in data["memberships"]] == ["admin"]
    assert data["browsers"]
    by_organization = {one["organization"]: one for one in data["interviews"] if one["status"] == "finished"}
    first, second = by_organization["Acme"]["questions"][:2]
    assert first["answer"]["text"] == "Dropout switches units off, says Carol."
    assert first["result"]["assessments"][0]["report"]
    assert first["result"]["reviews"][0]["comment"] == "well done, Carol"
    assert first["appeals"][0]["text"] == "no!"
    assert second["draft_text"] == "a draft of Carol"
    assert "what Carol practised" in response.text
    for hidden in ("between us", "Ada", "password_hash", "argon2"):
        assert hidden not in response.text, hidden
    # A result that the organisation holds back is not in it.
    for sees, release, shown in (("report", "by_interviewer", None), ("score", "at_once", 0.75)):
        sql(carol, "UPDATE interview_template_versions SET candidate_sees = :s, release = :r", s=sees, r=release)
        held = carol.http.get("/account/export")
        result = next(one for one in held.json()["interviews"] if one["organization"] == "Acme")["questions"][0][
            "result"
        ]
        assert "well done, Carol" not in held.text
        assert not any("report" in one for one in result.get("assessments", []))
        assert [one["score"] for one in result.get("reviews", [])] == ([shown] if shown else [])
    assert "Carol" not in newcomer().http.get("/account/export").text
    assert team.admin.http.get("/account/export").json()["interviews"] == []


def test_an_erased_person_leaves_organisations_without_a_word(team: Team, worker: Jobs) -> None:
    carol = candidate_of(team, worker)
    sql(carol, "UPDATE users SET email_confirmed_at = viva_now() WHERE email = 'carol@example.org'")
    carol.http.post("/forgotten-password", data={"email": "carol@example.org"})
    identity = user_id_of(carol, "carol@example.org")
    gone = carol.http.post("/account/delete", data={"password": PASSWORD, "confirm": "yes"})
    assert gone.status_code == 303
    tables = [
        row[0]
        for row in sql(carol, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
                       " AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'procrastinate%'")
    ]  # fmt: skip
    assert "samples" in tables
    for table in tables:
        # A request for a new password that a worker has not looked at yet is about an address, not an account.
        for words in ("Carol", *(["carol@"] if table != "account_tokens" else [])):
            hits = sql(carol, f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE :w", w=f"%{words}%")[0][0]
            assert hits == 0, f"{table} still holds {words!r}"
    (trace,) = sql(carol, "SELECT * FROM audit_events WHERE action = 'person.erased'")
    assert (trace.organization_id, trace.subject, trace.detail) == (team.id, f"user:{identity}", {"interviews": 1})


def test_the_last_admin_hands_over_first(team: Team, worker: Jobs) -> None:
    ben = team.join("ben")
    sitting = team.candidate("Carol")
    delete = {"password": PASSWORD, "confirm": "yes"}
    refused = team.admin.http.post("/account/delete", data=delete)
    assert (refused.status_code, "You are the only admin of “Acme”" in refused.text) == (409, True)
    assert team.admin.http.get(team.url).status_code == 200
    sql(ben, "UPDATE memberships SET role = 'admin' WHERE organization_id = :o", o=team.id)
    assert team.admin.http.post("/account/delete", data=delete).status_code == 303
    assert sitting.row().organization_id == team.id
    assert ben.http.get(team.url).status_code == 200
    # Ben is alone now: with him the organisation goes, and all that is in it.
    sql(
        ben,
        "INSERT INTO interview_templates (id, organization_id, slug) VALUES (gen_random_uuid(), :o, 'ours')",
        o=team.id,
    )
    sql(ben, "INSERT INTO api_keys (id, organization_id, name, prefix, secret_hash, scopes)"
        " VALUES (gen_random_uuid(), :o, 'k', 'k', 'k', '[]')", o=team.id)  # fmt: skip
    assert "erased as a whole" in ben.http.get("/account").text
    assert ben.http.post("/account/delete", data=delete).status_code == 303
    for (table,) in sql(ben, "SELECT table_name FROM information_schema.columns WHERE column_name = 'organization_id'"):
        assert sql(ben, f"SELECT count(*) FROM {table} WHERE organization_id = :o", o=team.id)[0][0] == 0, table
    assert sql(ben, "SELECT count(*) FROM organizations WHERE id = :o", o=team.id)[0][0] == 0
    assert isinstance(sitting.id, uuid.UUID)
