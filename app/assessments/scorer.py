"""The one place where an answer meets the engine: used by the worker's jobs, whose process owns the encoder."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from app.scoring.encoded import EncodedText
from app.scoring.engine import assess, prepare, readable
from app.scoring.grading import Encoding, PreparedCache, grade_request
from app.scoring.prepared import PreparedRubric, Sample
from app.scoring.report import Report
from app.scoring.rubric import Rubric

KEPT_RUBRICS = 256
GIVE_WAY_SECONDS = 1.0
"""How long a line of a batch waits for answers at most: under steady load batches go on slowly, but they go on."""


@dataclass(frozen=True)
class Asked:
    """What an answer is scored against."""

    question: str
    rubric: dict[str, Any]
    samples: Sequence[Sample]


class _SomeAtATime:
    """An encoder that several threads share: so many texts at once, each on one thread, and the next text waits."""

    def __init__(self, encoder: Encoding, at_once: int) -> None:
        self._encoder = encoder
        self._places = threading.BoundedSemaphore(at_once)

    @property
    def identity(self) -> str:
        return self._encoder.identity

    def encode(self, text: str) -> EncodedText:
        with self._places:
            return self._encoder.encode(text)


class Scorer:
    """An encoder and the rubrics prepared with it; safe to use from several threads.

    Preparing a rubric costs some fifty encodings, so it is done once per question version and set of samples, ahead of
    the first answer where there is time (`Jobs.prepare_ahead`).
    """

    def __init__(self, encoder: Encoding, at_once: int = 1) -> None:
        self.encoder = _SomeAtATime(encoder, at_once)
        self._lock = threading.Lock()
        self._prepared: OrderedDict[str, PreparedRubric] = OrderedDict()
        self._under_way: dict[str, threading.Lock] = {}
        self._grading_lock = threading.Lock()
        self._grading_cache = PreparedCache()
        self._nobody_waits = threading.Condition()
        self._waiting = 0

    def score(self, key: str, load: Callable[[], Asked], answer: str, *, plain: bool = False) -> Report:
        """The engine's report on an answer, with what each sentence is worth.

        `key` names the rubric's version and the set of samples; `load` fetches them when they are not prepared yet.
        `plain`: the question asks for plain language.
        """
        with self._before_batches():
            prepared = self.prepare(key, load)
            return assess(prepared, answer, self.encoder.encode(readable(answer)), explain=True, plain=plain)

    def has_prepared(self, key: str) -> bool:
        """Whether an answer to this could be scored at once."""
        with self._lock:
            return key in self._prepared

    def prepare(self, key: str, load: Callable[[], Asked]) -> PreparedRubric:
        """The prepared rubric; who comes while it is being prepared waits for it instead of doing it again."""
        with self._lock:
            if key in self._prepared:
                self._prepared.move_to_end(key)
                return self._prepared[key]
            mine = self._under_way.setdefault(key, threading.Lock())
        with mine:
            with self._lock:
                if key in self._prepared:
                    return self._prepared[key]
            asked = load()
            rubric = Rubric.from_dict(asked.rubric)
            prepared = prepare(asked.question, rubric, self.encoder.encode, asked.samples, self.encoder.identity)
            with self._lock:
                self._prepared[key] = prepared
                self._under_way.pop(key, None)
                while len(self._prepared) > KEPT_RUBRICS:
                    self._prepared.popitem(last=False)
        return prepared

    def grade(self, request: dict[str, Any]) -> dict[str, Any]:
        """One object of `viva grade`, graded.

        Raises:
            GradingError: the object is not what the contract says.
        """
        # A lock of its own: an answer of an interview never waits for a batch of gradings.
        with self._before_batches(), self._grading_lock:
            # A slug that the bank knows was put in full when the request came in: what is left, it does not know.
            return grade_request(request, self.encoder, self._grading_cache, lambda slug: None)

    def give_way(self) -> None:
        """Let those go first for whom somebody waits; for batches, before each line."""
        with self._nobody_waits:
            self._nobody_waits.wait_for(lambda: self._waiting == 0, GIVE_WAY_SECONDS)

    @contextmanager
    def _before_batches(self) -> Iterator[None]:
        with self._nobody_waits:
            self._waiting += 1
        try:
            yield
        finally:
            with self._nobody_waits:
                self._waiting -= 1
                self._nobody_waits.notify_all()
