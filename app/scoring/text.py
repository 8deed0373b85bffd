"""Cutting an answer into the pieces that can serve as evidence. All places are code points of the text as given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from app.scoring.blocks import blocks

MAX_CHARS = 20_000
"""Longer answers are read to here, and the report says so (`truncated_at`)."""

MAX_WORDS = 40
"""A longer sentence is cut as well at commas, so that one run-on sentence is not all the evidence there is."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a text.

    Attributes
    ----------
    start, end : int
        Code points; ``text[start:end]`` is the piece, without white space round it, never empty.
    kind : str
        ``sentence`` (list items are sentences too) or ``clause``.
    """

    start: int
    end: int
    kind: str


_NUMBER_BEFORE = re.compile(r"(\d{1,3})[.)]\Z")
_STOP = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s|$)|[。！？｡؟।]+[\"'”’»」』）)]*")
_ABBREVIATIONS = frozenset(
    [
        "e.g",
        "i.e",
        "etc",
        "vs",
        "cf",
        "al",
        "fig",
        "figs",
        "eq",
        "eqs",
        "no",
        "nos",
        "dr",
        "prof",
        "mr",
        "mrs",
        "ms",
        "st",
        "approx",
        "resp",
        "incl",
        "esp",
        "ca",
        "sec",
        "ch",
        "vol",
        "pp",
        "ed",
        "eds",
        "z.b",
        "d.h",
        "bzw",
        "usw",
        "p.ex",
    ]
)
_TITLES = frozenset(["dr", "prof", "mr", "mrs", "ms", "st"])
"""Abbreviations with a capital only: "ms." are milliseconds."""
_CLAUSE = re.compile(
    r"\s*[;:]\s+|\s+[–—-]\s+|\s*,\s+(?=(?:but|because|so|which|while|whereas|although|though|and|since|as|if|when|then|"
    r"instead|rather|unlike|not|otherwise|therefore|thus|hence)\b)"
    r"|\s+(?=(?:but|because|whereas|although|so that|in order to|therefore|however|unless|until"
    r"|instead of|rather than)\b)",
    re.IGNORECASE,
)
_COMMA = re.compile(r"\s*,\s+|\s+(?=(?:and|or|then)\b)", re.IGNORECASE)
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*", re.UNICODE)
"""A word; an apostrophe inside belongs to it."""


def words(text: str) -> list[str]:
    """The words of a text in lower case; an apostrophe inside a word belongs to it, and is written `'`."""
    return [word.lower() for word in WORD.findall(text.replace("’", "'"))]


def sentences(text: str) -> list[Segment]:
    """Sentences, list items and lines of code, in order, not overlapping.

    Parameters
    ----------
    text : str
        Line ends are LF.

    Returns
    -------
    list of Segment
        Every character that is a letter or a digit lies in exactly one of them.
    """
    found: list[tuple[int, int]] = []
    for start, end, prose in blocks(text):
        if prose:
            found.extend(_sentences_of(text, start, end))
        else:
            found.append((start, end))
    return [Segment(a, b, "sentence") for a, b in (_trimmed(text, a, b) for a, b in found) if _has_word(text, a, b)]


def segments(text: str) -> list[Segment]:
    """Sentences, then their clauses, in order.

    Parameters
    ----------
    text : str
        Line ends are LF.

    Returns
    -------
    list of Segment
    """
    whole = sentences(text)
    clauses = [Segment(a, b, "clause") for segment in whole for a, b in _clauses(text, segment.start, segment.end)]
    return whole + clauses


def _sentences_of(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    bullet = _NUMBER_BEFORE.search(text, max(0, start - 5), start)
    first, item = start, int(bullet[1]) + 1 if bullet else 1
    for stop in _STOP.finditer(text, start, end):
        label = _label(text, first, stop, item, end)
        if label is not None:
            # A list written in one line: "there are two: 1. this 2. that". The number belongs to what follows it.
            item += 1
            if label > first:
                yield first, label
            first = label
            continue
        if stop.end() < end and not _is_end(text, first, stop):
            continue
        yield first, stop.end()
        first = stop.end()
    if first < end:
        yield first, end


def _label(text: str, first: int, stop: re.Match[str], item: int, end: int) -> int | None:
    """Where the number before a full stop begins, if it is the next one of a list; else None."""
    number = str(item)
    begin = stop.start() - len(number)
    if stop.group() != "." or begin < first or text[begin : stop.start()] != number:
        return None
    if begin > first and not text[begin - 1].isspace():
        return None
    goes_on = item > 1 or re.search(rf"\s{item + 1}\.\s", text[stop.end() : end]) is not None
    return begin if goes_on and stop.end() < end else None


def _is_end(text: str, first: int, stop: re.Match[str]) -> bool:
    if not stop.group().startswith(".") or stop.group().startswith(".."):
        return True
    before = text[first : stop.start()]
    last = before.split()[-1] if before.split() else ""
    bare = last.lstrip("([\"'“‘").lower()
    if bare in _ABBREVIATIONS:
        return bare in _TITLES and last[:1].islower()
    if len(bare) == 1 and bare.isalpha() and last != "I":
        # An initial or the label of an item ("a.") goes on; a variable ("of width w.", "by λ.") may well end.
        initial = last.isascii() and last.isupper()
        return not initial and before.strip() != last and text[stop.end() : stop.end() + 20].lstrip()[:1].isupper()
    # "1." at the start of a sentence counts something; it is no sentence of its own.
    return not (bare.isdigit() and len(bare) <= 2 and before.strip() == last)


def _clauses(text: str, start: int, end: int) -> list[tuple[int, int]]:
    parts = _split(text, start, end, _CLAUSE, 3)
    cut = []
    for a, b in parts:
        cut.extend(_split(text, a, b, _COMMA, 6) if len(WORD.findall(text, a, b)) > MAX_WORDS else [(a, b)])
    pieces = []
    for a, b in cut:
        pieces.extend(_chopped(text, a, b))
    trimmed = [_trimmed(text, a, b) for a, b in pieces]
    return [(a, b) for a, b in trimmed if (a, b) != (start, end) and _has_word(text, a, b)]


def _split(text: str, start: int, end: int, at: re.Pattern[str], least: int) -> list[tuple[int, int]]:
    """Cut where `at` matches, if both sides keep at least `least` words."""
    parts, first = [], start
    if at.search(text, start, end) is None:
        return [(start, end)]
    for match in at.finditer(text, start, end):
        if len(WORD.findall(text, first, match.start())) < least:
            continue
        if len(WORD.findall(text, match.end(), end)) < least:
            break
        parts.append((first, match.start()))
        first = match.end()
    parts.append((first, end))
    return parts


def _chopped(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Pieces of at most `MAX_WORDS` words, for text that has no punctuation at all."""
    places = [match.start() for match in WORD.finditer(text, start, end)]
    if len(places) <= MAX_WORDS:
        return [(start, end)]
    cuts = [start, *places[MAX_WORDS // 2 :: MAX_WORDS // 2], end]
    return list(pairwise(cuts))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _has_word(text: str, start: int, end: int) -> bool:
    return any(text[i].isalnum() for i in range(start, end))
