"""What one step of training looks at: texts, and pairs of them with what is known of each pair."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from app.scoring.attacks import INSTRUCTION, PADDING
from app.training.contrast import flipped, keywords, negated, shuffled, swapped
from app.training.material import Task


@dataclass
class Pair:
    """A statement (or a model answer), an answer, and the question, by their numbers in the batch; nan is unknown."""

    said: int
    answer: int
    asked: int
    grade: float = float("nan")
    support: float = float("nan")
    against: float = float("nan")
    turned: float = float("nan")
    """Whether the answer is the statement with its sense turned round by rule; 0 for what is known to say it."""
    source: int = 0
    group: int = 0
    weight: float = 1.0
    foreign: bool = False
    """The answer belongs to another question."""


class Batch:
    """Texts once each, and the pairs among them."""

    def __init__(self) -> None:
        self.texts: dict[str, int] = {}
        self.pairs: list[Pair] = []

    def text(self, text: str) -> int:
        """The text's number; it is added if it is new."""
        return self.texts.setdefault(" ".join(text.split()), len(self.texts))


def fill(batch: Batch, task: Task, number: int, source: int, rng: random.Random, most: int, other: Task) -> None:
    """Add a question: some of its answers, some attacks, and pairs of statements."""
    asked = batch.text(task.question)
    reference = rng.choice(task.references)
    said = batch.text(reference)
    group = number * 100
    chosen = rng.sample(task.answers, min(most, len(task.answers)))
    for one in chosen:
        against = float("nan") if one.contradicts is None else float(one.contradicts)
        batch.pairs.append(
            Pair(said, batch.text(one.text), asked, grade=one.grade, against=against, source=source, group=group)
        )
    best = max(chosen, key=lambda one: one.grade)
    good = best.text if best.grade >= 0.75 else reference
    attacks: list[tuple[str | None, float, float]] = [
        (negated(rng.choice([reference, good]), rng), 0.05, 1.0),
        (flipped(rng.choice([reference, good]), rng), 0.1, 1.0),
        (swapped(rng.choice([reference, good]), rng), 0.15, 1.0),
        (task.question, 0.0, 0.0),
        (keywords(f"{good} {reference}", rng, rng.choice([" ", ", ", ". "])), 0.05, 0.0),
        (shuffled(good, rng), 0.1, 0.0),
        (rng.choice(other.references), 0.0, 0.0),
        (rng.choice([PADDING, INSTRUCTION]), 0.0, 0.0),
        (reference, 1.0, 0.0),
    ]
    made = [(text, grade, wrong) for text, grade, wrong in attacks if text]
    for text, grade, wrong in rng.sample(made, 3):
        batch.pairs.append(
            Pair(
                said,
                batch.text(text),
                asked,
                grade=grade,
                against=wrong,
                source=0,
                group=group,
                weight=0.7,
                turned=1.0 if wrong else 0.0 if text == reference else float("nan"),
            )
        )
    for place, point in enumerate(task.points, start=1):
        statement = rng.choice(point.statements)
        said = batch.text(statement)
        for one in chosen:
            mark = one.marks[place - 1]
            turned = 0.0 if mark == 1 else float("nan")
            batch.pairs.append(
                Pair(said, batch.text(one.text), asked, support=max(mark, 0.0), against=float(mark < 0),
                      turned=turned, group=group + place, weight=0.5)
            )  # fmt: skip
        rest = [s for s in point.statements if s != statement]
        again = rng.choice(rest)
        stranger = rng.choice(rng.choice([p for p in task.points if p is not point]).statements)
        unknown = float("nan")
        contrasts: list[tuple[str | None, float, float, float]] = [
            (again, 1.0, 0.0, 0.0),
            (stranger, 0.0, 0.0, unknown),
            (rng.choice(point.twins) if point.twins else None, 0.0, 1.0, unknown),
            (
                rng.choice([negated, flipped, swapped])(rng.choice([statement, again]), rng),
                0.0,
                1.0,
                1.0,
            ),
        ]
        for contrast, support, wrong, turned in contrasts:
            if contrast:
                batch.pairs.append(
                    Pair(said, batch.text(contrast), asked, support=support, against=wrong, turned=turned,
                         group=group + place, weight=0.5)
                )  # fmt: skip


def mix(batch: Batch, rng: random.Random) -> None:
    """Set answers against other questions' statements: without that, everything drifts together."""
    by_group: dict[int, list[Pair]] = {}
    for pair in batch.pairs:
        by_group.setdefault(pair.group // 100, []).append(pair)
    for number, mine in list(by_group.items()):
        others = [pair for group, pairs in by_group.items() if group != number for pair in pairs]
        # Right answers above all: what is right elsewhere must not be taken for right here.
        right = [pair for pair in others if pair.grade >= 0.75 or pair.support >= 0.75] or others
        for pair in rng.sample(mine, min(10, len(mine))):
            answer = rng.choice(right if rng.random() < 0.6 else others).answer
            graded = not math.isnan(pair.grade)
            batch.pairs.append(
                Pair(
                    pair.said, answer, pair.asked, grade=0.0 if graded else float("nan"),
                    support=float("nan") if graded else 0.0, against=0.0, group=pair.group, weight=0.4, foreign=True,
                )
            )  # fmt: skip
