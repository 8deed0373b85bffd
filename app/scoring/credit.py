"""From evidence to credit, from credit to a score: the small fitted models, read from `weights/credit.json`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from app.scoring.evidence import FEATURES, Evidence
from app.scoring.prepared import PreparedRubric
from app.scoring.rubric import Approach

CONTRADICTED = 0.5
"""Probability of contradiction from which a criterion counts as contradicted."""


@cache
def weights() -> dict[str, Any]:
    """The fitted numbers; `weights/credit.json` says of each what it is."""
    loaded: dict[str, Any] = json.loads(
        files("app.scoring").joinpath("weights/credit.json").read_text(encoding="utf-8")
    )
    return loaded


def _logistic(z: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


def support(features: Mapping[str, float]) -> float:
    """Probability that an answer says what a criterion asks for, by its best evidence; in [0, 1]."""
    model = weights()["support"]
    z = model["bias"] + sum(model["weights"].get(name, 0.0) * features[name] for name in FEATURES)
    return _logistic(z)


def contradiction(evidence: Evidence) -> float:
    """Probability that an answer says the opposite, or a misconception; in [0, 1]."""
    model = weights()["contradiction"]
    features = {**evidence.features, "near": max(evidence.features["meaning"], evidence.features["tokens"])}
    z = model["bias"] + sum(weight * features[name] for name, weight in model["weights"].items())
    return _logistic(z)


def credit(evidence: Evidence) -> float:
    """A criterion's credit.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    float
        In [0, 1]: the support, less what is contradicted.
    """
    if evidence.segment is None:
        return 0.0
    opposed = contradiction(evidence)
    return support(evidence.features) * (1 - opposed)


def total(approach: Approach, credits: Sequence[float]) -> float:
    """An approach's weighted mean credit, groups counting through their best members.

    Parameters
    ----------
    approach : Approach
    credits : sequence of float
        One a criterion of the approach, in its order.

    Returns
    -------
    float
        In [0, 1].
    """
    by_id = {criterion.id: value for criterion, value in zip(approach.criteria, credits, strict=True)}
    grouped = {member for group in approach.groups for member in group.criteria}
    parts = [(c.weight, by_id[c.id]) for c in approach.criteria if c.id not in grouped]
    for group in approach.groups:
        best = sorted((by_id[member] for member in group.criteria), reverse=True)[: group.at_least]
        parts.append((group.weight, sum(best) / group.at_least))
    return sum(weight * value for weight, value in parts) / sum(weight for weight, _ in parts)


SIGNALS = ("credit", "whole", "cover", "words", "wrong", "focus", "asked")
"""What an answer's score is computed from besides its order of words; see `expected_grade`."""


def expected_grade(kind: str, signals: Mapping[str, float]) -> float:
    """The expected grade of an answer made of sentences.

    Parameters
    ----------
    kind : str
        ``rubric``, or ``references`` for a rubric that was derived from model answers.
    signals : mapping of str to float
        - ``credit``: the approach's total;
        - ``whole``: cosine of the answer with the mean of the approach's statements;
        - ``cover``, ``words``: weighted means of the criteria's late interaction and word recall;
        - ``wrong``: weighted mean of what is both supported and contradicted;
        - ``focus``: how near the sentences are to anything in the rubric;
        - ``asked``: cosine of answer and question.

    Returns
    -------
    float
        In [0, 1]; rises with all of them but ``wrong``.
    """
    model = weights()["score"][kind]
    return _logistic(model["bias"] + sum(weight * signals[name] for name, weight in model["weights"].items()))


def disorder(salad: float) -> float:
    """How much of a score is lost because the words make no sentences; in [0, 1], from the probability of salad."""
    start, full = weights()["disorder"]
    return float(np.clip((salad - start) / (full - start), 0.0, 1.0))


def confidence(kind: str, signals: Mapping[str, float]) -> float:
    """Probability that a person's grade lies within .2 of the score.

    Parameters
    ----------
    kind : str
        As for `expected_grade`.
    signals : mapping of str to float
        Those that `credit.json` names under ``confidence``.

    Returns
    -------
    float
        In [0, 1].
    """
    model = weights()["confidence"][kind]
    return _logistic(model["bias"] + sum(weight * signals[name] for name, weight in model["weights"].items()))


def facets(prepared: PreparedRubric, approach: int, credits: Mapping[int, float]) -> dict[str, float]:
    """Weighted mean credit by facet, over the criteria of one approach (by their numbers).

    Members of a group share its weight, and count by the best of them within the facet.
    """
    chosen = prepared.rubric.approaches[approach]
    share = {m: group.weight / len(group.criteria) for group in chosen.groups for m in group.criteria}
    sums: dict[str, list[float]] = {}
    for number, (owner, criterion) in enumerate(prepared.criteria):
        if owner == approach:
            weight = share.get(criterion.id, criterion.weight)
            pair = sums.setdefault(criterion.facet, [0.0, 0.0])
            pair[0] += weight * credits[number]
            pair[1] += weight
    return {facet: value / weight for facet, (value, weight) in sums.items()}
