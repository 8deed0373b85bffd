"""How the bank's own graded samples fare: in order, in band, and what passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from app.bank.question_file import QuestionFile
from app.evaluation.agreement import Attacked, attacked, put_back
from app.evaluation.attacks import attacks_on, laid_out, seeded
from app.evaluation.judging import Judgement, Judges, Task
from app.evaluation.measures import pairs_in_order
from app.scoring.learnt import shipped
from app.scoring.samples import Kernel, fit

BANDS = np.array([0.25, 0.5, 0.75])
"""Where the bands of a score begin: getting there, solid, strong."""


@dataclass(frozen=True)
class BankFigures:
    """The samples judged in one way."""

    answers: int
    pairs: int
    in_order: float
    in_band: float
    """Share whose score lies in the grade's band."""
    passes: dict[str, float]
    """By kind of sample, the share at half marks or more."""


def bank_figures(
    questions: Sequence[QuestionFile], judges: Judges, advance: Callable[[int], None]
) -> dict[str, BankFigures]:
    """By the rubric, by the rubric and the question's other samples, by the model answer alone; and plain cosine."""
    texts = [tuple(sample.text for sample in question.samples) for question in questions]
    references = [(" ".join(question.model_answer.split()),) for question in questions]
    by_rubric = judges.judge(
        [
            Task(question.prompt, reference, mine, rubric=question.rubric)
            for question, reference, mine in zip(questions, references, texts, strict=True)
        ],
        advance,
    )
    by_answer = judges.judge(
        [
            Task(question.prompt, reference, mine)
            for question, reference, mine in zip(questions, references, texts, strict=True)
        ],
        advance,
    )
    cosine = [[one.cosine for one in mine] for mine in by_answer]
    plain = [[one.score for one in mine] for mine in by_rubric]
    learnt = [_left_one_out(question, mine) for question, mine in zip(questions, by_rubric, strict=True)]
    alone = [[one.score for one in mine] for mine in by_answer]
    named = (
        ("plain cosine with the model answer", cosine),
        ("model answer alone", alone),
        ("rubric", plain),
        ("rubric and the question's other samples", learnt),
    )
    return {name: _figures(questions, scores) for name, scores in named}


def bank_attacks(
    questions: Sequence[QuestionFile], judges: Judges, advance: Callable[[int], None]
) -> dict[str, Attacked]:
    """Attacks made by rule from the best sample and the model answer of each question, judged by its rubric."""
    tasks, places = [], []
    for number, question in enumerate(questions):
        reference = " ".join(question.model_answer.split())
        best = max(question.samples, key=lambda sample: sample.grade).text
        other = " ".join(questions[(number + len(questions) // 2) % len(questions)].model_answer.split())
        rng = seeded(0, question.slug)
        texts, mine = laid_out(attacks_on(question.prompt, reference, best, other, rng))
        tasks.append(Task(question.prompt, (reference,), tuple(texts), rubric=question.rubric))
        places.append(mine)
    found = judges.judge(tasks, advance)
    return attacked([one for mine, judged in zip(places, found, strict=True) for one in put_back(mine, judged)])


def _left_one_out(question: QuestionFile, found: Sequence[Judgement]) -> list[float]:
    """Each sample corrected by the others: a sample that knew its own grade would prove nothing."""
    vectors = np.stack([one.vector for one in found])
    scored = np.array([one.score for one in found])
    grades = np.array([sample.grade for sample in question.samples])
    kernel = Kernel(**shipped().settings["samples"])
    scores = []
    for number, one in enumerate(found):
        rest = np.arange(len(found)) != number
        scores.append(
            fit(vectors[rest], scored[rest], grades[rest], kernel).corrected(one.score, one.vector)
            if rest.any()
            else one.score
        )
    return scores


def _figures(questions: Sequence[QuestionFile], scores: Sequence[Sequence[float]]) -> BankFigures:
    flat = np.array([score for mine in scores for score in mine])
    samples = [(question.slug, sample) for question in questions for sample in question.samples]
    grades = np.array([sample.grade for _, sample in samples])
    right, pairs = pairs_in_order(flat, grades, [slug for slug, _ in samples])
    bands, wanted = np.searchsorted(BANDS, flat, side="right"), np.searchsorted(BANDS, grades, side="right")
    kinds = np.array([sample.kind for _, sample in samples])
    return BankFigures(
        answers=len(flat),
        pairs=pairs,
        in_order=right / max(1, pairs),
        in_band=float((bands == wanted).mean()),
        passes={str(kind): float((flat[kinds == kind] >= 0.5).mean()) for kind in sorted(set(kinds.tolist()))},
    )
