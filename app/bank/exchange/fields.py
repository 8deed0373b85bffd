"""A question's plain data checked, each mistake with the line and field where it stands in a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from app.bank.exchange.result import FileProblem, Imported, Loc, Reading
from app.bank.question_file import QuestionFile
from app.kit.errors import Invalid
from app.kit.text import clean_text
from app.kit.yaml_file import field_path

# A rubric's message begins with the path inside the rubric.
_INNER = re.compile(r"^(?P<path>[a-z_]+(?:\[\d+\]|\.[a-z_]+)*): (?P<rest>.+)$", re.DOTALL)
_MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": "is not a field that is known here: remove it or correct its name",
}
NOTHING: Mapping[Loc, int] = {}


def checked(
    data: Any, reading: Reading, lines: Mapping[Loc, int] = NOTHING, at: Loc = (), line: int | None = None
) -> Imported:
    """A whole question, or its problems.

    Parameters
    ----------
    data : anything
        What stands in the file.
    reading : Reading
    lines : mapping of path to int
        The line of each field, by its path from the top of the file.
    at : tuple
        The path of the question itself.
    line : int or None
        The line to name where `lines` has none.
    """
    begins = lines.get(at, line)
    if not isinstance(data, dict):
        return Imported(None, {}, [reading.problem("must be an object with the fields of a question", begins)])
    try:
        return _checked(data, reading, lines, at, begins)
    except RecursionError:
        return Imported(None, {}, [reading.problem("is nested too deeply", begins)], line=begins)


def _checked(
    data: dict[str, Any], reading: Reading, lines: Mapping[Loc, int], at: Loc, begins: int | None
) -> Imported:  # fmt: skip
    # First, as the model would say it of the question as a whole, without naming the field.
    if unstorable := list(_unstorable(data, ())):
        problems = [
            reading.problem(message, _line(lines, at, loc) or begins, field_path(loc)) for loc, message in unstorable
        ]
        return Imported(None, {}, problems, line=begins)
    try:
        return Imported(QuestionFile.model_validate(data), data, line=begins)
    except ValidationError as error:
        problems = [_problem(reading, lines, at, begins, item) for item in error.errors()]
        return Imported(None, data, problems, line=begins)


def _unstorable(value: Any, at: Loc) -> Iterator[tuple[Loc, str]]:
    if isinstance(value, str):
        try:
            clean_text(value, field="the text")
        except Invalid as error:
            yield at, error.message
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _unstorable(inner, (*at, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _unstorable(inner, (*at, number))


def _line(lines: Mapping[Loc, int], at: Loc, loc: Loc) -> int | None:
    """The line of a field, or of the nearest one around it."""
    for length in range(len(loc), -1, -1):
        if (found := lines.get((*at, *loc[:length]))) is not None:
            return found
    return None


def _problem(reading: Reading, lines: Mapping[Loc, int], at: Loc, begins: int | None, item: Any) -> FileProblem:
    loc: Loc = tuple(item["loc"])
    text = str(item["msg"]).removeprefix("Value error, ")
    if loc[:1] == ("rubric",) and (inner := _INNER.match(text)):
        loc, text = (*loc, *_parts(inner["path"])), inner["rest"]
    return reading.problem(_MESSAGES.get(item["type"], text), _line(lines, at, loc) or begins, field_path(loc))


def _parts(path: str) -> Loc:
    return tuple(int(part) if part.isdigit() else part for part in re.findall(r"[a-z_]+|\d+", path))
