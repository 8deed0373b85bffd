"""Every route of the API as nobody, with the wrong key, and as another organisation; and the API's own description."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from conftest import Api
from integrator import GOOD, Integrator, problem
from starlette.testclient import TestClient

from app.accounts.keys import DEFAULT_SCOPES

ITEM = "/interviews/{interview}/items/{item}"
ROUTES: list[tuple[str, str, str, Any]] = [
    ("GET", "/questions", "bank:read", None),
    ("GET", "/questions/what-learning-is", "bank:read", None),
    ("GET", "/templates", "bank:read", None),
    ("GET", "/templates/warm-up", "bank:read", None),
    ("POST", "/interviews", "interviews:write", {"template": "warm-up"}),
    ("GET", "/interviews", "interviews:read", None),
    ("GET", "/interviews/{interview}", "interviews:read", None),
    ("POST", "/interviews/{interview}/start", "interviews:write", None),
    ("PUT", ITEM + "/draft", "interviews:write", {"text": "a", "base_revision": 0}),
    ("POST", ITEM + "/answer", "interviews:write", {"text": "a"}),
    ("GET", ITEM + "/assessment", "interviews:read", None),
    ("POST", "/interviews/{interview}/finish", "interviews:write", None),
    ("GET", "/interviews/{interview}/report", "interviews:read", None),
    ("POST", "/gradings", "gradings:write", {"answer": "a", "references": ["b"]}),
    ("GET", "/gradings/{grading}", "gradings:write", None),
]
NAMES = [f"{method} {path}" for method, path, _, _ in ROUTES]
OWNED = [route for route in ROUTES if "{" in route[1]]


def things_of(owner: Integrator) -> dict[str, str]:
    """An interview, one of its items with an answer, and a grading."""
    made = owner.interview()
    owner.post(made["items"][0]["links"]["answer"], {"text": GOOD})
    grading = owner.post("/gradings", {"answer": "a", "references": ["b"]}).json()
    return {"interview": made["id"], "item": made["items"][0]["id"], "grading": grading["id"]}


def test_the_list_above_is_whole(client: TestClient) -> None:
    """A new route must come into this file."""
    document = client.get("/api/v1/openapi.json").json()
    found = {
        (method.upper(), path.removeprefix("/api/v1").replace("_id}", "}").replace("{slug}", "what-learning-is"))
        for path, methods in document["paths"].items()
        if path.startswith("/api/v1/")
        for method in methods
    }
    here = {(method, path.replace("warm-up", "what-learning-is")) for method, path, _, _ in ROUTES}
    assert found == here


@pytest.mark.parametrize(("method", "path", "scope", "body"), ROUTES, ids=NAMES)
def test_without_a_key(client: TestClient, method: str, path: str, scope: str, body: Any) -> None:
    url = "/api/v1" + path.format(interview=uuid.uuid4(), item=uuid.uuid4(), grading=uuid.uuid4())
    response = client.request(method, url, json=body)
    problem(response, 401, "unauthenticated")
    assert response.headers["www-authenticate"] == 'Bearer realm="viva"'


@pytest.mark.parametrize(("method", "path", "scope", "body"), ROUTES, ids=NAMES)
def test_with_every_scope_but_the_right_one(api: Api, method: str, path: str, scope: str, body: Any) -> None:
    things = things_of(Integrator.of(api))
    others = [one for one in DEFAULT_SCOPES if one != scope]
    found = problem(Integrator.of(api, *others).call(method, path.format(**things), json=body), 403, "missing-scope")
    assert found["detail"] == f"This key lacks the scope '{scope}'."
    assert found["scope"] == scope


@pytest.mark.parametrize(("method", "path", "scope", "body"), ROUTES, ids=NAMES)
def test_the_right_scope_is_enough(api: Api, method: str, path: str, scope: str, body: Any) -> None:
    things = things_of(Integrator.of(api))
    response = Integrator.of(api, scope).call(method, path.format(**things), json=body)
    # 409: the interview of the test runs and its question is answered, which is not a matter of access.
    assert response.status_code in {200, 201, 202, 409}, response.text
    response = Integrator.of(api, "admin").call(method, path.format(**things), json=body)
    assert response.status_code in {200, 201, 202, 409}, response.text


@pytest.mark.parametrize(
    ("method", "path", "scope", "body"), OWNED, ids=[f"{method} {path}" for method, path, _, _ in OWNED]
)
def test_as_another_organisation(api: Api, method: str, path: str, scope: str, body: Any) -> None:
    things = things_of(Integrator.of(api, org="acme"))
    stranger = Integrator.of(api, "admin", org="other")
    before = stranger.sql("SELECT count(*) FROM drafts")[0][0]
    for wait in (None, 1):
        problem(stranger.call(method, path.format(**things), json=body, wait=wait), 404, "not-found")
    assert stranger.sql("SELECT count(*) FROM drafts")[0][0] == before
    assert stranger.get("/interviews").json()["items"] == []


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer nonsense", "Basic dTpw", "Bearer viva_" + "x" * 5000, "Bearer é"]
)
def test_keys_that_are_none(client: TestClient, value: str) -> None:
    response = client.get("/api/v1/questions", headers={"authorization": value.encode()})
    problem(response, 401, "unauthenticated")


@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
def test_key_that_is_good_no_longer(api: Api, column: str) -> None:
    mine = Integrator.of(api)
    assert mine.get("/questions").status_code == 200
    mine.sql(f"UPDATE api_keys SET {column} = viva_now() - interval '1 second'")
    problem(mine.get("/questions"), 401, "unauthenticated")


def test_a_browsers_cookie_is_no_key(client: TestClient) -> None:
    client.post("/start", data={"template": "warm-up"})
    assert client.cookies
    problem(client.get("/api/v1/interviews"), 401, "unauthenticated")


def test_the_description_needs_no_key_and_is_whole(client: TestClient) -> None:
    response = client.get("/api/v1/openapi.json")
    assert response.status_code == 200
    document = response.json()
    schemas = document["components"]["schemas"]
    assert document["components"]["securitySchemes"]["ApiKey"]["scheme"] == "bearer"
    ids = []
    for path, methods in document["paths"].items():
        if not path.startswith("/api/v1/"):
            continue
        for operation in methods.values():
            ids.append(operation["operationId"])
            assert operation["summary"]
            assert "scope" in operation["description"]
            assert operation["tags"]
            assert operation["security"] == [{"ApiKey": []}]
            assert {"401", "403", "422"} <= set(operation["responses"])
            for status, described in operation["responses"].items():
                kind = "application/problem+json" if int(status) >= 400 else "application/json"
                assert list(described["content"]) == [kind], (path, status)
    assert len(set(ids)) == len(ids) == len(ROUTES)
    assert "HTTPValidationError" not in schemas
    text = response.text
    for reference in set(text.split('"$ref":"#/components/schemas/')[1:]):
        assert reference.split('"')[0] in schemas


def test_unknown_address_and_method(api: Api) -> None:
    mine = Integrator.of(api)
    problem(mine.get("/nothing"), 404, "not-found")
    problem(mine.call("DELETE", "/questions"), 405, "method-not-allowed")
