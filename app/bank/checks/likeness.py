"""What says the same as something else: criteria that overlap, statements that repeat, questions that exist already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from app.bank.checks.finding import Finding, error, warning
from app.bank.question_file import QuestionFile
from app.scoring.encoded import Encode, Vectors
from app.scoring.prepared import PreparedRubric
from app.scoring.text import sentences, words

SAME_POINT = 0.93
"""Cosine from which statements of two criteria say the same: an answer could not meet one and miss the other."""
NEAR_POINT = 0.88
SAME_WORDS = 0.97
"""Cosine from which two statements of one criterion are no different wordings."""
SAME_QUESTION = 0.9
"""Cosine of title and prompt from which a question is taken to exist already."""
PASTED = 0.97
"""Cosine from which a sentence of a sample is a copy of a statement."""
LEAST_PASTED = 8
"""Words of a sentence from which copying it is no accident."""


def likeness_findings(
    question: QuestionFile, prepared: PreparedRubric, encode: Encode, others: Mapping[str, Vectors]
) -> Iterator[Finding]:
    """What says the same twice.

    Parameters
    ----------
    question : QuestionFile
    prepared : PreparedRubric
        Of the question.
    encode : callable
    others : mapping of slug to float32 array (d,)
        Vectors of the other questions, from `asked`.

    Yields
    ------
    Finding
    """
    texts = prepared.texts
    near = texts.vectors @ texts.vectors.T
    told: set[tuple[int, int]] = set()
    for i in range(len(texts.strings)):
        for j in range(i):
            if texts.twin[i] or texts.twin[j]:
                continue
            one, other = int(texts.owner[i]), int(texts.owner[j])
            if one == other:
                if near[i, j] >= SAME_WORDS:
                    yield warning("statement-words", _place(prepared, i), f"is worded nearly like {texts.strings[j]!r}")
            elif prepared.criteria[one][0] == prepared.criteria[other][0] and near[i, j] >= NEAR_POINT:
                if near[i, j] < SAME_POINT and (other, one) in told:
                    continue
                told.add((other, one))
                make = error if near[i, j] >= SAME_POINT else warning
                mine, its = prepared.criteria[one][1].id, prepared.criteria[other][1].id
                yield make(
                    "criteria-overlap",
                    _place(prepared, i),
                    f"{mine!r} and {its!r} overlap: this says nearly what {texts.strings[j]!r} says"
                    f" (cosine {near[i, j]:.2f})",
                )
    vector = asked(question, encode)
    for slug, other_vector in others.items():
        cosine = float(vector @ other_vector)
        if slug != question.slug and cosine >= SAME_QUESTION:
            # A question that its author links is a sibling, such as the next step of one design, and no oversight.
            make = warning if slug in {*question.related, *question.prerequisites} else error
            yield make("same-question", "prompt", f"asks nearly what {slug!r} asks (cosine {cosine:.2f})")
    for number, sample in enumerate(question.samples):
        for segment in sentences(sample.text):
            said = sample.text[segment.start : segment.end]
            if len(words(said)) >= LEAST_PASTED:
                likeness = np.where(texts.twin, 0.0, texts.vectors @ encode(said).vector)
                if likeness.max() >= PASTED:
                    copied = texts.strings[int(likeness.argmax())]
                    yield warning("pasted", f"samples[{number}].text", f"{said!r} is nearly the statement {copied!r}")


def asked(question: QuestionFile, encode: Encode) -> Vectors:
    """What a question asks, as one vector.

    Parameters
    ----------
    question : QuestionFile
    encode : callable

    Returns
    -------
    float32 array (d,)
    """
    return encode(f"{question.title}. {' '.join(question.prompt.split())}").vector


def _place(prepared: PreparedRubric, number: int) -> str:
    approach, criterion = prepared.criteria[int(prepared.texts.owner[number])]
    place = [c.id for c in prepared.rubric.approaches[approach].criteria].index(criterion.id)
    name = "false_twins" if prepared.texts.twin[number] else "statements"
    return f"rubric.approaches[{approach}].criteria[{place}].{name}[{prepared.texts.index[number]}]"
