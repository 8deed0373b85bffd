"""From evidence to credit, from credit to a score, by the small models that `app.scoring.learnt` reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from app.scoring.by_references import by_references
from app.scoring.evidence import FEATURES, Evidence
from app.scoring.learnt import Learnt
from app.scoring.prepared import PreparedRubric
from app.scoring.signals import criterion_cases

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
        - those of `app.scoring.signals.MEANS`;
        - ``mass``: mean of the criteria's late interaction, each counting by how much its statements have to say;
        - ``met``: the total if each criterion were met or missed, with a soft edge;
        - ``weaker``: mean credit of the weaker half; ``why``: that of criteria that ask for reasons;
        - ``kept``: the total of what is credited and not contradicted;
        - ``against``: share of criteria that something speaks against by rule;
        - those of `WORST`;
        - ``free_cover``, ``free_mass``, ``free_words``: of what is said in whatever order;
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
