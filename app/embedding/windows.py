"""How a text that is too long for one pass of the encoder is split: at sentence boundaries, losing nothing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from app.scoring.text import sentences


def windows(text: str, places: Sequence[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    """Ranges of word pieces to encode together.

    Parameters
    ----------
    text : str
    places : sequence of (start, end)
        Code points of each word piece, in order.
    size : int
        Word pieces a window may hold.

    Returns
    -------
    list of (first, last)
        Neighbouring, non-empty, at most `size` long, covering all pieces. A sentence longer than `size` is cut
        between words, a longer word inside.
    """
    starts = [place[0] for place in places]
    cuts = sorted({0} | {bisect_left(starts, segment.end) for segment in sentences(text)} | {len(places)})
    ranges: list[tuple[int, int]] = []
    first = 0
    while first < len(places):
        nearest = cuts[bisect_right(cuts, first + size) - 1]
        last = nearest if nearest > first else _before_word(text, places, first, min(first + size, len(places)))
        ranges.append((first, last))
        first = last
    return ranges


def _before_word(text: str, places: Sequence[tuple[int, int]], first: int, last: int) -> int:
    """The last place up to `last` where no word is cut in two; `last` itself if there is none."""
    for cut in range(last, first, -1):
        if cut == len(places):
            return cut
        start = places[cut][0]
        if start == 0 or not (text[start - 1].isalnum() and text[start].isalnum()):
            return cut
    return last
