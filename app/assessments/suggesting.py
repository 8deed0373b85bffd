"""From a person's verdicts to a score: the same arithmetic as the machine's, with whole and half credits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CREDITS = {"met": 1.0, "partial": 0.5, "missed": 0.0, "contradicted": 0.0}
"""What a verdict is worth of its criterion's weight."""


def suggested_score(approach: Mapping[str, Any], verdicts: Mapping[str, str]) -> float:
    """The weighted mean credit of an approach; groups count by their best members, what has no verdict counts 0."""
    credits = {one["id"]: CREDITS.get(verdicts.get(one["id"], ""), 0.0) for one in approach["criteria"]}
    groups = approach.get("groups") or []
    grouped = {member for group in groups for member in group["criteria"]}
    parts = [(one["weight"], credits[one["id"]]) for one in approach["criteria"] if one["id"] not in grouped]
    for group in groups:
        best = sorted((credits[member] for member in group["criteria"]), reverse=True)[: group["at_least"]]
        parts.append((group["weight"], sum(best) / group["at_least"]))
    return float(sum(weight * credit for weight, credit in parts) / sum(weight for weight, _ in parts))


def best_approach(rubric: Mapping[str, Any], chosen: Mapping[int, Mapping[str, str]]) -> tuple[int, float] | None:
    """The approach that a person's verdicts (by number of the approach) speak best for, and its score; None: none."""
    found = [
        (number, suggested_score(rubric["approaches"][number], verdicts))
        for number, verdicts in chosen.items()
        if verdicts
    ]
    return max(found, key=lambda pair: (pair[1], -pair[0]), default=None)
