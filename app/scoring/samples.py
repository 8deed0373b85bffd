"""Learning a person's bar: graded answers to the same question correct the score of a new one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.scoring.credit import weights
from app.scoring.encoded import Encode, EncodedText, Vectors
from app.scoring.prepared import Sample
from app.scoring.text import MAX_CHARS


@dataclass(frozen=True)
class Bar:
    """What a set of graded answers taught.

    Attributes
    ----------
    vectors : float32 array (k, d)
        Sentence embeddings of the samples.
    alphas : float64 array (k,)
        Weights of the Gaussian process over the residuals grade - score.
    """

    vectors: Vectors
    alphas: NDArray[np.float64]

    def corrected(self, score: float, vector: Vectors) -> float:
        """A score moved toward the person's bar; in [0, 1]."""
        shift = float(_kernel(vector[None, :], self.vectors)[0] @ self.alphas)
        return float(np.clip(score + shift, 0.0, 1.0))


def learn(samples: Sequence[Sample], encode: Encode, score: Callable[[str, EncodedText], float]) -> Bar:
    """Fit the correction.

    Parameters
    ----------
    samples : sequence of Sample
        At least one; their order does not matter.
    encode : callable
    score : callable
        The score of a text without samples.

    Returns
    -------
    Bar

    Notes
    -----
    Gaussian-process regression (Rasmussen & Williams, 2006, chapter 2) of the residuals with a constant and an RBF term
    over the embeddings; the noise keeps one sample from counting as the truth.
    """
    ordered = sorted(samples, key=lambda sample: (sample.text, sample.grade))
    texts = [sample.text[:MAX_CHARS] for sample in ordered]
    encoded = [encode(text) for text in texts]
    vectors = np.stack([one.vector for one in encoded])
    residuals = np.array(
        [sample.grade - score(text, one) for sample, text, one in zip(ordered, texts, encoded, strict=True)]
    )
    return fit(vectors, residuals)


def fit(vectors: Vectors, residuals: NDArray[np.float64]) -> Bar:
    """The correction that answers already scored ask for.

    Parameters
    ----------
    vectors : float32 array (k, d)
        Their sentence embeddings.
    residuals : float64 array (k,)
        Grade - score of each.

    Returns
    -------
    Bar
    """
    noise = float(weights()["samples"]["noise"])
    gram = _kernel(vectors, vectors) + noise * np.eye(len(residuals))
    return Bar(vectors, np.asarray(np.linalg.solve(gram, residuals), dtype=np.float64))


def _kernel(one: Vectors, other: Vectors) -> NDArray[np.float64]:
    model = weights()["samples"]
    squared = 2 - 2 * (one.astype(np.float64) @ other.astype(np.float64).T)
    similar: NDArray[np.float64] = np.exp(-squared / (2 * float(model["length"]) ** 2))
    return float(model["constant"]) + float(model["local"]) * similar
