"""One line of `viva grade`, one object of `POST /gradings`: from a request to a result; no files, no web."""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.scoring.derive import rubric_from_references
from app.scoring.encoded import EncodedText
from app.scoring.engine import assess, prepare, readable
from app.scoring.prepared import PreparedRubric, Sample
from app.scoring.rubric import Rubric, RubricError

FIELDS = ("id", "question", "answer", "references", "rubric", "samples", "slug")
MAX_ANSWER_CHARS = 1_000_000
MAX_SAMPLES = 200


class GradingError(ValueError):
    """A request cannot be graded.

    Parameters
    ----------
    field : str
        Path of the place, such as ``rubric.criteria[0].facet``; empty for the request as a whole.
    message : str
        What is wrong there, in one clause.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


@dataclass(frozen=True)
class BankQuestion:
    """A question of the bank, as far as grading needs it.

    Attributes
    ----------
    question : str
        The prompt.
    rubric : mapping
        In the shape that `Rubric.from_dict` reads.
    samples : sequence of Sample
    """

    question: str
    rubric: Mapping[str, Any]
    samples: Sequence[Sample] = ()


Lookup = Callable[[str], BankQuestion | None]
"""The bank's question by slug, or None if there is none."""


class Encoding(Protocol):
    """What grading needs of an encoder."""

    @property
    def identity(self) -> str:
        """SHA-256 (hex) of the model's weights."""
        ...

    def encode(self, text: str) -> EncodedText:
        """Encode one text, alone."""
        ...


class PreparedCache:
    """The prepared rubrics used last, by their content.

    Parameters
    ----------
    size : int
        How many are kept; a rubric of eight criteria takes about 1.5 MB.
    """

    def __init__(self, size: int = 64) -> None:
        self._size = size
        self._kept: OrderedDict[tuple[str, ...], PreparedRubric] = OrderedDict()

    def get(self, question: str, rubric: Rubric, samples: Sequence[Sample], encoder: Encoding) -> PreparedRubric:
        """The prepared rubric, made now if it is not there."""
        pairs = sorted((sample.text, sample.grade) for sample in samples)
        key = (encoder.identity, question, rubric.digest(), json.dumps(pairs))
        found = self._kept.pop(key, None)
        if found is None:
            found = prepare(question, rubric, encoder.encode, samples, encoder.identity)
        self._kept[key] = found
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return found


def grade_request(
    request: Any, encoder: Encoding, cache: PreparedCache, lookup: Lookup | None = None
) -> dict[str, Any]:
    """Grade one answer.

    Parameters
    ----------
    request : mapping
        ``answer`` and one of ``rubric`` (with ``samples``), ``references`` or ``slug``; ``question``, ``id``.
    encoder : Encoding
    cache : PreparedCache
    lookup : callable or None
        Finds a question of the bank; None if there is no bank here.

    Returns
    -------
    dict
        ``id`` if the request has one, then `Report.to_dict`.

    Raises
    ------
    GradingError
        The request is not what it should be; `field` names the place.
    """
    if not isinstance(request, Mapping):
        raise GradingError("", "must be an object")
    for name in request:
        if name not in FIELDS:
            raise GradingError(str(name), f"is not a field here (allowed: {', '.join(FIELDS)})")
    identifier = request.get("id")
    if identifier is not None and (isinstance(identifier, bool) or not isinstance(identifier, str | int)):
        raise GradingError("id", "must be text or a whole number")
    answer = _text(request.get("answer"), "answer")
    if len(answer) > MAX_ANSWER_CHARS:
        raise GradingError("answer", f"has more than {MAX_ANSWER_CHARS:,} characters")
    question, rubric, samples = _task(request, lookup)
    prepared = cache.get(question, rubric, samples, encoder)
    text = readable(answer)
    result = assess(prepared, answer, encoder.encode(text)).to_dict()
    return result if identifier is None else {"id": identifier, **result}


def _task(request: Mapping[str, Any], lookup: Lookup | None) -> tuple[str, Rubric, list[Sample]]:
    given = [name for name in ("rubric", "references", "slug") if request.get(name) is not None]
    if not given:
        raise GradingError("", "needs a rubric, references or the slug of a question")
    if "slug" in given and len(given) > 1:
        raise GradingError("slug", f"cannot go with {given[0]}: a question of the bank has its own rubric")
    samples = _samples(request.get("samples"))
    question = "" if request.get("question") is None else _text(request["question"], "question")
    try:
        if "slug" in given:
            found = _from_bank(_text(request["slug"], "slug"), lookup)
            return question or found.question, Rubric.from_dict(found.rubric), [*found.samples, *samples]
        if "rubric" in given:
            try:
                return question, Rubric.from_dict(request["rubric"]), samples
            except RubricError as error:
                raise GradingError(f"rubric.{error.field}" if error.field else "rubric", error.problem) from None
        references = request["references"]
        if isinstance(references, str):
            references = [references]
        if not isinstance(references, list | tuple):
            raise GradingError("references", "must be a list of model answers")
        texts = [_text(one, f"references[{i}]") for i, one in enumerate(references)]
        return question, rubric_from_references(texts), samples
    except RubricError as error:
        raise GradingError(error.field, error.problem) from None


def _from_bank(slug: str, lookup: Lookup | None) -> BankQuestion:
    if lookup is None:
        raise GradingError("slug", "there is no question bank here")
    found = lookup(slug)
    if found is None:
        raise GradingError("slug", f"there is no question {slug!r} in the bank")
    return found


def _samples(value: Any) -> list[Sample]:
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise GradingError("samples", "must be a list")
    if len(value) > MAX_SAMPLES:
        raise GradingError("samples", f"has more than {MAX_SAMPLES} entries")
    samples = []
    for i, item in enumerate(value):
        if not isinstance(item, Mapping):
            raise GradingError(f"samples[{i}]", "must be an object with text and grade")
        grade = item.get("grade")
        if isinstance(grade, bool) or not isinstance(grade, int | float) or not math.isfinite(grade):
            raise GradingError(f"samples[{i}].grade", "must be a number from 0 to 1")
        if not 0 <= grade <= 1:
            raise GradingError(f"samples[{i}].grade", "must lie between 0 and 1")
        samples.append(Sample(_text(item.get("text"), f"samples[{i}].text"), float(grade)))
    return samples


def _text(value: Any, field: str) -> str:
    if value is None:
        raise GradingError(field, "is missing")
    if not isinstance(value, str):
        raise GradingError(field, "must be text")
    if "\0" in value:
        raise GradingError(field, "holds a NUL character")
    if any("\ud800" <= c <= "\udfff" for c in value):
        raise GradingError(field, "holds half of a surrogate pair, which is no character")
    return value.replace("\r\n", "\n").replace("\r", "\n")
