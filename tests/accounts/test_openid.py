"""Signing in with a real OpenID Connect provider, which runs on this machine as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from people import PASSWORD, Person, new_person
from pydantic import SecretStr, ValidationError
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app.kit.config import Settings
from app.kit.errors import OperatorError
from app.main import create_app

from .conftest import Mailbox
from .test_mail import free_port

CALLBACK = "http://testserver/sign-in/openid/callback"


@dataclass
class Provider:
    """Where people have an account elsewhere."""

    url: str
    client: dict[str, Any]

    def knows(self, subject: str, **claims: object) -> None:
        httpx2.put(f"{self.url}/users/{subject}", json=claims).raise_for_status()

    def forges(self, **claims: object) -> None:
        """Have it answer with other claims than it should."""
        httpx2.put(f"{self.url}/forge", json=claims).raise_for_status()

    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(
            update={
                "oidc_issuer": self.url,
                "oidc_client_id": self.client["client_id"],
                "oidc_client_secret": SecretStr(self.client["client_secret"]),
                "oidc_name": "Acme",
            }
        )

    def consent(self, address: str, subject: str) -> str:
        """Somebody signs in there and is sent back: the path at Viva."""
        response = httpx2.post(address, data={"sub": subject})
        assert response.status_code == 302, response.text
        assert response.headers["location"].startswith(CALLBACK)
        return str(response.headers["location"].removeprefix("http://testserver"))


@pytest.fixture(scope="module")
def running_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    url = f"http://127.0.0.1:{(port := free_port())}"
    log = tmp_path_factory.mktemp("provider") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).with_name("provider.py")), str(port)],
            stdout=output,
            stderr=output,
            env=os.environ | {"AUTHLIB_INSECURE_TRANSPORT": "1"},
        )
    try:
        end = time.monotonic() + 30
        while True:
            try:
                httpx2.get(f"{url}/jwks").raise_for_status()
                break
            except httpx2.HTTPError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.1)
        client = httpx2.post(f"{url}/oauth2/clients", json={"redirect_uris": [CALLBACK]}).raise_for_status().json()
        yield Provider(url, client)
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def provider(running_provider: Provider) -> Iterator[Provider]:
    yield running_provider
    running_provider.forges()


@pytest.fixture
def visitor(
    database_url: str, settings: Settings, provider: Provider, sessions: sessionmaker[Session]
) -> Iterator[Callable[[], Person]]:
    """Opens a browser for somebody new, at a Viva that knows the provider."""
    with TestClient(create_app(provider.settings(settings), database_url)) as client:
        yield lambda: new_person(client.app, sessions)


def leave(person: Person, next: str = "/account") -> str:
    response = person.http.get("/sign-in/openid", params={"next": next})
    assert response.status_code == 303, response.text
    return str(response.headers["location"])


def sign_in(person: Person, provider: Provider, subject: str, next: str = "/account") -> httpx2.Response:
    return person.http.get(provider.consent(leave(person, next), subject))


def users(person: Person) -> list[Any]:
    with person.sessions.begin() as session:
        return list(session.execute(text("SELECT * FROM users WHERE email IS NOT NULL ORDER BY created_at")))


def test_an_account_is_made_and_found_again(visitor: Callable[[], Person], provider: Provider) -> None:
    provider.knows("ada-1", email="ada@example.org", email_verified=True, name="Ada Lovelace")
    ada = visitor()
    sitting = ada.sit()
    assert "Sign in with Acme" in ada.http.get("/sign-in").text
    asked = parse_qs(urlsplit(leave(ada)).query)
    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    before = ada.http.cookies["viva"]
    response = sign_in(ada, provider, "ada-1", next="/interviews")
    assert (response.status_code, response.headers["location"]) == (303, "/interviews")
    assert ada.http.cookies["viva"] != before
    assert "viva-openid" not in ada.http.cookies
    (user,) = users(ada)
    assert (user.email, user.name, user.password_hash) == ("ada@example.org", "Ada Lovelace", None)
    assert user.email_confirmed_at is not None
    assert str(sitting.id) in ada.http.get("/interviews").text, "what was done as a guest is lost"
    page = ada.http.get("/account").text
    assert "You have none: you sign in elsewhere." in page
    # Elsewhere, after a change of address there: the same account, and another guest's interview comes along.
    provider.knows("ada-1", email="ada.lovelace@example.org", email_verified=True)
    laptop = visitor()
    second = laptop.choose()
    sign_in(laptop, provider, "ada-1", next="//evil.example")
    assert {str(sitting.id), str(second.id)} <= set(laptop.http.get("/interviews").text.replace('"', "/").split("/"))
    assert [one.email for one in users(ada)] == ["ada@example.org"]
    assert visitor().sign_in("ada@example.org", "").status_code == 422, (
        "an account without a password opens without one"
    )
    assert laptop.http.post("/account/delete", data={"confirm": "yes"}).status_code == 303
    assert users(ada) == []


def test_an_address_joins_accounts_only_if_it_was_verified(
    visitor: Callable[[], Person], provider: Provider, mailbox: Mailbox
) -> None:
    alice = visitor()
    alice.sign_up("alice@example.org")
    alice.http.post(mailbox.link("alice@example.org", "confirm-email"))
    for claims in ({"email": "alice@example.org"}, {"email": "alice@example.org", "email_verified": False}):
        provider.knows("mallory", **claims)
        mallory = visitor()
        refused = sign_in(mallory, provider, "mallory")
        assert (refused.status_code, "sign in by password" in refused.text) == (409, True)
        assert mallory.http.get("/account").status_code == 303
    provider.knows("nobody")
    refused = sign_in(visitor(), provider, "nobody")
    assert (refused.status_code, "No e-mail address came along" in refused.text) == (422, True)
    provider.knows("alice-2", email="Alice@Example.org", email_verified=True)
    phone = visitor()
    assert sign_in(phone, provider, "alice-2").status_code == 303
    assert len(users(alice)) == 1
    assert alice.http.get("/account").status_code == 200
    assert visitor().sign_in("alice@example.org").status_code == 303
    export = phone.http.get("/account/export").json()
    assert export["account"]["signs_in_with"][0]["subject"] == "alice-2"


def test_who_took_an_address_that_is_not_theirs_is_shut_out(visitor: Callable[[], Person], provider: Provider) -> None:
    mallory = visitor()
    mallory.sign_up("victim@example.org")
    provider.knows("victim", email="victim@example.org", email_verified=True)
    assert sign_in(visitor(), provider, "victim").status_code == 303
    assert mallory.http.get("/account").status_code == 303
    assert visitor().sign_in("victim@example.org", PASSWORD).status_code == 422


def test_what_nobody_asked_for_is_refused(visitor: Callable[[], Person], provider: Provider) -> None:
    provider.knows("ada-2", email="ada2@example.org", email_verified=True)
    ada, mallory = visitor(), visitor()
    planted = provider.consent(leave(mallory), "ada-2")
    good = provider.consent(leave(ada), "ada-2")
    state = parse_qs(urlsplit(good).query)["state"][0]
    code = parse_qs(urlsplit(planted).query)["code"][0]
    for path in (
        planted,  # another browser's answer: it would sign ada in as somebody else
        good.replace(state, "another"),
        f"/sign-in/openid/callback?state={state}&error=access_denied",
        f"/sign-in/openid/callback?state={state}&code=guess",
        f"/sign-in/openid/callback?state={state}&code={code}",  # another's code: its verifier is another
        "/sign-in/openid/callback",
    ):
        response = ada.http.get(path)
        assert (response.status_code, "try again from" in response.text) == (422, True), path
        assert ada.http.get("/account").status_code == 303
    assert ada.http.get(good).status_code == 303
    assert ada.http.get("/account").status_code == 200
    assert ada.http.get(good).status_code == 422, "a code works twice"


@pytest.mark.parametrize(
    "claims",
    [
        {"key": "unpublished"},
        {"aud": "another client"},
        {"iss": "https://evil.example"},
        {"nonce": "another"},
        {"exp": 1},
    ],
    ids=lambda claims: next(iter(claims)),
)
def test_forged_tokens_are_refused(visitor: Callable[[], Person], provider: Provider, claims: dict[str, Any]) -> None:
    alice = visitor()
    alice.sign_up("alice@example.org")
    mallory = visitor()
    back = provider.consent(leave(mallory), "mallory")
    provider.forges(**claims)
    assert mallory.http.get(back).status_code == 422
    assert mallory.http.get("/account").status_code == 303
    if claims.get("aud"):  # and it is the forging that is refused, not everything
        provider.forges(more="claims")
        assert sign_in(mallory, provider, "mallory").status_code == 303


def test_a_provider_that_is_away_or_another(database_url: str, settings: Settings, provider: Provider) -> None:
    known = provider.settings(settings)
    for issuer in (
        f"http://127.0.0.1:{free_port()}",
        f"{provider.url}/jwks",
        provider.url.replace("127.0.0.1", "localhost"),
    ):
        with TestClient(
            create_app(known.model_copy(update={"oidc_issuer": issuer}), database_url), follow_redirects=False
        ) as client:
            response = client.get("/sign-in/openid", headers={"accept": "text/html"})
            expected = 303 if "localhost" in issuer else 503
            assert (response.status_code, "localhost" in issuer or "Acme does not answer" in response.text) == (
                expected,
                True,
            )
    with pytest.raises(OperatorError, match="VIVA_OIDC_CLIENT_ID is not"):
        create_app(known.model_copy(update={"oidc_client_id": None}), database_url)


def test_without_a_provider_there_is_nothing(alice: Person) -> None:
    assert "Sign in with" not in alice.http.get("/sign-in").text
    assert alice.http.get("/sign-in/openid").status_code == 404
    assert alice.http.get("/sign-in/openid/callback").status_code == 404


@pytest.mark.parametrize("url", ["http://login.example.org", "login.example.org", "https://"])
def test_a_provider_is_reached_over_https(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIVA_OIDC_ISSUER", url)
    with pytest.raises(ValidationError, match="it must be an https:// address"):
        Settings()
