"""Every example of the API's description, run for real: requests are sent and succeed, responses fit their schemas.

After adding an operation give its body an example and record what it answers:
`RECORD_EXAMPLES=1 make test ARGS=tests/api_description/test_examples.py`.
"""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from typing import Any

import pytest
from httpx2 import Response
from jsonschema import Draft202012Validator

from app.documentation.description import EXAMPLES, operations, recorded_examples
from app.documentation.examples import JSON, content_examples, request_bodies, request_examples
from app.documentation.schema_words import SchemaReader

from .before import STILL
from .conftest import RECORDS, document
from .keeping import Keeping
from .walk import WAIT, Walk

DOCUMENT = document()
READER = SchemaReader(DOCUMENT)
ALL = {operation["operationId"]: operation for _, _, operation in operations(DOCUMENT)}
SENT = [
    (operation_id, number)
    for operation_id, operation in ALL.items()
    for number in range(max(1, len(request_bodies(READER, operation))))
]
HINT = "RECORD_EXAMPLES=1 make test ARGS=tests/api_description/test_examples.py"


def faults(content: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with a body by its schema."""
    schema = content["schema"] | {"components": DOCUMENT["components"]}
    found = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).iter_errors(value)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


@pytest.mark.parametrize(("operation_id", "example"), SENT, ids=[f"{name}-{number}" for name, number in SENT])
def test_request_examples_succeed(walk: Walk, operation_id: str, example: int) -> None:
    waits = any(one["name"].lower() == "prefer" for one in ALL[operation_id].get("parameters", []))
    with walk.site.worker_paused() if operation_id in STILL else nullcontext():
        for headers in [{}, WAIT] if waits else [{}]:
            response = walk.call(operation_id, example, **headers)
            assert response.status_code < 300, (
                f"{operation_id}: its example is not answered with success: {response.status_code} "
                f"{response.text[:400]}. If something must be done before it, name that in BEFORE of "
                "tests/api_description/before.py."
            )
            check(operation_id, response)
            if os.environ.get(RECORDS) and example == 0:
                record(operation_id, response, Keeping(walk))


def check(operation_id: str, response: Response) -> None:
    """A response is one that the document describes."""
    described = ALL[operation_id]["responses"]
    assert str(response.status_code) in described, f"{operation_id}: {response.status_code} is not described"
    contents = described[str(response.status_code)].get("content", {})
    kind = response.headers.get("content-type", "").partition(";")[0]
    if not contents:
        assert not response.content, f"{operation_id}: has a body that is not described"
        return
    assert kind in contents, f"{operation_id}: {kind} is not described"
    assert response.content
    if kind == JSON:
        assert faults(contents[kind], response.json()) == []


def by_hand(content: dict[str, Any]) -> bool:
    """Whether an author has written an example by hand."""
    return "examples" in content


def test_every_operation_has_examples() -> None:
    """What lacks one, all at once."""
    lacking = []
    for operation_id, operation in ALL.items():
        body = operation.get("requestBody")
        if body and body.get("required") and not request_examples(READER, operation):
            lacking.append(f"{operation_id}: its request (model_config, json_schema_extra, examples)")
        good = [
            response["content"][JSON]
            for status, response in operation["responses"].items()
            if status < "300" and next(iter(response.get("content", {})), None) == JSON
        ]
        if good and not any(content_examples(READER, content) for content in good):
            lacking.append(f"{operation_id}: its response ({HINT})")
    assert not lacking, "\n".join(["examples are missing:", *lacking])


def test_response_examples_fit_their_schemas() -> None:
    wrong = []
    for operation_id, operation in ALL.items():
        for status, response in operation["responses"].items():
            for content in response.get("content", {}).values():
                for example in content_examples(READER, content):
                    wrong += [f"{operation_id} {status}: {fault}" for fault in faults(content, example)]
        for content in operation.get("requestBody", {}).get("content", {}).values():
            for example in content_examples(READER, content):
                wrong += [f"{operation_id}, request: {fault}" for fault in faults(content, example)]
    assert not wrong, "\n".join([*wrong, f"Recorded ones are made anew by: {HINT}"])


def test_nothing_is_recorded_of_what_is_gone() -> None:
    for operation_id, by_status in recorded_examples().items():
        assert operation_id in ALL, f"{operation_id} is gone: take it out of {EXAMPLES.name}"
        assert set(by_status) <= set(ALL[operation_id]["responses"]), operation_id


def record(operation_id: str, response: Response, keeping: Keeping) -> None:
    """Keep what was answered as the example of the document, unless an author has written one by hand."""
    status, kind = str(response.status_code), response.headers.get("content-type", "").partition(";")[0]
    content = ALL[operation_id]["responses"][status].get("content", {}).get(JSON)
    if kind != JSON or content is None or by_hand(content):
        return
    recorded = recorded_examples()
    recorded.setdefault(operation_id, {})[status] = keeping.kept(response.json())
    # In the document's order, so that what changes is what is seen to change.
    ordered = {name: dict(sorted(recorded[name].items())) for name in ALL if name in recorded}
    EXAMPLES.write_text(json.dumps(ordered, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
