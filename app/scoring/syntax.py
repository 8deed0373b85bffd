"""Whether words stand beside words that they can stand beside: by the words themselves, never by what they mean.

A learner's English is as good as any here: what is learnt from is students' own answers, beside the same words
shuffled.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

# "A/B" and "50/50" are one word: taken apart they would be an article and numbers without a noun.
_WORD = re.compile(r"[^\W_]+(?:['’/][^\W_]+)*|[.!?;:,()]")
UNKNOWN, EDGE = 0, 1
KNOWN_FROM = 2
ENDINGS = 512
"""Into how many classes the endings of words that are not known fall, by three letters and again by two."""


def symbols(text: str) -> NDArray[np.intp]:
    """Words and marks of a text as numbers, with its edges.

    Parameters
    ----------
    text : str

    Returns
    -------
    intp array (n, 3)
        The word's number, or `UNKNOWN` and the numbers of its last three letters and last two (0 for a known word).
    """
    known = _known()
    rows = [(EDGE, 0, 0)]
    for word in _WORD.findall(text.lower().replace("’", "'")):
        number = known.get(word)
        rows.append((number, 0, 0) if number is not None else (UNKNOWN, _ending(word, 3), ENDINGS + _ending(word, 2)))
    return np.array([*rows, (EDGE, 0, 0)], dtype=np.intp)


def _ending(word: str, letters: int) -> int:
    return 1 + zlib.crc32(word[-letters:].encode()) % ENDINGS


@dataclass(frozen=True, eq=False)
class Syntax:
    """Three convolutions over words; each sees one more neighbour on either side.

    Attributes
    ----------
    words : float32 array (known words and 2, d)
    endings : float32 array (2 `ENDINGS` + 1, d)
    layers : tuple of (float32 array (3 d, h), float32 array (h,))
        Weights and biases; from the second on, what a layer finds is added to what it was given.
    out : float32 array (h,)
    out_bias, bias : float
        Of a word, and of the whole.
    """

    words: NDArray[np.float32]
    endings: NDArray[np.float32]
    layers: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]
    out: NDArray[np.float32]
    out_bias: float
    bias: float

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.floating]]) -> Syntax:
        """Read the arrays as `app.training.syntax` writes them."""
        read = {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in arrays.items()}
        count = sum(name.startswith("layer") for name in read)
        layers = tuple((read[f"layer{n}"], read[f"bias{n}"]) for n in range(count))
        return cls(
            read["words"],
            read["endings"],
            layers,
            read["out"],
            *(float(read[n].ravel()[0]) for n in ("out_bias", "bias")),
        )

    def log_odds(self, text: str) -> float:
        """How likely the text is words out of order, as log odds.

        Parameters
        ----------
        text : str
            A sentence or several.

        Returns
        -------
        float
            Evidence grows with the square root of how many words there are: few may stand anyhow.
        """
        found = symbols(text)
        # What is not known has no word, and what is known no ending.
        seen = self.words[found[:, 0]] + sum(self.endings[found[:, n]] * (found[:, n : n + 1] > 0) for n in (1, 2))
        for number, (weights, bias) in enumerate(self.layers):
            around = np.pad(seen, ((1, 1), (0, 0)))
            new = np.maximum(np.concatenate([around[:-2], seen, around[2:]], axis=1) @ weights + bias, 0)
            seen = new if number == 0 else seen + new
        each = seen @ self.out + self.out_bias
        return float(each.sum(dtype=np.float64) / np.sqrt(len(each)) + self.bias)


@cache
def _known() -> dict[str, int]:
    loaded = json.loads(files("app.scoring").joinpath("weights/syntax.json").read_text(encoding="utf-8"))
    return {word: number for number, word in enumerate(loaded["words"], start=KNOWN_FROM)}
