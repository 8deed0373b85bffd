"""From evidence to credit, from credit to a score, by the small models that `app.scoring.learnt` reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from app.scoring.evidence import FEATURES, Evidence
from app.scoring.learnt import Learnt
from app.scoring.prepared import PreparedRubric, mass_by_criterion
from app.scoring.rubric import Approach

CONTRADICTED = 0.5
"""Probability of contradiction from which a criterion counts as contradicted."""


def credits(learnt: Learnt, evidence: Sequence[Evidence]) -> tuple[list[float], list[float]]:
    """Each criterion's credit, and how likely it is contradicted.

    Parameters
    ----------
    learnt : Learnt
    evidence : sequence of Evidence
        All with a segment.

    Returns
    -------
    credits, contradictions : list of float
        In [0, 1]. Credit is the expected mark, where a person gives 1 for met, .5 for met in part and 0 else.
    """
    cases = criterion_cases(evidence)
    # What says the misconception more clearly than the statement loses credit by as much. (Not fitted: it only takes.)
    clearer = np.clip(-cases[:, FEATURES.index("margin")], 0, 1)
    given, opposed = learnt.credit(cases) * (1 - clearer), learnt.contradiction(cases)
    return np.clip(given, 0, 1).tolist(), np.clip(opposed, 0, 1).tolist()


def criterion_cases(evidence: Sequence[Evidence]) -> NDArray[np.float64]:
    """The numbers of `FEATURES`, one row a criterion."""
    return np.array([[one.features[name] for name in FEATURES] for one in evidence], dtype=np.float64)


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


MEANS = {
    "conflict": "conflict", "turned": "turned", "denial": "denial", "opposed": "opposed", "said": "said",
    "meaning": "meaning", "tokens": "tokens", "cover": "anywhere", "words": "words",
}  # fmt: skip
"""Signals that are weighted means of the criteria's evidence: signal to the evidence's name."""
SIGNALS = ("credit", "best", "wrong", "worst", "mass", *MEANS)
"""What an answer's score can be computed from; each curve names those that it takes. See `expected_grade`."""


def signals(
    prepared: PreparedRubric,
    number: int,
    evidence: Sequence[Evidence],
    credits: Sequence[float],
    opposed: Sequence[float],
) -> dict[str, float]:
    """What an answer's score is computed from, for one approach (by its number): see `expected_grade`."""
    approach = prepared.rubric.approaches[number]
    mine = [i for i, (owner, _) in enumerate(prepared.criteria) if owner == number]

    def mean(values: list[float]) -> float:
        return total(approach, values)

    masses = mass_by_criterion(prepared)[mine]
    cover = np.array([evidence[i].features["anywhere"] for i in mine])
    return {
        **{signal: mean([evidence[i].features[name] for i in mine]) for signal, name in MEANS.items()},
        "credit": mean([credits[i] for i in mine]),
        "best": mean([credits[i] ** 2 for i in mine]),
        "wrong": mean([opposed[i] for i in mine]),
        "worst": max(opposed[i] for i in mine),
        "mass": float(masses @ cover / max(float(masses.sum()), 1e-9)),
    }


def expected_grade(learnt: Learnt, kind: str, signals: Mapping[str, float]) -> float:
    """The expected grade of an answer made of sentences.

    Parameters
    ----------
    learnt : Learnt
    kind : str
        ``rubric``, or ``references`` for a rubric that was derived from model answers.
    signals : mapping of str to float
        - ``credit``: the approach's total;
        - ``best``: the total if each credit were squared, which tells a few points in full from many in part;
        - ``wrong``, ``worst``: weighted mean of the probabilities of contradiction, and the largest of them;
        - those of `MEANS`;
        - ``mass``: mean of the criteria's late interaction, each counting by how much its statements have to say.

    Returns
    -------
    float
        In [0, 1]; never falls with credit, and never rises with what speaks against it.
    """
    return float(np.clip(learnt.score[kind].of(signals), 0, 1))


def confidence(learnt: Learnt, kind: str, signals: Mapping[str, float]) -> float:
    """Probability that a person's grade lies within .2 of the score.

    Parameters
    ----------
    learnt : Learnt
    kind : str
        As for `expected_grade`.
    signals : mapping of str to float
        Those that the model names.

    Returns
    -------
    float
        In [0, 1].
    """
    return learnt.confidence[kind].of(signals)


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
