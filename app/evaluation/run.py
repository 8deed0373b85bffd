"""The whole evaluation: every figure of the card from one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from app.evaluation import agreement
from app.evaluation.agreement import Agreement, Attacked, Judged
from app.evaluation.bank_figures import BankFigures, Group, bank_attacks, bank_figures
from app.evaluation.curve import Curve, revealing
from app.evaluation.graded import alternative_references, blank_grades, read_bank, read_sets
from app.evaluation.graded_attacks import attacks_beside_grades
from app.evaluation.judging import Judges, Task
from app.evaluation.measures import pearson
from app.scoring.nothing import texts_about

Advance = Callable[[int], None]


@dataclass
class SetFigures:
    """All of one public set."""

    answers: int
    questions: int
    measures: dict[str, Agreement]
    samples: dict[int, tuple[float, float, int]]
    curve: Curve | None
    attacks: dict[str, Attacked]
    lengths: list[tuple[str, int, float, float]]
    coverage: list[tuple[float, float, float]]
    calibration: list[tuple[float, float, int]]
    sureness: list[tuple[float, float, int]]


@dataclass
class Evaluation:
    """What the card shows."""

    sets: dict[str, SetFigures] = field(default_factory=dict)
    with_blanks: tuple[int, float] | None = None
    """Digiklausur's blank answers, and r with them."""
    paraphrases: tuple[int, float, float] | None = None
    """References judged by another reference of the same question: how many, share at .75 or above, mean score."""
    bank: dict[str, BankFigures] = field(default_factory=dict)
    bank_groups: list[Group] = field(default_factory=list)
    bank_attacks: dict[str, Attacked] = field(default_factory=dict)
    beside_grades: dict[str, dict[str, tuple[float, float, int]]] = field(default_factory=dict)
    """By set and attack: see `app.evaluation.graded_attacks`."""


def evaluate(
    data: Path, seed: Path, judges: Judges, start: Callable[[int], Advance], only: tuple[str, ...]
) -> Evaluation:
    """Judge everything and work out the figures.

    `start` is told how many answers there are to judge, and gives what is to be called with each lot that is done.

    Raises:
        OperatorError: a set is not there.
    """
    rows = read_sets(data, only)
    tasks = {name: agreement.tasks_of(mine) for name, mine in rows.items()}
    questions = read_bank(seed)
    pairs = alternative_references(data) if "semeval" in only else {}
    paraphrased = [
        Task(question, references[:1], references[1:], without="semeval") for question, references in pairs.values()
    ]
    of_bank = sum(2 * len(question.samples) + len(texts_about(question.prompt)) for question in questions)
    advance = start(
        sum(len(task.texts) for mine in tasks.values() for task in mine)
        + sum(len(task.texts) for task in paraphrased)
        + of_bank
    )
    judged = {
        name: agreement.joined(name, rows[name], mine, judges.judge(mine, advance)) for name, mine in tasks.items()
    }
    found = Evaluation({name: _set_figures(one, judged) for name, one in judged.items()})
    if "digiklausur" in judged:
        found.with_blanks = _with_blanks(judged["digiklausur"], blank_grades(data))
    if paraphrased:
        scores = [one.score for mine in judges.judge(paraphrased, advance) for one in mine]
        found.paraphrases = (len(scores), float(np.mean(np.array(scores) >= 0.75)), float(np.mean(scores)))
    found.bank, found.bank_groups = bank_figures(questions, judges, advance)
    found.bank_attacks = bank_attacks(questions, judges, lambda _: None)
    found.beside_grades = {
        name: attacks_beside_grades(rows[name], mine, judges, lambda _: None) for name, mine in tasks.items()
    }
    return found


def _set_figures(one: Judged, judged: dict[str, Judged]) -> SetFigures:
    return SetFigures(
        answers=len(one.rows),
        questions=len(set(one.groups)),
        measures=agreement.agreement(one, [other for name, other in judged.items() if name != one.name]),
        samples=agreement.with_samples(one),
        curve=revealing(one),
        attacks=agreement.attacked(one.attacked),
        lengths=agreement.by_length(one),
        coverage=agreement.coverage(one),
        calibration=agreement.calibration(one),
        sureness=agreement.sureness(one),
    )


def _with_blanks(judged: Judged, blanks: list[float]) -> tuple[int, float]:
    """A blank answer is scored 0, always."""
    scores = np.concatenate([judged.scores, np.zeros(len(blanks))])
    return len(blanks), pearson(scores, np.concatenate([judged.grades, np.array(blanks)]))
