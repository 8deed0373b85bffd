"""Many questions checked, on all cores; the result does not depend on how many."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence

from app.bank.checks.likeness import asked
from app.bank.checks.run import Bank, CheckResult, check_question
from app.bank.question_file import QuestionFile
from app.embedding import Encoder, load_encoder
from app.kit.config import Settings

FEW = 6
"""So few are checked in this process: starting others takes longer."""

Advance = Callable[[int], object]


def check_questions(
    questions: Mapping[str, QuestionFile], slugs: Sequence[str], settings: Settings, start: Callable[[int], Advance]
) -> Iterator[CheckResult]:
    """Check some of a bank's questions against all of it, in the order asked for.

    Parameters
    ----------
    questions : mapping of slug to QuestionFile
        The whole bank.
    slugs : sequence of str
        Those to check.
    settings : Settings
        Which encoder.
    start : callable
        Given how many there are, a function that is told of each that is done.

    Yields
    ------
    CheckResult
    """
    advance = start(len(slugs))
    encoder = load_encoder(settings)
    vectors = {slug: asked(question, encoder.encode) for slug, question in questions.items()}
    prerequisites = {slug: list(question.prerequisites) for slug, question in questions.items()}
    order = sorted(questions)
    tasks = []
    for slug in slugs:
        other = order[(order.index(slug) + len(order) // 2) % len(order)]
        answer = " ".join(questions[other].model_answer.split()) if other != slug else ""
        tasks.append((questions[slug], Bank(prerequisites, vectors, answer)))
    if len(tasks) <= FEW:
        for task in tasks:
            yield check_question(task[0], encoder.encode, task[1])
            advance(1)
        return
    # The libraries read it when they are loaded, in each process: one thread a text, as in a worker.
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    with multiprocessing.get_context("spawn").Pool(os.cpu_count() or 1, _open, (settings,)) as pool:
        for result in pool.imap(_check, tasks, chunksize=1):
            yield result
            advance(1)


_encoder: Encoder | None = None


def _open(settings: Settings) -> None:
    global _encoder
    _encoder = load_encoder(settings)


def _check(task: tuple[QuestionFile, Bank]) -> CheckResult:
    assert _encoder is not None
    return check_question(task[0], _encoder.encode, task[1])
