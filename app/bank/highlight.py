"""Marks round the words that were looked for, and the part of a text where most of them stand."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.scoring.lexicon import stem

MARK_BEGINS, MARK_ENDS = "\x02", "\x03"
"""Round what was looked for; no stored text holds these characters."""
WINDOW = 28
"""Words of an excerpt."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


class Highlighter:
    """Knows the words of a search: whole ones by their stem, begun ones by how they begin."""

    def __init__(self, whole: Sequence[str], begun: Sequence[str] = ()) -> None:
        self._stems = {stem(word) for word in whole}
        self._begun = tuple(word for word in begun if len(word) > 2)

    def marked(self, text: str) -> str:
        """The whole text with its marks."""
        return _WORD.sub(lambda m: f"{MARK_BEGINS}{m[0]}{MARK_ENDS}" if self._looked_for(m[0]) else m[0], text)

    def excerpt(self, text: str) -> str:
        """The stretch with most of the words, marked; it begins and ends at a word."""
        flat = " ".join(text.split())
        places = [(m.start(), m.end(), self._looked_for(m[0])) for m in _WORD.finditer(flat)]
        if len(places) <= WINDOW:
            return self.marked(flat)
        hits = [sum(found for _, _, found in places[n : n + WINDOW]) for n in range(len(places) - WINDOW + 1)]
        # A few words before the first of them read better than beginning with it.
        first = max(0, hits.index(max(hits)))
        while first and not places[first][2] and hits[first - 1] == hits[first]:
            first -= 1
        begin, end = places[first][0], places[min(first + WINDOW, len(places)) - 1][1]
        return self.marked(flat[begin:end])

    def _looked_for(self, word: str) -> bool:
        low = word.lower().replace("iz", "is")
        return stem(low) in self._stems or low.startswith(self._begun)
