"""Pure statistics of results: from values or from sums of them, with intervals that say how sure a figure is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Z95 = 1.959963984540054
FEW = 30
"""Below so many a figure is shown with a warning."""


@dataclass(frozen=True)
class Estimate:
    """A figure, how many it rests on, and its 95 % interval (None where there are too few for one)."""

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None

    @property
    def is_weak(self) -> bool:
        """Whether too few are behind it to build on."""
        return self.n < FEW


@dataclass(frozen=True)
class Pairs:
    """Sums over pairs (x, y)."""

    n: int
    x: float
    y: float
    xy: float
    xx: float
    yy: float


def pairs_of(x: Floats, y: Floats) -> Pairs:
    """The sums of two columns."""
    return Pairs(len(x), float(x.sum()), float(y.sum()), float(x @ y), float(x @ x), float(y @ y))


def t_quantile(df: int) -> float:
    """The 97.5 % quantile of Student's t (Cornish–Fisher expansion; error below .005 from 4 degrees of freedom)."""
    z = Z95
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + float(sum(term / df**power for power, term in enumerate(terms, start=1)))


def mean(n: int, total: float, squares: float) -> Estimate:
    """A mean from its sums, with Student's interval; fewer than five have none."""
    if n == 0:
        return Estimate(None, 0)
    value = total / n
    if n < 5:
        return Estimate(value, n)
    variance = max(0.0, (squares - total * total / n) / (n - 1))
    half = t_quantile(n - 1) * math.sqrt(variance / n)
    return Estimate(value, n, value - half, value + half)


def proportion(n: int, hits: float) -> Estimate:
    """A share with Wilson's interval (Wilson, 1927)."""
    if n == 0:
        return Estimate(None, 0)
    share = hits / n
    centre = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 * math.sqrt(share * (1 - share) / n + Z95**2 / (4 * n * n)) / (1 + Z95**2 / n)
    return Estimate(share, n, max(0.0, centre - half), min(1.0, centre + half))


def correlation(pairs: Pairs) -> Estimate:
    """Pearson's correlation from sums, with Fisher's interval; None where one side does not vary, or under three."""
    n = pairs.n
    if n < 3:
        return Estimate(None, n)
    xx, yy = pairs.xx - pairs.x**2 / n, pairs.yy - pairs.y**2 / n
    if min(xx, yy) <= 1e-9 * n:
        return Estimate(None, n)
    r = (pairs.xy - pairs.x * pairs.y / n) / math.sqrt(xx * yy)
    r = max(-1.0, min(1.0, r))
    if n < 4 or abs(r) > 1 - 1e-12:
        return Estimate(r, n)
    half = Z95 / math.sqrt(n - 3)
    return Estimate(r, n, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half))


def item_rest(marks: Floats) -> list[Estimate]:
    """Corrected item-total correlation of each column: with the mean of the other columns (rows are candidates)."""
    total, count = marks.sum(axis=1), marks.shape[1]
    return [
        correlation(pairs_of(marks[:, column], (total - marks[:, column]) / (count - 1))) for column in range(count)
    ]


def bootstrap_mean(values: Sequence[float], draws: int = 2000, seed: int = 1) -> Estimate:
    """A mean with the percentile bootstrap's interval (Efron, 1979), the same at each call; under three have none."""
    n = len(values)
    if n == 0:
        return Estimate(None, 0)
    sample = np.asarray(values, dtype=np.float64)
    if n < 3:
        return Estimate(float(sample.mean()), n)
    picked = np.random.default_rng(seed).integers(0, n, (draws, n))
    low, high = np.quantile(sample[picked].mean(axis=1), (0.025, 0.975))
    return Estimate(float(sample.mean()), n, float(low), float(high))
