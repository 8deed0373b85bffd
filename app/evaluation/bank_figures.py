"""How the bank's own graded samples fare: in order, in band, and what passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from app.bank.checks.trial import corrected
from app.bank.question_file import QuestionFile
from app.evaluation.agreement import Attacked, as_answers, attacked, put_back
from app.evaluation.judging import Judgement, Judges, Task, without_questions_of
from app.evaluation.measures import pairs_in_order
from app.scoring.attacks import attacks_on, laid_out, seeded
from app.scoring.nothing import texts_about
from app.scoring.samples import Answers

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


@dataclass(frozen=True)
class Group:
    """The questions of one kind or level, judged by the rubric and the question's other samples."""

    name: str
    questions: int
    pairs: int
    in_order: float
    in_band: float


def bank_figures(
    questions: Sequence[QuestionFile], judges: Judges, advance: Callable[[int], None]
) -> tuple[dict[str, BankFigures], list[Group]]:
    """By the rubric, by the rubric and the question's other samples, by the model answer alone; and plain cosine.

    By the rubric means by a curve that was fitted without the question and a tenth of the others.

    The second of these also by kind and level of question.
    """
    texts = [tuple(sample.text for sample in question.samples) for question in questions]
    references = [(" ".join(question.model_answer.split()),) for question in questions]
    tasks = []
    for question, reference, mine in zip(questions, references, texts, strict=True):
        said, without = (*mine, *texts_about(question.prompt)), without_questions_of(question.slug)
        tasks.append(Task(question.prompt, reference, said, question.rubric, without=without))
    by_rubric = judges.judge(tasks, advance)
    by_answer = judges.judge(
        [
            Task(question.prompt, reference, mine)
            for question, reference, mine in zip(questions, references, texts, strict=True)
        ],
        advance,
    )
    cosine = [[one.cosine for one in mine] for mine in by_answer]
    plain = [[one.score for one in mine[: len(texts[n])]] for n, mine in enumerate(by_rubric)]
    learnt = [_without(question, mine) for question, mine in zip(questions, by_rubric, strict=True)]
    alone = [[one.score for one in mine] for mine in by_answer]
    named = (
        ("plain cosine with the model answer", cosine),
        ("model answer alone", alone),
        ("rubric", plain),
        ("rubric and the question's other samples", learnt),
    )
    figures = {name: _figures(questions, scores) for name, scores in named}
    found = [_pairs_without(question, mine) for question, mine in zip(questions, by_rubric, strict=True)]
    right, pairs = sum(right for right, _ in found), sum(pairs for _, pairs in found)
    with_samples = named[-1][0]
    figures[with_samples] = replace(figures[with_samples], pairs=pairs, in_order=right / max(1, pairs))
    return figures, list(_groups(questions, learnt, found))


def _groups(
    questions: Sequence[QuestionFile], scores: Sequence[Sequence[float]], pairs: Sequence[tuple[int, int]]
) -> Iterator[Group]:
    places: dict[str, list[int]] = {}
    for n, question in enumerate(questions):
        places.setdefault(question.kind, []).append(n)
    for level in range(1, 6):
        places[f"level {level}"] = [n for n, question in enumerate(questions) if question.level == level]
    for name, mine in sorted(places.items()):
        if mine:
            whole = _figures([questions[n] for n in mine], [scores[n] for n in mine])
            right, total = sum(pairs[n][0] for n in mine), sum(pairs[n][1] for n in mine)
            yield Group(name, len(mine), total, right / max(1, total), whole.in_band)


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
        without = without_questions_of(question.slug)
        tasks.append(Task(question.prompt, (reference,), tuple(texts), question.rubric, without=without))
        places.append(mine)
    found = judges.judge(tasks, advance)
    return attacked([one for mine, judged in zip(places, found, strict=True) for one in put_back(mine, judged)])


def _known(question: QuestionFile, found: Sequence[Judgement]) -> tuple[Answers, np.ndarray, Answers]:
    """A question's samples as they are scored without one another, their grades, and texts that say nothing of it."""
    count = len(question.samples)
    grades = np.array([sample.grade for sample in question.samples])
    return as_answers(found[:count]), grades, as_answers(found[count:], people=False)


def _without(question: QuestionFile, found: Sequence[Judgement]) -> list[float]:
    """Each sample corrected by the others: a sample that knew its own grade would prove nothing."""
    known, grades, nothing = _known(question, found)
    return [corrected(known, grades, [n], nothing)[0] for n in range(len(known))]


def _pairs_without(question: QuestionFile, found: Sequence[Judgement]) -> tuple[int, int]:
    """Pairs in the right order, each pair corrected by the samples left when both are taken away.

    With one taken away at a time, a low grade would be missing in what corrects its own answer and not in what
    corrects the other: pairs would come out in the wrong order for that alone.
    """
    known, grades, nothing = _known(question, found)
    right = pairs = 0
    for one, other in combinations(range(len(known)), 2):
        gap = grades[one] - grades[other]
        if gap:
            first, second = corrected(known, grades, [one, other], nothing)
            right += int((first - second) * gap > 0)
            pairs += 1
    return right, pairs


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
