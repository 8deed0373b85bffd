"""Learning a person's bar: graded answers to the same question correct the score of a new one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.scoring.encoded import Vectors
from app.scoring.lexicon import content_stems
from app.scoring.prepared import Sample
from app.scoring.text import MAX_CHARS


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers to one question, as a correction sees them.

    Attributes
    ----------
    vectors : float32 array (n, d)
        Their sentence embeddings.
    scores : float64 array (n,)
        What they get without graded samples.
    words : tuple of frozenset of str
        The stems of their content words.
    nearness : float64 array (n, 2)
        How much of each is about what was asked, and how much of what is wanted it says (`app.scoring.judging.Judged`).
    people : float64 array (n,)
        1 for what a person wrote, 0 for a text that says nothing (`app.scoring.nothing`): it tells of no bar, only of
        what is like it.
    """

    vectors: Vectors
    scores: NDArray[np.float64]
    words: tuple[frozenset[str], ...]
    nearness: NDArray[np.float64]
    people: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, places: Sequence[int]) -> Answers:
        """Some of them, by their numbers."""
        chosen = list(places)
        words = tuple(self.words[n] for n in chosen)
        return Answers(self.vectors[chosen], self.scores[chosen], words, self.nearness[chosen], self.people[chosen])

    def with_others(self, others: Answers) -> Answers:
        """These and others after them."""
        if not len(self) or not len(others):
            return self if len(self) else others
        return Answers(
            np.concatenate([self.vectors, others.vectors]),
            np.concatenate([self.scores, others.scores]),
            self.words + others.words,
            np.concatenate([self.nearness, others.nearness]),
            np.concatenate([self.people, others.people]),
        )


def answers_of(
    texts: Sequence[str],
    vectors: Sequence[Vectors],
    scores: Sequence[float] | NDArray[np.float64],
    nearness: Sequence[tuple[float, float]],
    *,
    people: bool = True,
) -> Answers:
    """What a correction sees of answers.

    Parameters
    ----------
    texts : sequence of str
    vectors : sequence of float32 array (d,)
        The texts' sentence embeddings.
    scores : sequence of float
        What they get without graded samples.
    nearness : sequence of (float, float)
        `app.scoring.judging.Judged.nearness` of each.
    people : bool
        Whether people wrote them.

    Returns
    -------
    Answers
    """
    stacked = np.stack(vectors) if len(vectors) else np.zeros((0, 1), np.float32)
    stems = tuple(frozenset(content_stems(text)) for text in texts)
    return Answers(
        stacked,
        np.asarray(scores, dtype=np.float64),
        stems,
        np.asarray(nearness, dtype=np.float64).reshape(-1, 2),
        np.full(len(texts), float(people)),
    )


USUAL_AMOUNT = 9
"""Content words of an answer that is neither short nor long, round which the term for amount turns."""


@dataclass(frozen=True)
class Kernel:
    """How much the error of one answer's score tells of another's: a sum of terms.

    Attributes
    ----------
    noise : float
        Variance of a grade round what it should be, against which the rest is measured.
    constant : float
        Of being graded by the same bar and as near to what was asked.
    near : float
        Distance of `Answers.nearness` within which two answers are equally near.
    slope : float
        Of having a score on the same side of the middle.
    local : float
        Of meaning the same.
    length : float
        Distance of embeddings within which two answers mean the same.
    words : float
        Of having the same content words.
    amount : float
        Of having as many different content words and being as near: how much this person wants to be told.
    nothing : float
        Noise of the grade 0 of a text that says nothing; it has to do with others by meaning and by words alone.
    """

    noise: float
    constant: float
    near: float
    slope: float
    local: float
    length: float
    words: float
    amount: float
    nothing: float

    def __call__(self, one: Answers, other: Answers) -> NDArray[np.float64]:
        """Covariances, shape (answers of one, answers of other)."""
        squared = 2 - 2 * (one.vectors.astype(np.float64) @ other.vectors.astype(np.float64).T)
        similar = self.local * np.exp(-squared / (2 * self.length**2))
        sides = self.slope * 4 * np.outer(one.scores - 0.5, other.scores - 0.5)
        apart = ((one.nearness[:, None] - other.nearness[None]) ** 2).sum(axis=2)
        as_near = np.exp(-apart / (2 * self.near**2))
        wanted = self.constant + self.amount * np.outer(_amounts(one), _amounts(other))
        by_the_bar = np.outer(one.people, other.people) * (as_near * wanted + sides)
        return np.asarray(by_the_bar + similar + self.words * _overlap(one, other))


