"""Comparing a statement with each sentence of an answer, token by token: does it say it, or the opposite?

A sentence embedding cannot tell "it is" from "it is not"; the vectors of their tokens can, together with what the words
say of sign and direction. A small network aligns each token of a statement with a sentence's, compares the two and adds
up what came of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.scoring.encoded import Vectors
from app.scoring.polarity import TokenMarks

Floats = NDArray[np.float32]
EXTRAS = 5
"""What is compared beside the vectors: best cosine, cosine with the question, sign, direction, and both at once."""
HAS_FROM, HAS_FULLY = 0.4, 0.7
"""Cosine of two tokens from which, and at which, one text begins to have the other's word."""
LEAST_SHARED = 0.2
"""Share of a text's words under which little is made of their being denied."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """The network's weights: `d` numbers a token, projected to `k`, compared by `h` units.

    Attributes
    ----------
    project : float32 array (d, k)
    compare : float32 array (2 k + EXTRAS, h)
    compare_bias : float32 array (h,)
    out : float32 array (2 h + 1, 3)
    out_bias : float32 array (3,)
    sharpness : float
        How exclusively a statement's token looks at the sentence's nearest.

    Notes
    -----
    A small decomposable attention model (Parikh et al., EMNLP 2016).
    """

    project: Floats
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
    marks : TokenMarks
        Of the tokens.
    fixed : float32 array (N, h)
        The part of the comparison that does not depend on the answer.
    """

    tokens: Vectors
    starts: NDArray[np.intp]
    projected: Floats
    weights: Floats
    marks: TokenMarks
    fixed: Floats


def prepare_said(
    network: Comparison, tokens: Vectors, starts: NDArray[np.intp], weights: Floats, marks: TokenMarks,
    question: Vectors,
) -> Said:  # fmt: skip
    """Work out what does not depend on the answer.

    Parameters
    ----------
    network : Comparison
    tokens : float32 array (N, d)
        Unit token vectors of all texts, one after the other; each text has at least one.
    starts : intp array (T,)
    weights : float32 array (N,)
    marks : TokenMarks
    question : float32 array (q, d)
        The question's unit token vectors; may be empty.

    Returns
    -------
    Said
    """
    asked = (tokens @ question.T).max(axis=1) if len(question) else np.full(len(tokens), -1.0, dtype=np.float32)
    projected = tokens @ network.project
    fixed = np.outer(asked, network.compare[2 * projected.shape[1] + 1]) + network.compare_bias
    return Said(tokens, starts, projected.astype(np.float32), weights, marks, fixed.astype(np.float32))


def compare(
    network: Comparison, said: Said, near: Floats, answer: Vectors, marks: TokenMarks,
    reaches: Sequence[tuple[int, int]],
) -> tuple[Floats, Floats]:  # fmt: skip
    """What each sentence of an answer makes of each text.

    Parameters
    ----------
    network : Comparison
    said : Said
    near : float32 array (N, m)
        ``said.tokens @ answer.T``.
    answer : float32 array (m, d)
        The answer's unit token vectors.
    marks : TokenMarks
        Of the answer's tokens.
    reaches : sequence of (first, last)
        Which tokens each of `S` sentences has; none is empty.

    Returns
    -------
    float32 array (T, S, 3)
        Logits: that the sentence says it; that it says something else instead (a misconception, the opposite); that it
        is the statement with its sense turned round.
    float32 array (T, S)
        Of the text's words that the sentence has too, the share that it denies and the text affirms, or the other way
        round; in [0, 1].
    """
    projected = answer @ network.project
    k, count = projected.shape[1], len(said.tokens)
    other = np.empty((len(reaches), count, k), dtype=np.float32)
    extras = np.empty((len(reaches), count, EXTRAS - 1), dtype=np.float32)
    against = said.marks.poles @ marks.poles.T
    for s, (first, last) in enumerate(reaches):
        cosines = near[:, first:last]
        nearest = cosines.argmax(axis=1)
        best = cosines[np.arange(count), nearest]
        share = np.exp((cosines - best[:, None]) * np.float32(network.sharpness))
        share /= share.sum(axis=1, keepdims=True)
        np.matmul(share, projected[first:last], out=other[s])
        extras[s, :, 0] = best
        extras[s, :, 1:] = turned(said.marks.signs, marks.signs[first:last][nearest], against[:, first:last])
    seen = np.matmul(said.projected * other, network.compare[:k])
    seen += np.abs(said.projected - other) @ network.compare[k : 2 * k]
    seen += extras @ network.compare[[2 * k, *range(2 * k + 2, 2 * k + EXTRAS)]]
    seen += said.fixed
    found = gelu(seen)
    mean = np.add.reduceat(found * said.weights[:, None], said.starts, axis=1)
    most = np.maximum.reduceat(found, said.starts, axis=1)
    nearness = np.add.reduceat(said.weights * extras[:, :, 0], said.starts, axis=1)
    logits: Floats = (
        np.concatenate([mean, most, 4 * nearness[:, :, None]], axis=2) @ network.out + network.out_bias
    ).astype(np.float32)
    has = said.weights * np.clip((extras[:, :, 0] - HAS_FROM) / (HAS_FULLY - HAS_FROM), 0, 1)
    denied = np.add.reduceat(has * extras[:, :, 1], said.starts, axis=1)
    denial = denied / np.maximum(np.add.reduceat(has, said.starts, axis=1), LEAST_SHARED)
    return logits.transpose(1, 0, 2), denial.T.astype(np.float32)


def turned(sign: Floats, other: Floats, against: Floats) -> Floats:
    """Where the two say different things of sign and of direction.

    Parameters
    ----------
    sign, other : float32 arrays (n,)
        Of each token, and of the one that it is nearest to.
    against : float32 array (n, m)
        Products of their poles with those of all the other's tokens.

    Returns
    -------
    float32 array (n, 3)
        1 where the signs differ; 1 where only the opposite direction is named; and their product: two changes cancel.
    """
    denied = (sign * other < 0).astype(np.float32)
    opposed = ((against.min(axis=1) < 0) & (against.max(axis=1) <= 0)).astype(np.float32)
    return np.stack([denied, opposed, denied * opposed], axis=1)


def gelu(x: Floats) -> Floats:
    """Gaussian error linear unit, in its tanh form (Hendrycks & Gimpel, 2016)."""
    # Multiplied out and in place: a power takes five times as long.
    inner = x * x
    inner *= np.float32(0.044715 * 0.7978845608)
    inner += np.float32(0.7978845608)
    inner *= x
    np.tanh(inner, out=inner)
    inner += 1
    inner *= x
    inner *= np.float32(0.5)
    return inner
