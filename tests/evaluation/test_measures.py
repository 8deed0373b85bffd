"""Figures against ones worked out by hand."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import cohen_kappa_score, mean_absolute_error

from app.assessments.agreement import STEPS, agreement, by_criterion
from app.evaluation.agreement import Judged
from app.evaluation.curve import REVIEWS, revealing
from app.evaluation.graded import SETS, GradedAnswer, read_sets
from app.evaluation.judging import Judgement
from app.evaluation.measures import (
    mean_error,
    pairs_in_order,
    partial,
    pearson,
    pearson_within,
    quadratic_kappa,
    reliability,
    risk_by_coverage,
    rmse,
)
from app.scoring.samples import answers_of


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


ASAG = Path(os.environ.get("VIVA_ASAG_DIR", Path(__file__).parents[3] / "shared" / "asag"))


@pytest.mark.parametrize("name", sorted(SETS))
def test_the_same_figures_as_scipy_and_scikit_learn(name: str) -> None:
    """On a public graded set: people's grades against what an answer shares with its reference."""
    rows = read_sets(ASAG, (name,))[name]
    grades = np.array([row.grade for row in rows])
    words = [(set(row.text.lower().split()), set(row.references[0].lower().split())) for row in rows]
    scores = np.array([len(mine & theirs) / max(1, len(theirs)) for mine, theirs in words])
    found = agreement(scores.tolist(), grades.tolist())
    rounded = [np.abs(values[:, None] - np.array(STEPS)).argmin(axis=1) for values in (scores, grades)]
    assert found.answers == len(rows) > 100
    assert found.r == pytest.approx(pearsonr(scores, grades).statistic, abs=1e-9)
    assert found.kappa == pytest.approx(cohen_kappa_score(*rounded, weights="quadratic", labels=range(5)), abs=1e-9)
    assert found.mean_error == pytest.approx(mean_absolute_error(grades, scores), abs=1e-12)
    assert mean_error(scores, grades) == found.mean_error


def test_agreement_by_criterion() -> None:
    people = {"a": "met", "b": "missed"}
    found = by_criterion([(people, {"a": "met", "b": "met"}), (people | {"c": "met"}, {"a": "partial", "b": "missed"})])
    assert list(found) == ["a", "b"], "what only people judged cannot be compared"
    assert (found["a"].same, found["a"].mean_error) == (0.5, 0.25)
    assert (found["b"].answers, found["b"].mean_error) == (2, 0.5)
    assert agreement([], []).r is None
    assert agreement([0.5], [0.5]).kappa is None


def test_reviews_revealed_one_at_a_time_bring_later_scores_to_peoples_bar() -> None:
    """A machine that is too kind by .3, whatever is said."""
    rng = np.random.default_rng(3)
    rows, found = [], []
    for question in ("one", "two"):
        for number in range(40):
            grade = float(rng.uniform(0, 0.6))
            rows.append(GradedAnswer("made", question, "?", ("!",), f"{question} {number}", grade))
            vector = rng.normal(size=8).astype(np.float32)
            found.append(_judgement(rows[-1].text, min(1.0, grade + 0.3), vector / np.linalg.norm(vector)))
    silence = {one: answers_of([], [], [], [], people=False) for one in ("one", "two")}
    curve = revealing(Judged("made", rows, found, [], silence))
    assert curve is not None
    assert (curve.questions, curve.answers) == (2, 40)
    assert [point.reviews for point in curve.points] == list(REVIEWS)
    errors = [point.error for point in curve.points]
    assert errors[0] == pytest.approx(0.3, abs=1e-6)
    assert errors[-1] < errors[3] < errors[1] < errors[0]
    assert next(point.toward for point in curve.points if point.reviews == 12) == 1.0
    assert curve.points[0].toward is None
    assert revealing(Judged("few", rows[:10], found[:10], [], silence)) is None


def _judgement(text: str, score: float, vector: np.ndarray) -> Judgement:
    return Judgement(
        score=score,
        confidence=0.5,
        needs_review=False,
        cosine=0.0,
        recall=0.0,
        length=1.0,
        vector=vector,
        text=text,
        nearness=(0.8, 0.7),
    )
