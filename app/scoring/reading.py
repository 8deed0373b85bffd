"""An answer cut up and set against a rubric, sentence by sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.scoring.blocks import code_lines
from app.scoring.comparison import compare
from app.scoring.encoded import EncodedText, Vectors
from app.scoring.language import guess
from app.scoring.learnt import Learnt
from app.scoring.lexicon import content_stems, token_weights
from app.scoring.order import disorders
from app.scoring.polarity import token_marks
from app.scoring.prepared import Floats, PreparedRubric
from app.scoring.refutation import refuted_shares
from app.scoring.text import Segment, segments

LOGIT_CAP = 6.0
DISORDER_COUNTS = 0.6
"""What words without order count of what they would as sentences: they may be a list that was asked for."""
REFUTED_COUNTS = 0.85
"""What a passage that the writer rejects counts as support: it may say what does not hold, which some criteria ask."""


@dataclass(frozen=True)
class Reading:
    """An answer and a rubric: `T` texts, `S` sentences, `G` segments (the sentences first, then their clauses).

    All but `counts` of one sentence depends on that sentence alone, so that another one beside it changes nothing.

    Attributes
    ----------
    segments : list of Segment
    home : intp array (G,)
        Each segment's sentence.
    counts : float32 array (S,)
        How far each sentence is evidence, in [0, 1]: not where it only repeats the question, and less where it is
        words without order.
    disorder : float32 array (S,)
    cosine, inside, telling, beyond : float32 arrays (T, G)
        Sentence cosine; late interaction, with all the text's weight, and with the weight that tells it from its twin;
        the cosine with the question taken out of both.
    anywhere : float32 array (T,)
        Late interaction with all sentences together, each as far as it counts.
    free, orderly : float32 arrays (T,)
        The same, in whatever order a sentence's words stand, and of sentences in order alone.
    refuted : float32 array (G,)
        Share of the segment that the writer rejects.
    logits : float32 array (T, S, 3)
        See `app.scoring.comparison.compare`.
    denial : float32 array (T, S)
        Share of the text's words that the sentence has with the sign turned round.
    stems, free_stems, orderly_stems : frozenset of str
        Content stems of the sentences that count; of those that do not repeat the question; of those among them whose
        words are in order.
    repeated : float
        Share of the answer's words that only repeat the question.
    about : float
        How much of the answer is about what was asked, in [-1, 1]: for each of its tokens the best cosine among those
        of the question and of the statements, averaged by the words' rarity.
    most_about : float
        The same of the sentence that is so most, each as far as it counts.
    """

    segments: list[Segment]
    home: NDArray[np.intp]
    counts: Floats
    disorder: Floats
    cosine: Floats
    inside: Floats
    telling: Floats
    beyond: Floats
    anywhere: Floats
    free: Floats
    orderly: Floats
    refuted: Floats
    logits: Floats
    denial: Floats
    stems: frozenset[str]
    free_stems: frozenset[str]
    orderly_stems: frozenset[str]
    repeated: float
    about: float
    most_about: float


def read(prepared: PreparedRubric, text: str, encoded: EncodedText) -> Reading | None:
    """Set every sentence and clause of an answer against every statement and twin.

    Parameters
    ----------
    prepared : PreparedRubric
    text : str
    encoded : EncodedText
        Of the same text.

    Returns
    -------
    Reading or None
        None for a text without words that the encoder knows.

    Notes
    -----
    Late interaction after Khattab & Zaharia (ColBERT, SIGIR 2020): for each token of the statement the best cosine
    among the answer's tokens, here averaged with weights that fall where the question says the same.
    """
    cut, reaches, home = _cut(text, encoded)
    if not cut:
        return None
    texts, question = prepared.texts, prepared.question_vectors
    vectors = encoded.segment_vectors([(segment.start, segment.end) for segment in cut])
    whole = reaches[: int(home.max()) + 1]
    sentences = cut[: len(whole)]
    stems = [frozenset(content_stems(text[one.start : one.end])) for one in sentences]
    echo = _echo(vectors[: len(whole)], question, stems, prepared.question_stems, texts.vectors)
    learnt = prepared.learnt
    disorder = _disorder(learnt, text, sentences, [encoded.unit_tokens[first:last] for first, last in whole])
    counts = ((1 - echo) * (1 - (1 - DISORDER_COUNTS) * disorder)).astype(np.float32)
    plain = encoded.unit_tokens @ texts.tokens.T
    found = _matched(plain, reaches)
    matched = found * counts[home][:, None]
    answers, in_order = 1 - echo, _in_order(disorder)
    anywhere = _anywhere(found[: len(whole)], counts, texts.starts, texts.weights)
    free = _anywhere(found[: len(whole)], answers, texts.starts, texts.weights)
    orderly = (
        free if in_order.all() else _anywhere(found[: len(whole)], answers * in_order, texts.starts, texts.weights)
    )
    cosine = (texts.vectors @ vectors.T) * counts[home]
    asked = question[0]
    along_text, along_segment = texts.vectors @ asked, vectors @ asked
    beyond = (cosine - np.outer(along_text, along_segment)) / np.sqrt(np.maximum(1 - along_text**2, 0.05))[:, None]
    logits, denial = compare(
        learnt.comparison, texts.said, plain.T, encoded.unit_tokens, token_marks(text, encoded.offsets), whole
    )
    # What is no evidence says nothing, and denies nothing.
    logits = np.clip(logits, -LOGIT_CAP, LOGIT_CAP)
    logits = (logits + LOGIT_CAP) * counts[None, :, None] - LOGIT_CAP
    lengths = np.array([one.end - one.start for one in sentences])
    about, about_each = _about(text, encoded, plain[:, texts.stated], prepared.question_encoded.unit_tokens, whole)
    return Reading(
        segments=cut,
        home=home,
        counts=counts,
        disorder=disorder,
        cosine=cosine,
        inside=_weighted(matched, texts.weights, texts.starts),
        telling=_weighted(matched, texts.telling, texts.starts),
        beyond=beyond,
        anywhere=anywhere,
        free=free,
        orderly=orderly,
        refuted=refuted_shares(text, cut),
        logits=logits,
        denial=denial * counts,
        stems=_stems_of(stems, counts),
        free_stems=_stems_of(stems, answers),
        orderly_stems=_stems_of(stems, answers * in_order),
        repeated=float((echo * lengths).sum() / lengths.sum()),
        about=about,
        most_about=float((about_each * counts).max()),
    )


def _about(
    text: str, encoded: EncodedText, stated: Floats, question: Vectors, reaches: Sequence[tuple[int, int]]
) -> tuple[float, Floats]:
    """Best cosines of all tokens, and of each sentence's; `stated` has those with the statements' tokens (columns)."""
    best = stated.max(axis=1)
    if len(question):
        best = np.maximum(best, (encoded.unit_tokens @ question.T).max(axis=1))
    weights = token_weights(text, encoded.offsets, len(best))
    each = [best[first:last] @ weights[first:last] / weights[first:last].sum() for first, last in reaches]
    return float(best @ weights / weights.sum()), np.array(each, dtype=np.float32)


def _cut(text: str, encoded: EncodedText) -> tuple[list[Segment], list[tuple[int, int]], NDArray[np.intp]]:
    """Segments that have tokens, the tokens of each, and each one's sentence."""
    found = segments(text)
    ranges = encoded.token_ranges([(segment.start, segment.end) for segment in found]).tolist()
    kept = [(one, (first, last)) for one, (first, last) in zip(found, ranges, strict=True) if first < last]
    cut, reaches = [one for one, _ in kept], [reach for _, reach in kept]
    starts = np.array([one.start for one in cut if one.kind == "sentence"], dtype=np.intp)
    home = np.searchsorted(starts, [one.start for one in cut], side="right") - 1
    return cut, reaches, home.astype(np.intp)


