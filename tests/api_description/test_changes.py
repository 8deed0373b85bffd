"""What breaks a client is found, what does not is let through, and the file in docs/ is what the code has."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.kit.config import ROOT

from .conftest import document

sys.path.append(str(ROOT / "scripts"))
import openapi as script
from openapi_changes import breaking_changes

Change = Callable[[dict[str, Any]], object]
OLD: dict[str, Any] = {
    "info": {"title": "T", "version": "0.1.0"},
    "paths": {
        "/api/v1/things": {
            "post": {
                "operationId": "makeThing",
                "security": [{"ApiKey": ["things:write"]}],
                "parameters": [
                    {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer", "maximum": 100}},
                    {"name": "Prefer", "in": "header", "required": False, "schema": {"type": "string"}},
                ],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ThingIn"}}},
                },
                "responses": {
                    "200": {
                        "headers": {"Location": {}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    },
                    "409": {"content": {"application/problem+json": {"schema": {"type": "object"}}}},
                },
            },
            "get": {
                "operationId": "listThings",
                "security": [{"ApiKey": ["things:read"]}],
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {
                                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}
                            }
                        }
                    }
                },
            },
        }
    },
    "components": {
        "schemas": {
            "ThingIn": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "maxLength": 200},
                    "kind": {"anyOf": [{"enum": ["a", "b"], "type": "string"}, {"type": "null"}]},
                    "size": {"type": "number"},
                },
            },
            "Thing": {
                "type": "object",
                "required": ["id", "parts"],
                "properties": {
                    "id": {"type": "string"},
                    "state": {"enum": ["new", "old"], "type": "string"},
                    "size": {"type": "number"},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                },
            },
        }
    },
}


def make(of: dict[str, Any]) -> dict[str, Any]:
    return dict(of["paths"]["/api/v1/things"]["post"])


def taken(of: dict[str, Any]) -> dict[str, Any]:
    return of["components"]["schemas"]["ThingIn"]  # type: ignore[no-any-return]


def given(of: dict[str, Any]) -> dict[str, Any]:
    return of["components"]["schemas"]["Thing"]  # type: ignore[no-any-return]


BREAKING: dict[str, tuple[Change, str]] = {
    "operation gone": (lambda d: d["paths"]["/api/v1/things"].pop("post"), "POST /api/v1/things is gone"),
    "path gone": (lambda d: d["paths"].clear(), "POST /api/v1/things is gone"),
    "operation id": (lambda d: make_set(d, "operationId", "other"), "the operation id is now other"),
    "scope": (lambda d: make_set(d, "security", [{"ApiKey": ["admin"]}]), "it needs the scope admin"),
    "parameter gone": (lambda d: make(d)["parameters"].pop(0), "the query parameter limit is gone"),
    "parameter required": (lambda d: make(d)["parameters"][1].update(required=True), "the header parameter Prefer is now required"),
    "new required parameter": (
        lambda d: make(d)["parameters"].append({"name": "x", "in": "query", "required": True}),
        "the query parameter x is new and required",
    ),
    "tighter maximum": (lambda d: make(d)["parameters"][0]["schema"].update(maximum=50), "query parameter limit: maximum is 50, was 100"),
    "field not taken": (lambda d: taken(d)["properties"].pop("size"), "body: the field size is gone"),
    "field required": (lambda d: taken(d)["required"].append("size"), "body: the field size is now required"),
    "new required field": (
        lambda d: (taken(d)["properties"].update(new={"type": "string"}), taken(d)["required"].append("new")),
        "body: the field new is now required",
    ),
    "narrower type": (lambda d: taken(d)["properties"]["size"].update(type="integer"), "body.size: was number, is integer"),
    "narrower choice": (
        lambda d: taken(d)["properties"]["kind"]["anyOf"][0].update(enum=["a"]), "body.kind: 'b' is not taken any more",
    ),
    "null refused": (lambda d: taken(d)["properties"]["kind"]["anyOf"].pop(), "body.kind: was null, is string"),
    "shorter": (lambda d: taken(d)["properties"]["name"].update(maxLength=100), "body.name: maxLength is 100, was 200"),
    "new limit": (lambda d: taken(d)["properties"]["name"].update(minLength=1), "body.name: minLength is 1, was free"),
    "pattern": (lambda d: taken(d)["properties"]["name"].update(pattern="^a"), "body.name: has to match ^a"),
    "strict": (lambda d: taken(d).update(additionalProperties=False), "body: unknown fields are refused now"),
    "media type": (
        lambda d: make(d)["requestBody"].update(content={"text/csv": {}}), "the body may not be application/json any more",
    ),
    "no body": (lambda d: d["paths"]["/api/v1/things"]["post"].pop("requestBody"), "it takes no body any more"),
    "status gone": (lambda d: make(d)["responses"].pop("409"), "the status 409 is gone"),
    "new success": (lambda d: make(d)["responses"].update({"202": {}}), "the status 202 is new, and no error"),
    "header gone": (lambda d: make(d)["responses"]["200"].pop("headers"), "200 has no header Location any more"),
    "field gone": (lambda d: given(d)["properties"].pop("size"), "200 response: the field size is gone"),
    "field may be absent": (lambda d: given(d)["required"].remove("id"), "200 response: the field id may be absent now"),
    "another type": (lambda d: given(d)["properties"]["id"].update(type="integer"), "200 response.id: was string, is integer"),
    "wider choice": (lambda d: given(d)["properties"]["state"]["enum"].append("gone"), "200 response.state: 'gone' may come now"),
    "any value": (lambda d: given(d)["properties"]["state"].pop("enum"), "200 response.state: any value may come now"),
    "null": (
        lambda d: given(d)["properties"].update(size={"anyOf": [{"type": "number"}, {"type": "null"}]}),
        "200 response.size: was number, is null",
    ),
}  # fmt: skip
HARMLESS: dict[str, Change] = {
    "nothing": lambda d: None,
    "words": lambda d: make_set(d, "description", "Otherwise."),
    "new operation": lambda d: d["paths"].update({"/api/v1/more": {"get": {"operationId": "more", "responses": {}}}}),
    "new optional parameter": lambda d: make(d)["parameters"].append({"name": "x", "in": "query"}),
    "new optional field": lambda d: taken(d)["properties"].update(new={"type": "string"}),
    "optional field": lambda d: taken(d)["required"].remove("name"),
    "wider": lambda d: taken(d)["properties"]["name"].update(maxLength=300),
    "more choices to send": lambda d: taken(d)["properties"]["kind"]["anyOf"][0]["enum"].append("c"),
    "null may be sent": lambda d: taken(d)["properties"].update(size={"anyOf": [{"type": "number"}, {"type": "null"}]}),
    "anything may be sent": lambda d: taken(d)["properties"].update(size={}),
    "fewer choices come": lambda d: given(d)["properties"]["state"]["enum"].pop(),
    "never null": lambda d: given(d)["properties"].update(note={"type": "string"}),
    "narrower number comes": lambda d: given(d)["properties"]["size"].update(type="integer"),
    "new field comes": lambda d: given(d)["properties"].update(new={"type": "string"}),
    "always there": lambda d: given(d)["required"].append("size"),
    "new error": lambda d: make(d)["responses"].update({"429": {}}),
    "header in small letters": lambda d: make(d)["parameters"][1].update(name="prefer"),
    "named otherwise": lambda d: json.loads(json.dumps(d).replace("schemas/Thing", "schemas/Other")),
}


def make_set(of: dict[str, Any], name: str, value: Any) -> None:
    of["paths"]["/api/v1/things"]["post"][name] = value


@pytest.mark.parametrize("name", BREAKING)
def test_what_breaks_is_found(name: str) -> None:
    change, words = BREAKING[name]
    new = copy.deepcopy(OLD)
    change(new)
    assert words in [one.what for one in breaking_changes(OLD, new)]


@pytest.mark.parametrize("name", HARMLESS)
def test_what_does_not_is_let_through(name: str) -> None:
    new = copy.deepcopy(OLD)
    HARMLESS[name](new)
    assert breaking_changes(OLD, new) == []


def test_every_field_of_the_real_document_counts() -> None:
    """Taking any field out of any schema that operations use is found.

    Only operations that reach the schema can find it, so each is compared alone, until one does.
    """
    old = document()
    new = copy.deepcopy(old)
    reaching = operations_by_schema(old)
    missed = []
    for name, schema in new["components"]["schemas"].items():
        fields = schema.get("properties", {})
        for field in list(fields):
            whole = dict(fields)
            del fields[field]
            if name != "Problem" and not any(breaking_changes(alone, new) for alone in reaching.get(name, [])):
                missed.append(f"{name}.{field}")
            fields.update(whole)
    assert not missed
    assert new == old


def operations_by_schema(of: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """By the name of a schema: for each operation that reaches it, the document with this operation alone."""
    schemas = of["components"]["schemas"]
    found: dict[str, list[dict[str, Any]]] = {}
    for path, methods in of["paths"].items():
        for method, operation in methods.items():
            reached: set[str] = set()
            ahead = names_in(operation)
            while ahead:
                reached |= ahead
                ahead = {name for one in ahead for name in names_in(schemas[one])} - reached
            for name in reached:
                found.setdefault(name, []).append({**of, "paths": {path: {method: operation}}})
    return found


def names_in(value: Any) -> set[str]:
    """The schemas that are referred to somewhere in a value."""
    return set(re.findall(r"#/components/schemas/([\w.-]+)", json.dumps(value)))


@pytest.mark.parametrize(
    ("before", "after", "may"),
    [("0.1.0", "0.1.1", False), ("0.1.0", "0.2.0", True), ("0.1.0", "1.0.0", True), ("1.2.0", "1.3.0", False),
     ("1.2.0", "2.0.0", True), ("0.2.0", "0.1.0", False), ("0.0.1", "0.0.2", True)],
)  # fmt: skip
def test_versions_that_may_break(before: str, after: str, may: bool) -> None:
    assert script.may_break(before, after) is may


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose document has been committed."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## 0.1.0 — unreleased\n\n- Things.\n")
    (tmp_path / script.KEPT).write_text(script.text_of(OLD))
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "things")
    return tmp_path


def run(project: Path, now: dict[str, Any], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(script, "as_the_code_has_it", lambda: now)
    monkeypatch.setattr(sys, "argv", ["openapi.py", *arguments])
    return script.main(project)


def changed(name: str) -> dict[str, Any]:
    new = copy.deepcopy(OLD)
    (BREAKING[name][0] if name in BREAKING else HARMLESS[name])(new)
    return new


def test_the_check(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(project, OLD, monkeypatch, "--check") == 0
    harmless, breaking = changed("new optional field"), changed("field gone")
    assert run(project, harmless, monkeypatch, "--check") == 1
    assert "run `make openapi`" in capsys.readouterr().err
    assert run(project, harmless, monkeypatch) == 0
    assert run(project, harmless, monkeypatch, "--check") == 0
    assert run(project, breaking, monkeypatch) == 1
    assert "makeThing: 200 response: the field size is gone" in capsys.readouterr().err
    assert json.loads((project / script.KEPT).read_text()) == harmless, "nothing was written"


def test_a_file_written_by_hand_does_not_hide_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    breaking = changed("field gone")
    (project / script.KEPT).write_text(script.text_of(breaking))
    assert run(project, breaking, monkeypatch, "--check") == 1
    git(project, "commit", "-qam", "hidden")
    assert run(project, breaking, monkeypatch, "--check") == 1


def test_the_changelog_or_the_version_lets_it_pass(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    breaking = changed("field gone")
    log = project / "CHANGELOG.md"
    words = log.read_text()
    log.write_text(words + "- **Breaking for integrators:** `makeThing` tells no `size`.\n")
    assert run(project, breaking, monkeypatch) == 1, "`listThings` is not named"
    log.write_text(words + "- **Breaking for integrators:** `makeThing` and\n  `listThings` tell no `size`.\n")
    assert run(project, breaking, monkeypatch) == 0
    log.write_text(words)
    newer = copy.deepcopy(breaking)
    newer["info"]["version"] = "0.2.0"
    assert run(project, newer, monkeypatch) == 0


def test_without_git_the_file_alone_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "CHANGELOG.md").write_text("")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert run(tmp_path, OLD, monkeypatch, "--check") == 1
    assert run(tmp_path, OLD, monkeypatch) == 0
    assert run(tmp_path, OLD, monkeypatch, "--check") == 0


def test_the_file_is_what_the_code_has() -> None:
    assert (ROOT / script.KEPT).read_text(encoding="utf-8") == script.text_of(document()), "run `make openapi`"
