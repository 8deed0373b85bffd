"""The body of a batch, taken line by line: a bad line gets an error in its place, and spoils nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.assessments.grading_input import cleaned
from app.kit.errors import Invalid, Malformed
from app.scoring.grading import GradingError
from app.scoring.grading_line import MAX_LINE_BYTES, id_of, read_line

LINES = {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}


@dataclass(frozen=True)
class Line:
    """What came in one line: a request, or what is wrong with it."""

    number: int
    request: dict[str, Any] | None
    failure: dict[str, Any] | None = None


def read_batch(body: bytes, content_type: str) -> list[Line]:
    """The lines of a body, numbered from 1; empty lines are counted, and are nothing else.

    Raises:
        Malformed: the body should be a JSON list and is no JSON.
        Invalid: it is JSON and no list, it holds nothing, or it is neither.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind in LINES:
        found = [
            _line(number, raw) for number, raw in enumerate(_raw_lines(body), start=1) if raw is None or raw.strip()
        ]
    elif kind == "application/json":
        found = [_checked(number, one) for number, one in enumerate(_list(body), start=1)]
    else:
        raise Invalid(
            "Send a JSON list with the header Content-Type: application/json, or a line for each answer with"
            " Content-Type: application/x-ndjson.",
            field="Content-Type",
        )
    if not found:
        raise Invalid("Send at least one object to grade.", field="body")
    return found


def _list(body: bytes) -> list[Any]:
    try:
        value = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8 (at byte {error.start}).") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON ({error.msg} at character {error.pos}).") from None
    except (RecursionError, ValueError):
        raise Malformed(
            "The body is not JSON that can be read: it is nested too deeply, or a number is too long."
        ) from None
    if not isinstance(value, list):
        raise Invalid("The body must be a JSON list of objects to grade.", field="body")
    return value


def _raw_lines(body: bytes) -> Iterator[bytes | None]:
    for line in io.BytesIO(body):
        yield None if len(line) > MAX_LINE_BYTES else line


def _line(number: int, raw: bytes | None) -> Line:
    try:
        return _checked(number, read_line(raw))
    except GradingError as error:
        return Line(number, None, {"id": None, "error": str(error)})


def _checked(number: int, value: Any) -> Line:
    if not isinstance(value, dict):
        return Line(number, None, {"id": None, "error": "must be an object"})
    try:
        return Line(number, cleaned(value))
    except Invalid as error:
        return Line(number, None, {"id": _storable_id(value), "error": error.message.rstrip(".")})


def _storable_id(value: dict[str, Any]) -> Any:
    try:
        return cleaned(id_of(value))
    except Invalid:
        return None