def _disorder(learnt: Learnt, text: str, sentences: Sequence[Segment], tokens: Sequence[Vectors]) -> Floats:
    """How far each sentence is words without order."""
    found = np.zeros(len(sentences), dtype=np.float32)
    code = np.array(code_lines(text), dtype=np.intp).reshape(-1, 2)
    starts = np.array([one.start for one in sentences], dtype=np.intp)
    # The line that begins last before a sentence holds it, or none does.
    line = np.searchsorted(code[:, 0], starts, side="right") - 1
    prose = np.flatnonzero((line < 0) | (starts >= np.append(code[:, 1], 0)[line])).tolist()
    # Order is known in English only: in another language nothing is held to be without it.
    if prose and guess(text) in (None, "en"):
        strings = [text[sentences[n].start : sentences[n].end] for n in prose]
        found[prose] = disorders(
            learnt.order, learnt.syntax, strings, [tokens[n] for n in prose], learnt.settings["disorder"]
        )
    return found


DISORDERED = (0.4, 0.8)
"""Disorder of a sentence from which it is not quite in order, and from which it is not at all."""


def _in_order(disorder: Floats) -> Floats:
    low, high = DISORDERED
    return np.asarray(1 - np.clip((disorder - low) / (high - low), 0, 1), dtype=np.float32)


