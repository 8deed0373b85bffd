"""Course platforms: registered by hand and by themselves, changed, removed; and the keys that Viva signs with."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient
from teams import Team

from app.integrations.lti import keys
from app.kit.config import Settings
from app.kit.sealing import Sealing
from integrations.lti.conftest import LIVES, TOOL
from integrations.lti.course_platform import SCORE, Platform

PLAIN = Sealing("")


def test_a_platform_is_changed_and_removed(registered: Platform, team: Team, browser: LIVES) -> None:
    ada = team.admin.http
    page = ada.get(f"{team.url}/platforms")
    assert "The platform" in page.text
    assert "/lti/jwks" in page.text
    (where,) = set(re.findall(rf"{team.url}/platforms/[0-9a-f-]{{36}}", page.text))
    more = {"name": "Moodle", "deployment_ids": "1\n 2 \n\n2", "frame_origins": "https://School.example.org/path\n"}
    assert ada.post(where, data=registered.form() | more).status_code == 303
    with team.admin.sessions.begin() as session:
        row = session.execute(text("SELECT * FROM lti_platforms")).one()
    assert (row.name, row.deployment_ids) == ("Moodle", ["1", "2"])
    assert row.frame_origins == [registered.url, "https://school.example.org"]
    refused = ada.post(f"{where}/remove")
    assert refused.status_code == 422
    browser().launch()
    assert ada.post(f"{where}/remove", data={"confirm": "yes"}).status_code == 303
    assert "No platform yet" in ada.get(f"{team.url}/platforms").text
    assert browser().http.get(f"{TOOL}/lti/login", params=registered.login(TOOL)).status_code == 422


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * 121), ("name", "a\0b"), ("issuer", ""), ("issuer", "lms.example.org"),
        ("issuer", "http://lms.example.org"), ("client_id", ""), ("auth_login_url", "javascript:alert(1)"),
        ("token_url", "https://user:word@lms.example.org/token"), ("jwks_url", "https://[::1"), ("jwks_url", "https://a b/"),
        ("deployment_ids", "x" * 256), ("frame_origins", "https://x.example.org; script-src *"), ("frame_origins", "*"),
        ("frame_origins", "https://*.example.org"), ("token_audience", "x" * 2001),
    ],
)  # fmt: skip
def test_what_cannot_be_registered(field: str, value: str, platform: Platform, team: Team) -> None:
    form = platform.form() | {"frame_origins": "", "token_audience": "", field: value}
    response = team.admin.http.post(f"{team.url}/platforms", data=form)
    assert response.status_code == 422
    assert 'class="field-error"' in response.text
    assert platform.client_id in response.text or field == "client_id"


def test_a_registration_is_nobody_elses(registered: Platform, team: Team) -> None:
    again = team.admin.http.post(f"{team.url}/platforms", data=registered.form())
    assert again.status_code == 409
    ben = team.join("ben")
    assert ben.http.get(f"{team.url}/platforms").status_code == 403
    assert ben.http.post(f"{team.url}/platforms", data=registered.form()).status_code == 403


def registration_link(team: Team, address: str = "https://lms.example.org/my") -> str:
    page = team.admin.http.post(f"{team.url}/platforms/registration-link", data={"platform_url": address})
    found = re.search(r"https?://[^<\s]+/lti/register/[\w-]+", page.text)
    assert found, page.text
    return found[0].split("testserver")[1]


def test_a_platform_registers_itself(platform: Platform, team: Team, client: TestClient, browser_of: Any) -> None:
    link = registration_link(team)
    given = {"openid_configuration": f"{platform.url}/.well-known/openid-configuration", "registration_token": "once"}
    page = client.get(link, params=given)
    assert page.status_code == 200, page.text
    assert page.headers["content-security-policy"].endswith("frame-ancestors https://lms.example.org")
    (sent,) = platform.registrations
    assert sent["authorization"] == "Bearer once"
    assert sent["scope"] == SCORE
    assert sent["redirect_uris"] == ["http://testserver/lti/launch"]
    assert sent["token_endpoint_auth_method"] == "private_key_jwt"
    tool = sent["https://purl.imsglobal.org/spec/lti-tool-configuration"]
    assert [one["type"] for one in tool["messages"]] == ["LtiResourceLinkRequest", "LtiDeepLinkingRequest"]
    assert browser_of(platform).launch().status_code == 303
    # Once.
    assert client.get(link, params=given).status_code == 404


def test_canvas_is_answered_in_its_own_words(platform: Platform, team: Team, client: TestClient) -> None:
    whole = platform.configuration
    family = {"https://purl.imsglobal.org/spec/lti-platform-configuration": {"product_family_code": "canvas"}}
    platform.configuration = lambda: whole() | family  # type: ignore[method-assign]
    given = {"openid_configuration": f"{platform.url}/.well-known/openid-configuration", "registration_token": "once"}
    assert client.get(registration_link(team), params=given).status_code == 200
    tool = platform.registrations[0]["https://purl.imsglobal.org/spec/lti-tool-configuration"]
    assert tool["messages"][1]["placements"] == ["assignment_selection", "link_selection"]
    assert tool["https://canvas.instructure.com/lti/privacy_level"] == "name_only"
    refused = team.admin.http.post(f"{team.url}/platforms/registration-link", data={"platform_url": "moodle"})
    assert refused.status_code == 422
    assert 'id="platform_url-error"' in refused.text


def test_registrations_that_do_not_work(platform: Platform, team: Team, client: TestClient) -> None:
    link = registration_link(team)
    good = f"{platform.url}/.well-known/openid-configuration"
    for url in (
        "",
        "no address",
        "file:///etc/passwd",
        f"{platform.url}/nothing",
        "http://127.0.0.1:9/",
        "http://192.0.2.1/x",
    ):
        assert client.get(link, params={"openid_configuration": url}).status_code == 422, url
    # In the name of somebody else, or half said.
    whole = platform.configuration
    for change in ({"issuer": "https://other.example.org"}, {"registration_endpoint": None}, {"jwks_uri": 7}, {"token_endpoint": "ftp://x"}):  # fmt: skip
        platform.configuration = lambda change=change: whole() | change  # type: ignore[misc]
        assert client.get(link, params={"openid_configuration": good}).status_code == 422, change
    platform.configuration = whole  # type: ignore[method-assign]
    assert client.get(link, params={"openid_configuration": good}).status_code == 200
    with team.admin.sessions.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM lti_platforms")) == 1
        session.execute(text("DELETE FROM throttle_counts"))
    late = registration_link(team)
    with team.admin.sessions.begin() as session:
        session.execute(text("UPDATE lti_registrations SET expires_at = viva_now()"))
    assert client.get(late, params={"openid_configuration": good}).status_code == 404


def test_private_addresses_are_not_asked(
    registered: Platform, browser: LIVES, client: TestClient, settings: Settings
) -> None:
    from app.integrations.lti.wiring import make_wiring

    client.app.state.lti = make_wiring(settings.model_copy(update={"outbound_private_networks": None}))  # type: ignore[attr-defined]
    assert browser().launch().status_code == 503
    assert registered.jwks_asked == 0


def kids(client: TestClient) -> list[str]:
    found = client.get("/lti/jwks")
    assert found.headers["cache-control"] == "public, max-age=300"
    published = found.json()["keys"]
    for key in published:
        assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}, "only the public half"
    return [key["kid"] for key in published]


def test_keys_change_without_a_gap(client: TestClient, sessions: sessionmaker[Session]) -> None:
    (first,) = kids(client)
    with sessions.begin() as session:
        session.execute(text("UPDATE lti_keys SET signs_from = signs_from - interval '91 days'"))
    with sessions.begin() as session:
        keys.tend_keys(session, PLAIN)
    second, old = kids(client)
    assert old == first
    with sessions.begin() as session:
        # Published, and not yet used.
        assert keys.signing_key(session, PLAIN).kid == first
        keys.tend_keys(session, PLAIN)
        session.execute(
            text("UPDATE lti_keys SET signs_from = signs_from - interval '25 hours' WHERE kid = :k"), {"k": second}
        )
        assert keys.signing_key(session, PLAIN).kid == second
    with sessions.begin() as session:
        keys.tend_keys(session, PLAIN)
    assert kids(client) == [second, first]
    with sessions.begin() as session:
        session.execute(
            text("UPDATE lti_keys SET signs_from = signs_from - interval '7 days' WHERE kid = :k"), {"k": second}
        )
        keys.tend_keys(session, PLAIN)
    assert kids(client) == [second]
    with sessions.begin() as session:
        new = keys.rotate_keys(session, PLAIN, at_once=True)
    assert kids(client) == [new]


def test_keys_are_sealed_and_those_that_cannot_be_opened_are_replaced(sessions: sessionmaker[Session]) -> None:
    sealing = Sealing("a key of at least sixteen characters")
    with sessions.begin() as session:
        kid = keys.signing_key(session, sealing).kid
        stored = session.scalar(text("SELECT sealed FROM lti_keys"))
        assert stored.startswith("sealed:")
        assert '"d"' not in session.scalar(text("SELECT public_jwk::text FROM lti_keys"))
    with sessions.begin() as session:
        assert keys.signing_key(session, Sealing("another key, and long enough")).kid != kid
        assert keys.signing_key(session, sealing).kid == kid
