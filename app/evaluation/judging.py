"""Many answers judged by the engine, question by question, on all cores; the result does not depend on how many."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.embedding.adapter import SHIPPED
from app.embedding.files import find_model
from app.embedding.local import LocalEncoder
from app.evaluation.bank_folds import fold_of, without_fold
from app.evaluation.kept_vectors import KeptVectors
from app.scoring.derive import rubric_from_references
from app.scoring.engine import assess, prepare, readable
from app.scoring.judging import judge
from app.scoring.learnt import Learnt, load, shipped
from app.scoring.lexicon import content_stems, recall
from app.scoring.prepared import Sample
from app.scoring.rubric import Rubric
from app.scoring.text import words


@dataclass(frozen=True)
class Task:
    """One question and the answers to judge."""

    question: str
    references: tuple[str, ...]
    texts: tuple[str, ...]
    rubric: dict[str, Any] | None = None
    samples: tuple[tuple[str, float], ...] = ()
    without: str = ""
    """A public set that what judges must not have been trained on, or ``bank/N`` for a part of the bank; empty for what
    comes with Viva."""
    key: Any = field(default=None, compare=False)


@dataclass(frozen=True)
class Judgement:
    """What the engine and the plain measures say of one answer."""

    score: float
    confidence: float
    needs_review: bool
    cosine: float
    """Whole answer against the nearest reference, as the model embeds them."""
    recall: float
    """Share of the reference's content words, weighted by rarity, that the answer has."""
    length: float
    """Logarithm of one more than the number of words."""
    vector: NDArray[np.float32]
    text: str
    nearness: tuple[float, float]
    """See `app.scoring.judging.Judged`."""


HELD_OUT = Path(__file__).parent / "held_out"
"""What was trained without each of the public sets, in a folder named after it."""


_PART = "bank/"


def without_questions_of(slug: str) -> str:
    """`Task.without` for a question of the bank."""
    return f"{_PART}{fold_of(slug)}"


class _Judge:
    """In each process: the plain encoder, and encoders with what was learnt, each loaded when it is needed."""

    def __init__(self, kept: Path) -> None:
        self._kept = kept
        self._learnt: dict[str, tuple[KeptVectors, Learnt]] = {}
        self.plain = KeptVectors(kept, LocalEncoder.load(find_model(None), threads=1, adapter=None))

    def trained(self, without: str) -> tuple[KeptVectors, Learnt]:
        """The encoder with its adapter, and the small models."""
        if without not in self._learnt:
            self._learnt[without] = self._part(without) if without.startswith(_PART) else self._whole(without)
        return self._learnt[without]

    def _part(self, without: str) -> tuple[KeptVectors, Learnt]:
        encoder, learnt = self.trained("")
        return encoder, without_fold(learnt, int(without.removeprefix(_PART)))

    def _whole(self, without: str) -> tuple[KeptVectors, Learnt]:
        folder = HELD_OUT / without
        adapter = folder / "adapter.safetensors" if without else SHIPPED
        encoder = LocalEncoder.load(find_model(None), threads=1, adapter=adapter)
        return KeptVectors(self._kept, encoder), load(folder) if without else shipped()


_judge_here: _Judge | None = None


def _open(path: str) -> None:
    global _judge_here
    _judge_here = _Judge(Path(path))


def _judge(task: Task) -> list[Judgement]:
    here = _judge_here
    assert here is not None
    encoder, learnt = here.trained(task.without)
    rubric = Rubric.from_dict(task.rubric) if task.rubric else rubric_from_references(task.references)
    samples = [Sample(text, grade) for text, grade in task.samples]
    prepared = prepare(task.question, rubric, encoder.encode, samples, encoder.identity, learnt)
    references = [here.plain.encode(text).vector for text in task.references]
    stems = [content_stems(text) for text in task.references]
    found = []
    for text in task.texts:
        encoded = encoder.encode(readable(text))
        numbers = judge(prepared, readable(text), encoded)
        report = assess(prepared, text, encoded, judged=numbers)
        said = frozenset(content_stems(text))
        found.append(
            Judgement(
                score=report.score,
                confidence=report.confidence,
                needs_review=report.needs_review,
                cosine=max(float(reference @ here.plain.encode(readable(text)).vector) for reference in references),
                recall=max(recall(wanted, said, frozenset()) for wanted in stems),
                length=float(np.log1p(len(words(text)))),
                vector=encoded.vector,
                text=text,
                nearness=numbers.nearness,
            )
        )
    return found


class Judges:
    """A pool of processes, each with the encoder and the file of kept vectors."""

    def __init__(self, kept: Path, processes: int = 0) -> None:
        # The libraries read it when they are loaded, in each process: one thread a text, as in a worker.
        for library in ("OMP", "OPENBLAS", "MKL"):
            os.environ.setdefault(f"{library}_NUM_THREADS", "1")
        # Several processes that make the file at once would lock each other out.
        KeptVectors(kept, None).close()
        self._pool = multiprocessing.get_context("spawn").Pool(processes or os.cpu_count() or 1, _open, (str(kept),))

    def judge(self, tasks: Sequence[Task], advance: Callable[[int], None]) -> list[list[Judgement]]:
        """The judgements of each task's texts, in order; `advance` is told of each task's texts when they are done."""
        return list(self._told(self._pool.imap(_judge, tasks, chunksize=1), advance))

    @staticmethod
    def _told(found: Iterable[list[Judgement]], advance: Callable[[int], None]) -> Iterator[list[Judgement]]:
        for one in found:
            advance(len(one))
            yield one

    def close(self) -> None:
        """End the processes."""
        self._pool.terminate()
        self._pool.join()
