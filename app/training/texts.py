"""Texts as training reads them: their sentences' word pieces, and what the words say before any network looks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.embedding.passages import passages
from app.scoring.lexicon import token_weights
from app.scoring.polarity import token_marks

LONGEST = 96
"""Word pieces of a sentence that are read in training."""
MOST_SENTENCES = 10
"""Sentences of a text that are read in training."""


@dataclass(frozen=True, eq=False)
class TrainingText:
    """One text.

    Attributes
    ----------
    passages : tuple of tuple of int
        Word pieces of each sentence, with the special tokens.
    weights : float32 array (n,)
        Rarity of each token's word.
    signs : float32 array (n,)
    poles : float32 array (n, AXES)
        See `app.scoring.polarity.TokenMarks`.
    """

    passages: tuple[tuple[int, ...], ...]
    weights: NDArray[np.float32]
    signs: NDArray[np.float32]
    poles: NDArray[np.float32]


class Reader:
    """Cuts texts up, each once."""

    def __init__(self, tokenizer: Any) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self.read = lru_cache(maxsize=60_000)(self._read)

    def _read(self, text: str) -> TrainingText:
        encoding = self._tokenizer.encode(text)
        first, last = encoding.ids[0], encoding.ids[-1]
        ids, places = encoding.ids[1:-1], encoding.offsets[1:-1]
        parts = passages(text, places, LONGEST)[:MOST_SENTENCES]
        offsets = np.asarray(places[: parts[-1][1]] if parts else [], dtype=np.int32).reshape(-1, 2)
        marks = token_marks(text, offsets)
        return TrainingText(
            # A text without words keeps one empty sentence, so that every text owns a place.
            tuple((first, *ids[start:end], last) for start, end in parts) or ((first, last),),
            token_weights(text, offsets, len(offsets)),
            marks.signs,
            marks.poles,
        )
