"""Where a finding points: in words, in the form, and in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from app.kit.yaml_file import FileError, Loc, parse_yaml

_NAMES = {
    "model_answer": "Model answer", "related": "Related questions", "prerequisites": "To know before",
    "false_twins": "false twins", "follow_up": "follow-up question", "at_least": "how many are enough",
}  # fmt: skip
_ONE = {
    "approaches": "approach", "criteria": "point", "groups": "group", "statements": "statement",
    "false_twins": "false twin", "samples": "sample", "sources": "source",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A place in a question."""

    subject: str
    """As people say it: `Point 2 “the-reason”, statement 3`."""
    path: str
    """As the form's controls have it: `rubric.criteria.1.statements`; the nearest control is meant."""
    line: int | None


def lines_of(source: str) -> dict[Loc, int]:
    """The line of every field of a text; nothing when it cannot be read."""
    try:
        return parse_yaml(source, "")[1]
    except FileError:
        return {}


def place_of(field: str, data: dict[str, Any], lines: dict[Loc, int]) -> Place:
    """The place that a field's path (`rubric.approaches[0].criteria[1].statements[2]`) means."""
    parts: list[str | int] = [int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", field)]
    rubric = data.get("rubric")
    bare = isinstance(rubric, dict) and "approaches" not in rubric
    if bare and parts[:3] == ["rubric", "approaches", 0]:
        parts = ["rubric", *parts[3:]]
    found = tuple(parts)
    while found and found not in lines:
        found = found[:-1]
    return Place(_subject(parts, data), ".".join(map(str, parts)), lines.get(found))


def _subject(parts: list[str | int], data: Any) -> str:
    said: list[str] = []
    at, last = data, ""
    for n, part in enumerate(parts):
        at = _inside(at, part)
        if isinstance(part, int):
            name = f"{_ONE.get(last, _NAMES.get(last, last))} {part + 1}"
            said[-1:] = [f"{name} “{at['id']}”" if isinstance(at, dict) and at.get("id") else name]
        elif part != "rubric" or n == len(parts) - 1:
            said.append(_NAMES.get(part, part.replace("_", " ")))
        last = str(part)
    # “Rubric, points” of a finding about all of them is the rubric; an only approach needs no mention.
    if parts[:1] == ["rubric"] and parts[-1] in ("criteria", "approaches"):
        said = said[:-1] or ["rubric"]
    text = ", ".join(said) or "question"
    return text[0].upper() + text[1:]


def _inside(value: Any, part: str | int) -> Any:
    if isinstance(part, int):
        return value[part] if isinstance(value, list) and part < len(value) else None
    return value.get(part) if isinstance(value, dict) else None
