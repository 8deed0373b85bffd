"""What an answer's score is computed from: numbers for the whole answer, out of the evidence for each criterion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from app.scoring.evidence import BESIDE, FEATURES, Evidence
from app.scoring.prepared import PreparedRubric, mass_by_criterion
from app.scoring.rubric import Approach
from app.scoring.text import words

COLUMNS = (*FEATURES, *BESIDE)
"""The numbers of one criterion, in the order of `criterion_cases`."""


def criterion_cases(evidence: Sequence[Evidence]) -> NDArray[np.float64]:
    """The numbers of `FEATURES` and `BESIDE`, one row a criterion."""
    return np.array([[one.features[name] for name in COLUMNS] for one in evidence], dtype=np.float64)


def parts(approach: Approach, values: Sequence[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What an approach's total is made of: its criteria, and its groups by the mean of their best members.

    Parameters
    ----------
    approach : Approach
    values : sequence of float
        One a criterion of the approach, in its order.

    Returns
    -------
    shares, values : float64 array (p,)
        The shares are in sum 1.
    """
    by_id = {criterion.id: value for criterion, value in zip(approach.criteria, values, strict=True)}
    grouped = {member for group in approach.groups for member in group.criteria}
    found = [(c.weight, by_id[c.id]) for c in approach.criteria if c.id not in grouped]
    for group in approach.groups:
        best = sorted((by_id[member] for member in group.criteria), reverse=True)[: group.at_least]
        found.append((group.weight, sum(best) / group.at_least))
    weights, means = np.array(found, dtype=np.float64).T
    return weights / weights.sum(), means


MEANS = {
    "conflict": "conflict", "turned": "turned", "denial": "denial", "opposed": "opposed", "said": "said",
    "meaning": "meaning", "tokens": "tokens", "cover": "anywhere", "words": "words", "margin": "margin",
    "rival": "rival", "off": "denied",
    "free_cover": "free", "orderly_cover": "orderly", "free_words": "free_words", "orderly_words": "orderly_words",
}  # fmt: skip
"""Signals that are weighted means of the criteria's evidence: signal to the evidence's name."""
WORST = {"worst_denial": "denial", "worst_opposed": "opposed", "worst_turned": "turned"}
"""Signals that are the largest of the criteria's evidence."""
SIGNALS = (
    "credit", "best", "wrong", "worst", "mass", "met", "weaker", "why", "kept", "against",
    *MEANS, *WORST, "free_mass", "orderly_mass", "over", "most_about", "extent",
)  # fmt: skip
"""What an answer's score can be computed from; each curve names those that it takes.
See `app.scoring.credit.expected_grade`."""
MET = (0.45, 0.08)
"""Credit at which a criterion counts half as met, and how fast it comes to count in full."""
DOUBTED = (0.3, 0.8)
"""Probability of contradiction from which a criterion counts less as met, and from which it does not at all."""
DENIED = 0.3
"""Share of denied words from which a criterion counts as spoken against."""
REASONS = ("why", "trade_off", "reflection")
"""Facets that say why."""
Parts = Callable[[Sequence[float]], tuple[NDArray[np.float64], NDArray[np.float64]]]


def signals_of(
    parts_of: Parts,
    cases: NDArray[np.float64],
    credits: Sequence[float],
    opposed: Sequence[float],
    masses: NDArray[np.float64],
    facets: Sequence[str],
    most_about: float,
    extent: float,
) -> dict[str, float]:
    """The signals of one answer by the criteria of one approach: see `app.scoring.credit.expected_grade`.

    Parameters
    ----------
    parts_of : callable
        The criteria's values to shares and values of what counts (`parts`).
    cases : float64 array (c, COLUMNS)
    credits, opposed : sequence of float
    masses : float64 array (c,)
        How much each criterion's statements have to say.
    facets : sequence of str
    most_about : float
        How much of some sentence is about what was asked: see `app.scoring.reading.Reading`.
    extent : float
        Words of the statements, one a criterion: how long a model answer is.

    Returns
    -------
    dict of str to float
        By the names of `SIGNALS`.
    """
    given, against = np.asarray(credits), np.asarray(opposed)
    # What is likely contradicted is not met, whatever else speaks for it.
    standing = given * (1 - np.clip((against - DOUBTED[0]) / (DOUBTED[1] - DOUBTED[0]), 0, 1))
    column = {name: cases[:, place] for place, name in enumerate(COLUMNS)}

    def mean(values: NDArray[np.float64]) -> float:
        shares, counted = parts_of(values.tolist())
        return float(shares @ counted)

    def by_mass(values: NDArray[np.float64]) -> float:
        return float(masses @ values / max(float(masses.sum()), 1e-9))

    reasons = [value for value, facet in zip(given, facets, strict=True) if facet in REASONS]
    spoken_against = (column["denial"] >= DENIED) | (column["opposed"] > 0) | (column["conflict"] > 0)
    return {
        **{signal: mean(column[name]) for signal, name in MEANS.items()},
        **{signal: float(column[name].max()) for signal, name in WORST.items()},
        "credit": mean(given),
        "best": mean(standing**2),
        "wrong": mean(against),
        "worst": float(against.max()),
        "mass": by_mass(column["anywhere"]),
        "free_mass": by_mass(column["free"]),
        "orderly_mass": by_mass(column["orderly"]),
        "over": by_mass(column["free"] - column["nothing"]),
        "most_about": most_about,
        "extent": extent,
        "met": mean(1 / (1 + np.exp((MET[0] - standing) / MET[1]))),
        "weaker": _lower_half(*parts_of(standing.tolist())),
        "why": float(np.mean(reasons if reasons else given)),
        "kept": mean(given * (1 - against)),
        "against": mean(spoken_against.astype(np.float64)),
    }


def _lower_half(shares: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """The mean of the weaker half, by shares."""
    order = np.argsort(values, kind="stable")
    before = np.cumsum(shares[order]) - shares[order]
    taken = np.clip(0.5 - before, 0, shares[order])
    return float(taken @ values[order] / 0.5)


def signals_by(
    prepared: PreparedRubric,
    number: int,
    evidence: Sequence[Evidence],
    credits: Sequence[float],
    opposed: Sequence[float],
    most_about: float,
) -> dict[str, float]:
    """What an answer's score is computed from, for one approach (by its number): see `signals_of`."""
    approach = prepared.rubric.approaches[number]
    mine = [i for i, (owner, _) in enumerate(prepared.criteria) if owner == number]
    return signals_of(
        partial(parts, approach),
        criterion_cases([evidence[i] for i in mine]),
        [credits[i] for i in mine],
        [opposed[i] for i in mine],
        mass_by_criterion(prepared)[mine],
        [criterion.facet for criterion in approach.criteria],
        most_about,
        extent(approach),
    )


def extent(approach: Approach) -> float:
    """Words of an approach's statements, the first of each criterion."""
    return float(sum(len(words(criterion.statements[0])) for criterion in approach.criteria))
