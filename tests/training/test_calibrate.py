"""The small models: what is fitted is what numpy evaluates, and it keeps to its signs."""

from __future__ import annotations

import json

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from app.scoring.learnt import Curve
from app.scoring.trees import Trees
from app.training.calibrate import curve, trees

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
