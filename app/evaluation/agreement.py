"""The figures of one set of human-graded answers: agreement, samples, coverage, length, attacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.evaluation.graded import SCALES, GradedAnswer
from app.evaluation.judging import Judgement, Task
from app.evaluation.measures import (
    Floats,
    partial,
    pearson,
    pearson_within,
    quadratic_kappa,
    reliability,
    risk_by_coverage,
    rmse,
)
from app.scoring.attacks import attacks_on, laid_out, seeded
from app.scoring.learnt import shipped
from app.scoring.nothing import texts_about
from app.scoring.samples import Answers, Kernel, answers_of, fit

MEASURES = ("length", "recall", "cosine", "Viva")
SAMPLE_COUNTS = (4, 8, 16)
COVERAGES = tuple(share / 20 for share in range(20, 3, -1))
_SPARE = 4
"""Answers that must be left of a question beside its samples."""
_DRAWS = 5


@dataclass(frozen=True)
class Agreement:
    """How one measure agrees with the graders of one set."""

    r: float
    within: float
    partial: float
    rmse: float
    kappa: float | None


@dataclass(frozen=True)
class Attacked:
    """What became of one kind of attack."""

    count: int
    cosine_passes: float
    """Share that plain cosine gives half marks or more."""
    passes: float
    """Share that Viva does."""
    drop: float
    """Mean fall of Viva's score from the text that the attack was made of; nan where it was made of none."""


@dataclass
class Judged:
    """A set with the judgement of each answer."""

    name: str
    rows: list[GradedAnswer]
    found: list[Judgement]
    attacked: list[tuple[str, Judgement, Judgement | None]]
    nothing: dict[str, Answers]
    """By question: texts that say nothing of it, for what graded answers teach."""

    def __post_init__(self) -> None:
        self.grades = np.array([row.grade for row in self.rows])
        self.groups = [row.question_id for row in self.rows]
        self.lengths = np.array([one.length for one in self.found])
        self.scores = np.array([one.score for one in self.found])
        self.confidence = np.array([one.confidence for one in self.found])

    def values(self, measure: str) -> Floats:
        """What a measure gives the answers, as it comes."""
        if measure == "Viva":
            return self.scores
        if measure == "length":
            return self.lengths
        return np.array([getattr(one, measure) for one in self.found])


