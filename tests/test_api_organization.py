"""Organisation, members, keys and audit trail over REST."""

from __future__ import annotations

import re

import pytest
from conftest import Api
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integrator import Integrator, problem
from teams import Team

DENIED = (401, "unauthenticated")


@pytest.fixture
def admin(api: Api, team: Team) -> Integrator:
    """A key of the team's organisation that may do everything."""
    return Integrator.of(api, "admin", org=team.slug)


def test_who_am_i_tells_what_a_key_may(api: Api, team: Team) -> None:
    told = Integrator.of(api, "bank:read", org=team.slug).get("/whoami").json()
    assert told["organization"] == {"slug": team.slug, "name": "Acme"}
    assert told["key"]["scopes"] == ["bank:read"]
    assert told["key"]["expires_at"] is None
    assert told["key"]["prefix"].startswith("viva_")
    assert not set(told["key"]) & {"secret", "secret_hash"}


def test_settings_are_changed_only_by_who_has_seen_them(admin: Integrator, team: Team) -> None:
    read = admin.get("/organization")
    tag = read.headers["etag"]
    assert read.json()["blind"] is True
    problem(admin.call("PATCH", "/organization", json={"blind": False}), 428, "precondition-required")
    changed = admin.call("PATCH", "/organization", json={"blind": False}, headers={"if-match": tag})
    assert (changed.status_code, changed.json()["blind"], changed.json()["name"]) == (200, False, "Acme")
    stale = admin.call("PATCH", "/organization", json={"name": "Mine"}, headers={"if-match": tag})
    assert problem(stale, 412, "precondition")["etag"] == changed.headers["etag"]
    assert admin.get("/organization").json()["name"] == "Acme"
    refused = admin.call("PATCH", "/organization", json={"nmae": "x"}, headers={"if-match": "*"})
    assert "nmae" in problem(refused, 422, "invalid")["detail"]
    (event,) = admin.get("/audit-events?action=organization.settings_changed").json()["items"]
    assert event["actor"].startswith("key:")
    assert event["actor_name"] == "Key “test”"
    assert event["detail"] == {"blind": [True, False]}
    assert 'value="Acme"' in team.admin.http.get(f"{team.url}/settings").text


def test_retention_that_deletes_at_once_must_be_meant(admin: Integrator) -> None:
    old = admin.interview()
    admin.post(f"/interviews/{old['id']}/finish")
    admin.sql("UPDATE interviews SET finished_at = viva_now() - interval '40 days' WHERE id = :i", i=old["id"])
    body = {"retention_days": 30}
    told = problem(
        admin.call("PATCH", "/organization", json=body, headers={"if-match": "*"}), 409, "retention-would-delete"
    )
    assert told["interviews"] == 1
    assert admin.get("/organization").json()["retention_days"] is None
    sure = admin.call("PATCH", "/organization", json=body | {"delete_now": True}, headers={"if-match": "*"})
    assert sure.json()["retention_days"] == 30
    for_ever = admin.call("PATCH", "/organization", json={"retention_days": None}, headers={"if-match": "*"})
    assert for_ever.json()["retention_days"] is None


def test_a_colleague_is_asked_in_by_a_key_and_comes(admin: Integrator, team: Team) -> None:
    asked = admin.post("/members/invitations", {"email": "zoe@example.org", "role": "interviewer"})
    assert asked.status_code == 201
    assert asked.headers["cache-control"] == "no-store"
    assert "zoe@example.org" in str(admin.get("/members/invitations").json())
    (letter,) = admin.sql("SELECT subject, body FROM outgoing_mails WHERE recipient = 'zoe@example.org'")
    assert letter.subject == "You are asked to join Acme on Viva"
    zoe = team.newcomer()
    zoe.sign_up("zoe@example.org", name="Zoe")
    assert zoe.http.post(re.sub("^https?://[^/]+", "", asked.json()["link"])).status_code == 303
    members = {one["email"]: one for one in admin.get("/members").json()["items"]}
    assert members["zoe@example.org"]["role"] == "interviewer"
    problem(admin.post("/members/invitations", {"email": "ZOE@example.org"}), 409, "conflict")
    again = admin.post("/members/invitations", {"email": "yan@example.org"}).json()
    assert admin.call("DELETE", f"/members/invitations/{again['id']}").status_code == 204
    assert admin.call("DELETE", f"/members/invitations/{again['id']}").status_code == 204
    assert admin.get("/members/invitations").json()["items"] == []


def test_roles_and_leaving_with_the_last_admin_kept(admin: Integrator, team: Team) -> None:
    team.join("ben")
    found = {one["name"]: one for one in admin.get("/members").json()["items"]}
    ada, ben = (f"/members/{found[name]['id']}" for name in ("Ada", "Ben"))
    problem(admin.call("PATCH", ada, json={"role": "interviewer"}, headers={"if-match": "*"}), 409, "last-admin")
    problem(admin.call("DELETE", ada, headers={"if-match": "*"}), 409, "last-admin")
    tag = admin.get(ben).headers["etag"]
    problem(admin.call("PATCH", ben, json={"role": "boss"}, headers={"if-match": tag}), 422, "invalid")
    made = admin.call("PATCH", ben, json={"role": "admin"}, headers={"if-match": tag})
    assert made.json()["role"] == "admin"
    problem(admin.call("DELETE", ben, headers={"if-match": tag}), 412, "precondition")
    assert admin.call("DELETE", ben, headers={"if-match": made.headers["etag"]}).status_code == 204
    problem(admin.get(ben), 404, "not-found")
    assert team.members["ben"].http.get(team.url).status_code == 404


