"""Fitting the small models over the evidence: credit, contradiction, score, confidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from app.evaluation.bank_folds import FOLDS, fold_of
from app.scoring.by_references import by_references
from app.scoring.credit import less_what_is_inverted
from app.scoring.evidence import FEATURES
from app.scoring.learnt import Curve
from app.scoring.signals import SIGNALS, signals_of
from app.training.bank_rows import JudgedRow
from app.training.curves import Floats, curve
from app.training.material import BANK, OWN
from app.training.rows import DISORDER, Row

SAMPLES = {
    "noise": 0.3, "nothing": 1.0, "constant": 0.4, "near": 0.2, "slope": 0.3, "local": 0.5, "length": 0.5,
    "words": 1.0, "amount": 0.3,
}  # fmt: skip
CREDIT_SIGNS = {
    "said": 1, "said_mean": 1, "denied": -1, "turned": -1, "twin_said": -1, "margin": 1, "meaning": 1, "beyond": 1,
    "tokens": 1, "anywhere": 1, "words": 1, "rival": 1, "twin": -1, "conflict": -1,
    "denial": -1, "opposed": -1,
}  # fmt: skip
SCORE_SIGNS = {
    "credit": 1, "best": 1, "wrong": -1, "worst": -1, "conflict": -1, "turned": -1, "denial": -1, "opposed": -1,
    "said": 1, "meaning": 1, "tokens": 1, "cover": 1, "mass": 1, "words": 1, "met": 1, "weaker": 1, "why": 1, "kept": 1,
    "margin": 1, "rival": 1, "free_cover": 1, "free_mass": 1, "free_words": 1, "over": 1,
}  # fmt: skip
CONFIDENCE = ("spread", "middle", "length", "apart", "wrong")
BY_RULE_MARKS = {"echo": 0.0, "other": 0.0, "padding": 0.0, "negated": -1.0}
"""Marks of every criterion for answers made by rule: they meet none, or deny them all."""


def fit_credit(rows: Sequence[Row]) -> tuple[dict[str, Any], dict[str, Any]]:
    """From answers whose criteria were marked one by one."""
    x, mark, w = [], [], []
    for row in rows:
        marks = row.marks or (BY_RULE_MARKS[row.made],) * len(row.cases) if row.made in BY_RULE_MARKS else row.marks
        if not marks:
            continue
        for case, one in zip(row.cases, marks, strict=True):
            x.append(case[: len(FEATURES)])
            mark.append(one)
            w.append(0.4 if row.made in BY_RULE_MARKS else 0.6 if row.kind == "bare" else 1.0)
    cases, marks_of, weights = np.array(x), np.array(mark), np.array(w)
    given = curve(cases, np.clip(marks_of, 0, 1), weights, FEATURES, CREDIT_SIGNS)
    # Nothing that speaks for a criterion makes a contradiction likelier: one more right sentence may cost nothing.
    against = {name: -sign for name, sign in CREDIT_SIGNS.items()}
    opposed = curve(cases, (marks_of < 0).astype(float), weights, FEATURES, against)
    return given, opposed


def whole_cases(rows: Sequence[Row], credit: Curve, contradiction: Curve) -> Floats:
    """The signals of whole answers, by the fitted credit, in the order of `SIGNALS`."""
    table = []
    for row in rows:
        asked = row.cases[:, : len(FEATURES)]
        given, opposed = np.clip(credit(asked), 0, 1), np.clip(contradiction(asked), 0, 1)
        found = signals_of(
            partial(_ungrouped, row.shares),
            row.cases, given.tolist(), opposed.tolist(), row.masses, ("what",) * len(row.cases),
            row.most_about, row.extent,
        )  # fmt: skip
        table.append([found[name] for name in SIGNALS])
    return np.array(table)


def _ungrouped(shares: Floats, values: Sequence[float]) -> tuple[Floats, Floats]:
    return shares, np.asarray(values)


def row_weights(rows: Sequence[Row] | Sequence[JudgedRow], own_weight: float, made_share: float) -> Floats:
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


def _by_rule(row: Row | JudgedRow) -> bool:
    return row.made in BY_RULE


REFERENCES = ("conflict", "free_cover", "free_mass", "free_words")
"""What the score by model answers alone is computed from. Contradiction is a guess there: it was learnt where
misconceptions are written down, and only a copy that says the opposite is sure."""
RUBRIC = (
    "credit", "best", "wrong", "worst", "mass", "conflict", "turned", "denial", "opposed", "said", "meaning", "tokens",
    "cover", "words", "met", "weaker", "why", "kept", "margin", "rival", "over",
)  # fmt: skip
"""What the score by a rubric is computed from."""
INVERTED = (
    "opposed", "denial", "conflict", "turned", "off", "against", "worst_opposed", "worst_denial", "worst_turned",
)  # fmt: skip
"""What tells that an answer is a right one turned round: nothing that one more right sentence can raise."""
MADE_SHARES = {"other": 0.02, "padding": 0.02, "reference": 0.02}
"""What answers to the bank made by rule count in all beside its samples, where the score is fitted. Without another
question's answer the score rises until that passes."""
TURNED_ROUND = ("negated", "flipped")


