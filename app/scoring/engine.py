"""The scorer: prepare a rubric once, then judge each answer by itself.

`prepare` and `assess` are all that the rest of Viva knows of it; another engine goes behind the same two functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.scoring import credit
from app.scoring.encoded import Encode, EncodedText, Vectors, normalised
from app.scoring.evidence import Evidence, read, weigh
from app.scoring.feedback import feedback
from app.scoring.language import guess, same_language
from app.scoring.lexicon import content_stems
from app.scoring.order import salad
from app.scoring.prepared import PreparedRubric, Sample, Texts, prepare_texts
from app.scoring.receipt import receipt, samples_digest
from app.scoring.report import Report
from app.scoring.rubric import Rubric
from app.scoring.samples import Bar, learn
from app.scoring.text import MAX_CHARS, sentences, words
from app.scoring.verdicts import criterion_report, no_answer, says_nothing

NOTED_SHIFT = 0.05
"""How far graded samples may move a score without the report saying so."""
REVIEW_BELOW = 0.5
"""Confidence under which a person should look."""


def prepare(
    question_text: str, rubric: Rubric, encode: Encode, samples: Sequence[Sample] = (), model: str = ""
) -> PreparedRubric:
    """Compute what all answers to one question version share. Callers keep the result as long as they can.

    Parameters
    ----------
    question_text : str
        The prompt as the candidate saw it; may be empty.
    rubric : Rubric
    encode : callable
        One text to an `EncodedText`.
    samples : sequence of Sample
        Graded answers to the same question; they move scores toward their grader's bar.
    model : str
        Identity of the encoder, for the receipts.

    Returns
    -------
    PreparedRubric
    """
    question = encode(question_text)
    spans = [(s.start, s.end) for s in sentences(question_text)]
    vectors = question.vector[None, :]
    if len(spans) > 1:
        vectors = np.concatenate([vectors, question.segment_vectors(spans)])
    criteria = tuple((number, c) for number, a in enumerate(rubric.approaches) for c in a.criteria)
    texts = prepare_texts([criterion for _, criterion in criteria], question, encode)
    prepared = PreparedRubric(
        question=question_text,
        rubric=rubric,
        criteria=criteria,
        texts=texts,
        question_encoded=question,
        question_vectors=vectors,
        question_stems=frozenset(content_stems(question_text)),
        centres=_centres(texts, [owner for owner, _ in criteria]),
        kind="references" if all(len(c.statements) == 1 and not c.false_twins for _, c in criteria) else "rubric",
        language=guess(" ".join(texts.strings)),
        model=model,
        samples_digest=samples_digest((sample.text, sample.grade) for sample in samples),
    )
    if not samples:
        return prepared
    bar = learn(samples, encode, lambda text, encoded: judge(prepared, text, encoded).score)
    return replace(prepared, samples=bar)


def _centres(texts: Texts, owners: Sequence[int]) -> Vectors:
    """The mean of each approach's statements, of length 1."""
    approach = np.asarray(owners)[texts.owner]
    return normalised(
        np.stack([texts.vectors[(approach == n) & ~texts.twin].mean(axis=0) for n in range(max(owners) + 1)])
    )


@dataclass(frozen=True)
class Judged:
    """The numbers behind a report.

    Attributes
    ----------
    evidence : list of Evidence
        One a criterion of the rubric.
    credits : list of float
    approach : int
        Number of the approach that was judged best.
    signals : dict of str to float
        See `app.scoring.credit.expected_grade`.
    salad : float
        Probability that the answer is no more than words.
    score : float
        Without graded samples.
    """

    evidence: list[Evidence]
    credits: list[float]
    approach: int
    signals: dict[str, float]
    salad: float
    score: float


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
        nothing = Evidence(None, -1, None, -1, False, {})
        return Judged([nothing] * len(prepared.criteria), [0.0] * len(prepared.criteria), 0, {}, 0.0, 0.0)
    evidence = weigh(prepared, reading, text)
    credits = [credit.credit(one) for one in evidence]
    mixed = salad(text)
    best, best_score, best_signals = 0, -1.0, {}
    for number in range(len(prepared.rubric.approaches)):
        signals = _signals(prepared, number, evidence, credits, encoded.vector, reading.focus)
        # Words without sentences show no understanding, whichever words they are.
        score = credit.expected_grade(prepared.kind, signals) * (1 - credit.disorder(mixed))
        if score > best_score:
            best, best_score, best_signals = number, score, signals
    return Judged(evidence, credits, best, best_signals, mixed, best_score)