def _overlap(one: Answers, other: Answers) -> NDArray[np.float64]:
    """The cosine of two sets of words: 1 for the same, 0 for none in common or none at all."""
    return np.array(
        [
            [len(mine & theirs) / max(1.0, math.sqrt(len(mine) * len(theirs))) for theirs in other.words]
            for mine in one.words
        ],
        dtype=np.float64,
    ).reshape(len(one), len(other))


def _amounts(some: Answers) -> NDArray[np.float64]:
    return np.log1p([float(len(mine)) for mine in some.words]) - math.log1p(USUAL_AMOUNT)


LEFT = 0.05
"""Share of its distance from 0 and from 1 that no correction takes from a score: else a grain of truth and nothing at
all would both be 0."""


@dataclass(frozen=True, eq=False)
class Bar:
    """What a set of graded answers taught.

    Attributes
    ----------
    samples : Answers
        The graded ones.
    alphas : float64 array (k,)
        Weights of the Gaussian process over the residuals grade - score.
    kernel : Kernel
    """

    samples: Answers
    alphas: NDArray[np.float64]
    kernel: Kernel

    def corrected(self, some: Answers) -> NDArray[np.float64]:
        """Scores moved toward the person's bar, shape (n,), in [0, 1].

        What lies near an edge keeps its place before others: a twentieth of its way to the edge is left.
        """
        moved = some.scores + self.kernel(some, self.samples) @ self.alphas
        return np.asarray(np.clip(moved, LEFT * some.scores, 1 - LEFT * (1 - some.scores)))


def learn(
    samples: Sequence[Sample], judged: Callable[[Sequence[str]], Answers], kernel: Kernel, nothing: Answers
) -> Bar:
    """Fit the correction.

    Parameters
    ----------
    samples : sequence of Sample
        At least one; their order does not matter.
    judged : callable
        Texts to what they get without samples (`app.scoring.judging.judged_answers`).
    kernel : Kernel
    nothing : Answers
        See `fit`.

    Returns
    -------
    Bar

    Notes
    -----
    Gaussian-process regression (Rasmussen & Williams, 2006, chapter 2) of the residuals with a constant, a slope over
    the scores, an RBF term over the embeddings, the cosine of the content words, and a level and a slope over how many
    there are for answers that are as near to what was asked (an RBF term over their nearness): a kind person's grades
    say nothing of an answer to something else. The noise keeps one sample from counting as the truth.
    """
    ordered = sorted(samples, key=lambda sample: (sample.text, sample.grade))
    known = judged([sample.text[:MAX_CHARS] for sample in ordered])
    return fit(known, np.array([sample.grade for sample in ordered]), kernel, nothing)


def fit(known: Answers, grades: NDArray[np.float64], kernel: Kernel, nothing: Answers) -> Bar:
    """The correction that answers already scored ask for.

    Parameters
    ----------
    known : Answers
        At least one.
    grades : float64 array (k,)
        What a person gave.
    kernel : Kernel
    nothing : Answers
        Texts that say nothing of the question (`app.scoring.nothing`), which are worth 0 to anybody: without them a
        kind person's grades would lift these with everything else.

    Returns
    -------
    Bar
    """
    known, grades = known.with_others(nothing), np.concatenate([grades, np.zeros(len(nothing))])
    noise = np.where(known.people > 0, kernel.noise, kernel.nothing)
    gram = kernel(known, known) + np.diag(noise)
    return Bar(known, np.asarray(np.linalg.solve(gram, grades - known.scores), dtype=np.float64), kernel)