def tasks_of(rows: Sequence[GradedAnswer], seed: int = 0) -> list[Task]:
    """One task a question: its answers, its attacks and what they were made of, and texts that say nothing of it (`key`
    tells them apart)."""
    by_question: dict[str, list[GradedAnswer]] = {}
    for row in rows:
        by_question.setdefault(row.question_id, []).append(row)
    names = list(by_question)
    tasks = []
    for number, (name, answers) in enumerate(by_question.items()):
        rng = seeded(seed, name)
        best = max(answers, key=lambda row: (row.grade, len(row.text))).text
        # Another question of the same set, not the next one, which may be of the same page.
        other = by_question[names[(number + max(1, len(names) // 2)) % len(names)]][0].references[0]
        first = answers[0]
        texts, places = laid_out(attacks_on(first.question, first.references[0], best, other, rng))
        said = [row.text for row in answers] + texts
        key = (len(answers), tuple(places), len(said))
        said += texts_about(first.question)
        tasks.append(Task(first.question, first.references, tuple(said), without=first.source, key=key))
    return tasks


def joined(name: str, rows: Sequence[GradedAnswer], tasks: Sequence[Task], found: list[list[Judgement]]) -> Judged:
    """The judgements put back to their rows."""
    by_question: dict[str, list[GradedAnswer]] = {}
    for row in rows:
        by_question.setdefault(row.question_id, []).append(row)
    judged = Judged(name, [row for mine in by_question.values() for row in mine], [], [], {})
    for question_id, task, mine in zip(by_question, tasks, found, strict=True):
        count, places, end = task.key
        judged.found += mine[:count]
        judged.attacked += put_back(places, mine[count:end])
        judged.nothing[question_id] = as_answers(mine[end:], people=False)
    judged.__post_init__()
    return judged


def as_answers(found: Sequence[Judgement], *, people: bool = True) -> Answers:
    """Judged answers as a correction by graded ones sees them."""
    texts, vectors, scores, nearness = zip(
        *((one.text, one.vector, one.score, one.nearness) for one in found), strict=True
    )
    return answers_of(texts, vectors, scores, nearness, people=people)


def put_back(
    places: Sequence[tuple[str, int, int | None]], found: Sequence[Judgement]
) -> list[tuple[str, Judgement, Judgement | None]]:
    """The judgements of texts that `laid_out` laid out, by attack."""
    return [(kind, found[at], None if origin is None else found[origin]) for kind, at, origin in places]


def agreement(judged: Judged, others: Sequence[Judged]) -> dict[str, Agreement]:
    """Each measure beside the others; plain ones are put on the scale of grades by a line fitted on the other sets."""
    figures = {}
    for measure in MEASURES:
        raw = judged.values(measure)
        scores = raw if measure == "Viva" else _on_scale(measure, raw, others)
        scale = SCALES.get(judged.name)
        figures[measure] = Agreement(
            r=pearson(raw, judged.grades),
            within=pearson_within(raw, judged.grades, judged.groups),
            partial=partial(raw, judged.grades, judged.lengths) if measure != "length" else float("nan"),
            rmse=rmse(scores, judged.grades),
            kappa=quadratic_kappa(scores, judged.grades, scale) if scale else None,
        )
    return figures


def _on_scale(measure: str, raw: Floats, others: Sequence[Judged]) -> Floats:
    """Least squares over the other sets, each counting the same."""
    if not others:
        return np.clip(raw, 0, 1)
    inputs = np.concatenate([other.values(measure) for other in others])
    grades = np.concatenate([other.grades for other in others])
    weights = np.sqrt(np.concatenate([np.full(len(other.rows), 1 / len(other.rows)) for other in others]))
    ground = np.c_[inputs, np.ones(len(inputs))] * weights[:, None]
    slope, level = np.linalg.lstsq(ground, grades * weights, rcond=None)[0]
    return np.asarray(np.clip(slope * raw + level, 0, 1))


def with_samples(judged: Judged) -> dict[int, tuple[float, float, int]]:
    """For k graded answers a question: r without and with them on the answers left, mean of five draws; how many."""
    places: dict[str, list[int]] = {}
    for number, group in enumerate(judged.groups):
        places.setdefault(group, []).append(number)
    all_of = as_answers(judged.found)
    kernel = Kernel(**shipped().settings["samples"])
    figures = {}
    for k in SAMPLE_COUNTS:
        questions = {group: mine for group, mine in places.items() if len(mine) >= k + _SPARE}
        if not questions:
            continue
        plain, learnt, left = [], [], 0
        for draw in range(_DRAWS):
            rng = seeded(draw, k)
            rest, corrected = [], []
            for group, mine in questions.items():
                known = sorted(rng.sample(mine, k))
                bar = fit(all_of[known], judged.grades[known], kernel, judged.nothing[group])
                unknown = sorted(set(mine) - set(known))
                rest += unknown
                corrected += bar.corrected(all_of[unknown]).tolist()
            plain.append(pearson(judged.scores[rest], judged.grades[rest]))
            learnt.append(pearson(np.array(corrected), judged.grades[rest]))
            left = len(rest)
        figures[k] = (float(np.mean(plain)), float(np.mean(learnt)), left)
    return figures


def attacked(found: Sequence[tuple[str, Judgement, Judgement | None]]) -> dict[str, Attacked]:
    """What became of attacks, by kind; each comes with the judgement of what it was made of."""
    figures = {}
    for kind in dict.fromkeys(kind for kind, _, _ in found):
        mine = [(one, origin) for name, one, origin in found if name == kind]
        drops = [origin.score - one.score for one, origin in mine if origin is not None]
        figures[kind] = Attacked(
            count=len(mine),
            cosine_passes=float(np.mean([one.cosine >= 0.5 for one, _ in mine])),
            passes=float(np.mean([one.score >= 0.5 for one, _ in mine])),
            drop=float(np.mean(drops)) if drops else float("nan"),
        )
    return figures


def by_length(judged: Judged) -> list[tuple[str, int, float, float]]:
    """Thirds by number of words: r, and mean of score less grade (above 0: too kind)."""
    order = np.argsort(judged.lengths, kind="stable")
    parts = zip(("short", "middling", "long"), np.array_split(order, 3), strict=True)
    return [
        (
            name,
            len(part),
            pearson(judged.scores[part], judged.grades[part]),
            float((judged.scores[part] - judged.grades[part]).mean()),
        )
        for name, part in parts
    ]


def coverage(judged: Judged) -> list[tuple[float, float, float]]:
    """Risk when only the surest share of the answers is left to the machine."""
    return risk_by_coverage(judged.scores, judged.grades, judged.confidence, COVERAGES)


def calibration(judged: Judged) -> list[tuple[float, float, int]]:
    """Mean grade by tenth of the score."""
    return reliability(judged.scores, judged.grades)


def sureness(judged: Judged) -> list[tuple[float, float, int]]:
    """Share within .2 of the grade by tenth of the confidence."""
    return reliability(judged.confidence, (np.abs(judged.scores - judged.grades) <= 0.2).astype(float))
