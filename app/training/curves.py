"""Fitting one `Curve`: a logistic half and a half of boosted trees, both held to the signs of what they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.ensemble import HistGradientBoostingRegressor

Floats = NDArray[np.float64]


def logistic(x: Floats, y: Floats, w: Floats, signs: Sequence[int], ridge: float) -> tuple[Floats, float]:
    """A curve of least squares, its weights held to their signs; ridge on standardised inputs."""
    mean, scale = np.average(x, axis=0, weights=w), np.sqrt(np.average((x - x.mean(axis=0)) ** 2, axis=0, weights=w))
    scale = np.maximum(scale, 1e-6)
    z = (x - mean) / scale
    total = w.sum()

    def loss(beta: Floats) -> tuple[float, Floats]:
        p = 1 / (1 + np.exp(-np.clip(z @ beta[:-1] + beta[-1], -30, 30)))
        error = p - y
        slope = 2 * w * error * p * (1 - p) / total
        gradient = np.append(z.T @ slope + 2 * ridge * beta[:-1], slope.sum())
        return float((w * error**2).sum() / total + ridge * (beta[:-1] ** 2).sum()), gradient

    free: list[tuple[float | None, float | None]] = [(None, None)]
    bounds = [(0, None) if sign > 0 else (None, 0) if sign < 0 else (None, None) for sign in signs] + free
    found = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", bounds=bounds)
    weights = found.x[:-1] / scale
    return weights, float(found.x[-1] - weights @ mean)


def trees(
    x: Floats, y: Floats, w: Floats, signs: Sequence[int], names: Sequence[str], rounds: int, leaves: int, least: int
) -> dict[str, Any]:
    """Boosted trees that never fall (or rise) with a signal, as `Trees.from_dict` reads them."""
    model = HistGradientBoostingRegressor(
        max_iter=rounds, learning_rate=0.06, max_leaf_nodes=leaves, max_depth=4, min_samples_leaf=least,
        l2_regularization=1.0, monotonic_cst=list(signs), max_bins=64, early_stopping=False, random_state=0,
    )  # fmt: skip
    model.fit(x, y, sample_weight=w / w.mean())
    out = []
    for (predictor,) in model._predictors:
        nodes = predictor.nodes
        out.append(
            [
                [round(float(node["value"]), 6)]
                if node["is_leaf"]
                else [int(node["feature_idx"]), float(node["num_threshold"]), int(node["left"]), int(node["right"])]
                for node in nodes
            ]
        )
    return {"names": list(names), "base": float(model._baseline_prediction.ravel()[0]), "trees": out}


def curve(
    x: Floats, y: Floats, w: Floats, names: Sequence[str], signs: dict[str, int], *,
    ridge: float = 1e-4, share: float = 0.5, rounds: int = 80, leaves: int = 8, least: int = 40,
) -> dict[str, Any]:  # fmt: skip
    """Fit both halves of a `Curve`."""
    wanted = [signs.get(name, 0) for name in names]
    weights, bias = logistic(x, y, w, wanted, ridge)
    model: dict[str, Any] = {
        "bias": round(bias, 5),
        "weights": {name: round(float(value), 5) for name, value in zip(names, weights, strict=True)},
    }
    if share:
        model |= {"share": share, "trees": trees(x, y, w, wanted, names, rounds, leaves, least)}
    return model
