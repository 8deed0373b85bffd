"""Every route of the API as nobody, with the wrong key, and as another organisation; and the API's own description."""

from __future__ import annotations

import re
import uuid
from typing import Any

import hiring_routes
import pytest
from bank_routes import ROUTES as BANK_ROUTES
from bank_routes import UNREADABLE, bank_things_of
from conftest import Api
from integrator import GOOD, Integrator, problem
from starlette.testclient import TestClient

from app.accounts.keys import DEFAULT_SCOPES

"""Operations that answer with files."""
ITEM = "/interviews/{interview}/items/{item}"
HOOK = "/webhook-endpoints/{endpoint}"
ROUTES: list[tuple[str, str, str, Any]] = [
    *BANK_ROUTES,
    ("POST", "/interviews", "interviews:write", {"template": "warm-up"}),
    ("GET", "/interviews", "interviews:read", None),
    ("GET", "/interviews/{interview}", "interviews:read", None),
    ("POST", "/interviews/{interview}/start", "interviews:write", None),
    ("POST", ITEM + "/open", "interviews:write", None),
    ("PUT", ITEM + "/draft", "interviews:write", {"text": "a", "base_revision": 0}),
    ("POST", ITEM + "/answer", "interviews:write", {"text": "a"}),
    ("GET", ITEM + "/assessment", "interviews:read", None),
    ("POST", "/interviews/{interview}/finish", "interviews:write", None),
    ("GET", "/interviews/{interview}/report", "interviews:read", None),
    ("POST", "/gradings", "gradings:write", {"answer": "a", "references": ["b"]}),
    ("GET", "/gradings/{grading}", "gradings:write", None),
    ("POST", "/webhook-endpoints", "webhooks:write", {"url": "https://hooks.example.org/"}),
    ("GET", "/webhook-endpoints", "webhooks:write", None),
    ("GET", HOOK, "webhooks:write", None),
    ("PATCH", HOOK, "webhooks:write", {"description": "a"}),
    ("DELETE", HOOK, "webhooks:write", None),
    ("POST", HOOK + "/rotate", "webhooks:write", None),
    ("POST", HOOK + "/test", "webhooks:write", None),
    ("GET", HOOK + "/deliveries", "webhooks:write", None),
    ("GET", HOOK + "/deliveries/{delivery}", "webhooks:write", None),
    ("POST", HOOK + "/deliveries/{delivery}/replay", "webhooks:write", None),
    ("GET", "/events", "webhooks:write", None),
    ("POST", "/grading-batches", "gradings:write", [{"answer": "a", "references": ["b"]}]),
    ("GET", "/grading-batches", "gradings:write", None),
    ("GET", "/grading-batches/{batch}", "gradings:write", None),
    ("GET", "/grading-batches/{batch}/results", "gradings:write", None),
    ("DELETE", "/grading-batches/{batch}", "gradings:write", None),
]
# What gives a file, and not JSON.
FILES = {
    "/api/v1/interviews/{interview_id}/report.pdf": ["application/pdf"],
    "/api/v1/exports/{export_id}/file": ["application/json", "text/csv"],
}
EXPORT = "/api/v1/bank/export"
"""Each of its formats is a type of its own."""
NAMES = [f"{method} {path}" for method, path, _, _ in ROUTES]
OWNED = [route for route in ROUTES if "{" in route[1]]


def things_of(owner: Integrator) -> dict[str, str]:
    """An interview, one of its items with an answer, a grading and a batch, a webhook endpoint, things of the bank."""
    made = owner.interview()
    owner.post(made["items"][0]["links"]["answer"], {"text": GOOD})
    grading = owner.post("/gradings", {"answer": "a", "references": ["b"]}).json()
    hook = owner.post("/webhook-endpoints", {"url": "https://hooks.example.org/"}).json()
    sent = owner.post(hook["links"]["test"]).json()
    batch = owner.post("/grading-batches", [{"answer": "a", "references": ["b"]}]).json()
    return {
        "interview": made["id"],
        "item": made["items"][0]["id"],
        "grading": grading["id"],
        "endpoint": hook["id"],
        "delivery": sent["id"],
        "batch": batch["id"],
        **bank_things_of(owner),
    }