def fit_by_references(x: Floats, y: Floats, w: Floats) -> dict[str, Any]:
    """The score by model answers alone, from signals in the order of `SIGNALS`."""
    return curve(
        _columns(x, REFERENCES), y, w, REFERENCES, SCORE_SIGNS, least=60, rounds=90, ridge=1e-3, share=0.3
    )  # fmt: skip


OWN_SHARE = 0.15
"""What Viva's own graded answers count in all beside the bank's samples. They agree with these too little (r .66) to
count more; without any, a misconception stated beside right answers costs nothing, as the bank has few of these."""


def fit_by_rubric(rows: Sequence[JudgedRow]) -> dict[str, dict[str, Any]]:
    """The score by a rubric (``score``), and how an answer turned round is told (``inverted``).

    Mostly from the bank's samples: they are graded as wholes, by rubrics with groups and approaches.
    """
    x, grades = np.stack([row.signals for row in rows]), np.array([row.grade for row in rows])
    made, bank = np.array([row.made for row in rows]), np.array([row.source == BANK for row in rows])
    samples = bank & ~np.isin(made, BY_RULE)
    w = samples.astype(float)
    for kind, share in MADE_SHARES.items():
        mine = bank & (made == kind)
        w[mine] = share * samples.sum() / max(1, mine.sum())
    own = row_weights(rows, own_weight=1.0, made_share=0.35)
    w[~bank] = OWN_SHARE * samples.sum() * own[~bank] / max(1e-9, own[~bank].sum())
    used = w > 0
    score = curve(
        _columns(x[used], RUBRIC), grades[used], w[used], RUBRIC, SCORE_SIGNS,
        least=15, rounds=90, leaves=12, ridge=3e-4, share=0.9,
    )  # fmt: skip
    turned = bank & np.isin(made, TURNED_ROUND)
    told = turned | samples | (bank & (made == "reference"))
    inverted = curve(
        _columns(x[told], INVERTED), turned[told].astype(float), np.ones(told.sum()), INVERTED,
        dict.fromkeys(INVERTED, 1), ridge=1e-4, share=0.0,
    )  # fmt: skip
    return {"score": score, "inverted": inverted}


def scores_by_rubric(fitted: Mapping[str, Any], x: Floats) -> Floats:
    """What `fit_by_rubric` says of signals in the order of `SIGNALS`."""
    inverted = Curve.from_dict(fitted["inverted"])
    probabilities = np.clip(inverted(_columns(x, inverted.names)), 0, 1)
    scores: Floats = less_what_is_inverted(scores_of(Curve.from_dict(fitted["score"]), x), probabilities)
    return scores


def scores_of(model: Curve, x: Floats) -> Floats:
    """What a fitted score says of signals in the order of `SIGNALS`."""
    return np.asarray(np.clip(model(_columns(x, model.names)), 0, 1))


def _columns(x: Floats, names: Sequence[str]) -> Floats:
    found: Floats = x[:, [SIGNALS.index(name) for name in names]]
    return found


def folds_by_rubric(rows: Sequence[JudgedRow]) -> list[dict[str, dict[str, Any]]]:
    """`fit_by_rubric` without each tenth of the questions."""
    return [fit_by_rubric([row for row in rows if fold_of(row.question) != fold]) for fold in range(FOLDS)]


def cross_fitted(questions: Sequence[str], x: Floats, y: Floats, w: Floats) -> Floats:
    """Scores by references of a curve that has not seen the question."""
    place = np.array([number % FOLDS for number in np.unique(questions, return_inverse=True)[1]])
    scores = np.zeros(len(y))
    for number in range(FOLDS):
        out = place == number
        if out.any() and (~out).any():
            fitted = Curve.from_dict(fit_by_references(x[~out], y[~out], w[~out]))
            scores[out] = by_references(fitted, dict(zip(SIGNALS, x[out].T, strict=True)))
    return scores


