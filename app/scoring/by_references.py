"""The score by model answers alone: one curve, and two bounds after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.scoring.learnt import Curve

ORDERLY = {"free_cover": "orderly_cover", "free_mass": "orderly_mass", "free_words": "orderly_words"}
SAID_SHARE = 0.25
"""What the comparison's opinion counts beside the curve. Of interview answers it knows more than late interaction
does, of exams less: as one of the curve's signals it would take too much of it."""
LONG, LONG_SHARE = (100.0, 200.0), 0.85
"""Words of a model answer from which the opinion counts more, and from which as much as this: nobody says all the words
of a page, and which of them somebody says tells little."""
ABOUT_IT = (0.55, 0.69)
"""How much of some sentence must be about what was asked (`app.scoring.reading.Reading.most_about`), for the opinion to
count beside a long model answer at all, and in full: about a page's subject it thinks well of answers to anything."""
SAID = (-5.0, 3.0)
"""Its mean log odds that count nothing, and in full: such that it is neither kinder nor stricter than the curve."""
UNORDERED_MOST = 0.45
"""What words without order can get beside a model answer: they may be a list that was asked for, and a person looks."""
NOTHING_MORE = (0.0, 0.08)
"""What an answer has more of the model answer than a fluent text about nothing, up to which it cannot pass, and from
which it can have full marks."""
NOTHING_MOST = 0.45


def by_references(curve: Curve, signals: Mapping[str, Any]) -> NDArray[np.float64]:
    """The score by model answers alone; signals are numbers, or arrays of one length.

    The curve asks for what is said in whatever order. What sentences in order say counts in full, the rest up to a
    half; and nobody passes with no more than what a fluent text about nothing would have. A quarter, beside long model
    answers more, is what the comparison makes of the sentences, nothing of it where a copy says the opposite.
    """
    free, orderly = (
        np.stack([np.atleast_1d(np.asarray(signals[name], dtype=np.float64)) for name in names], axis=1)
        for names in (curve.names, [ORDERLY.get(name, name) for name in curve.names])
    )
    opinion, opposite = np.atleast_1d(signals["said"]), np.atleast_1d(signals["conflict"])
    long = _ramp(signals["extent"], LONG)
    share = SAID_SHARE + (LONG_SHARE - SAID_SHARE) * long
    trusted = 1 - long * (1 - _ramp(signals["most_about"], ABOUT_IT))
    said = share * trusted * _ramp(opinion, SAID) * (1 - opposite)

    def judged(asked: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((1 - share) * np.clip(curve(asked), 0, 1) + said)

    scores = judged(free)
    if not np.array_equal(free, orderly):
        scores = np.maximum(np.minimum(scores, UNORDERED_MOST), judged(orderly))
    return np.asarray(np.minimum(scores, _most_by_what_is_said(signals["over"])))


def _most_by_what_is_said(over: Any) -> NDArray[np.float64]:
    """The most that answers can get by a model answer, by how much more they say than a text about nothing."""
    return NOTHING_MOST + (1 - NOTHING_MOST) * _ramp(over, NOTHING_MORE)


def _ramp(value: Any, span: tuple[float, float]) -> NDArray[np.float64]:
    """0 where a span begins, 1 where it ends."""
    low, high = span
    return np.asarray(np.clip((np.atleast_1d(value) - low) / (high - low), 0, 1), dtype=np.float64)


def what_bounds(score: float, signals: Mapping[str, float]) -> tuple[bool, bool]:
    """Which of the bounds a score by model answers lies at: words without order, and no more than a text about nothing.

    Parameters
    ----------
    score : float
        From `by_references`, of the same signals.
    signals : mapping of str to float

    Returns
    -------
    unordered, general : bool
    """
    most = float(_most_by_what_is_said(signals["over"])[0])
    unordered = score == UNORDERED_MOST and any(signals[free] > signals[ordered] for free, ordered in ORDERLY.items())
    return unordered, score >= most < 1
