"""What each sentence of an answer is worth: the score, less the score without it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from app.scoring.encoded import EncodedText, normalised
from app.scoring.text import Segment, sentences

MOST_SENTENCES = 24
"""Longer answers are explained to here: nobody reads on, and each sentence costs a judgement."""


def without(text: str, encoded: EncodedText, segment: Segment) -> tuple[str, EncodedText]:
    """An answer as if one of its sentences had not been written.

    Parameters
    ----------
    text : str
    encoded : EncodedText
        Of the same text.
    segment : Segment

    Returns
    -------
    text : str
        Blank where the sentence stood.
    encoded : EncodedText
        The other tokens, as they were read beside it: nothing is encoded again.
    """
    first, last = encoded.token_ranges([(segment.start, segment.end)])[0]
    kept = np.r_[0:first, last : len(encoded.token_vectors)]
    tokens = encoded.token_vectors[kept]
    vector = normalised(tokens.mean(axis=0)) if len(tokens) else np.zeros_like(encoded.vector)
    blank = text[: segment.start] + " " * (segment.end - segment.start) + text[segment.end :]
    return blank, EncodedText(tokens, encoded.offsets[kept], vector)


def worth(
    text: str, encoded: EncodedText, score: float, judge: Callable[[str, EncodedText], float]
) -> list[tuple[int, int, float]]:
    """What each sentence adds to the score (below 0: takes from it).

    Parameters
    ----------
    text : str
    encoded : EncodedText
    score : float
        Of the whole.
    judge : callable
        The score of a text and its vectors.

    Returns
    -------
    list of (start, end, worth)
        In the order of the text; empty for an answer of one sentence, which is worth all of it.
    """
    found = sentences(text)[:MOST_SENTENCES]
    if len(found) < 2:
        return []
    return [(one.start, one.end, score - judge(*without(text, encoded, one))) for one in found]
