"""Every example of the API's description, run for real: requests are sent and succeed, responses fit their schemas.

After adding an operation give its body an example and record what it answers:
`RECORD_EXAMPLES=1 make test ARGS=tests/api_description/test_examples.py`.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any

import pytest
from httpx2 import Client, Response
from jsonschema import Draft202012Validator

from app.documentation.description import EXAMPLES, operations, recorded_examples
from app.documentation.examples import content_examples, request_examples
from app.documentation.schema_words import SchemaReader

from .conftest import RECORDS, document
from .pending import PENDING
from .walk import WAIT, CannotCallError, Walk

DOCUMENT = document()
READER = SchemaReader(DOCUMENT)
ALL = {operation["operationId"]: operation for _, _, operation in operations(DOCUMENT)}
SENT = [
    (operation_id, number)
    for operation_id, operation in ALL.items()
    if operation_id not in PENDING
    for number in range(max(1, len(request_examples(READER, operation))))
]
HINT = "RECORD_EXAMPLES=1 make test ARGS=tests/api_description/test_examples.py"


def faults(content: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with a body by its schema."""
    schema = content["schema"] | {"components": DOCUMENT["components"]}
    found = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).iter_errors(value)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


@pytest.mark.parametrize(("operation_id", "example"), SENT, ids=[f"{name}-{number}" for name, number in SENT])
def test_request_examples_succeed(integrator: Client, operation_id: str, example: int) -> None:
    operation = ALL[operation_id]
    waits = any(one["name"].lower() == "prefer" for one in operation.get("parameters", []))
    said = []
    for look_first in (False, True):
        try:
            walk = Walk(integrator, DOCUMENT, look_first=look_first)
            responses = [walk.call(operation_id, example, **headers) for headers in ([{}, WAIT] if waits else [{}])]
        except CannotCallError as error:
            said.append(str(error))
            continue
        if all(response.status_code < 300 for response in responses):
            for response in responses:
                check(operation_id, response)
            return
        said += [f"{response.status_code} {response.text[:400]}" for response in responses]
    pytest.fail(
        f"{operation_id}: its example is not answered with success: {said}. If something must be done before it, "
        "name that in BEFORE of tests/api_description/walk.py."
    )


def check(operation_id: str, response: Response) -> None:
    """A response is one that the document describes; where examples are recorded, it is kept."""
    described = ALL[operation_id]["responses"]
    assert str(response.status_code) in described, f"{operation_id}: {response.status_code} is not described"
    content = described[str(response.status_code)].get("content", {}).get("application/json")
    if content is None:
        return
    body = response.json()
    assert faults(content, body) == []
    if os.environ.get(RECORDS) and not by_hand(content):
        keep(operation_id, str(response.status_code), body)


def by_hand(content: dict[str, Any]) -> bool:
    """Whether an author has written an example by hand."""
    return "examples" in content


def test_every_operation_has_examples() -> None:
    """The list of what lacks one, all at once."""
    assert set(ALL) >= PENDING, "operations that are gone: take them off the list"
    lacking = []
    for operation_id, operation in ALL.items():
        if operation_id in PENDING:
            continue
        body = operation.get("requestBody")
        if body and body.get("required") and not request_examples(READER, operation):
            lacking.append(f"{operation_id}: its request (model_config, json_schema_extra, examples)")
        good = [
            response["content"]["application/json"]
            for status, response in operation["responses"].items()
            if status < "300" and "application/json" in response.get("content", {})
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


# Recording: what would differ from run to run, or look like a secret, is written otherwise.

SECRETS = re.compile(r"\b(viva|whsec)_[\w+/=-]{16,}")
LINKS = re.compile(r"/(invited|join|confirm-email|reset-password)/[\w-]{16,}")
IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
HOST = re.compile(r"http://127\.0\.0\.1:\d+")
MOST = 2
"""So many entries of a list are kept: the third teaches nothing."""


def keep(operation_id: str, status: str, body: Any) -> None:
    known: dict[str, str] = {}
    text = json.dumps(shortened(body), ensure_ascii=False)
    text = SECRETS.sub(lambda match: f"{match[1]}_0000-shown-once", text)
    text = LINKS.sub(r"/\1/a-token-of-its-own", HOST.sub("https://viva.example.org", text))
    text = IDS.sub(lambda match: known.setdefault(match[0], f"0b5f0000-0000-4000-8000-{len(known) + 1:012d}"), text)
    recorded = recorded_examples()
    recorded.setdefault(operation_id, {})[status] = json.loads(text)
    # In the document's order, so that what changes is what is seen to change.
    ordered = {name: dict(sorted(recorded[name].items())) for name in ALL if name in recorded}
    EXAMPLES.write_text(json.dumps(ordered, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def shortened(value: Any) -> Any:
    if isinstance(value, list):
        return [shortened(one) for one in value[:MOST]]
    if isinstance(value, dict):
        return {key: shortened(one) for key, one in value.items()}
    return value
