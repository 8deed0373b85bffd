"""The statistics of the dashboards against SciPy and scikit-learn, on what people gave to real answers."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from sklearn.calibration import calibration_curve

from app.dashboards import statistics as st
from app.dashboards.analytics_queries import Figures, Sums
from app.dashboards.trust import reliability, thirds
from app.evaluation.graded import read_sets
from app.kit.config import ROOT

FOLDER = Path(os.environ.get("VIVA_ASAG_DIR", ROOT.parent / "shared" / "asag"))


@pytest.fixture(scope="module")
def graded() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """For each set: grades, and what a crude machine says of the same answers (their length against the longest)."""
    found = {}
    for name, rows in read_sets(FOLDER).items():
        words = np.array([len(row.text.split()) for row in rows], dtype=float)
        found[name] = (np.array([row.grade for row in rows]), np.minimum(1, words / np.quantile(words, 0.9)))
    return found


def test_correlations_and_their_intervals_are_scipys(graded: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    for grades, scores in graded.values():
        mine, theirs = st.correlation(st.pairs_of(grades, scores)), stats.pearsonr(grades, scores)
        interval = theirs.confidence_interval(0.95)
        assert [mine.value, mine.low, mine.high] == pytest.approx([theirs.statistic, interval.low, interval.high])
        assert mine.n == len(grades)


def test_means_and_shares_and_their_intervals_are_scipys(graded: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    for grades, scores in graded.values():
        for some in (grades - scores, (grades - scores)[:7]):
            mine = st.mean(len(some), some.sum(), some @ some)
            low, high = stats.ttest_1samp(some, 0).confidence_interval(0.95)
            assert [mine.value, mine.low, mine.high] == pytest.approx([some.mean(), low, high], abs=2e-4)
        near = int((abs(grades - scores) <= 0.2).sum())
        share, theirs = (
            st.proportion(len(grades), near),
            stats.binomtest(near, len(grades)).proportion_ci(0.95, "wilson"),
        )
        assert [share.low, share.high] == pytest.approx([theirs.low, theirs.high])


def test_item_rest_correlations_are_those_of_corrcoef(graded: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    grades, _ = graded["mohler"]
    marks = grades[: len(grades) // 12 * 12].reshape(-1, 12)
    for column, mine in enumerate(st.item_rest(marks)):
        rest = np.delete(marks, column, axis=1).mean(axis=1)
        assert mine.value == pytest.approx(stats.pearsonr(marks[:, column], rest).statistic)


def test_the_reliability_diagram_is_scikit_learns(graded: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    grades, scores = graded["digiklausur"]
    sure = np.clip(1 - abs(scores - 0.5) * 0.9, 0.0, 1.0) * 0.9973  # off the edges of tenths
    near = abs(grades - scores) <= 0.2
    place = np.minimum((sure * 10).astype(int), 9)
    sums = [
        Sums(str(n), int((place == n).sum()), sure[place == n].sum(), near[place == n].sum(), *[0.0] * 5)
        for n in sorted(set(place))
    ]
    picture = reliability(Figures(None, [], [], {"sure": sums}))
    observed, predicted = calibration_curve(near, sure, n_bins=10)
    assert [row[0] for row in picture.rows] == pytest.approx(100 * predicted, abs=0.06)
    assert [row[2] for row in picture.rows] == pytest.approx(100 * observed, abs=0.06)


def test_the_bootstrap_of_a_mean_is_near_scipys_and_always_the_same(
    graded: dict[str, tuple[np.ndarray, np.ndarray]],
) -> None:
    grades = graded["saf"][0][:25]
    mine = st.bootstrap_mean(grades)
    theirs = stats.bootstrap((grades,), np.mean, method="percentile", n_resamples=2000, rng=np.random.default_rng(5))
    assert [mine.low, mine.high] == pytest.approx(list(theirs.confidence_interval), abs=0.03)
    assert st.bootstrap_mean(grades) == mine


def test_too_little_has_no_interval() -> None:
    assert st.mean(0, 0, 0).value is None
    assert st.proportion(0, 0).value is None
    assert st.mean(3, 1.5, 0.8).low is None
    assert st.correlation(st.Pairs(2, 1, 1, 1, 1, 1)).value is None
    assert st.correlation(st.pairs_of(np.ones(9), np.arange(9.0))).value is None
    assert st.bootstrap_mean([]).value is None
    assert st.bootstrap_mean([0.2, 0.4]).low is None


def test_thirds_hold_about_as_many_answers_each() -> None:
    sums = [Sums(f"{n:02}", 10, 1.0, 0.5, *[0.0] * 5) for n in range(9)]
    assert [(name, row.n) for name, row in thirds(sums)] == [
        ("Short: 0–29 words", 30),
        ("Middling: 30–59 words", 30),
        ("Long: 60–89 words", 30),
    ]
    assert [row.n for _, row in thirds(sums[:1])] == [10]
