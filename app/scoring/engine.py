"""The scorer: prepare a rubric once, then judge each answer by itself.

`prepare` and `assess` are all that the rest of Viva knows of it; another engine goes behind the same two functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from app.scoring import credit
from app.scoring.addressed import addressed
from app.scoring.by_references import what_bounds
from app.scoring.encoded import Encode, EncodedText
from app.scoring.feedback import feedback
from app.scoring.judging import Judged, judge, judged_answers, nothing_said
from app.scoring.language import guess, same_language
from app.scoring.learnt import Learnt, shipped
from app.scoring.lexicon import content_stems
from app.scoring.notes import notes
from app.scoring.nothing import texts_about
from app.scoring.plain_language import plain_language
from app.scoring.prepared import PreparedRubric, Sample, prepare_texts
from app.scoring.receipt import receipt, samples_digest
from app.scoring.removal import worth
from app.scoring.report import CriterionReport, Report
from app.scoring.rubric import Rubric
from app.scoring.samples import Bar, Kernel, answers_of, learn
from app.scoring.text import MAX_CHARS, sentences, words
from app.scoring.verdicts import criterion_report, no_answer, says_nothing

LEAST_REPEATED = 3
"""Words of a sentence from which saying it again is a repetition."""
SURE_OF_DISORDER = 0.4
"""Confidence in the score of words without sentences: salad as a rule, but it may be a list that was asked for."""
SURE_OF_FOREIGN = 0.3
"""Confidence in the score of an answer in another language than the rubric."""
SURE_OF_INVERSION = 0.45
"""Confidence in the score of what seems to be turned round: one good answer in a hundred does, too."""
REVIEW_BELOW = 0.5
"""Confidence under which a person should look."""


def prepare(
    question_text: str,
    rubric: Rubric,
    encode: Encode,
    samples: Sequence[Sample] = (),
    model: str = "",
    learnt: Learnt | None = None,
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
    learnt : Learnt or None
        None means what comes with Viva.

    Returns
    -------
    PreparedRubric
    """
    learnt = learnt or shipped()
    question = encode(question_text)
    spans = [(s.start, s.end) for s in sentences(question_text)]
    vectors = question.vector[None, :]
    if len(spans) > 1:
        vectors = np.concatenate([vectors, question.segment_vectors(spans)])
    criteria = tuple((number, c) for number, a in enumerate(rubric.approaches) for c in a.criteria)
    texts = prepare_texts([one for _, one in criteria], question, encode, learnt, texts_about(question_text))
    prepared = PreparedRubric(
        question=question_text,
        rubric=rubric,
        criteria=criteria,
        texts=texts,
        question_encoded=question,
        question_vectors=vectors,
        question_stems=frozenset(content_stems(question_text)),
        learnt=learnt,
        kind="references" if all(len(c.statements) == 1 and not c.false_twins for _, c in criteria) else "rubric",
        language=guess(" ".join(texts.strings)),
        model=model,
        samples_digest=samples_digest((sample.text, sample.grade) for sample in samples),
    )
    if not samples:
        return prepared
    kernel = Kernel(**learnt.settings["samples"])
    nothing = nothing_said(prepared, encode)
    bar = learn(samples, lambda texts: judged_answers(prepared, texts, encode), kernel, nothing)
    return replace(prepared, samples=bar)


