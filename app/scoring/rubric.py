"""What an answer is judged by: approaches made of criteria and groups, in the one shape of YAML, JSON and the API."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FACETS: tuple[str, ...] = (
    "what",
    "how",
    "why",
    "example",
    "trade_off",
    "situation",
    "action",
    "result",
    "reflection",
)
"""The kinds of knowledge that a criterion can ask for; the last four belong to behavioural questions."""


class RubricError(ValueError):
    """A rubric is not what it should be.

    Parameters
    ----------
    field : str
        Path of the place, such as ``approaches[0].criteria[2].statements``; empty for the rubric as a whole.
    problem : str
        What is wrong there, in one clause.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}" if field else problem)
        self.field = field
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing a good answer says.

    Attributes
    ----------
    id : str
        Unique within its approach.
    facet : str
        One of `FACETS`.
    weight : float
        Above 0; relative to the other criteria and groups of the approach.
    statements : tuple of str
        Ways of saying it, a sentence each; any of them will do. At least one.
    false_twins : tuple of str
        Misconceptions that sound alike; saying one of them contradicts the criterion.
    follow_up : str or None
        What an interviewer asks when it is missing.
    """

    id: str
    facet: str
    weight: float
    statements: tuple[str, ...]
    false_twins: tuple[str, ...] = ()
    follow_up: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Some number of several criteria is enough.

    Attributes
    ----------
    criteria : tuple of str
        Ids of the members; they count through the group only.
    at_least : int
        How many of the members a full answer has; between 1 and their number.
    weight : float
        Above 0; what the group counts as a whole.
    """

    criteria: tuple[str, ...]
    at_least: int
    weight: float


@dataclass(frozen=True, slots=True)
class Approach:
    """One complete way of answering. The best of a rubric's approaches counts."""

    id: str
    name: str
    criteria: tuple[Criterion, ...]
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Rubric:
    """The alternatives by which one question version is judged; usually one."""

    approaches: tuple[Approach, ...]

    @classmethod
    def from_dict(cls, data: Any) -> Rubric:
        """Read and check a rubric.

        Parameters
        ----------
        data : mapping
            ``{"approaches": [...]}``, or bare ``criteria`` (and ``groups``), which mean one approach.

        Returns
        -------
        Rubric

        Raises
        ------
        RubricError
            At the first thing that is not as it should be, with its path.
        """
        top = _mapping(data, "")
        if "approaches" in top:
            _only(top, ("approaches",), "")
            items = _list(top["approaches"], "approaches", "needs at least one approach")
            approaches = tuple(
                _approach(item, f"approaches[{i}]", f"approach-{i + 1}", len(items)) for i, item in enumerate(items)
            )
        else:
            if "criteria" not in top:
                _only(top, ("criteria", "groups"), "")
                raise RubricError("", "needs criteria, or approaches with criteria")
            approaches = (_approach(top, "", "main", 1),)
        _unique([a.id for a in approaches], "approaches")
        return cls(approaches)

    def to_dict(self) -> dict[str, Any]:
        """The rubric in its long form, with every default written out; `from_dict` reads it back to an equal rubric."""
        return {"approaches": [_approach_dict(approach) for approach in self.approaches]}

    def digest(self) -> str:
        """SHA-256 (hex) of the canonical JSON of `to_dict`: equal for equal rubrics, however they were written."""
        canonical = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


def _approach_dict(approach: Approach) -> dict[str, Any]:
    return {
        "id": approach.id,
        "name": approach.name,
        "criteria": [
            {
                "id": criterion.id,
                "facet": criterion.facet,
                "weight": _plain(criterion.weight),
                "statements": list(criterion.statements),
                "false_twins": list(criterion.false_twins),
                "follow_up": criterion.follow_up,
            }
            for criterion in approach.criteria
        ],
        "groups": [
            {"criteria": list(group.criteria), "at_least": group.at_least, "weight": _plain(group.weight)}
            for group in approach.groups
        ],
    }


def _plain(weight: float) -> int | float:
    """2.0 and 2 are the same weight, so they must be written the same way before hashing."""
    return int(weight) if weight == int(weight) else weight


