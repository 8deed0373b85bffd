"""Reviews revealed one at a time: how far the scores of later answers are from people's grades."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.evaluation.agreement import Judged, as_answers
from app.evaluation.measures import mean_error, pearson
from app.scoring.attacks import seeded
from app.scoring.learnt import shipped
from app.scoring.samples import Kernel, fit

REVIEWS = (0, 1, 2, 3, 4, 6, 8, 12, 20)
LATER = 4
"""Answers of a question that must be left when the most are revealed."""
DRAWS = 5


@dataclass(frozen=True)
class Point:
    """After so many reviews a question: mean error and r on the same later answers, and how they moved.

    `toward` is the share of questions whose later answers' mean score moved toward their mean grade (None: no review).
    """

    reviews: int
    error: float
    r: float
    toward: float | None


@dataclass(frozen=True)
class Curve:
    """The points of one set, and on how many questions and later answers they stand."""

    questions: int
    answers: int
    points: tuple[Point, ...]


def revealing(judged: Judged) -> Curve | None:
    """The curve of a set whose grades are hidden and revealed one at a time, mean of five orders.

    The same answers, those after the last that is revealed, are looked at at every point. None where no question has
    enough answers.
    """
    places: dict[str, list[int]] = {}
    for number, group in enumerate(judged.groups):
        places.setdefault(group, []).append(number)
    questions = {group: mine for group, mine in places.items() if len(mine) >= REVIEWS[-1] + LATER}
    if not questions:
        return None
    all_of = as_answers(judged.found)
    kernel = Kernel(**shipped().settings["samples"])
    draws = [_orders(questions, draw) for draw in range(DRAWS)]
    points = []
    for k in REVIEWS:
        errors, rs, towards = [], [], []
        for orders in draws:
            rest: list[int] = []
            scores: list[float] = []
            for group, order in orders.items():
                known, later = order[:k], order[REVIEWS[-1] :]
                plain = judged.scores[later]
                if known:
                    bar = fit(all_of[known], judged.grades[known], kernel, judged.nothing[group])
                    moved = bar.corrected(all_of[later])
                    off = judged.grades[later].mean() - plain.mean()
                    towards.append(float((moved.mean() - plain.mean()) * off > 0))
                else:
                    moved = plain
                rest += later
                scores += moved.tolist()
            found, grades = np.array(scores), judged.grades[rest]
            errors.append(mean_error(found, grades))
            rs.append(pearson(found, grades))
        points.append(
            Point(k, float(np.mean(errors)), float(np.mean(rs)), float(np.mean(towards)) if towards else None)
        )
    answers = sum(len(mine) - REVIEWS[-1] for mine in questions.values())
    return Curve(len(questions), answers, tuple(points))


def _orders(questions: dict[str, list[int]], draw: int) -> dict[str, list[int]]:
    return {group: seeded(draw, str(mine[0])).sample(mine, len(mine)) for group, mine in questions.items()}
