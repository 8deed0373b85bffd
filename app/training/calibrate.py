"""Fitting the small models over the evidence: credit, contradiction, score, confidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.ensemble import HistGradientBoostingRegressor

from app.scoring.credit import MEANS, SIGNALS
from app.scoring.evidence import FEATURES
from app.scoring.learnt import Curve
from app.training.material import BANK, OWN
from app.training.rows import DISORDER, Row

Floats = NDArray[np.float64]
SAMPLES = {"noise": 1.0, "constant": 0.3, "slope": 0.15, "local": 1.0, "length": 0.5}
CREDIT_SIGNS = {
    "said": 1, "said_mean": 1, "denied": -1, "turned": -1, "twin_said": -1, "margin": 1, "meaning": 1, "beyond": 1,
    "tokens": 1, "anywhere": 1, "words": 1, "rival": 1, "twin": -1, "conflict": -1,
    "denial": -1, "opposed": -1,
}  # fmt: skip
SCORE_SIGNS = {
    "credit": 1, "best": 1, "wrong": -1, "worst": -1, "conflict": -1, "turned": -1, "denial": -1, "opposed": -1,
    "said": 1, "meaning": 1, "tokens": 1, "cover": 1, "mass": 1, "words": 1,
}  # fmt: skip
CONFIDENCE = ("spread", "middle", "length", "apart", "wrong")
BY_RULE_MARKS = {"echo": 0.0, "other": 0.0, "padding": 0.0, "negated": -1.0}
"""Marks of every criterion for answers made by rule: they meet none, or deny them all."""


def logistic(
    x: Floats, y: Floats, w: Floats, signs: Sequence[int], ridge: float, most: Sequence[float] | None = None
) -> tuple[Floats, float]:
    """A curve of least squares, its weights held to their signs and caps; ridge on standardised inputs."""
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

    caps = [
        None if cap is None or not np.isfinite(cap) else cap * one
        for cap, one in zip(most or [np.inf] * len(signs), scale, strict=True)
    ]
    bounds = [
        (0, cap) if sign > 0 else (None if cap is None else -cap, 0) if sign < 0 else (None, None)
        for sign, cap in zip(signs, caps, strict=True)
    ] + [(None, None)]
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
    most: dict[str, float] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Fit both halves of a `Curve`."""
    wanted = [signs.get(name, 0) for name in names]
    weights, bias = logistic(x, y, w, wanted, ridge, [(most or {}).get(name, np.inf) for name in names])
    model: dict[str, Any] = {
        "bias": round(bias, 5),
        "weights": {name: round(float(value), 5) for name, value in zip(names, weights, strict=True)},
    }
    if share:
        model |= {"share": share, "trees": trees(x, y, w, wanted, names, rounds, leaves, least)}
    return model


def fit_credit(rows: Sequence[Row]) -> tuple[dict[str, Any], dict[str, Any]]:
    """From answers whose criteria were marked one by one."""
    x, mark, w = [], [], []
    for row in rows:
        marks = row.marks or (BY_RULE_MARKS[row.made],) * len(row.cases) if row.made in BY_RULE_MARKS else row.marks
        if not marks:
            continue
        for case, one in zip(row.cases, marks, strict=True):
            x.append(case)
            mark.append(one)
            w.append(0.4 if row.made in BY_RULE_MARKS else 0.6 if row.kind == "bare" else 1.0)
    cases, marks_of, weights = np.array(x), np.array(mark), np.array(w)
    given = curve(cases, np.clip(marks_of, 0, 1), weights, FEATURES, CREDIT_SIGNS)
    # Nothing that speaks for a criterion makes a contradiction likelier: one more right sentence may cost nothing.
    against = {name: -sign for name, sign in CREDIT_SIGNS.items()}
    opposed = curve(cases, (marks_of < 0).astype(float), weights, FEATURES, against)
    return given, opposed


def whole_cases(rows: Sequence[Row], credit: Curve, contradiction: Curve) -> Floats:
    """The signals of whole answers, by the fitted credit."""
    table = []
    for row in rows:
        given, opposed = np.clip(credit(row.cases), 0, 1), np.clip(contradiction(row.cases), 0, 1)
        means = dict(zip(FEATURES, row.shares @ row.cases, strict=True))
        signals = {
            **{signal: float(means[name]) for signal, name in MEANS.items()},
            "credit": float(row.shares @ given),
            "best": float(row.shares @ given**2),
            "wrong": float(row.shares @ opposed),
            "worst": float(opposed.max()),
            "mass": float(row.masses @ row.cases[:, FEATURES.index("anywhere")]),
        }
        table.append([signals[name] for name in SIGNALS])
    return np.array(table)


def row_weights(rows: Sequence[Row], own_weight: float, made_share: float) -> Floats:
    """Each public set counts the same, Viva's own answers `own_weight`; answers made by rule share a part of it."""
    weights = np.zeros(len(rows))
    for source in {row.source for row in rows}:
        real = np.array([r.source == source and not _by_rule(r) for r in rows])
        made = np.array([r.source == source and _by_rule(r) for r in rows])
        weight = own_weight if source == OWN else 1.0
        weights[real] = weight / max(1, real.sum())
        weights[made] = made_share * weight / max(1, made.sum())
    return weights * len(rows)


BY_RULE = (
    "echo", "shuffled", "keywords", "other", "padding", "reference", "negated", "flipped", "swapped", "paraphrase",
    "stranger", "twin",
)  # fmt: skip


def _by_rule(row: Row) -> bool:
    return row.made in BY_RULE


@dataclass(frozen=True)
class Plan:
    """How the score of one kind of rubric is fitted."""

    forms: tuple[str, ...]
    names: tuple[str, ...]
    own_weight: float
    made_share: float
    ridge: float
    share: float
    most: dict[str, float]


