"""Figures against ones worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from app.evaluation.measures import (
    pairs_in_order,
    partial,
    pearson,
    pearson_within,
    quadratic_kappa,
    reliability,
    risk_by_coverage,
    rmse,
)


def test_pearson() -> None:
    assert pearson(np.array([1.0, 2, 3, 4]), np.array([2.0, 4, 6, 8])) == pytest.approx(1)
    assert pearson(np.array([1.0, 2, 3, 4]), np.array([1.0, 3, 2, 4])) == pytest.approx(0.8)
    assert np.isnan(pearson(np.array([1.0, 1, 1]), np.array([1.0, 2, 3])))


def test_within_looks_past_questions_that_are_easier_than_others() -> None:
    """Scores that know only how easy the question is."""
    groups = ["easy"] * 3 + ["hard"] * 3
    grades = np.array([0.8, 0.9, 1.0, 0.1, 0.2, 0.3])
    easiness = np.array([0.9, 0.9, 0.9, 0.2, 0.2, 0.2])
    assert pearson(easiness, grades) > 0.95
    assert np.isnan(pearson_within(easiness, grades, groups))
    assert pearson_within(easiness + np.array([0.1, 0, -0.1] * 2), grades, groups) == pytest.approx(-1)


def test_partial_takes_the_length_away() -> None:
    random = np.random.default_rng(1)
    length, skill = random.normal(size=(2, 2000))
    grades, scores = 0.7 * length + skill, length + 0.0
    assert pearson(scores, grades) > 0.5
    assert abs(partial(scores, grades, length)) < 0.05 or np.isnan(partial(scores, grades, length))
    assert partial(scores + skill, grades, length) == pytest.approx(1)


def test_kappa() -> None:
    scale = (0.0, 0.5, 1.0)
    grades = np.array([0.0, 0.5, 1.0, 1.0])
    assert quadratic_kappa(grades, grades, scale) == 1
    # Off by one step in one of four: cost .25; by chance, from the margins (1,2,1) and (1,1,2): 1.25.
    assert quadratic_kappa(np.array([0.1, 0.4, 0.6, 1.0]), grades, scale) == pytest.approx(1 - 0.25 / 1.25)
    assert quadratic_kappa(np.array([1.0, 0.5, 0.0, 0.0]), grades, scale) < 0


def test_risk_falls_when_the_sure_ones_are_right() -> None:
    scores, grades = np.array([0.5, 0.5, 0.5, 0.5]), np.array([0.5, 0.6, 0.9, 0.0])
    found = risk_by_coverage(scores, grades, np.array([0.9, 0.8, 0.3, 0.2]), (1.0, 0.5))
    assert found == [(1.0, 0.5, pytest.approx(0.25)), (0.5, 0.0, pytest.approx(0.05))]
    assert rmse(scores, grades) == pytest.approx(np.sqrt((0.01 + 0.16 + 0.25) / 4))


def test_reliability_by_tenths() -> None:
    assert reliability(np.array([0.05, 0.01, 1.0]), np.array([0.0, 1.0, 1.0])) == [
        (pytest.approx(0.03), 0.5, 2),
        (1.0, 1.0, 1),
    ]


def test_pairs_of_one_question_only() -> None:
    scores, grades = np.array([0.2, 0.4, 0.9, 0.1]), np.array([0.0, 1.0, 0.0, 1.0])
    assert pairs_in_order(scores, grades, ["a", "a", "b", "b"]) == (1, 2)
    assert pairs_in_order(np.zeros(4), grades, ["a", "a", "b", "b"]) == (0, 2), "a tie is no order"
