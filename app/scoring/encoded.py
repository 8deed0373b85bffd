"""A text with the vectors of its tokens: what an encoder hands to the scorer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


def normalised(vectors: NDArray[np.floating]) -> Vectors:
    """Rows (or one vector) of length 1, float32; a zero row stays zero."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.where(norms > 0, norms, 1.0)).astype(np.float32)


@dataclass(frozen=True)
class EncodedText:
    """Token vectors of one text, with the place of each token.

    Attributes
    ----------
    token_vectors : float32 array, shape (n, d)
        Last hidden states of the word pieces, not normalised, without the model's special tokens, in reading order.
    offsets : int32 array, shape (n, 2)
        Start and end of each piece in code points of the text; starts never fall.
    vector : float32 array, shape (d,)
        The whole text's sentence embedding, of length 1 (zero for a text without tokens).
    """

    token_vectors: Vectors
    offsets: NDArray[np.int32]
    vector: Vectors

    def __post_init__(self) -> None:
        if self.token_vectors.ndim != 2 or self.offsets.shape != (self.token_vectors.shape[0], 2):
            raise ValueError("token_vectors must be (n, d) and offsets (n, 2)")

    @cached_property
    def unit_tokens(self) -> Vectors:
        """Token vectors of length 1, shape (n, d)."""
        return normalised(self.token_vectors)

    def token_ranges(self, spans: Sequence[tuple[int, int]]) -> NDArray[np.intp]:
        """Which tokens overlap each span.

        Parameters
        ----------
        spans : sequence of (start, end)
            Code points of the text.

        Returns
        -------
        int array, shape (len(spans), 2)
            Indices ``[first, last)``; equal for a span without tokens.
        """
        places = np.array(spans, dtype=np.int32).reshape(-1, 2)
        first = np.searchsorted(self.offsets[:, 1], places[:, 0], side="right")
        last = np.searchsorted(self.offsets[:, 0], places[:, 1], side="left")
        return np.stack([first, np.maximum(first, last)], axis=1)

    def segment_vectors(self, spans: Sequence[tuple[int, int]]) -> Vectors:
        """Embeddings of parts of the text: the normalised means of the token vectors that overlap them.

        Parameters
        ----------
        spans : sequence of (start, end)
            Code points of the text.

        Returns
        -------
        float32 array, shape (len(spans), d)
            A span without tokens gets a zero row.
        """
        size = self.token_vectors.shape[1]
        # float64 sums, so that a segment's mean does not depend on what stands before it by more than rounding.
        sums = np.zeros((self.token_vectors.shape[0] + 1, size), dtype=np.float64)
        np.cumsum(self.token_vectors, axis=0, dtype=np.float64, out=sums[1:])
        ranges = self.token_ranges(spans)
        return normalised(sums[ranges[:, 1]] - sums[ranges[:, 0]])


Encode = Callable[[str], EncodedText]
"""Encodes one text, alone. Must give the same arrays for the same text every time."""
