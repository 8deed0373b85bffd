"""Whether a question's data have the shape that the form can show: what it could not show, it would lose."""

from __future__ import annotations

from typing import Any

_LINE = None
"""Stands for a text, a number or nothing."""
_CRITERION = {
    "id": _LINE, "facet": _LINE, "weight": _LINE, "statements": [_LINE], "false_twins": [_LINE], "follow_up": _LINE,
}  # fmt: skip
_GROUP = {"criteria": [_LINE], "at_least": _LINE, "weight": _LINE}
_BARE = {"criteria": [_CRITERION], "groups": [_GROUP]}
_SHAPE: dict[str, Any] = {
    "slug": _LINE, "title": _LINE, "kind": _LINE, "topic": _LINE, "level": _LINE, "minutes": _LINE, "prompt": _LINE,
    "model_answer": _LINE, "related": [_LINE], "prerequisites": [_LINE],
    "sources": [{"seed": _LINE, "title": _LINE, "url": _LINE}],
    "samples": [{"kind": _LINE, "grade": _LINE, "text": _LINE}],
}  # fmt: skip


def fits_form(data: dict[str, Any]) -> bool:
    """Whether the form shows every part of it."""
    rubric = data.get("rubric")
    if isinstance(rubric, dict) and "approaches" in rubric:
        shape: Any = {"approaches": [{"id": _LINE, "name": _LINE, **_BARE}]}
    else:
        shape = _BARE
    return bool(data) and _fits(data, _SHAPE | {"rubric": shape})


def _fits(value: Any, shape: Any) -> bool:
    if value is None:
        return True
    if shape is _LINE:
        return isinstance(value, str | int | float)
    if isinstance(shape, list):
        # An entry that is missing, or a line break within a line, has no place in the form.
        return isinstance(value, list) and all(
            one is not None and _fits(one, shape[0]) and not (shape[0] is _LINE and "\n" in str(one)) for one in value
        )
    return isinstance(value, dict) and all(name in shape and _fits(one, shape[name]) for name, one in value.items())