def confidence_cases(x: Floats, spreads: Sequence[float], lengths: Sequence[float], scores: Floats) -> Floats:
    """The numbers of `CONFIDENCE`, one row an answer."""
    credit, wrong = (x[:, SIGNALS.index(name)] for name in ("credit", "wrong"))
    columns = (np.asarray(spreads), 4 * scores * (1 - scores), np.asarray(lengths), np.abs(scores - credit), wrong)
    return np.stack(columns, axis=1)


def fit_confidence(cases: Floats, scores: Floats, grades: Floats, w: Floats) -> dict[str, Any]:
    """Whether the grade lies within .2 of the score, by scores that have not seen the question."""
    hit = (np.abs(scores - grades) <= 0.2).astype(float)
    return curve(cases, hit, w, CONFIDENCE, {}, share=0.0, ridge=1e-3)


def spreads(rows: Sequence[Row], credit: Curve) -> list[float]:
    """How undecided the credits of each answer are."""
    given = [np.clip(credit(row.cases[:, : len(FEATURES)]), 0, 1) for row in rows]
    return [float(np.mean(4 * one * (1 - one))) for one in given]


@dataclass(frozen=True)
class Fitted:
    """What `fit` gives: all of ``models.json``, and what measures the bank without each tenth of it."""

    models: dict[str, Any]
    folds: list[dict[str, dict[str, Any]]]


def fit(rows: Sequence[Row], bank: Callable[[dict[str, Any], dict[str, Any]], Sequence[JudgedRow]]) -> Fitted:
    """Fit everything over the evidence.

    Parameters
    ----------
    rows : sequence of Row
        Of the public sets and Viva's own graded answers: credit, contradiction and the score by model answers.
    bank : callable
        Credit and contradiction, as fitted, to the bank's rows by them: the score by a rubric.

    Returns
    -------
    Fitted
    """
    # What is no sentence is told by the order of its words, before any of this.
    seen = [row for row in rows if row.made not in ("keywords", "shuffled")]
    credit, contradiction = fit_credit(seen)
    given, opposed = Curve.from_dict(credit), Curve.from_dict(contradiction)

    mine = [row for row in seen if row.kind in ("references", "point")]
    x, y = whole_cases(mine, given, opposed), np.array([row.grade for row in mine])
    by_references = fit_by_references(x, y, row_weights(mine, own_weight=0.6, made_share=0.3))
    w = row_weights(mine, own_weight=0.6, made_share=0.1)
    scores = cross_fitted([row.question for row in mine], x, y, w)
    cases = confidence_cases(x, spreads(mine, given), [row.length for row in mine], scores)
    sure_by_references = fit_confidence(cases, scores, y, w)

    by_criteria = [row for row in seen if row.kind in ("rubric", "bare")]
    judged = [*bank(credit, contradiction), *_judged(by_criteria, given, opposed)]
    by_rubric, folds = fit_by_rubric(judged), folds_by_rubric(judged)
    sure_by_rubric = _fit_rubric_confidence(judged, folds)
    models = {
        "about": "Logistic curves and boosted trees over the evidence: see docs/scoring.md. Made by viva train.",
        "settings": {"disorder": DISORDER, "samples": SAMPLES},
        "credit": credit,
        "contradiction": contradiction,
        "score": {"references": by_references, "rubric": by_rubric["score"]},
        "inverted": {"rubric": by_rubric["inverted"]},
        "confidence": {"references": sure_by_references, "rubric": sure_by_rubric},
    }
    return Fitted(models, folds)


def _judged(rows: Sequence[Row], credit: Curve, contradiction: Curve) -> Iterator[JudgedRow]:
    cases = whole_cases(rows, credit, contradiction)
    for row, signals, spread in zip(rows, cases, spreads(rows, credit), strict=True):
        yield JudgedRow(row.source, row.question, row.made, row.grade, signals, spread, row.length)


def _fit_rubric_confidence(rows: Sequence[JudgedRow], folds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Each answer by curves that have not seen its question.

    The bank's and Viva's own count the same: how sure scores by the bank's rubrics are says too much of rubrics that
    nobody has tested.
    """
    x, place = np.stack([row.signals for row in rows]), np.array([fold_of(row.question) for row in rows])
    scores = np.zeros(len(rows))
    for fold, curves in enumerate(folds):
        scores[place == fold] = scores_by_rubric(curves, x[place == fold])
    cases = confidence_cases(x, [row.spread for row in rows], [row.length for row in rows], scores)
    weights = row_weights(rows, own_weight=1.0, made_share=0.1)
    return fit_confidence(cases, scores, np.array([row.grade for row in rows]), weights)
