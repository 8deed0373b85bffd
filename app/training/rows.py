"""Answers set against rubrics by the engine's own functions: what the small models are fitted on."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.scoring.attacks import INSTRUCTION, MOSTLY, PADDING, changed
from app.scoring.comparison import Comparison
from app.scoring.derive import rubric_from_references
from app.scoring.encoded import Encode
from app.scoring.engine import prepare, readable
from app.scoring.evidence import weigh
from app.scoring.learnt import Curve, Learnt, read_arrays
from app.scoring.order import Order
from app.scoring.prepared import PreparedRubric, mass_by_criterion
from app.scoring.reading import read
from app.scoring.rubric import Approach, Criterion, Rubric
from app.scoring.signals import criterion_cases, extent
from app.scoring.syntax import Syntax
from app.scoring.text import words
from app.scoring.verdicts import says_nothing
from app.training.contrast import flipped, negated, swapped
from app.training.material import OWN, Marked, Task

NO_CURVE = Curve((), (), 0.0)
DISORDER = {"bare": (-0.6, 0.2), "glued": (0.5, 2.5), "short": (3.0, 5.0), "whole": (0.8, 2.5)}
"""See `app.scoring.order.disorders`."""


@dataclass
class Row:
    """One answer against one rubric.

    `cases` holds the criteria's numbers (see `app.scoring.signals.criterion_cases`), `shares` their weights and
    `masses` how much each has to say, both in sum 1. `most_about` and `extent` are those of
    `app.scoring.signals.signals_of`.
    """

    source: str
    question: str
    kind: str
    """Of rubric: ``rubric``, ``bare`` (one statement a criterion), ``references``, or ``point`` (see `one_point`)."""
    made: str
    """``real``, or how it was made; for Viva's own answers, their kind."""
    grade: float
    marks: tuple[float, ...]
    shares: NDArray[np.float64]
    cases: NDArray[np.float64]
    masses: NDArray[np.float64]
    most_about: float
    extent: float
    length: float = 0.0
    vector: NDArray[np.float32] | None = None


def unfitted(folder: Path) -> Learnt:
    """The networks that were trained, before anything is fitted over them."""
    return Learnt(
        Comparison.from_arrays(read_arrays(folder, "comparison.npz")),
        Order.from_arrays(read_arrays(folder, "order.npz")),
        Syntax.from_arrays(read_arrays(folder, "syntax.npz")),
        NO_CURVE, NO_CURVE, {}, {}, {}, {"disorder": DISORDER}, "",
    )  # fmt: skip


def rubric_of(task: Task, rng: random.Random | None = None) -> Rubric:
    """The task's own rubric; with `rng`, each criterion by one statement drawn, and without misconceptions."""
    criteria = tuple(
        Criterion(
            id=f"c{n}", facet="what", weight=point.weight,
            statements=point.statements if rng is None else (rng.choice(point.statements),),
            false_twins=point.twins if rng is None else (),
        )
        for n, point in enumerate(task.points)
    )  # fmt: skip
    return Rubric((Approach("own", "Own", criteria),))


def attacks(task: Task, other: Task, rng: random.Random) -> Iterator[Marked]:
    """Answers made by rule, with the grade that they deserve."""
    reference = rng.choice(task.references)
    good = [one.text for one in task.answers if one.grade >= 0.75] or [reference]
    best = rng.choice(good)
    yield Marked(task.question, 0.0, kind="echo")
    yield Marked(rng.choice(other.references), 0.0, kind="other")
    yield Marked(rng.choice([PADDING, INSTRUCTION]), 0.0, kind="padding")
    yield Marked(reference, 1.0, kind="reference")
    for kind, make, grade in (("negated", negated, 0.05), ("flipped", flipped, 0.1), ("swapped", swapped, 0.1)):
        whole = rng.choice([reference, best, reference])
        text = make(whole, rng)
        # Where most sentences stay as they were, most of the answer is right.
        if text and changed(whole, text) >= MOSTLY:
            yield Marked(text, grade, kind=kind)


def rows(tasks: Sequence[tuple[Task, Task]], encode: Encode, learnt: Learnt, most: int = 0) -> Iterator[Row]:
    """Every answer of every task by every kind of rubric that the task has, with attacks.

    Each task comes with another one, whose right answer is no answer to it. `most` bounds the answers drawn from one
    question of a public set; 0 takes all.
    """
    for task, other in tasks:
        rng = random.Random(task.id)  # noqa: S311
        made = list(attacks(task, other, rng))
        answers = list(task.answers)
        if most and len(answers) > most and task.source != OWN:
            answers = rng.sample(answers, most)
        forms: list[tuple[str, Rubric]] = [("references", rubric_from_references(task.references[:1]))]
        if task.points:
            forms.append(("rubric", rubric_of(task)))
            if task.source == OWN and rng.random() < 0.5:
                forms.append(("bare", rubric_of(task, rng)))
        chosen = {form: [*answers, *made] if form != "bare" else answers for form, _ in forms}
        if task.source == OWN and task.points:
            statement, found = one_point(task, rng)
            forms.append(("point", rubric_from_references((statement,))))
            chosen["point"] = found
        for form, rubric in forms:
            prepared = prepare(task.question, rubric, encode, learnt=learnt)
            for answer in chosen[form]:
                row = _row(task, form, prepared, answer, encode)
                if row is not None:
                    yield row


def one_point(task: Task, rng: random.Random) -> tuple[str, list[Marked]]:
    """One of a question's points as if nothing else had been asked: a statement of it, and what answers are worth then.

    Exams with model answers of one sentence are like that.
    """
    number = rng.randrange(len(task.points))
    point = task.points[number]
    statement, again = rng.sample(point.statements, 2)
    answers = [replace(one, grade=max(0.0, one.marks[number]), marks=()) for one in task.answers]
    strangers = [rng.choice(one.statements) for one in task.points if one is not point]
    contrasts: list[tuple[str, str | None, float]] = [
        ("paraphrase", again, 1.0),
        ("stranger", rng.choice(strangers) if strangers else None, 0.0),
        ("twin", rng.choice(point.twins) if point.twins else None, 0.0),
        ("negated", negated(rng.choice([statement, again]), rng), 0.05),
        ("flipped", flipped(rng.choice([statement, again]), rng), 0.1),
        ("swapped", swapped(rng.choice([statement, again]), rng), 0.1),
    ]
    return statement, [*answers, *(Marked(text, grade, kind=kind) for kind, text, grade in contrasts if text)]


def _row(task: Task, form: str, prepared: PreparedRubric, answer: Marked, encode: Encode) -> Row | None:
    if says_nothing(answer.text) is not None:
        return None
    text = readable(answer.text)
    encoded = encode(text)
    reading = read(prepared, text, encoded)
    if reading is None:
        return None
    evidence = weigh(prepared, reading, text)
    approach = prepared.rubric.approaches[0]
    weights = np.array([criterion.weight for criterion in approach.criteria])
    masses = mass_by_criterion(prepared)
    return Row(
        source=task.source,
        question=task.id,
        kind=form,
        made=answer.kind,
        grade=answer.grade,
        marks=answer.marks if form in ("rubric", "bare") else (),
        shares=weights / weights.sum(),
        cases=criterion_cases(evidence),
        masses=masses / max(float(masses.sum()), 1e-9),
        most_about=reading.most_about,
        extent=extent(approach),
        length=float(np.log1p(len(words(answer.text)))),
        vector=encoded.vector,
    )
