"""Launches from a course platform: what is believed, what is refused, and where they lead."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from sqlalchemy import text
from starlette.testclient import TestClient
from teams import Team

from integrations.lti.conftest import LIVES, TOOL
from integrations.lti.course_platform import CLAIM, DL, INSTRUCTOR, LEARNER, Platform


def test_a_learner_sits_the_interview_of_the_link(browser: LIVES, registered: Platform, team: Team) -> None:
    carol = browser()
    came = carol.launch()
    assert came.status_code == 303, came.text
    where = came.headers["location"]
    assert re.fullmatch(r"/interviews/[0-9a-f-]{36}", where)
    cookie = next(line for line in came.headers.get_list("set-cookie") if line.startswith("viva-lti="))
    assert {"Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"} <= set(cookie.split("; "))
    lobby = carol.http.get(where)
    assert lobby.status_code == 200
    policy = lobby.headers["content-security-policy"]
    assert policy.endswith(f"frame-ancestors {registered.url}")
    assert "form-action 'self';" in policy
    assert 'href="/sign-in' not in lobby.text
    assert 'href="/interviews"' not in lobby.text
    # Started, left, launched again: the same one.
    started = carol.http.post(f"{where}/start", data={"consent": "yes"}, headers={"sec-fetch-site": "same-origin"})
    assert started.status_code == 303, started.text
    assert carol.launch().headers["location"] == where
    assert browser().launch().headers["location"] == where
    assert browser().launch(user="dora").headers["location"] != where
    with team.admin.sessions.begin() as session:
        row = session.execute(text("SELECT * FROM interviews WHERE id = :i"), {"i": where.split("/")[2]}).one()
    assert (row.organization_id, row.candidate_name, row.candidate_external_id) == (team.id, "Carol", "carol")


def test_the_cookie_opens_nothing_else(browser: LIVES, team: Team) -> None:
    carol, dora = browser(), browser()
    mine, hers = (one.launch(user=name).headers["location"] for one, name in ((carol, "carol"), (dora, "dora")))
    assert carol.http.get(mine).status_code == 200
    for path in (hers, "/interviews", "/account", "/organizations", team.url):
        response = carol.http.get(path)
        assert response.status_code in {303, 404}, path
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert carol.http.get("/").headers["content-security-policy"].endswith("frame-ancestors 'none'")
    # A form on another site cannot use it, although the browser would send it along.
    for site in ("cross-site", "same-site"):
        response = carol.http.post(f"{mine}/start", data={"consent": "yes"}, headers={"sec-fetch-site": site})
        assert response.status_code == 403


def test_a_launch_works_once_and_in_the_browser_that_began_it(browser: LIVES) -> None:
    carol = browser()
    asked = carol.begin()
    token = carol.platform.sign(carol.platform.claims(asked["nonce"]))
    elsewhere = browser().launch(asked, token)
    assert elsewhere.status_code == 409
    assert "/lti/login?iss=" in elsewhere.text
    assert f"frame-ancestors {carol.platform.url}" in elsewhere.headers["content-security-policy"]
    # It has come back, if to the wrong one, and is used up.
    assert carol.launch(asked, token).status_code == 422
    asked = carol.begin()
    token = carol.platform.sign(carol.platform.claims(asked["nonce"]))
    assert carol.launch(asked, token).status_code == 303
    again = carol.launch(asked, token)
    assert again.status_code == 422
    assert "used before" in again.text
    other = carol.begin()
    assert carol.launch(other, carol.platform.sign(carol.platform.claims(asked["nonce"]))).status_code == 422


def test_two_launches_side_by_side(browser: LIVES) -> None:
    carol = browser()
    first, second = carol.begin(), carol.begin()
    assert carol.launch(first).status_code == 303
    assert carol.launch(second).status_code == 303


def test_a_login_that_took_too_long(browser: LIVES, team: Team) -> None:
    carol = browser()
    asked = carol.begin()
    with team.admin.sessions.begin() as session:
        session.execute(text("UPDATE lti_logins SET expires_at = viva_now()"))
    late = carol.launch(asked)
    assert late.status_code == 422
    assert "too long" in late.text


NOW = int(time.time())
WRONG: dict[str, dict[str, Any]] = {
    "iss": {"iss": "https://other.example.org"},
    "aud": {"aud": "somebody-else"},
    "two audiences, no azp": {"aud": ["{client}", "x"]},
    "azp": {"azp": "somebody-else"},
    "exp past": {"exp": NOW - 120},
    "exp missing": {"exp": None},
    "exp is no time": {"exp": True},
    "iat old": {"iat": NOW - 3600},
    "iat to come": {"iat": NOW + 3600},
    "iat missing": {"iat": None},
    "nonce": {"nonce": "another"},
    "nonce missing": {"nonce": None},
    "deployment": {CLAIM + "deployment_id": "deployment-2"},
    "deployment missing": {CLAIM + "deployment_id": None},
    "version": {CLAIM + "version": "1.1"},
    "message": {CLAIM + "message_type": "LtiSubmissionReviewRequest"},
    "roles missing": {CLAIM + "roles": None},
    "roles no list": {CLAIM + "roles": LEARNER},
    "no role in the course": {
        CLAIM + "roles": [
            "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student",
            "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator",
        ]
    },
    "nobody": {"sub": None},
    "sub no text": {"sub": 7},
    "sub with NUL": {"sub": "a\0b"},
    "link missing": {CLAIM + "resource_link": None},
    "link without id": {CLAIM + "resource_link": {"title": "x"}},
    "no template": {CLAIM + "custom": None},
    "unknown template": {CLAIM + "custom": {"template": "no-such-template"}},
    "template no text": {CLAIM + "custom": {"template": ["warm-up"]}},
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_as_it_must_be_is_refused(name: str, browser: LIVES, team: Team) -> None:
    carol = browser()
    asked = carol.begin()
    claims = carol.platform.claims(asked["nonce"]) | WRONG[name]
    claims = {key: value for key, value in claims.items() if value is not None}
    if name.startswith("two"):
        claims["aud"] = [carol.platform.client_id, "x"]
    response = carol.launch(asked, carol.platform.sign(claims))
    assert response.status_code == 422, response.text
    assert "viva-lti=" not in str(response.headers.get_list("set-cookie"))
    with team.admin.sessions.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM lti_sittings")) == 0
        assert session.scalar(text("SELECT count(*) FROM lti_sessions")) == 0


def test_an_audience_among_others_with_azp_is_good(browser: LIVES) -> None:
    carol = browser()
    client = carol.platform.client_id
    assert carol.launch(aud=[client, "x"], azp=client).status_code == 303


def test_signatures(browser: LIVES) -> None:
    carol = browser()
    platform = carol.platform
    stranger = RSAKey.generate_key(2048, {"kid": platform.key.kid})

    def claims() -> tuple[dict[str, str], dict[str, Any]]:
        asked = carol.begin()
        return asked, platform.claims(asked["nonce"])

    asked, said = claims()
    assert carol.launch(asked, jwt.encode({"alg": "RS256", "kid": platform.key.kid}, said, stranger)).status_code == 422
    asked, said = claims()
    assert carol.launch(asked, platform.sign(said, kid="unknown")).status_code == 422
    asked, said = claims()
    unsigned = platform.sign(said).split(".")
    none = OctKey.import_key("secret-of-at-least-32-characters!")
    assert carol.launch(asked, jwt.encode({"alg": "HS256", "kid": platform.key.kid}, said, none)).status_code == 422
    asked, said = claims()
    unsigned = platform.sign(said).split(".")
    assert carol.launch(asked, f"eyJhbGciOiJub25lIn0.{unsigned[1]}.").status_code == 422
    asked, said = claims()
    whole = platform.sign(said)
    assert carol.launch(asked, whole[:-8] + "AAAAAAAA").status_code == 422
    for rubbish in ("x", "a.b.c", "é.é.é", "." * 50):
        assert carol.launch(carol.begin(), rubbish).status_code == 422


def test_a_new_key_of_the_platform_is_fetched(browser: LIVES, monkeypatch: pytest.MonkeyPatch) -> None:
    carol = browser()
    assert carol.launch().status_code == 303
    assert carol.launch().status_code == 303
    assert carol.platform.jwks_asked == 1
    carol.platform.new_key()
    # Not more often than every so many seconds, whatever key ids come.
    assert carol.launch().status_code == 422
    assert carol.platform.jwks_asked == 1
    monkeypatch.setattr("app.integrations.lti.platform_keys.ASK_AGAIN_SECONDS", 0.0)
    assert carol.launch().status_code == 303
    assert carol.platform.jwks_asked == 2


def test_unknown_platforms_and_half_logins(browser: LIVES, registered: Platform) -> None:
    carol = browser()
    good = registered.login(TOOL)
    for change in ({"iss": "https://nobody.example.org"}, {"client_id": "other"}, {"login_hint": ""}, {"iss": "a\ud800"}):  # fmt: skip
        response = carol.http.post(
            f"{TOOL}/lti/login", data=good | {k: v.encode("utf-8", "replace").decode() for k, v in change.items()}
        )
        assert response.status_code == 422, change
    # A login may come as a form from the platform's site, and without client_id where one is registered.
    posted = carol.http.post(
        f"{TOOL}/lti/login", data=good, headers={"sec-fetch-site": "cross-site", "origin": registered.url}
    )
    assert posted.status_code == 303
    assert carol.begin(client_id="")


def test_a_refusal_of_the_platform_is_said(browser: LIVES) -> None:
    carol = browser()
    asked = carol.begin()
    response = carol.http.post(
        f"{TOOL}/lti/launch",
        data={"state": asked["state"], "error": "login_required", "error_description": "No session"},
    )
    assert response.status_code == 422
    assert "No session" in response.text


def test_the_platform_is_away(browser: LIVES, registered: Platform, team: Team) -> None:
    with team.admin.sessions.begin() as session:
        session.execute(text("UPDATE lti_platforms SET jwks_url = 'http://127.0.0.1:9/jwks'"))
    response = browser().launch()
    assert response.status_code == 503
    assert response.headers["retry-after"]


def test_those_who_teach_see_results(browser: LIVES, team: Team, registered: Platform) -> None:
    carol, teacher = browser(), browser()
    carol.launch()
    where = teacher.launch(user="teo", roles=(INSTRUCTOR, LEARNER)).headers["location"]
    assert re.fullmatch(r"/lti/links/[0-9a-f-]{36}", where)
    page = teacher.http.get(where)
    assert page.status_code == 200
    assert "Carol" in page.text
    assert "not started" in page.text
    assert f"frame-ancestors {registered.url}" in page.headers["content-security-policy"]
    # Nobody else, not even another teacher who was launched into another link.
    other = browser()
    other.launch(user="tia", roles=(INSTRUCTOR,), **{CLAIM + "resource_link": {"id": "link-2"}})
    for http in (carol.http, other.http, browser().http, team.admin.http):
        assert http.get(where).status_code == 404


def test_deep_linking(browser: LIVES, registered: Platform, client: TestClient) -> None:
    teacher = browser()
    came = teacher.launch(user="teo", roles=(INSTRUCTOR,), **registered.deep_linking())
    where = came.headers["location"]
    page = teacher.http.get(where)
    assert page.status_code == 200
    assert 'value="warm-up"' in page.text
    sent = teacher.http.post(where, data={"template": "warm-up"}, headers={"sec-fetch-site": "same-origin"})
    assert sent.status_code == 200
    assert f'action="{registered.url}/deep-link-return"' in sent.text
    assert f"form-action 'self' {registered.url};" in sent.headers["content-security-policy"]
    token = re.search(r'name="JWT" value="([^"]+)"', sent.text)
    assert token
    decoded = jwt.decode(token[1], KeySet.import_key_set(client.get("/lti/jwks").json()), algorithms=["RS256"])
    claims = decoded.claims
    assert (claims["iss"], claims["aud"]) == (registered.client_id, registered.url)
    assert claims["exp"] > claims["iat"]
    assert claims["nonce"]
    assert claims[CLAIM + "deployment_id"] == "deployment-1"
    assert claims[CLAIM + "message_type"] == "LtiDeepLinkingResponse"
    assert claims[CLAIM + "version"] == "1.3.0"
    assert claims[DL + "data"] == "keep this"
    (item,) = claims[DL + "content_items"]
    assert item["type"] == "ltiResourceLink"
    assert item["url"] == f"{TOOL}/lti/launch"
    assert item["custom"] == {"template": "warm-up"}
    assert item["lineItem"]["scoreMaximum"] == 100
    # Not somebody else's, and nothing that is not there.
    assert browser().http.get(where).status_code == 404
    assert teacher.http.post(where, data={"template": "nothing"}).status_code == 404


@pytest.mark.parametrize(
    "offered",
    [{"accept_types": ["link"]}, {"deep_link_return_url": None}, {"deep_link_return_url": "javascript:alert(1)"}, {"deep_link_return_url": "https://x y/"}],
)  # fmt: skip
def test_deep_linking_that_cannot_be_answered(offered: dict[str, Any], browser: LIVES, registered: Platform) -> None:
    response = browser().launch(user="teo", roles=(INSTRUCTOR,), **registered.deep_linking(**offered))
    assert response.status_code == 422


def test_deep_linking_is_not_for_learners_and_keeps_to_what_is_taken(browser: LIVES, registered: Platform) -> None:
    assert browser().launch(**registered.deep_linking()).status_code == 422
    teacher = browser()
    where = teacher.launch(
        user="teo", roles=(INSTRUCTOR,), **registered.deep_linking(accept_lineitem=False, data=None)
    ).headers["location"]
    token = re.search(r'name="JWT" value="([^"]+)"', teacher.http.post(where, data={"template": "warm-up"}).text)
    assert token
    claims = jwt.decode(
        token[1], KeySet.import_key_set(teacher.http.get("/lti/jwks").json()), algorithms=["RS256"]
    ).claims
    assert "lineItem" not in claims[DL + "content_items"][0]
    assert DL + "data" not in claims


def test_an_account_is_never_signed_in_by_a_platform(browser: LIVES, team: Team) -> None:
    carol = browser()
    carol.launch(user="ada", email="ada@acme.example.org", email_verified=True)
    with team.admin.sessions.begin() as session:
        found = session.execute(text("SELECT u.email FROM lti_users l JOIN users u ON u.id = l.user_id")).all()
    assert [row.email for row in found] == [None]