def test_keys_are_made_rotated_and_revoked_and_secrets_given_once(api: Api, admin: Integrator) -> None:
    made = admin.post("/keys", {"name": "ats", "scopes": ["bank:read"], "days": 5})
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    secret = made.json()["secret"]
    assert secret not in admin.get("/keys").text
    assert admin.sql("SELECT count(*) FROM api_keys WHERE api_keys::text LIKE :s", s=f"%{secret}%")[0][0] == 0

    def as_(secret: str) -> Integrator:
        return Integrator(api.client, {"authorization": f"Bearer {secret}", "accept": "application/json"}, api.sessions)

    assert as_(secret).get("/questions").status_code == 200
    rotated = admin.post(f"/keys/{made.json()['id']}/rotate").json()
    assert (rotated["name"], rotated["scopes"]) == ("ats", ["bank:read"])
    assert {as_(one).get("/questions").status_code for one in (secret, rotated["secret"])} == {200}
    assert admin.call("DELETE", f"/keys/{rotated['id']}").status_code == 204
    problem(as_(rotated["secret"]).get("/questions"), *DENIED)
    problem(admin.call("DELETE", f"/keys/{rotated['id']}"), 404, "not-found")
    for body, field in (
        ({"name": "x", "scopes": ["everything"]}, "everything"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": " ", "scopes": ["bank:read"]}, "name"),
        ({"name": "x", "scopes": ["bank:read"], "days": 0}, "days"),
    ):
        assert field in str(problem(admin.post("/keys", body), 422, "invalid"))


def test_a_key_that_is_not_admins_makes_none(api: Api, team: Team) -> None:
    some = Integrator.of(api, "interviews:write", org=team.slug)
    problem(some.post("/keys", {"name": "more", "scopes": ["admin"]}), 403, "missing-scope")


def test_what_is_kept_for_answering_again_can_be_read_by_its_caller_alone(admin: Integrator) -> None:
    headers = {"idempotency-key": "one"}
    first = admin.post("/keys", {"name": "ats", "scopes": ["bank:read"]}, headers=headers)
    again = admin.post("/keys", {"name": "ats", "scopes": ["bank:read"]}, headers=headers)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    (kept,) = admin.sql("SELECT body, caller FROM idempotency_records WHERE key = 'one'")
    assert first.json()["secret"].encode() not in bytes(kept.body)
    assert b"ats" not in bytes(kept.body)
    assert len([key for key in admin.get("/keys").json()["items"] if key["name"] == "ats"]) == 1


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 7), extra=st.integers(0, 3))
def test_the_audit_trail_is_read_whole_while_it_grows(admin: Integrator, limit: int, extra: int) -> None:
    if not admin.sql("SELECT 1 FROM audit_events WHERE action = 'test.line'"):
        admin.sql(
            "INSERT INTO audit_events (id, organization_id, actor, action, subject)"
            " SELECT gen_random_uuid(), id, 'viva', 'test.line', 'thing:' || n"
            " FROM organizations, generate_series(1, 20) n WHERE slug = 'acme'"
        )
    admin.sql("DELETE FROM audit_events WHERE subject = 'new'")
    before = {str(row[0]) for row in admin.sql("SELECT id FROM audit_events WHERE action = 'test.line'")}
    seen: list[str] = []
    url: str | None = f"/audit-events?action=test.line&limit={limit}"
    while url:
        page = admin.get(url)
        seen += [one["id"] for one in page.json()["items"]]
        admin.sql(
            "INSERT INTO audit_events (id, organization_id, actor, action, subject)"
            " SELECT gen_random_uuid(), id, 'viva', 'test.line', 'new' FROM organizations, generate_series(1, :n)"
            " WHERE slug = 'acme'",
            n=extra,
        )
        link = page.headers.get("link", "")
        url = link.split(">")[0].removeprefix("</api/v1") if link else None
    assert len(seen) == len(set(seen))
    assert before <= set(seen)


def test_the_audit_trail_is_filtered(admin: Integrator, team: Team) -> None:
    admin.post("/keys", {"name": "ats", "scopes": ["bank:read"]})
    (made,) = admin.get("/audit-events?action=key.created&since=2000-01-01T00:00:00Z").json()["items"][:1]
    assert made["detail"]["name"] == "ats"
    subject = admin.get(f"/audit-events?subject={made['subject']}&actor={made['actor']}").json()["items"]
    assert [one["id"] for one in subject] == [made["id"]]
    assert admin.get("/audit-events?until=2000-01-01T00:00:00Z").json()["items"] == []
    for bad in ("since=yesterday", "since=2026-03-31", "since=2026-03-31T10:00:00", "cursor=x", "actor=%00"):
        problem(admin.get(f"/audit-events?{bad}"), 422, "invalid")
