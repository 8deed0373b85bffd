"""Answers set against rubrics by the engine's own functions: what the small models are fitted on."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.evaluation.attacks import INSTRUCTION, PADDING
from app.scoring import credit
from app.scoring.comparison import Comparison
from app.scoring.derive import rubric_from_references
from app.scoring.encoded import Encode
from app.scoring.engine import prepare
from app.scoring.evidence import read, weigh
from app.scoring.learnt import Curve, Learnt
from app.scoring.prepared import PreparedRubric
from app.scoring.rubric import Approach, Criterion, Rubric
from app.scoring.text import words
from app.scoring.verdicts import says_nothing
from app.training.contrast import flipped, negated, swapped
from app.training.material import BANK, OWN, Marked, Task

NO_CURVE = Curve((), (), 0.0)


@dataclass
class Row:
    """One answer against one rubric.

    `cases` holds the criteria's numbers (see `credit.criterion_cases`), `rest` those of the whole.
    """

    source: str
    question: str
    kind: str
    """Of rubric: ``rubric`` or ``references``."""
    made: str
    """``real``, or how it was made; for Viva's own answers, their kind."""
    grade: float
    marks: tuple[float, ...]
    shares: NDArray[np.float64]
    cases: NDArray[np.float64]
    rest: dict[str, float] = field(default_factory=dict)
    length: float = 0.0
    vector: NDArray[np.float32] | None = None


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
        text = make(rng.choice([reference, best, reference]), rng)
        if text:
            yield Marked(text, grade, kind=kind)


def rows(tasks: Sequence[tuple[Task, Task]], encode: Encode, comparison: Comparison, most: int = 0) -> Iterator[Row]:
    """Every answer of every task by every kind of rubric that the task has, with attacks.

    Each task comes with another one, whose right answer is no answer to it. `most` bounds the answers drawn from one
    question of a public set; 0 takes all.
    """
    learnt = Learnt(comparison, NO_CURVE, NO_CURVE, {}, {}, {}, "")
    for task, other in tasks:
        rng = random.Random(task.id)  # noqa: S311
        made = list(attacks(task, other, rng))
        answers = list(task.answers)
        if most and len(answers) > most and task.source not in (OWN, BANK):
            answers = rng.sample(answers, most)
        forms: list[tuple[str, Rubric]] = [("references", rubric_from_references(task.references[:1]))]
        if task.points:
            forms.append(("rubric", rubric_of(task)))
            if task.source == OWN and rng.random() < 0.5:
                forms.append(("bare", rubric_of(task, rng)))
        for form, rubric in forms:
            prepared = prepare(task.question, rubric, encode, learnt=learnt)
            chosen = [*answers, *made] if form != "bare" else answers
            for answer in chosen:
                row = _row(task, form, prepared, answer, encode)
                if row is not None:
                    yield row


def _row(task: Task, form: str, prepared: PreparedRubric, answer: Marked, encode: Encode) -> Row | None:
    if says_nothing(answer.text) is not None:
        return None
    encoded = encode(answer.text)
    reading = read(prepared, answer.text, encoded)
    if reading is None:
        return None
    evidence = weigh(prepared, reading, answer.text)
    approach = prepared.rubric.approaches[0]
    weights = np.array([criterion.weight for criterion in approach.criteria])
    return Row(
        source=task.source,
        question=task.id,
        kind=form,
        made=answer.kind,
        grade=answer.grade,
        marks=answer.marks if form != "references" else (),
        shares=weights / weights.sum(),
        cases=credit.criterion_cases(evidence),
        rest={
            "grade": float(reading.grades[0]),
            "near": float(reading.whole_nearness[0]),
            "whole": float(prepared.centres[0] @ encoded.vector),
            "focus": reading.focus,
            "asked": float(prepared.question_vectors[0] @ encoded.vector),
        },
        length=float(np.log1p(len(words(answer.text)))),
        vector=encoded.vector,
    )
