"""Comparing a statement with an answer, token by token: does the answer say it, deny it, or pass it over?

A sentence embedding cannot tell "it is" from "it is not"; the vectors of their tokens can. A small network,
trained with the encoder's adapter, aligns each token of a statement with the answer's, compares the two and adds up
what came of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.scoring.encoded import Vectors

Floats = NDArray[np.float32]
NO_TOKEN = np.float32(-1e4)


@dataclass(frozen=True, eq=False)
class Comparison:
    """The network's weights: `d` numbers a token, projected to `k`, compared by `h` units.

    Attributes
    ----------
    project : float32 array (d, k)
    importance : float32 array (d,)
    importance_bias : float
    compare : float32 array (2 k + 2, h)
    compare_bias : float32 array (h,)
    out : float32 array (2 h + 1, 3)
    out_bias : float32 array (3,)
    sharpness : float
        How exclusively a statement's token looks at the answer's nearest.

    Notes
    -----
    A small decomposable attention model (Parikh et al., EMNLP 2016).
    """

    project: Floats
    importance: Floats
    importance_bias: float
    compare: Floats
    compare_bias: Floats
    out: Floats
    out_bias: Floats
    sharpness: float

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.floating]]) -> Comparison:
        """Read the arrays as `app.training` writes them, in float16 or float32."""
        read = {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in arrays.items()}
        return cls(
            project=read["project"],
            importance=read["importance"],
            importance_bias=float(read["importance_bias"].ravel()[0]),
            compare=read["compare"],
            compare_bias=read["compare_bias"],
            out=read["out"],
            out_bias=read["out_bias"],
            sharpness=float(read["sharpness"].ravel()[0]),
        )


@dataclass(frozen=True, eq=False)
class Said:
    """Texts to compare answers with, as far as they can be worked out beforehand: `T` texts, `N` tokens.

    Attributes
    ----------
    tokens : float32 array (N, d)
        Unit token vectors.
    starts : intp array (T,)
        Where each text's tokens begin.
    projected : float32 array (N, k)
    weights : float32 array (N,)
        What each token counts, sums to 1 within a text.
    asked : float32 array (N,)
        Best cosine of each token with the question's.
    fixed : float32 array (N, h)
        The part of the comparison that does not depend on the answer.
    """

    tokens: Vectors
    starts: NDArray[np.intp]
    projected: Floats
    weights: Floats
    asked: Floats
    fixed: Floats


def prepare_said(network: Comparison, tokens: Vectors, starts: NDArray[np.intp], question: Vectors) -> Said:
    """Work out what does not depend on the answer.

    Parameters
    ----------
    network : Comparison
    tokens : float32 array (N, d)
        Unit token vectors of all texts, one after the other; each text has at least one.
    starts : intp array (T,)
    question : float32 array (q, d)
        The question's unit token vectors; may be empty.

    Returns
    -------
    Said
    """
    asked = (tokens @ question.T).max(axis=1) if len(question) else np.full(len(tokens), -1.0, dtype=np.float32)
    projected = tokens @ network.project
    k = projected.shape[1]
    raw = tokens @ network.importance + np.float32(network.importance_bias)
    weights = np.logaddexp(raw, np.float32(0)) * (np.float32(1.02) - np.clip(asked, 0, 1))
    weights = weights / np.maximum(np.repeat(np.add.reduceat(weights, starts), _lengths(starts, len(tokens))), 1e-6)
    fixed = np.outer(asked, network.compare[2 * k + 1]) + network.compare_bias
    return Said(
        tokens=tokens,
        starts=starts,
        projected=projected.astype(np.float32),
        weights=weights.astype(np.float32),
        asked=asked.astype(np.float32),
        fixed=fixed.astype(np.float32),
    )


def compare(network: Comparison, said: Said, answer: Vectors, cosines: Floats | None = None) -> tuple[Floats, Floats]:
    """What an answer makes of each text.

    Parameters
    ----------
    network : Comparison
    said : Said
    answer : float32 array (m, d)
        The answer's unit token vectors, at least one.
    cosines : float32 array (N, m) or None
        ``said.tokens @ answer.T``, if it is there already.

    Returns
    -------
    logits : float32 array (T, 3)
        That the answer says it, that it says the opposite, and (for a whole model answer) of its grade.
    nearness : float32 array (T,)
        Weighted mean of the best cosine of each token: late interaction (Khattab & Zaharia, ColBERT, SIGIR 2020).
    """
    near = said.tokens @ answer.T if cosines is None else cosines
    best = near.max(axis=1)
    share = np.exp((near - best[:, None]) * np.float32(network.sharpness))
    share /= share.sum(axis=1, keepdims=True)
    other = share @ (answer @ network.project)
    k = other.shape[1]
    seen = (said.projected * other) @ network.compare[:k] + np.abs(said.projected - other) @ network.compare[k : 2 * k]
    seen += said.fixed + np.outer(best, network.compare[2 * k])
    found = gelu(seen)
    mean = np.add.reduceat(found * said.weights[:, None], said.starts, axis=0)
    most = np.maximum.reduceat(found, said.starts, axis=0)
    nearness = np.add.reduceat(said.weights * best, said.starts)
    logits: Floats = (
        np.concatenate([mean, most, 4 * nearness[:, None]], axis=1) @ network.out + network.out_bias
    ).astype(np.float32)
    return logits, nearness.astype(np.float32)


def gelu(x: Floats) -> Floats:
    """Gaussian error linear unit, in its tanh form (Hendrycks & Gimpel, 2016)."""
    result: Floats = np.float32(0.5) * x * (1 + np.tanh(np.float32(0.7978845608) * (x + np.float32(0.044715) * x**3)))
    return result


def _lengths(starts: NDArray[np.intp], total: int) -> NDArray[np.intp]:
    return np.diff(np.append(starts, total))
