"""How operations read in the reference: calls that can be pasted into a shell, with bodies as they are sent."""

from __future__ import annotations

import json
import shlex

import pytest

from app.documentation.examples import request_bodies
from app.documentation.reference import Operation, Reference
from app.documentation.schema_words import SchemaReader
from tests.api_description.conftest import document


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference(document())


def words(operation: Operation) -> list[str]:
    """What a shell makes of the call."""
    return shlex.split(operation.curl.replace("\\\n", " "))


def sent(operation: Operation) -> str:
    called = words(operation)
    return called[called.index("-d") + 1]


def test_every_body_is_shown_as_it_is_sent(reference: Reference) -> None:
    reader = SchemaReader(document())
    shown = 0
    for tag in reference.tags:
        for one in tag.operations:
            bodies = request_bodies(reader, document()["paths"][one.path][one.method.lower()])
            if not bodies:
                continue
            kind, body = bodies[0]
            assert f"Content-Type: {kind}" in words(one)
            assert (json.loads(sent(one)) if kind == "application/json" else f"{sent(one)}\n") == body, one.id
            assert one.body is not None
            assert len(one.body.others) == len(bodies) - 1
            shown += 1
    assert shown > 30


def test_a_file_is_shown_with_its_lines(reference: Reference) -> None:
    operation = reference.operation("importQuestions")
    assert sent(operation).startswith("slug: early-stopping-in-practice\ntitle: ")
    assert operation.body is not None
    assert ("text/plain", "::Momentum::") in [(kind, one[:12]) for kind, one in operation.body.others]
    assert "text/csv" in operation.body.other_types


def test_fields_stand_in_the_order_of_the_schema(reference: Reference) -> None:
    assert list(json.loads(sent(reference.operation("reviewAnswer")))) == [
        "reviewer", "score", "verdicts", "reason", "comment",
    ]  # fmt: skip
    candidate = json.loads(sent(reference.operation("createInvitations")))["candidates"][0]
    assert list(candidate) == ["name", "email", "external_id"]


@pytest.mark.parametrize(
    ("operation_id", "word"),
    [
        ("changeMember", 'If-Match: "3c6e0b8a9c15224a8228"'),
        ("readPicture", "$VIVA/api/v1/analytics/questions"),
        ("printReport", "-OJ"),
        ("exportQuestions", "-OJ"),
    ],
)
def test_what_a_call_needs_is_in_it(reference: Reference, operation_id: str, word: str) -> None:
    assert word in words(reference.operation(operation_id))


def test_what_is_json_is_not_saved_as_a_file(reference: Reference) -> None:
    assert "-OJ" not in words(reference.operation("readReport"))
