"""The bank's samples judged by the whole engine: approaches, groups and facets as a report has them."""

from __future__ import annotations

import multiprocessing
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.bank.question_file import QuestionFile
from app.evaluation.graded import read_bank
from app.scoring.engine import prepare, readable
from app.scoring.judging import judge
from app.scoring.learnt import Curve
from app.scoring.rubric import Rubric
from app.scoring.signals import SIGNALS
from app.scoring.text import words
from app.training.material import BANK, Task, bank_tasks
from app.training.rows import attacks, unfitted

_state: dict[str, Any] = {}


@dataclass(frozen=True)
class JudgedRow:
    """One answer, by a rubric and what is fitted on single criteria."""

    source: str
    question: str
    made: str
    """The sample's kind, or how it was made by rule."""
    grade: float
    signals: NDArray[np.float64]
    """By `SIGNALS`, of the approach with the most credit."""
    spread: float
    """How undecided the credits are, in [0, 1]: see `CONFIDENCE` in `app.training.calibrate`."""
    length: float
    """Logarithm of one more than the number of words."""


def read_bank_rows(
    seed: Path,
    adapter: Path,
    folder: Path,
    credit: dict[str, Any],
    contradiction: dict[str, Any],
    told: Callable[[int, int], None],
    *,
    every: int = 1,
) -> list[JudgedRow]:
    """The rows of every sample, and of answers made by rule, judged with credit and contradiction as they were fitted.

    `folder` holds the networks; `every` takes each so-manieth question only; `told` hears how many questions are done.
    """
    questions, tasks = read_bank(seed), bank_tasks(seed)
    # Another question's right answer is not the next one's, which may be of the same topic.
    far = len(tasks) // 2
    work = [
        (question, task, tasks[(number + far) % len(tasks)])
        for number, (question, task) in enumerate(zip(questions, tasks, strict=True))
    ][::every]
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = "1"
    found: list[JudgedRow] = []
    with multiprocessing.get_context("spawn").Pool(
        os.cpu_count() or 1, _open, (str(adapter), str(folder), credit, contradiction)
    ) as pool:
        for number, one in enumerate(pool.imap(_read, work), start=1):
            found += one
            told(number, len(work))
    return found


def _open(adapter: str, folder: str, credit: dict[str, Any], contradiction: dict[str, Any]) -> None:
    from app.embedding.files import find_model
    from app.embedding.local import LocalEncoder

    encoder = LocalEncoder.load(find_model(None), threads=1, adapter=Path(adapter))
    # What is to be fitted is not there yet: the approach with the most credit is taken for the one that was meant.
    by_credit = Curve(("credit",), (6.0,), -3.0)
    learnt = replace(
        unfitted(Path(folder)), credit=Curve.from_dict(credit), contradiction=Curve.from_dict(contradiction),
        score={"rubric": by_credit, "references": by_credit},
    )  # fmt: skip
    _state.update(encode=lru_cache(maxsize=2048)(encoder.encode), learnt=learnt)


def _read(work: tuple[QuestionFile, Task, Task]) -> list[JudgedRow]:
    question, task, other = work
    encode, learnt = _state["encode"], _state["learnt"]
    prepared = prepare(question.prompt, Rubric.from_dict(question.rubric), encode, learnt=learnt)
    found = []
    for answer in [*task.answers, *attacks(task, other, random.Random(task.id))]:  # noqa: S311
        text = readable(answer.text)
        judged = judge(prepared, text, encode(text))
        if not judged.signals:
            continue
        given = np.array([judged.credits[n] for n, (own, _) in enumerate(prepared.criteria) if own == judged.approach])
        found.append(
            JudgedRow(
                source=BANK,
                question=question.slug,
                made=answer.kind,
                grade=answer.grade,
                signals=np.array([judged.signals[name] for name in SIGNALS]),
                spread=float(np.mean(4 * given * (1 - given))),
                length=float(np.log1p(len(words(text)))),
            )
        )
    return found
