"""Whether an answer that should be plain is: terms that are used and not explained, and how long its sentences are.

Grammar and spelling are never looked at, and nothing here changes a score.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from app.scoring.lexicon import FUNCTION_WORDS, rarity, stem
from app.scoring.text import sentences

READER_WORDS = 18
"""Words a sentence that a thirteen-year-old reads easily, on average."""
LONG_LETTERS = 9
"""Letters from which a word is long."""
READER_LONG_SHARE = 0.12
"""Share of long words in texts for that reader."""

_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*[A-Za-z]")
_AFTER = re.compile(
    r"\W{0,3}\s*(?:\(|,\s*(?:which|that is|i\.e|or|a|an|the|meaning|in other words|so|like)\b"
    r"|(?:is|are|means?|meaning|refers? to|simply|just)\b|[:=–—]|, )",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"(?:called|named|known as|we call|people call|experts call|the word|the term|that is|this is|i\.e\.?|\()\W{0,3}"
    r"(?:the |a |an )?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Term:
    """A technical term where it is first used."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class PlainLanguage:
    """How plain an answer is.

    Attributes
    ----------
    unexplained : tuple of Term
        In the order in which they come.
    words_per_sentence : float
    long_word_share : float
        In [0, 1].
    """

    unexplained: tuple[Term, ...]
    words_per_sentence: float
    long_word_share: float

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "unexplained": [{"term": one.text, "start": one.start, "end": one.end} for one in self.unexplained],
            "words_per_sentence": round(self.words_per_sentence, 1),
            "long_word_share": round(self.long_word_share, 3),
        }

    def note(self) -> str:
        """What to say of it, in a sentence or two; empty if there is nothing to say."""
        said = []
        if self.unexplained:
            names = ", ".join(f"“{one.text}”" for one in self.unexplained[:6])
            said.append(f"For a newcomer you would have to explain {names}.")
        if self.words_per_sentence > 1.4 * READER_WORDS:
            said.append(
                f"Your sentences have {round(self.words_per_sentence)} words on average; {READER_WORDS} read easily."
            )
        return " ".join(said)


def plain_language(text: str, asked: Iterable[str] = ()) -> PlainLanguage:
    """Look at an answer through a newcomer's eyes.

    Parameters
    ----------
    text : str
        English; word lists are.
    asked : iterable of str
        Stems of the question's words: what the question names itself needs no explanation in the answer.

    Returns
    -------
    PlainLanguage
    """
    known = set(asked)
    first: dict[str, Term] = {}
    explained: set[str] = set()
    count = long = 0
    for match in _WORD.finditer(text):
        word = match.group().replace("’", "'")
        count += 1
        long += len(word) >= LONG_LETTERS
        if not _technical(word):
            continue
        key = stem(word.lower())
        if key in known:
            continue
        first.setdefault(key, Term(match.group(), match.start(), match.end()))
        if _BEFORE.search(text[max(0, match.start() - 24) : match.start()]) or (
            first[key].start == match.start() and _AFTER.match(text[match.end() : match.end() + 24])
        ):
            explained.add(key)
    found = sentences(text)
    return PlainLanguage(
        unexplained=tuple(term for key, term in first.items() if key not in explained),
        words_per_sentence=count / len(found) if found else 0.0,
        long_word_share=long / count if count else 0.0,
    )


def _technical(word: str) -> bool:
    if word.isupper() and 2 <= len(word) <= 5:
        return True
    lowered = word.lower()
    if len(lowered) < 5 or lowered in FUNCTION_WORDS:
        return False
    if "-" in lowered:
        return any(_technical(part) for part in lowered.split("-"))
    common = _common()
    if lowered in common or stem(lowered) in _common_stems():
        return False
    # A rare word that technical texts share is a term; one that they do not know may be anything from daily life.
    return rarity(stem(lowered)) < 1.0


@cache
def _common() -> frozenset[str]:
    text = files("app.scoring").joinpath("weights/common_words.txt").read_text(encoding="ascii")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


@cache
def _common_stems() -> frozenset[str]:
    return frozenset(map(stem, _common()))