def nothings(path: str) -> str:
    """The path with names of nothing."""
    return re.sub(r"\{(\w+)\}", lambda m: "none" if m[1] in {"question", "template"} else str(uuid.uuid4()), path)


def test_the_list_above_is_whole(client: TestClient) -> None:
    """A new route must come into this file."""
    document = client.get("/api/v1/openapi.json").json()
    found = {
        (method.upper(), _named(path.removeprefix("/api/v1")))
        for path, methods in document["paths"].items()
        if path.startswith("/api/v1/")
        for method in methods
    }
    here = {(method, _named(path)) for method, path, _, _ in ROUTES}
    here |= {
        (method, _named(hiring_routes.as_documented(path).replace("what-learning-is", "{question}")))
        for method, path, _, _ in hiring_routes.ROUTES
    }
    assert found == here


def _named(path: str) -> str:
    """The path without the names of its parts."""
    return re.sub(r"/versions/1", "/versions/{}", re.sub(r"\{\w+\}", "{}", path))


@pytest.mark.parametrize(("method", "path", "scope", "body"), ROUTES, ids=NAMES)
def test_without_a_key(client: TestClient, method: str, path: str, scope: str, body: Any) -> None:
    url = "/api/v1" + nothings(path)
    response = client.request(method, url, json=body)
    problem(response, 401, "unauthenticated")
    assert response.headers["www-authenticate"] == 'Bearer realm="viva"'


@pytest.mark.parametrize(("method", "path", "scope", "body"), ROUTES, ids=NAMES)
def test_with_every_scope_but_the_right_one(api: Api, method: str, path: str, scope: str, body: Any) -> None:
    things = things_of(Integrator.of(api))
    for lacking in scope.split():
        others = [one for one in DEFAULT_SCOPES if one != lacking]
        response = Integrator.of(api, *others).call(method, path.format(**things), json=body)
        found = problem(response, 403, "missing-scope")
        assert found["detail"] == f"This key lacks the scope '{lacking}'."
        assert found["scope"] == lacking


@pytest.mark.parametrize(("method", "path", "scope", "body"), ROUTES, ids=NAMES)
def test_the_right_scope_is_enough(api: Api, method: str, path: str, scope: str, body: Any) -> None:
    things = things_of(Integrator.of(api))
    # 409: the interview of the test runs and its question is answered, which is not a matter of access.
    good = {200, 201, 202, 204, 409} | ({422} if f"{method} {path}" in UNREADABLE else set())
    seen = {"if-match": "*"}
    response = Integrator.of(api, *scope.split()).call(method, path.format(**things), json=body, headers=seen)
    assert response.status_code in good, response.text
    org = "acme" if method == "DELETE" else None
    if org:
        things = things_of(Integrator.of(api, org=org))
    response = Integrator.of(api, "admin", org=org).call(method, path.format(**things), json=body, headers=seen)
    assert response.status_code in good, response.text


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
            assert [list(needed) for needed in operation["security"]] == [["ApiKey"]]
            assert {"401", "403", "422"} <= set(operation["responses"])
            for status, described in operation["responses"].items():
                kinds = ["application/problem+json"] if int(status) >= 400 else FILES.get(path, ["application/json"])
                if path != EXPORT or status != "200":
                    assert list(described.get("content", {})) == ([] if status == "204" else kinds), (path, status)
    assert len(set(ids)) == len(ids) == len(ROUTES) + len(hiring_routes.ROUTES)
    assert "HTTPValidationError" not in schemas
    text = response.text
    for reference in set(text.split('"$ref":"#/components/schemas/')[1:]):
        assert reference.split('"')[0] in schemas


def test_unknown_address_and_method(api: Api) -> None:
    mine = Integrator.of(api)
    problem(mine.get("/nothing"), 404, "not-found")
    problem(mine.call("DELETE", "/questions"), 405, "method-not-allowed")
