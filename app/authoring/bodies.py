"""Bodies that are files: a question as YAML or JSON, and whatever an import reads."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request

from app.bank.exchange.json_format import load_json
from app.bank.exchange.result import FileError, Reading
from app.bank.question_text import write_data
from app.kit.errors import Invalid, Malformed, TooLarge
from app.kit.text import clean_text
from app.kit.yaml_file import MAX_BYTES

NAME = "the body"
YAML_TYPES = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"})

_QUESTION = {
    "application/json": {
        "schema": {
            "type": "object",
            "additionalProperties": True,
            "description": "A question as in docs/question-format.md; it need not be whole yet.",
        },
        "example": {
            "slug": "why-dropout",
            "title": "Why dropout",
            "kind": "explain",
            "topic": "optimisation",
            "level": 2,
            "minutes": 5,
            "prompt": "Why does dropout help a network to generalise?",
        },
    },
    "application/yaml": {"schema": {"type": "string"}, "example": "slug: why-dropout\ntitle: Why dropout\n"},
}
QUESTION_BODY: dict[str, Any] = {"requestBody": {"required": True, "content": _QUESTION}}
OPTIONAL_QUESTION_BODY: dict[str, Any] = {"requestBody": {"required": False, "content": _QUESTION}}
"""`openapi_extra` of routes that take a question."""


async def raw_body(request: Request) -> bytes:
    """The body as it came; `BodyCap` has it already."""
    return await request.body()


RawBody = Annotated[bytes, Depends(raw_body)]


def media_type(request: Request) -> str:
    """What the body says it is, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def question_text(request: Request, body: bytes) -> str:
    """A question in the body as the text of a working copy: YAML is kept as it is, JSON becomes YAML.

    Raises:
        Malformed: it is not UTF-8, or no JSON.
        Invalid: it says that it is something else, or holds what cannot be stored.
        TooLarge: it is longer than a question's file may be.
    """
    kind = media_type(request)
    if kind not in YAML_TYPES and kind != "application/json":
        raise Invalid(
            "Send the question as “Content-Type: application/yaml” or “application/json”.", field="Content-Type"
        )
    if len(body) > MAX_BYTES:
        raise TooLarge(f"A question's file has at most {MAX_BYTES // 1024} KiB; this has {len(body) // 1024 + 1}.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8 (byte {error.start}): send it as UTF-8.") from None
    if kind != "application/json":
        return clean_text(text, field="the text")
    try:
        data = load_json(text, Reading(NAME))
    except FileError as error:
        raise Malformed(f"{str(error).replace(NAME, 'The body', 1)}.") from None
    if not isinstance(data, dict):
        raise Invalid("The body must be a JSON object: the fields of a question.", field="body")
    try:
        return clean_text(write_data(data), field="the question")
    except RecursionError:
        raise Invalid("This is nested too deeply for a question.", field="body") from None
