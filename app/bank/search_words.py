"""What somebody looks for, word by word: beginnings of words kept as such, misspelt ones mended by the bank's own."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bank.models import SearchWord
from app.bank.search_index import LONGEST_WORD, one_spelling
from app.scoring.lexicon import FUNCTION_WORDS

MAX_WORDS = 12
ASKING = frozenset("explain describe say tell give write show discuss name please question questions".split())
"""Words that come with asking: they count only where there are no others."""
VOCABULARY_SECONDS = 60.0


@dataclass(frozen=True)
class Wanted:
    """A word that is looked for, as it is searched."""

    typed: str
    query: str
    """For `to_tsquery`: a word, or the beginning of one."""
    mended: str | None = None
    """The bank's word that was taken for what was typed."""
    begun: bool = False
    """Whether it may be only the beginning of a word."""


class Vocabulary:
    """The bank's words, read again each minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = -math.inf
        self._words: dict[str, int] = {}

    def words(self, session: Session) -> dict[str, int]:
        """Words and in how many questions they stand."""
        with self._lock:
            if time.monotonic() - self._read_at > VOCABULARY_SECONDS or not self._words:
                rows = session.execute(select(SearchWord.word, SearchWord.questions))
                self._words = {row.word: row.questions for row in rows}
                self._read_at = time.monotonic()
            return self._words


def wanted_words(typed: str, known: dict[str, int], *, complete: bool = False) -> list[Wanted]:
    """What to look for: function words left out, beginnings of words kept as such, misspelt words mended.

    Parameters
    ----------
    typed : str
    known : dict of str to int
        The bank's vocabulary.
    complete : bool
        Whether the last word is whole; else it may be the beginning of one.

    Returns
    -------
    list of Wanted
        At most `MAX_WORDS`.
    """
    words = [word for word in one_spelling(typed).split() if word]
    cleaned = ["".join(ch for ch in word if ch.isalnum()) for word in words]
    kept = [word[:LONGEST_WORD] for word in cleaned if word]
    telling = [word for word in kept if word not in FUNCTION_WORDS and word not in ASKING] or [
        word for word in kept if word not in FUNCTION_WORDS
    ]
    last = None if complete or typed.endswith(" ") else (kept[-1] if kept else None)
    return [_wanted(word, known, word == last) for word in list(dict.fromkeys(telling))[:MAX_WORDS]]


def _wanted(word: str, known: dict[str, int], is_last: bool) -> Wanted:
    if word in known:
        begun = is_last and len(word) > 2
        return Wanted(word, f"'{word}':*" if begun else f"'{word}'", begun=begun)
    begins = [one for one in known if one.startswith(word)] if len(word) > 2 else []
    if begins:
        return Wanted(word, f"'{word}':*", begun=True)
    # “batchnorm” is “batch” and the beginning of “normalisation”.
    for cut in range(len(word) - 3, 2, -1):
        head, tail = word[:cut], word[cut:]
        if head in known and any(one.startswith(tail) for one in known):
            return Wanted(word, f"('{head}' & '{tail}':*)")
    limit = 0 if len(word) < 4 else 1 if len(word) < 7 else 2
    if limit:
        near = process.extract(word, known.keys(), scorer=OSA.distance, score_cutoff=limit, limit=20)
        # A slip seldom hits the first letter; then the word that more questions use.
        best = min(near, key=lambda one: (one[1], one[0][0] != word[0], -known[one[0]], one[0]), default=None)
        if best is not None:
            return Wanted(word, f"'{best[0]}'", best[0])
    return Wanted(word, f"'{word}'")