def _stems_of(stems: list[frozenset[str]], counts: Floats) -> frozenset[str]:
    return frozenset().union(*(one for one, share in zip(stems, counts, strict=True) if share >= 0.5))


def _matched(cosines: Floats, reaches: list[tuple[int, int]]) -> Floats:
    """Best cosine of each statement token (columns) in each segment.

    Statement tokens stand in columns because the best of a few rows is found many columns at a time.
    """
    result = np.empty((len(reaches), cosines.shape[1]), dtype=np.float32)
    for row, (first, last) in enumerate(reaches):
        cosines[first:last].max(axis=0, out=result[row])
    return result


def _anywhere(matched: Floats, counts: Floats, starts: NDArray[np.intp], weights: Floats) -> Floats:
    """Late interaction with all sentences (rows), each as far as it counts."""
    best = (matched * counts[:, None]).max(axis=0)
    return np.asarray(np.add.reduceat(best * weights, starts), dtype=np.float32)


def _weighted(matched: Floats, weights: Floats, starts: NDArray[np.intp]) -> Floats:
    """Sums over the tokens of each statement, shape (T, segments)."""
    summed: Floats = np.add.reduceat(matched * weights, starts, axis=1).T
    return summed


SAYS_MORE = (0.03, 0.12)
"""By how much a sentence must be nearer to some statement than the question is, so that it is no echo, and is none at
all."""


def _echo(
    vectors: Vectors, question: Vectors, stems: list[frozenset[str]], asked: frozenset[str], statements: Vectors
) -> Floats:
    """1 for a sentence that only repeats the question: hardly a word that is not there, its meaning, and no more.

    Where a question names what there is to choose from, a right answer has its words ("the paperclip is harder"). So
    what is nearer to a statement than the question itself is no echo.
    """
    near = (vectors @ question.T).max(axis=1)
    share = np.array([len(one & asked) / len(one) if one else 1.0 for one in stems], dtype=np.float32)
    more = (statements @ vectors.T - (statements @ question.T).max(axis=1, keepdims=True)).max(axis=0)
    told = np.clip((more - SAYS_MORE[0]) / (SAYS_MORE[1] - SAYS_MORE[0]), 0, 1)
    echo = np.clip((share - 0.85) / 0.1, 0, 1) * np.clip((near - 0.6) / 0.2, 0, 1) * (1 - told)
    return np.asarray(echo, dtype=np.float32)
