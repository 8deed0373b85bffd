"""The routes of organisations, hiring and reviews as nobody, with the wrong key, and as another organisation."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Api
from hiring_routes import NAMES, ROUTES, address, filled, nothing, things_of
from integrator import Integrator, problem
from starlette.testclient import TestClient

from app.accounts.keys import DEFAULT_SCOPES

MATCH = {"if-match": "*"}
# What is in the way of the test's thing (not scored yet, nothing reviewed) is not a matter of access.
FINE = {200, 201, 202, 204, 409}


def call(caller: Integrator, method: str, path: str, body: Any, things: dict[str, str], **more: Any) -> Any:
    return caller.call(method, address(path, things), json=filled(body, things), headers=MATCH, **more)


def test_without_a_key(client: TestClient, subtests: pytest.Subtests) -> None:
    for name, (method, path, _, body) in zip(NAMES, ROUTES, strict=True):
        with subtests.test(name):
            things = nothing()
            url = "/api/v1" + address(path, things)
            problem(client.request(method, url, json=filled(body, things), headers=MATCH), 401, "unauthenticated")


def test_with_every_scope_but_the_right_one(api: Api, subtests: pytest.Subtests) -> None:
    things = things_of(Integrator.of(api, "admin"))
    for name, (method, path, scope, body) in zip(NAMES, ROUTES, strict=True):
        if scope is None:
            continue
        with subtests.test(name):
            caller = Integrator.of(api, *(one for one in DEFAULT_SCOPES if one != scope))
            before = caller.sql("SELECT count(*) FROM audit_events")[0][0]
            found = problem(call(caller, method, path, body, things), 403, "missing-scope")
            assert found["scope"] == scope
            assert caller.sql("SELECT count(*) FROM audit_events")[0][0] == before


def test_the_right_scope_is_enough(api: Api, subtests: pytest.Subtests) -> None:
    owner = Integrator.of(api, "admin")
    for name, (method, path, scope, body) in zip(NAMES, ROUTES, strict=True):
        for caller in (Integrator.of(api, scope or "bank:read"), owner):
            with subtests.test(f"{name} {scope if caller is not owner else 'admin'}"):
                response = call(caller, method, path, body, things_of(owner))
                assert response.status_code in FINE, response.text


def test_as_another_organisation(api: Api, subtests: pytest.Subtests) -> None:
    things = things_of(Integrator.of(api, "admin", org="acme"))
    stranger = Integrator.of(api, "admin", org="other")
    tables = ("invitations", "members", "reviews", "decisions", "exports", "appeals", "interviews", "api_keys")
    tables = tuple("memberships" if one == "members" else one for one in tables)

    def state() -> list[Any]:
        return [stranger.sql(f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {one} t") for one in tables]

    before = state()
    for name, (method, path, _, body) in zip(NAMES, ROUTES, strict=True):
        if "{" not in path and "invitation_ids" not in str(body):
            continue
        with subtests.test(name):
            problem(call(stranger, method, path, body, things), 404, "not-found")
    after = state()
    # The stranger's own key notes that it was used.
    assert before[:-1] == after[:-1]
    for path in ("/members", "/keys", "/invitations", "/exports", "/reviews", "/appeals", "/reviews/queue"):
        found = stranger.get(path).json()["items"]
        assert all(one["name"] == "test" for one in found) if path == "/keys" else found == [], path
    assert stranger.get("/live").json()["items"] == []
    assert stranger.get("/comparison").json()["candidates"] == []
