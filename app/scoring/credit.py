"""From evidence to credit, from credit to a score, by the small models that `app.scoring.learnt` reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.scoring.evidence import BESIDE, FEATURES, Evidence
from app.scoring.learnt import Curve, Learnt
from app.scoring.prepared import PreparedRubric, mass_by_criterion
from app.scoring.rubric import Approach

COLUMNS = (*FEATURES, *BESIDE)
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
    cases = criterion_cases(evidence)[:, : len(FEATURES)]
    # What says the misconception more clearly than the statement loses credit by as much. (Not fitted: it only takes.)
    clearer = np.clip(-cases[:, FEATURES.index("margin")], 0, 1)
    given, opposed = learnt.credit(cases) * (1 - clearer), learnt.contradiction(cases)
    return np.clip(given, 0, 1).tolist(), np.clip(opposed, 0, 1).tolist()


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
    shares, values = parts(approach, credits)
    return float(shares @ values)


MEANS = {
    "conflict": "conflict", "turned": "turned", "denial": "denial", "opposed": "opposed", "said": "said",
    "meaning": "meaning", "tokens": "tokens", "cover": "anywhere", "words": "words", "margin": "margin",
    "rival": "rival", "off": "denied",
    "free_cover": "free", "orderly_cover": "orderly", "free_evenly": "free_evenly", "orderly_evenly": "orderly_evenly",
    "free_words": "free_words", "orderly_words": "orderly_words",
}  # fmt: skip
"""Signals that are weighted means of the criteria's evidence: signal to the evidence's name."""
WORST = {"worst_denial": "denial", "worst_opposed": "opposed", "worst_turned": "turned"}
"""Signals that are the largest of the criteria's evidence."""
SIGNALS = (
    "credit", "best", "wrong", "worst", "mass", "met", "weaker", "why", "kept", "against",
    *MEANS, *WORST, "free_mass", "orderly_mass", "over",
)  # fmt: skip
"""What an answer's score can be computed from; each curve names those that it takes. See `expected_grade`."""
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
) -> dict[str, float]:
    """The signals of one answer by the criteria of one approach: see `expected_grade`.

    Parameters
    ----------
    parts_of : callable
        The criteria's values to shares and values of what counts (`parts`).
    cases : float64 array (c, COLUMNS)
    credits, opposed : sequence of float
    masses : float64 array (c,)
        How much each criterion's statements have to say.
    facets : sequence of str

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
    return signals_of(
        partial(parts, approach),
        criterion_cases([evidence[i] for i in mine]),
        [credits[i] for i in mine],
        [opposed[i] for i in mine],
        mass_by_criterion(prepared)[mine],
        [criterion.facet for criterion in approach.criteria],
    )


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
        - ``mass``: mean of the criteria's late interaction, each counting by how much its statements have to say;
        - ``met``: the total if each criterion were met or missed, with a soft edge (`MET`);
        - ``weaker``: mean credit of the weaker half; ``why``: that of criteria that ask for reasons;
        - ``kept``: the total of what is credited and not contradicted;
        - ``against``: share of criteria that something speaks against by rule;
        - those of `WORST`;
        - ``free_cover``, ``free_mass``, ``free_words``, ``free_evenly``: of what is said in whatever order;
          ``orderly_…``: of what is said by sentences in order;
        - ``over``: by how much ``free_mass`` is more than a fluent text that says nothing would have.

    Returns
    -------
    float
        In [0, 1]; never falls with credit, and never rises with what speaks against it.
    """
    if kind == "references":
        return float(by_references(learnt.score[kind], signals)[0])
    score = float(np.clip(learnt.score[kind].of(signals), 0, 1))
    return float(less_what_is_inverted(score, inverted(learnt, kind, signals)))


ORDERLY = {
    "free_cover": "orderly_cover", "free_mass": "orderly_mass", "free_words": "orderly_words",
    "free_evenly": "orderly_evenly",
}  # fmt: skip
UNORDERED_MOST = 0.45
"""What words without order can get beside a model answer: they may be a list that was asked for, and a person looks."""
NOTHING_MORE = (0.0, 0.08)
"""What an answer has more of the model answer than a fluent text about nothing, up to which it cannot pass, and from
which it can have full marks."""
NOTHING_MOST = 0.45


def by_references(curve: Curve, signals: Mapping[str, Any]) -> NDArray[np.float64]:
    """The score by model answers alone; signals are numbers, or arrays of one length.

    The curve asks for what is said in whatever order. What sentences in order say counts in full, the rest up to a
    half; and nobody passes with no more than what a fluent text about nothing would have.
    """
    free, orderly = (
        np.stack([np.atleast_1d(np.asarray(signals[name], dtype=np.float64)) for name in names], axis=1)
        for names in (curve.names, [ORDERLY.get(name, name) for name in curve.names])
    )
    scores = np.clip(curve(free), 0, 1)
    if not np.array_equal(free, orderly):
        scores = np.maximum(np.minimum(scores, UNORDERED_MOST), np.clip(curve(orderly), 0, 1))
    return np.asarray(np.minimum(scores, most_by_what_is_said(signals["over"])))


def most_by_what_is_said(over: Any) -> NDArray[np.float64]:
    """The most that answers can get by a model answer, by how much more they say than a text about nothing."""
    low, high = NOTHING_MORE
    told = np.clip((np.atleast_1d(over) - low) / (high - low), 0, 1)
    return np.asarray(NOTHING_MOST + (1 - NOTHING_MOST) * told)


INVERTED = (0.3, 0.6)
"""Probability of being turned round from which it costs, and from which it costs in full."""
INVERTED_COSTS = 0.55
"""What it costs: the answer does not pass, and a person can still give it what it deserves."""


def inverted(learnt: Learnt, kind: str, signals: Mapping[str, float]) -> float:
    """How likely the answer says what the rubric says the other way round (denied, or with directions exchanged).

    Parameters
    ----------
    learnt : Learnt
    kind : str
        As for `expected_grade`.
    signals : mapping of str to float

    Returns
    -------
    float
        In [0, 1]; 0 where this kind of rubric cannot tell.
    """
    curve = learnt.inverted.get(kind)
    return 0.0 if curve is None else float(np.clip(curve.of(signals), 0, 1))


def less_what_is_inverted(scores: Any, probabilities: Any) -> Any:
    """Scores of answers that are turned round with such probabilities; numbers or float64 arrays of one shape."""
    low, high = INVERTED
    return scores * (1 - INVERTED_COSTS * np.clip((probabilities - low) / (high - low), 0, 1))


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
