"""Measures of agreement between scores and grades."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from app.assessments.agreement import Floats, mean_error, pearson, quadratic_kappa

__all__ = [
    "Floats",
    "mean_error",
    "pairs_in_order",
    "partial",
    "pearson",
    "pearson_within",
    "quadratic_kappa",
    "reliability",
    "risk_by_coverage",
    "rmse",
]
NEAR = 0.2
"""A score counts as right within this distance of the grade; `confidence` is the probability of it."""


def pearson_within(one: Floats, other: Floats, groups: Sequence[Hashable]) -> float:
    """Correlation after each question's own means are taken away: how well answers to one question are told apart."""
    index = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    member = np.array([index[group] for group in groups])
    counts = np.bincount(member).astype(float)

    def centred(values: Floats) -> Floats:
        return np.asarray(values - (np.bincount(member, values) / counts)[member])

    return pearson(centred(one), centred(other))


def partial(one: Floats, other: Floats, given: Floats) -> float:
    """Correlation of what is left of both when a straight line on `given` is taken away."""
    ground = np.c_[given, np.ones(len(given))]

    def rest(values: Floats) -> Floats:
        return np.asarray(values - ground @ np.linalg.lstsq(ground, values, rcond=None)[0])

    return pearson(rest(one), rest(other))


def rmse(scores: Floats, grades: Floats) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(np.mean((scores - grades) ** 2)))


def risk_by_coverage(
    scores: Floats, grades: Floats, confidence: Floats, shares: Sequence[float]
) -> list[tuple[float, float, float]]:
    """For each share of the answers, surest first: the share, how many are off by more than .2, mean error."""
    order = np.argsort(-confidence, kind="stable")
    errors = np.abs(scores - grades)[order]
    found = []
    for share in shares:
        kept = errors[: max(1, round(share * len(errors)))]
        found.append((share, float((kept > NEAR).mean()), float(kept.mean())))
    return found


def reliability(predicted: Floats, observed: Floats, bins: int = 10) -> list[tuple[float, float, int]]:
    """By tenth of what was predicted: mean predicted, mean observed, how many; empty tenths are left out."""
    place = np.minimum((predicted * bins).astype(int), bins - 1)
    return [
        (float(predicted[place == n].mean()), float(observed[place == n].mean()), int((place == n).sum()))
        for n in range(bins)
        if (place == n).any()
    ]


def pairs_in_order(scores: Floats, grades: Floats, groups: Sequence[Hashable]) -> tuple[int, int]:
    """Of the pairs of answers to one question that a person graded apart: how many are scored so too, and all."""
    right = total = 0
    index = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    member = np.array([index[group] for group in groups])
    for number in range(len(index)):
        here = np.flatnonzero(member == number)
        higher = grades[here][:, None] > grades[here][None, :]
        right += int((higher & (scores[here][:, None] > scores[here][None, :])).sum())
        total += int(higher.sum())
    return right, total
