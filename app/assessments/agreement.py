"""How far people and machine agree: pure arithmetic on marks from 0 to 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.assessments.suggesting import CREDITS

Floats = NDArray[np.float64]
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""What marks are rounded to for kappa: the grades that people give by hand."""
VERDICT_STEPS = (0.0, 0.5, 1.0)


@dataclass(frozen=True)
class Agreement:
    """People's marks against others; a figure is None where so few or so even marks have none."""

    answers: int
    r: float | None
    kappa: float | None
    mean_error: float | None
    mean_shift: float | None
    """The others less people's: above 0, they are too kind."""


@dataclass(frozen=True)
class CriterionAgreement:
    """A criterion's verdicts by people and machine."""

    answers: int
    same: float
    """Share with the same verdict."""
    kappa: float | None
    mean_error: float
    """Of the credits: met 1, partly .5, else 0."""


def pearson(one: Floats, other: Floats) -> float:
    """Correlation; nan where one of them does not vary, or there are fewer than three."""
    if len(one) < 3 or one.std() < 1e-12 or other.std() < 1e-12:
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def quadratic_kappa(scores: Floats, grades: Floats, scale: Sequence[float]) -> float:
    """Cohen's kappa with quadratic weights, both sides rounded to the scale (Cohen, 1968)."""
    steps = np.asarray(scale)
    size = len(steps)
    mine, theirs = (np.abs(np.asarray(v)[:, None] - steps).argmin(axis=1) for v in (scores, grades))
    seen = np.zeros((size, size))
    np.add.at(seen, (mine, theirs), 1)
    expected = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / seen.sum()
    cost = (steps[:, None] - steps[None, :]) ** 2
    lost = float((cost * expected).sum())
    return 1 - float((cost * seen).sum()) / lost if lost else float("nan")


def mean_error(scores: Floats, grades: Floats) -> float:
    """Mean absolute difference."""
    return float(np.abs(np.asarray(scores) - np.asarray(grades)).mean())


def agreement(scores: Sequence[float], people: Sequence[float], scale: Sequence[float] = STEPS) -> Agreement:
    """The figures of marks against those of people."""
    if not scores:
        return Agreement(0, None, None, None, None)
    mine, theirs = np.asarray(scores, dtype=np.float64), np.asarray(people, dtype=np.float64)
    return Agreement(
        answers=len(mine),
        r=_known(pearson(mine, theirs)),
        kappa=_known(quadratic_kappa(mine, theirs, scale)) if len(mine) > 1 else None,
        mean_error=mean_error(mine, theirs),
        mean_shift=float((mine - theirs).mean()),
    )


def by_criterion(
    pairs: Sequence[tuple[Mapping[str, str], Mapping[str, str]]],
) -> dict[str, CriterionAgreement]:
    """Of (people's verdicts, the machine's) on answers: each criterion that both judged, in the order of meeting."""
    found: dict[str, list[tuple[str, str]]] = {}
    for people, machine in pairs:
        for criterion, verdict in people.items():
            if criterion in machine:
                found.setdefault(criterion, []).append((verdict, machine[criterion]))
    return {criterion: _criterion(verdicts) for criterion, verdicts in found.items()}


def _criterion(verdicts: list[tuple[str, str]]) -> CriterionAgreement:
    people, machine = (np.array([CREDITS.get(pair[side], 0.0) for pair in verdicts]) for side in (0, 1))
    return CriterionAgreement(
        answers=len(verdicts),
        same=sum(one == other for one, other in verdicts) / len(verdicts),
        kappa=_known(quadratic_kappa(machine, people, VERDICT_STEPS)) if len(verdicts) > 1 else None,
        mean_error=mean_error(machine, people),
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
