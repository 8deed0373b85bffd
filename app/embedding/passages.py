"""How a text is cut for the encoder: each sentence is read by itself, and nothing is lost."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from app.scoring.text import sentences


def passages(text: str, places: Sequence[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    """Ranges of word pieces that the encoder reads without seeing the others: a sentence each.

    Parameters
    ----------
    text : str
    places : sequence of (start, end)
        Code points of each word piece, in order.
    size : int
        Word pieces that may be read together.

    Returns
    -------
    list of (first, last)
        Neighbouring, non-empty, at most `size` long, covering all pieces. A sentence longer than `size` is cut
        between words, a longer word inside.
    """
    starts = [place[0] for place in places]
    cuts = sorted({0} | {bisect_left(starts, segment.end) for segment in sentences(text)} | {len(places)})
    ranges: list[tuple[int, int]] = []
    for first, end in pairwise(cuts):
        at = first
        while at < end:
            last = end if end - at <= size else _before_word(text, places, at, at + size)
            ranges.append((at, last))
            at = last
    return ranges


def _before_word(text: str, places: Sequence[tuple[int, int]], first: int, last: int) -> int:
    """The last place up to `last` where no word is cut in two; `last` itself if there is none."""
    for cut in range(last, first, -1):
        start = places[cut][0]
        if start == 0 or not (text[start - 1].isalnum() and text[start].isalnum()):
            return cut
    return last
