"""The numbers of one answer: its evidence, credits and score, before graded samples move it and before words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.scoring import credit
from app.scoring.encoded import Encode, EncodedText
from app.scoring.evidence import NOTHING, Evidence, weigh
from app.scoring.nothing import texts_about
from app.scoring.prepared import PreparedRubric
from app.scoring.reading import read
from app.scoring.samples import Answers, answers_of
from app.scoring.signals import signals_by
from app.scoring.verdicts import says_nothing


@dataclass(frozen=True)
class Judged:
    """The numbers behind a report.

    Attributes
    ----------
    evidence : list of Evidence
        One a criterion of the rubric.
    credits, contradictions : list of float
    approach : int
        Number of the approach that was judged best.
    signals : dict of str to float
        See `app.scoring.credit.expected_grade`.
    inverted : float
        How likely the answer says the rubric's points the other way round, in [0, 1].
    disorder : float
        Share of the answer that is words without sentences, in [0, 1].
    score : float
        Without graded samples.
    nearness : (float, float)
        How much of the answer is about what was asked, and how much of what the rubric says the answer says: see
        `app.scoring.samples.Answers`.
    """

    evidence: list[Evidence]
    credits: list[float]
    contradictions: list[float]
    approach: int
    signals: dict[str, float]
    inverted: float
    disorder: float
    score: float
    nearness: tuple[float, float] = (0.0, 0.0)


def judge(prepared: PreparedRubric, text: str, encoded: EncodedText) -> Judged:
    """Weigh an answer, as far as its numbers go.

    Parameters
    ----------
    prepared : PreparedRubric
    text : str
    encoded : EncodedText

    Returns
    -------
    Judged
    """
    reading = read(prepared, text, encoded)
    if reading is None or says_nothing(text):
        none = [0.0] * len(prepared.criteria)
        return Judged([NOTHING] * len(prepared.criteria), none, none, 0, {}, 0.0, 0.0, 0.0)
    learnt = prepared.learnt
    evidence = weigh(prepared, reading, text)
    credits, opposed = credit.credits(learnt, evidence)
    best, best_score, best_signals = 0, -1.0, {}
    for number in range(len(prepared.rubric.approaches)):
        signals = signals_by(prepared, number, evidence, credits, opposed, reading.most_about)
        score = credit.expected_grade(learnt, prepared.kind, signals)
        if score > best_score:
            best, best_score, best_signals = number, score, signals
    lengths = np.array([one.end - one.start for one in reading.segments[: len(reading.counts)]])
    disorder = float((reading.disorder * lengths).sum() / lengths.sum())
    inverted = credit.inverted(learnt, prepared.kind, best_signals)
    nearness = (reading.about, best_signals["free_cover"])
    return Judged(evidence, credits, opposed, best, best_signals, inverted, disorder, best_score, nearness)


def judged_answers(prepared: PreparedRubric, texts: Sequence[str], encode: Encode, *, people: bool = True) -> Answers:
    """Texts judged without graded samples, as a correction by these sees them.

    Parameters
    ----------
    prepared : PreparedRubric
    texts : sequence of str
        As `app.scoring.engine.readable` leaves them.
    encode : callable
    people : bool
        Whether people wrote them.

    Returns
    -------
    Answers
    """
    encoded = [encode(text) for text in texts]
    judged = [judge(prepared, text, one) for text, one in zip(texts, encoded, strict=True)]
    vectors, scores = [one.vector for one in encoded], [one.score for one in judged]
    return answers_of(texts, vectors, scores, [one.nearness for one in judged], people=people)


def nothing_said(prepared: PreparedRubric, encode: Encode) -> Answers:
    """Fluent texts that say nothing of the question, as a correction by graded samples sees them."""
    return judged_answers(prepared, texts_about(prepared.question), encode, people=False)
