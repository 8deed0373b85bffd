"""Criteria of a question in words, for tables of agreement."""

from __future__ import annotations

from collections.abc import Mapping

from app.assessments.agreement import CriterionAgreement
from app.bank.models import Question


def criterion_words(
    question: Question, found: Mapping[str, CriterionAgreement]
) -> list[tuple[str, CriterionAgreement]]:
    """(what the criterion says, the figures), where people and machine are furthest from each other first."""
    version = question.current_version
    approaches = version.rubric["approaches"] if version else []
    words = {one["id"]: one["statements"][0] for approach in approaches for one in approach["criteria"]}
    named = [(words.get(criterion, criterion), figures) for criterion, figures in found.items()]
    return sorted(named, key=lambda pair: (-pair[1].mean_error, pair[0]))