def _signals(
    prepared: PreparedRubric,
    number: int,
    evidence: Sequence[Evidence],
    credits: Sequence[float],
    vector: Vectors,
    focus: float,
) -> dict[str, float]:
    approach = prepared.rubric.approaches[number]
    mine = [i for i, (owner, _) in enumerate(prepared.criteria) if owner == number]

    def mean(values: list[float]) -> float:
        return credit.total(approach, values)

    opposed = [credit.contradiction(evidence[i]) * credit.support(evidence[i].features) for i in mine]
    return {
        "credit": mean([credits[i] for i in mine]),
        "whole": float(prepared.centres[number] @ vector),
        "cover": mean([evidence[i].features["anywhere"] for i in mine]),
        "words": mean([evidence[i].features["words"] for i in mine]),
        "wrong": mean(opposed),
        "focus": focus,
        "asked": float(prepared.question_vectors[0] @ vector),
    }


def assess(prepared: PreparedRubric, answer_text: str, encoded_answer: EncodedText) -> Report:
    """Judge one answer.

    Parameters
    ----------
    prepared : PreparedRubric
        From `prepare`, with the same encoder.
    answer_text : str
        Line ends are LF. What lies beyond `MAX_CHARS` is not read, and the report says so.
    encoded_answer : EncodedText
        Of `readable(answer_text)`.

    Returns
    -------
    Report
        Depends on these arguments alone, bit for bit.
    """
    text = readable(answer_text)
    truncated = len(text) if len(text) < len(answer_text) else None
    proof = receipt(prepared.model, prepared.rubric.digest(), prepared.samples_digest)
    judged = judge(prepared, text, encoded_answer)
    empty = says_nothing(text)
    if empty is not None or judged.evidence[0].segment is None:
        return no_answer(prepared, empty or "unreadable", proof, truncated)
    score, disorder = judged.score, credit.disorder(judged.salad)
    notes = []
    if isinstance(prepared.samples, Bar) and disorder < 0.5:
        score = prepared.samples.corrected(score, encoded_answer.vector)
        if abs(score - judged.score) >= NOTED_SHIFT:
            notes.append(_why_moved(judged.score, score))
    mine = [number for number, (owner, _) in enumerate(prepared.criteria) if owner == judged.approach]
    reports = tuple(
        criterion_report(prepared.criteria[n][1], judged.evidence[n], judged.credits[n], text, prepared, disorder)
        for n in mine
    )
    foreign = not same_language(text, prepared.language)
    sure = _confidence(judged, [judged.credits[n] for n in mine], score, text, prepared.kind)
    if foreign:
        sure = min(sure, 0.3)
    if foreign:
        notes.append("The answer seems to be in another language than the rubric.")
    if truncated is not None:
        notes.append(f"Only the first {truncated:,} characters were read.")
    if disorder >= 0.5:
        notes.append("The answer reads as a list of words rather than as sentences.")
    facets = credit.facets(prepared, judged.approach, dict(enumerate(judged.credits)))
    return Report(
        score=score,
        confidence=sure,
        needs_review=sure < REVIEW_BELOW,
        facets=facets,
        criteria=reports,
        approach=prepared.rubric.approaches[judged.approach].id,
        feedback=feedback(score, reports, facets, text, disorder >= 0.5),
        receipt=proof,
        notes=tuple(notes),
        truncated_at=truncated,
    )


def readable(answer_text: str) -> str:
    """The part of an answer that is read: encode this, and pass it or the whole to `assess`."""
    return answer_text[:MAX_CHARS]


def _why_moved(by_criteria: float, score: float) -> str:
    more = "more" if score > by_criteria else "less"
    return (
        f"By its criteria alone this answer would get {round(by_criteria * 100)} of 100. Answers like it that people"
        f" graded got {more} than their criteria alone would give, so it gets {round(score * 100)}."
    )


def _confidence(judged: Judged, credits: list[float], score: float, text: str, kind: str) -> float:
    spread = float(np.mean([4 * c * (1 - c) for c in credits]))
    return credit.confidence(
        kind,
        {
            "spread": spread,
            "middle": 4 * score * (1 - score),
            "length": float(np.log1p(len(words(text)))),
            "disorder": judged.salad,
        },
    )
