"""Learning a person's bar: graded answers to the same question correct the score of a new one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.scoring.encoded import Encode, EncodedText, Vectors
from app.scoring.prepared import Sample
from app.scoring.text import MAX_CHARS


@dataclass(frozen=True)
class Kernel:
    """How much the error of one answer's score tells of another's.

    Attributes
    ----------
    noise : float
        Variance of a grade round what it should be, against which the rest is measured.
    constant : float
        Of being graded by the same bar.
    slope : float
        Of having a score on the same side of the middle.
    local : float
        Of saying the same.
    length : float
        Distance of embeddings within which two answers say the same.
    """

    noise: float
    constant: float
    slope: float
    local: float
    length: float

    def __call__(
        self, one: Vectors, one_scores: NDArray[np.float64], other: Vectors, other_scores: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Covariances, shape (answers of one, answers of other)."""
        squared = 2 - 2 * (one.astype(np.float64) @ other.astype(np.float64).T)
        similar: NDArray[np.float64] = self.local * np.exp(-squared / (2 * self.length**2))
        return self.constant + self.slope * 4 * np.outer(one_scores - 0.5, other_scores - 0.5) + similar


LEFT = 0.05
"""Share of its distance from 0 and from 1 that no correction takes from a score: else a grain of truth and nothing at
all would both be 0."""


@dataclass(frozen=True)
class Bar:
    """What a set of graded answers taught.

    Attributes
    ----------
    vectors : float32 array (k, d)
        Sentence embeddings of the samples.
    scores : float64 array (k,)
        What they got without samples.
    alphas : float64 array (k,)
        Weights of the Gaussian process over the residuals grade - score.
    kernel : Kernel
    """

    vectors: Vectors
    scores: NDArray[np.float64]
    alphas: NDArray[np.float64]
    kernel: Kernel

    def corrected(self, score: float, vector: Vectors) -> float:
        """A score moved toward the person's bar; in [0, 1].

        What lies near an edge keeps its place before others: a twentieth of its way to the edge is left.
        """
        shift = float(self.kernel(vector[None, :], np.array([score]), self.vectors, self.scores)[0] @ self.alphas)
        return float(np.clip(score + shift, LEFT * score, 1 - LEFT * (1 - score)))


def learn(samples: Sequence[Sample], encode: Encode, score: Callable[[str, EncodedText], float], kernel: Kernel) -> Bar:
    """Fit the correction.

    Parameters
    ----------
    samples : sequence of Sample
        At least one; their order does not matter.
    encode : callable
    score : callable
        The score of a text without samples.
    kernel : Kernel

    Returns
    -------
    Bar

    Notes
    -----
    Gaussian-process regression (Rasmussen & Williams, 2006, chapter 2) of the residuals with a constant, a slope over
    the scores and an RBF term over the embeddings; the noise keeps one sample from counting as the truth.
    """
    ordered = sorted(samples, key=lambda sample: (sample.text, sample.grade))
    texts = [sample.text[:MAX_CHARS] for sample in ordered]
    encoded = [encode(text) for text in texts]
    vectors = np.stack([one.vector for one in encoded])
    scores = np.array([score(text, one) for text, one in zip(texts, encoded, strict=True)])
    return fit(vectors, scores, np.array([sample.grade for sample in ordered]), kernel)


def fit(vectors: Vectors, scores: NDArray[np.float64], grades: NDArray[np.float64], kernel: Kernel) -> Bar:
    """The correction that answers already scored ask for.

    Parameters
    ----------
    vectors : float32 array (k, d)
        Their sentence embeddings.
    scores, grades : float64 array (k,)
        What they got without samples, and what a person gave.
    kernel : Kernel

    Returns
    -------
    Bar
    """
    gram = kernel(vectors, scores, vectors, scores) + kernel.noise * np.eye(len(scores))
    return Bar(vectors, scores, np.asarray(np.linalg.solve(gram, grades - scores), dtype=np.float64), kernel)
