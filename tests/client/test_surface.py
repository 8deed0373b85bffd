"""The client against Viva's OpenAPI document: nothing that the API can do is missing."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import typing
from typing import Any

import pytest

from app.kit.config import ROOT, Settings
from app.main import create_app
from viva_client import AsyncViva, Viva, VivaProblem, inputs, models
from viva_client.problem_types import PROBLEMS

DOCUMENT: dict[str, Any] = create_app(Settings(encoder="hashed"), "postgresql+psycopg://x@127.0.0.1:1/x").openapi()
SPECIAL = {"prefer": "wait", "idempotency-key": "idempotency_key", "if-match": "if_match"}
OPERATIONS = [
    (path, verb, said)
    for path, item in DOCUMENT["paths"].items()
    if path.startswith("/api/")
    for verb, said in item.items()
    if verb in {"get", "put", "post", "delete", "patch"}
]


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", name).strip("_").lower()


@pytest.mark.parametrize("client", [Viva, AsyncViva])
@pytest.mark.parametrize(("path", "verb", "said"), OPERATIONS, ids=[said["operationId"] for _, _, said in OPERATIONS])
def test_every_operation_has_its_method(client: type[Any], path: str, verb: str, said: dict[str, Any]) -> None:
    group = getattr(client("http://viva.test", "viva_key"), snake(said["tags"][0]))
    method = getattr(group, snake(said["operationId"]))
    parameters = inspect.signature(method).parameters
    expected = {SPECIAL.get(one["name"].lower(), snake(one["name"])) for one in said.get("parameters", [])}
    expected |= {"body"} if "requestBody" in said else set()
    assert {name.rstrip("_") for name in parameters} == expected
    for one in said.get("parameters", []):
        name = SPECIAL.get(one["name"].lower(), snake(one["name"]))
        has_default = parameters[name].default is not inspect.Parameter.empty
        assert has_default is not one.get("required", False), name
    assert said["summary"].rstrip(".") in (method.__doc__ or "")


def test_what_is_generated_is_current() -> None:
    """`make check` looks, too; here it is seen by who runs the tests alone."""
    done = subprocess.run(
        [sys.executable, "scripts/client_models.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_model_is_whole() -> None:
    """Annotations are words until they are looked at: each must be a type that is there."""
    for module in (models, inputs):
        for name, found in vars(module).items():
            if isinstance(found, type) and found.__module__ == module.__name__:
                assert typing.get_type_hints(found), name
                if module is models:
                    found.model_rebuild()  # type: ignore[attr-defined]


def test_the_description_names_each_shape_once() -> None:
    """Generators make a class of each name: two of one name, or one that holds a module's, make no good class."""
    names = list(DOCUMENT["components"]["schemas"])
    assert [name for name in names if "__" in name] == []
    assert "GradingRequest" in names
    for _, _, said in OPERATIONS:
        for content in said.get("requestBody", {}).get("content", {}).values():
            assert "'properties'" not in str(content["schema"]), said["operationId"]


def test_every_problem_has_its_class() -> None:
    headings = set(re.findall(r"^## (.*)$", (ROOT / "docs/problems.md").read_text(encoding="utf-8"), re.M))
    assert headings <= {problem.kind for problem in (*PROBLEMS, VivaProblem)}
