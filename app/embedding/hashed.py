"""An encoder without a model: hashed word vectors. For tests; its scores mean nothing."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app.scoring.encoded import EncodedText, normalised

_WORD = re.compile(r"\w+", re.UNICODE)
_SIZE = 384


class DeterministicEncoder:
    """Each word is a fixed random vector drawn from its hash, so texts that share words are near.

    No model library, no state, the same result in every process and on every machine.
    """

    name = "hashed words (tests only)"
    identity = hashlib.sha256(b"viva hashed words 1").hexdigest()

    def encode(self, text: str) -> EncodedText:
        """Encode one text.

        Parameters
        ----------
        text : str

        Returns
        -------
        EncodedText
            One token a word, `d` = 384.
        """
        matches = list(_WORD.finditer(text))
        vectors = np.zeros((len(matches), _SIZE), dtype=np.float32)
        offsets = np.zeros((len(matches), 2), dtype=np.int32)
        for i, match in enumerate(matches):
            vectors[i] = _word_vector(match.group().lower())
            offsets[i] = match.span()
        whole = vectors.mean(axis=0) if matches else np.zeros(_SIZE, dtype=np.float32)
        return EncodedText(vectors, offsets, normalised(whole))


@lru_cache(maxsize=50_000)
def _word_vector(word: str) -> NDArray[np.float32]:
    # The first letters of a long word carry its meaning better than its ending ("normalise", "normalisation").
    seed = int.from_bytes(hashlib.blake2b(word[:7].encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
    return np.random.Generator(np.random.PCG64(seed)).standard_normal(_SIZE).astype(np.float32)
