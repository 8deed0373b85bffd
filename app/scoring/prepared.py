"""A rubric with its embeddings: computed once per question version, used for every answer to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.scoring.comparison import Said, prepare_said
from app.scoring.encoded import Encode, EncodedText, Vectors
from app.scoring.learnt import Learnt
from app.scoring.lexicon import content_stems, token_weights
from app.scoring.nothing import matched_by
from app.scoring.polarity import AXES, TokenMarks, token_marks
from app.scoring.rubric import Criterion, Rubric

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Sample:
    """An answer to the same question that a person has graded.

    Attributes
    ----------
    text : str
    grade : float
        In [0, 1].
    """

    text: str
    grade: float


@dataclass(frozen=True)
class Texts:
    """Every statement and false twin of a rubric, flattened, `T` texts with `N` tokens in all.

    Attributes
    ----------
    strings : tuple of str
    owner : intp array (T,)
        Number of the criterion, counted through all approaches.
    twin : bool array (T,)
    index : intp array (T,)
        Place among its criterion's statements (or twins).
    vectors : float32 array (T, d)
        Sentence embeddings.
    tokens : float32 array (N, d)
        Unit token vectors.
    starts : intp array (T,)
        Where each text's tokens begin.
    weights : float32 array (N,)
        Rarity of the token's word, less what the question says already; sums to 1 within a text.
    telling : float32 array (N,)
        The same, less what the criterion's other side (its twins, or its statements) says as well.
    mass : float32 array (T,)
        What the weights were in sum before that: how much a text has to say.
    nothing : float32 array (T,)
        Late interaction with fluent texts that say nothing (`app.scoring.nothing`).
    stems : tuple of tuple of str
        Content stems of each text.
    said : Said
        The same tokens, ready to be compared with an answer's.
    stated : bool array (N,)
        Tokens of statements, not of twins.
    """

    strings: tuple[str, ...]
    owner: NDArray[np.intp]
    twin: NDArray[np.bool_]
    index: NDArray[np.intp]
    vectors: Vectors
    tokens: Vectors
    starts: NDArray[np.intp]
    weights: Floats
    telling: Floats
    mass: Floats
    nothing: Floats
    stems: tuple[tuple[str, ...], ...]
    said: Said
    stated: NDArray[np.bool_]


@dataclass(frozen=True)
class PreparedRubric:
    """What `assess` needs to judge answers to one question version.

    Attributes
    ----------
    question : str
    rubric : Rubric
    criteria : tuple of (int, Criterion)
        All criteria with the number of their approach.
    texts : Texts
    question_encoded : EncodedText
    question_vectors : float32 array (k, d)
        The question as a whole and its sentences.
    question_stems : frozenset of str
    learnt : Learnt
    kind : str
        ``rubric``, or ``references`` where every criterion is one bare statement: which score model applies.
    language : str or None
        The rubric's, as `app.scoring.language.guess` finds it.
    model : str
        Identity of the encoder, for the receipt.
    samples : Any
        What graded answers taught (`app.scoring.samples.Bar`), or None.
    samples_digest : str
    """

    question: str
    rubric: Rubric
    criteria: tuple[tuple[int, Criterion], ...]
    texts: Texts
    question_encoded: EncodedText
    question_vectors: Vectors
    question_stems: frozenset[str]
    learnt: Learnt
    kind: str
    language: str | None
    model: str
    samples: Any = None
    samples_digest: str = ""


def mass_by_criterion(prepared: PreparedRubric) -> NDArray[np.float64]:
    """How much each criterion has to say: the mean mass of its statements, shape (criteria,)."""
    texts = prepared.texts
    return np.array(
        [texts.mass[(texts.owner == n) & ~texts.twin].mean() for n in range(len(prepared.criteria))], dtype=np.float64
    )


def prepare_texts(
    criteria: Sequence[Criterion], question: EncodedText, encode: Encode, learnt: Learnt, nothing: Sequence[str]
) -> Texts:
    """Encode and weigh the statements and twins of some criteria.

    Parameters
    ----------
    criteria : sequence of Criterion
    question : EncodedText
    encode : callable
        See `app.scoring.encoded.Encode`.
    learnt : Learnt
    nothing : sequence of str
        Texts that say nothing of the question.

    Returns
    -------
    Texts
    """
    strings: list[str] = []
    places: list[tuple[int, bool, int]] = []
    for number, criterion in enumerate(criteria):
        for twin, sentences in ((False, criterion.statements), (True, criterion.false_twins)):
            for i, sentence in enumerate(sentences):
                strings.append(sentence)
                places.append((number, twin, i))
    encoded = [encode(sentence) for sentence in strings]
    size = question.token_vectors.shape[1]
    # A text without tokens (an unknown script) keeps one zero token, so that every text owns a place.
    tokens = [one.unit_tokens if len(one.unit_tokens) else np.zeros((1, size), np.float32) for one in encoded]
    owner = np.array([place[0] for place in places], dtype=np.intp)
    twin_flags = np.array([place[1] for place in places], dtype=np.bool_)
    asked = question.unit_tokens
    weights, telling, mass = [], [], []
    for i, one in enumerate(encoded):
        base = token_weights(strings[i], one.offsets, len(tokens[i])) * novelty(tokens[i], asked)
        other = [tokens[j] for j in np.flatnonzero((owner == owner[i]) & (twin_flags != twin_flags[i]))]
        against = base * novelty(tokens[i], np.concatenate(other)) if other else base
        mass.append(float(base.sum()))
        weights.append(base / max(mass[-1], 1e-9))
        telling.append(against / max(float(against.sum()), 1e-9))
    lengths = [len(one) for one in tokens]
    together, weighed = np.concatenate(tokens), np.concatenate(weights).astype(np.float32)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.intp)
    marks = _marks(strings, encoded)
    unsaid = matched_by(together, [encode(text).unit_tokens for text in nothing])
    return Texts(
        strings=tuple(strings),
        owner=owner,
        twin=twin_flags,
        index=np.array([place[2] for place in places], dtype=np.intp),
        vectors=np.stack([one.vector for one in encoded]),
        tokens=together,
        starts=starts,
        weights=weighed,
        telling=np.concatenate(telling).astype(np.float32),
        mass=np.array(mass, dtype=np.float32),
        nothing=np.add.reduceat(unsaid * weighed, starts).astype(np.float32),
        stems=tuple(tuple(content_stems(sentence)) for sentence in strings),
        said=prepare_said(learnt.comparison, together, starts, weighed, marks, question.unit_tokens),
        stated=np.repeat(~twin_flags, lengths),
    )


def _marks(strings: Sequence[str], encoded: Sequence[EncodedText]) -> TokenMarks:
    found = [token_marks(text, one.offsets) for text, one in zip(strings, encoded, strict=True)]
    silent = TokenMarks(np.zeros(1, np.float32), np.zeros((1, AXES), np.float32))
    found = [one if len(one.signs) else silent for one in found]
    return TokenMarks(np.concatenate([one.signs for one in found]), np.concatenate([one.poles for one in found]))


def novelty(tokens: Vectors, known: Vectors) -> Floats:
    """How far each token is from all of another text: 1 where its best cosine there is at most .45, 0 from .85."""
    if not len(known):
        return np.ones(len(tokens), dtype=np.float32)
    nearest = (tokens @ known.T).max(axis=1)
    found: Floats = np.clip((0.85 - nearest) / 0.4, 0.02, 1.0).astype(np.float32)
    return found