def _approach(data: Any, path: str, default_id: str, count: int) -> Approach:
    prefix = f"{path}." if path else ""
    item = _mapping(data, path)
    _only(item, ("id", "name", "criteria", "groups") if path else ("criteria", "groups"), path)
    if path and count > 1 and "id" not in item:
        raise RubricError(f"{prefix}id", "is needed when there are several approaches")
    approach_id = _text(item["id"], f"{prefix}id") if "id" in item else default_id
    name = item.get("name")
    criteria = tuple(
        _criterion(entry, f"{prefix}criteria[{i}]")
        for i, entry in enumerate(_list(item.get("criteria"), f"{prefix}criteria", "needs at least one criterion"))
    )
    _unique([criterion.id for criterion in criteria], f"{prefix}criteria")
    groups = item.get("groups")
    known = {criterion.id for criterion in criteria}
    taken: set[str] = set()
    built = []
    for i, entry in enumerate([] if groups is None else _list(groups, f"{prefix}groups", None)):
        built.append(_group(entry, f"{prefix}groups[{i}]", known, taken))
    return Approach(
        approach_id, _text(name, f"{prefix}name") if name is not None else approach_id, criteria, tuple(built)
    )


def _criterion(data: Any, path: str) -> Criterion:
    item = _mapping(data, path)
    _only(item, ("id", "facet", "weight", "statements", "false_twins", "follow_up"), path)
    for needed in ("id", "facet", "statements"):
        if needed not in item:
            problem = "needs at least one statement" if needed == "statements" else "is missing"
            raise RubricError(f"{path}.{needed}", problem)
    facet = item["facet"]
    if facet not in FACETS:
        raise RubricError(f"{path}.facet", f"{facet!r} is not one of {', '.join(FACETS)}")
    follow_up = item.get("follow_up")
    return Criterion(
        id=_text(item["id"], f"{path}.id"),
        facet=facet,
        weight=_weight(item.get("weight", 1), f"{path}.weight"),
        statements=_texts(item["statements"], f"{path}.statements", "needs at least one statement"),
        false_twins=_texts(item.get("false_twins") or [], f"{path}.false_twins", None),
        follow_up=None if follow_up is None else _text(follow_up, f"{path}.follow_up"),
    )


def _group(data: Any, path: str, known: set[str], taken: set[str]) -> Group:
    item = _mapping(data, path)
    _only(item, ("criteria", "at_least", "weight"), path)
    members = _texts(item.get("criteria"), f"{path}.criteria", "needs at least one criterion id")
    for i, member in enumerate(members):
        if member not in known:
            raise RubricError(f"{path}.criteria[{i}]", f"{member!r} is no criterion of this approach")
        if member in taken:
            raise RubricError(f"{path}.criteria[{i}]", f"{member!r} is in a group already")
        taken.add(member)
    at_least = item.get("at_least", 1)
    if isinstance(at_least, bool) or not isinstance(at_least, int) or at_least < 1:
        raise RubricError(f"{path}.at_least", "must be a whole number from 1")
    if at_least > len(members):
        raise RubricError(f"{path}.at_least", f"asks for {at_least} of only {len(members)} criteria")
    return Group(members, at_least, _weight(item.get("weight", 1), f"{path}.weight"))


def _mapping(data: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise RubricError(path or "rubric", "must be an object")
    return data


def _only(item: Mapping[str, Any], allowed: tuple[str, ...], path: str) -> None:
    for key in item:
        if key not in allowed:
            raise RubricError(
                f"{path}.{key}" if path else str(key), f"is not a field here (allowed: {', '.join(allowed)})"
            )


def _list(value: Any, path: str, if_empty: str | None) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise RubricError(path, if_empty if value is None and if_empty else "must be a list")
    if not value and if_empty:
        raise RubricError(path, if_empty)
    return list(value)


def _texts(value: Any, path: str, if_empty: str | None) -> tuple[str, ...]:
    return tuple(_text(entry, f"{path}[{i}]") for i, entry in enumerate(_list(value, path, if_empty)))


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise RubricError(path, "must be text")
    text = value.strip()
    if not text:
        raise RubricError(path, "must not be empty")
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise RubricError(path, "holds a character that cannot be stored")
    return text


def _weight(value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        raise RubricError(path, "must be a number above 0")
    return float(value)


def _unique(ids: list[str], path: str) -> None:
    seen: set[str] = set()
    for i, one in enumerate(ids):
        if one in seen:
            raise RubricError(f"{path}[{i}].id", f"{one!r} is used twice")
        seen.add(one)
