"""The small models: what is fitted is what numpy evaluates, and it keeps to its signs."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from app.evaluation.bank_folds import FOLDS, fold_of, without_fold
from app.evaluation.graded import read_bank
from app.kit.config import ROOT
from app.scoring.learnt import Curve, shipped
from app.scoring.signals import SIGNALS
from app.scoring.trees import Trees
from app.training.bank_rows import JudgedRow
from app.training.calibrate import TURNED_ROUND, fit_by_rubric, folds_by_rubric, scores_by_rubric
from app.training.curves import curve, trees

NAMES = ("up", "down", "free")
SIGNS = {"up": 1, "down": -1}


def cases(count: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((count, 3))
    y = 1 / (1 + np.exp(-(2 * x[:, 0] - x[:, 1] + np.sin(3 * x[:, 2])))) + 0.1 * rng.standard_normal(count)
    return x, np.clip(y, 0, 1)


def test_trees_predict_as_the_library_that_grew_them():
    x, y = cases()
    weights = np.ones(len(x))
    model = trees(x, y, weights, [1, -1, 0], NAMES, rounds=30, leaves=8, least=20)
    ours = Trees.from_dict(json.loads(json.dumps(model))).predict(x)
    theirs = HistGradientBoostingRegressor(
        max_iter=30, learning_rate=0.06, max_leaf_nodes=8, max_depth=4, min_samples_leaf=20, l2_regularization=1.0,
        monotonic_cst=[1, -1, 0], max_bins=64, early_stopping=False, random_state=0,
    ).fit(x, y, sample_weight=weights)  # fmt: skip
    assert np.abs(ours - theirs.predict(x)).max() < 1e-4


def test_a_curve_never_goes_against_its_signs():
    x, y = cases()
    fitted = Curve.from_dict(curve(x, y, np.ones(len(x)), NAMES, SIGNS))
    at = fitted(x)
    for column, sign in ((0, 1), (1, -1)):
        moved = x.copy()
        moved[:, column] += 0.7
        assert (sign * (fitted(moved) - at) >= -1e-9).all()
    assert np.corrcoef(at, y)[0, 1] > 0.9


def test_a_single_case_is_judged_as_among_many():
    x, y = cases(300)
    fitted = Curve.from_dict(curve(x, y, np.ones(len(x)), NAMES, SIGNS, least=10))
    assert fitted(x)[7] == fitted.of(dict(zip(NAMES, x[7], strict=True)))


def bank(questions: int = 60) -> list[JudgedRow]:
    """Answers with grades by credit alone, and right ones turned round, which something speaks against."""
    rng, rows = np.random.default_rng(2), []
    for number in range(questions):
        for made, grade in (("strong", 1.0), ("plain", 0.75), ("vague", 0.5), ("wrong", 0.0), ("negated", 0.05)):
            signals = dict.fromkeys(SIGNALS, 0.0)
            right = 1.0 if made == "negated" else grade
            for name in ("credit", "best", "met", "weaker", "why", "kept", "said", "meaning", "tokens"):
                signals[name] = float(np.clip(right + 0.1 * rng.standard_normal(), 0, 1))
            for name in ("denial", "against", "off"):
                signals[name] = float(np.clip((made == "negated") * 0.5 + 0.1 * rng.random(), 0, 1))
            rows.append(
                JudgedRow("bank", f"question-{number}", made, grade, np.array([signals[n] for n in SIGNALS]), 0.5, 4.0)
            )
    return rows


def test_a_score_by_a_rubric_follows_grades_and_lets_nothing_turned_round_pass():
    rows = bank()
    scores = scores_by_rubric(fit_by_rubric(rows), np.stack([row.signals for row in rows]))
    turned = np.array([row.made in TURNED_ROUND for row in rows])
    grades = np.array([row.grade for row in rows])
    assert np.abs(scores[~turned] - grades[~turned]).mean() < 0.08
    assert (scores[turned] < 0.5).all()


def test_a_part_of_the_bank_is_measured_by_curves_that_have_not_seen_it():
    rows = bank()
    folds = folds_by_rubric(rows)
    # Grades of one part changed: its own curves are the same, all others differ.
    changed = [replace(row, grade=0.0) if fold_of(row.question) == 1 else row for row in rows]
    same = [one == other for one, other in zip(folds, folds_by_rubric(changed), strict=True)]
    assert same == [fold == 1 for fold in range(FOLDS)]


def test_the_parts_that_ship_cover_the_bank_and_differ():
    questions = read_bank(ROOT / "seed")
    assert {fold_of(question.slug) for question in questions} == set(range(FOLDS))
    at = np.full((1, len(shipped().score["rubric"].names)), 0.5)
    found = {float(without_fold(shipped(), fold).score["rubric"](at)[0]) for fold in range(FOLDS)}
    assert len(found) == FOLDS