def assess(
    prepared: PreparedRubric, answer_text: str, encoded_answer: EncodedText, *, explain: bool = False,
    plain: bool = False, judged: Judged | None = None,
) -> Report:  # fmt: skip
    """Judge one answer.

    Parameters
    ----------
    prepared : PreparedRubric
        From `prepare`, with the same encoder.
    answer_text : str
        Line ends are LF. What lies beyond `MAX_CHARS` is not read, and the report says so.
    encoded_answer : EncodedText
        Of `readable(answer_text)`.
    explain : bool
        Work out as well what each sentence is worth; takes a few milliseconds a sentence.
    plain : bool
        The question asks for plain language: say which terms would have to be explained.
    judged : Judged or None
        The answer's numbers, where they are known already: what `judge` makes of ``readable(answer_text)``.

    Returns
    -------
    Report
        Depends on these arguments alone, bit for bit.
    """
    text = readable(answer_text)
    truncated = len(text) if len(text) < len(answer_text) else None
    proof = receipt(prepared.model, prepared.learnt.digest, prepared.rubric.digest(), prepared.samples_digest)
    judged = judged or judge(prepared, text, encoded_answer)
    empty = says_nothing(text)
    if empty is not None or judged.evidence[0].segment is None:
        return no_answer(prepared, empty or "unreadable", proof, truncated)
    score = _by_the_bar(prepared, judged, text, encoded_answer)
    mine = [number for number, (owner, _) in enumerate(prepared.criteria) if owner == judged.approach]
    reports = criterion_reports(prepared, judged, text, mine)
    foreign = not same_language(text, prepared.language)
    inverted = judged.inverted >= credit.INVERTED[0]
    sure = _confidence(judged, prepared, score, text)
    if foreign:
        sure = min(sure, SURE_OF_FOREIGN)
    if inverted:
        sure = min(sure, SURE_OF_INVERSION)
    beside_answers = prepared.kind == "references"
    unordered, general = what_bounds(judged.score, judged.signals) if beside_answers else (False, False)
    listed = unordered or judged.disorder >= 0.5
    looked_at = plain_language(text, prepared.question_stems) if plain and prepared.language in (None, "en") else None
    told = bool(addressed(answer_text[:MAX_CHARS]))
    said = notes(judged.score, score, foreign, truncated, told, inverted, listed, general, looked_at)
    facets = credit.facets(prepared, judged.approach, dict(enumerate(judged.credits)))
    return Report(
        score=score,
        confidence=sure,
        needs_review=sure < REVIEW_BELOW,
        facets=facets,
        criteria=reports,
        approach=prepared.rubric.approaches[judged.approach].id,
        feedback=feedback(score, reports, facets, text, listed),
        receipt=proof,
        notes=said,
        truncated_at=truncated,
        sentences=tuple(_worth(prepared, text, encoded_answer, score)) if explain else None,
        plain=looked_at.to_dict() if looked_at is not None else None,
    )


def criterion_reports(
    prepared: PreparedRubric, judged: Judged, text: str, numbers: Sequence[int]
) -> tuple[CriterionReport, ...]:
    """The verdicts on some of the rubric's criteria, by their numbers; `judged` is of `text`."""
    return tuple(
        criterion_report(
            prepared.criteria[n][1],
            judged.evidence[n],
            judged.credits[n],
            judged.contradictions[n],
            text,
            prepared,
            judged.disorder,
        )
        for n in numbers
    )


def _by_the_bar(prepared: PreparedRubric, judged: Judged, text: str, encoded: EncodedText) -> float:
    """The score, moved toward the bar of those who graded samples; what is no answer in sentences is left alone."""
    if isinstance(prepared.samples, Bar) and judged.disorder < 0.5 and judged.signals:
        answer = answers_of([text], [encoded.vector], [judged.score], [judged.nearness])
        return float(prepared.samples.corrected(answer)[0])
    return judged.score


def _worth(prepared: PreparedRubric, text: str, encoded: EncodedText, score: float) -> list[tuple[int, int, float]]:
    def again(rest: str, vectors: EncodedText) -> float:
        return _by_the_bar(prepared, judge(prepared, rest, vectors), rest, vectors)

    return worth(text, encoded, score, again)


def readable(answer_text: str) -> str:
    """What is read of an answer: encode this, and pass it or the whole to `assess`.

    Parameters
    ----------
    answer_text : str

    Returns
    -------
    str
        Its first `MAX_CHARS` characters at their places. Sentences that were said before are blank, so that saying a
        thing twice changes nothing, not even the last bit; and so are sentences that tell a grader what to do.
    """
    text, seen = answer_text[:MAX_CHARS], set()
    for segment in addressed(text):
        text = text[: segment.start] + " " * (segment.end - segment.start) + text[segment.end :]
    for segment in sentences(text):
        said = tuple(words(text[segment.start : segment.end]))
        if len(said) >= LEAST_REPEATED and said in seen:
            text = text[: segment.start] + " " * (segment.end - segment.start) + text[segment.end :]
        seen.add(said)
    return text


def _confidence(judged: Judged, prepared: PreparedRubric, score: float, text: str) -> float:
    mine = [judged.credits[n] for n, (owner, _) in enumerate(prepared.criteria) if owner == judged.approach]
    signals = {
        "spread": float(np.mean([4 * c * (1 - c) for c in mine])),
        "middle": 4 * score * (1 - score),
        "length": float(np.log1p(len(words(text)))),
        "apart": abs(score - judged.signals["credit"]),
        "wrong": judged.signals["wrong"],
    }
    sure = credit.confidence(prepared.learnt, prepared.kind, signals)
    return (1 - judged.disorder) * sure + judged.disorder * SURE_OF_DISORDER