PLANS = {
    # By model answers alone, contradiction is a guess: it was learnt where misconceptions are written down.
    "references": Plan(
        ("references", "point"),
        ("wrong", "conflict", "cover", "mass", "words"),
        own_weight=0.6, made_share=0.3, ridge=1e-3, share=0.3, most={},
    ),
    "rubric": Plan(("rubric", "bare"), SIGNALS, own_weight=1.5, made_share=0.35, ridge=3e-4, share=0.4, most={}),
}  # fmt: skip


def fit_score(plan: Plan, x: Floats, y: Floats, w: Floats) -> dict[str, Any]:
    """The score of one kind of rubric, from signals in the order of `SIGNALS`."""
    columns = [SIGNALS.index(name) for name in plan.names]
    return curve(
        x[:, columns], y, w, plan.names, SCORE_SIGNS, least=60, rounds=90, ridge=plan.ridge, share=plan.share,
        most=plan.most,
    )  # fmt: skip


def scores_of(model: Curve, x: Floats) -> Floats:
    """What a fitted score says of signals in the order of `SIGNALS`."""
    return np.asarray(np.clip(model(x[:, [SIGNALS.index(name) for name in model.names]]), 0, 1))


def rescaled(p: Floats, y: Floats, w: Floats) -> dict[str, float]:
    """Slope and level of the log odds that bring probabilities to grades; near 1 and 0 if in doubt."""
    clipped = np.clip(p, 1e-4, 1 - 1e-4)
    odds = np.log(clipped / (1 - clipped))

    def loss(beta: Floats) -> float:
        found = 1 / (1 + np.exp(-(beta[0] * odds + beta[1])))
        return float((w * (found - y) ** 2).sum() / w.sum() + 1e-3 * ((beta[0] - 1) ** 2 + beta[1] ** 2))

    found = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=[(0.5, 2.0), (-2.0, 2.0)])
    return {"slope": round(float(found.x[0]), 4), "level": round(float(found.x[1]), 4)}


def cross_fitted(rows: Sequence[Row], plan: Plan, x: Floats, y: Floats, w: Floats, folds: int = 5) -> Floats:
    """Scores of a curve that has not seen the question."""
    questions = sorted({row.question for row in rows})
    fold = {name: number % folds for number, name in enumerate(questions)}
    place = np.array([fold[row.question] for row in rows])
    scores = np.zeros(len(rows))
    for number in range(folds):
        out = place == number
        if out.any() and (~out).any():
            scores[out] = scores_of(Curve.from_dict(fit_score(plan, x[~out], y[~out], w[~out])), x[out])
    return scores


def confidence_case(row: Row, signals: Floats, given: Floats, score: float) -> list[float]:
    """The numbers of `CONFIDENCE`."""
    at = {name: float(value) for name, value in zip(SIGNALS, signals, strict=True)}
    return [
        float(np.mean(4 * given * (1 - given))), 4 * score * (1 - score), row.length, abs(score - at["credit"]),
        at["wrong"],
    ]  # fmt: skip


def fit_confidence(rows: Sequence[Row], plan: Plan, credit: Curve, x: Floats, y: Floats, w: Floats) -> dict[str, Any]:
    """Whether the grade lies within .2 of the score, by scores that have not seen the question."""
    scores = cross_fitted(rows, plan, x, y, w)
    cases = []
    for row, signals, score in zip(rows, x, scores, strict=True):
        given = np.clip(credit(row.cases), 0, 1)
        cases.append(confidence_case(row, signals, given, float(score)))
    hit = (np.abs(scores - y) <= 0.2).astype(float)
    return curve(np.array(cases), hit, w, CONFIDENCE, {}, share=0.0, ridge=1e-3)


LEVEL_RULES, LEVEL_SHARE = ("other", "padding"), 0.1
"""Answers made by rule that set levels too, and what they count in all beside the bank's samples: without any, the
level rises until another question's right answer is credited."""


def fit(rows: Sequence[Row], told: Callable[[str], None] = print) -> dict[str, Any]:
    """All of `models.json`. Rows of the bank set levels alone: nothing else is fitted on them."""
    # What is no sentence is told by the order of its words, before any of this.
    seen = [row for row in rows if row.source != BANK and row.made not in ("keywords", "shuffled")]
    levels = [row for row in rows if row.source == BANK and (not _by_rule(row) or row.made in LEVEL_RULES)]
    told(f"fitting on {len(seen)} answers, levels on {len(levels)}")
    credit, contradiction = fit_credit(seen)
    by_rubric = [row for row in levels if row.kind == "rubric"]
    shares = row_weights(by_rubric, 1.0, LEVEL_SHARE)
    given, opposed = Curve.from_dict(credit), Curve.from_dict(contradiction)
    score, confidence = {}, {}
    for kind, plan in PLANS.items():
        mine = [row for row in seen if row.kind in plan.forms]
        x, y = whole_cases(mine, given, opposed), np.array([row.grade for row in mine])
        score[kind] = fit_score(plan, x, y, row_weights(mine, plan.own_weight, plan.made_share))
        if kind == "rubric" and by_rubric:
            raw = scores_of(Curve.from_dict(score[kind]), whole_cases(by_rubric, given, opposed))
            grades = np.array([row.grade for row in by_rubric])
            score[kind] |= rescaled(raw, grades, shares)
        confidence[kind] = fit_confidence(mine, plan, given, x, y, row_weights(mine, plan.own_weight, 0.1))
    return {
        "about": "Logistic curves and boosted trees over the evidence: see docs/scoring.md. Made by viva train.",
        "settings": {"disorder": DISORDER, "samples": SAMPLES},
        "credit": credit,
        "contradiction": contradiction,
        "score": score,
        "confidence": confidence,
    }
