"""What an answer holds for and against each criterion: numbers in [0, 1] (or near), each with the words it rests on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.scoring.comparison import compare
from app.scoring.encoded import EncodedText, Vectors, normalised
from app.scoring.lexicon import content_stems, recall
from app.scoring.polarity import conflict
from app.scoring.prepared import Floats, PreparedRubric, Texts
from app.scoring.refutation import refuted_shares
from app.scoring.text import Segment, segments

FEATURES = (
    "said", "said_mean", "denied", "twin_said", "margin", "near",
    "meaning", "beyond", "tokens", "anywhere", "words", "rival", "twin", "conflict", "echo",
)  # fmt: skip
"""What a criterion's credit is computed from, in the order of `Evidence.features`."""


@dataclass(frozen=True)
class Evidence:
    """The best that an answer has for one criterion, and the worst.

    Attributes
    ----------
    segment : Segment or None
        Where the best support stands; None if the answer has no words.
    text : int
        Number (in `Texts`) of the statement it supports.
    twin_segment : Segment or None
        Where the criterion's misconception comes closest, refuted ones left out.
    twin_text : int
        Number of that twin, or -1.
    twin_refuted : bool
        A misconception was named in order to be refuted.
    features : dict of str to float
        - ``said``, ``said_mean``: logit that the answer says it, of the best statement and the mean over them;
        - ``denied``: logit that the answer says the opposite, mean over the statements;
        - ``twin_said``: logit that the answer says a misconception, `NO_TWIN` without one;
        - ``margin``: ``said`` - ``twin_said``, 0 without misconceptions;
        - ``near``: late interaction with the whole answer by learnt weights, of the nearest statement;
        - ``meaning``: cosine of statement and segment, in [-1, 1];
        - ``beyond``: what is left of it when the question is taken out of both;
        - ``tokens``: late interaction within the segment, in [-1, 1];
        - ``anywhere``: late interaction with the whole answer;
        - ``words``: recall of the statement's rare words in the answer;
        - ``rival``: by how much some segment supports this criterion more than the approach's others on average;
        - ``twin``: by how much the twin beats the statement where it comes closest, negative if it does not;
        - ``conflict``: polarity, in [0, 1];
        - ``echo``: how far the segment only repeats the question, in [0, 1].
    """

    segment: Segment | None
    text: int
    twin_segment: Segment | None
    twin_text: int
    twin_refuted: bool
    features: dict[str, float]


@dataclass(frozen=True)
class Reading:
    """An answer cut up and set against a rubric: `T` texts, `G` segments.

    Attributes
    ----------
    segments : list of Segment
    cosine, inside, inside_telling : float32 arrays (T, G)
        Sentence cosine; late interaction, with all the text's weight, and with the weight that tells it from its twin.
    anywhere : float32 array (T,)
    beyond : float32 array (T, G)
    echo : float32 array (G,)
    refuted : float32 array (G,)
        Share of the segment that the writer rejects.
    stems : frozenset of str
        Content stems of the whole answer.
    focus : float
        Mean over the sentences of their best cosine with anything in the rubric.
    repeated : float
        Share of the answer's sentences, by length, that only repeat the question.
    compared, nearness : float32 arrays (T, 3) and (T,)
        See `app.scoring.comparison.compare`.
    grades, whole_nearness : float32 arrays (approaches,)
        Logit of the grade, and late interaction, each approach taken as one model answer.
    """

    segments: list[Segment]
    cosine: Floats
    inside: Floats
    inside_telling: Floats
    anywhere: Floats
    beyond: Floats
    echo: Floats
    refuted: Floats
    stems: frozenset[str]
    focus: float
    repeated: float
    compared: Floats
    nearness: Floats
    grades: Floats
    whole_nearness: Floats


def read(prepared: PreparedRubric, text: str, encoded: EncodedText) -> Reading | None:
    """Set every segment of an answer against every statement and twin.

    Parameters
    ----------
    prepared : PreparedRubric
    text : str
    encoded : EncodedText
        Of the same text.

    Returns
    -------
    Reading or None
        None for a text without words that the encoder knows.

    Notes
    -----
    Late interaction after Khattab & Zaharia (ColBERT, SIGIR 2020): for each token of the statement the best cosine
    among the answer's tokens, here averaged with weights that fall where the question says the same.
    """
    found = segments(text)
    ranges = encoded.token_ranges([(segment.start, segment.end) for segment in found])
    pieces = [
        (segment, first, last) for segment, (first, last) in zip(found, ranges.tolist(), strict=True) if first < last
    ]
    if not pieces:
        return None
    cut = [segment for segment, _, _ in pieces]
    vectors = encoded.segment_vectors([(segment.start, segment.end) for segment in cut])
    texts, question = prepared.texts, prepared.question_vectors
    # A token's vector carries the whole answer with it; without some of that, what its sentence says comes out.
    own = normalised(vectors - 0.4 * encoded.vector) if len(cut) > 1 else vectors
    cosine: Floats = np.float32(0.5) * (texts.vectors @ vectors.T + texts.vectors @ own.T)
    near = encoded.unit_tokens @ texts.tokens.T
    matched = _matched(near, [(first, last) for _, first, last in pieces])
    network = prepared.learnt.comparison
    refuted = refuted_shares(text, cut)
    logits, nearness = compare(network, texts.said, encoded.unit_tokens, near.T)
    whole, whole_nearness = compare(network, prepared.wholes, encoded.unit_tokens)
    own_view = _own_view(len(near), pieces, refuted)
    if not own_view.all():
        # What is named to be rejected is no misconception of the writer's, and denies nothing.
        theirs, _ = compare(network, texts.said, encoded.unit_tokens[own_view], near[own_view].T)
        logits[texts.twin] = theirs[texts.twin]
        logits[:, 1] = np.minimum(logits[:, 1], theirs[:, 1])
    asked = question[0]
    along_text, along_segment = texts.vectors @ asked, vectors @ asked
    beyond = (cosine - np.outer(along_text, along_segment)) / np.sqrt(np.maximum(1 - along_text**2, 0.05))[:, None]
    stems = [frozenset(content_stems(text[s.start : s.end])) for s in cut]
    echo = _echo(vectors, question, stems, prepared.question_stems)
    return Reading(
        segments=cut,
        cosine=cosine,
        inside=_weighted(matched[1:], texts.weights, texts.starts),
        inside_telling=_weighted(matched[1:], texts.telling, texts.starts),
        anywhere=_weighted(matched[:1], texts.weights, texts.starts)[:, 0],
        beyond=beyond,
        echo=echo,
        refuted=refuted,
        stems=frozenset().union(*stems),
        focus=_focus(cosine, cut),
        repeated=_by_length(echo, cut),
        compared=np.clip(logits, -LOGIT_CAP, LOGIT_CAP),
        nearness=nearness,
        grades=np.clip(whole[:, 2], -LOGIT_CAP, LOGIT_CAP),
        whole_nearness=whole_nearness,
    )


def _own_view(count: int, pieces: list[tuple[Segment, int, int]], refuted: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which tokens stand outside sentences that the writer rejects; all of them if none do."""
    found = np.ones(count, dtype=np.bool_)
    for (segment, first, last), share in zip(pieces, refuted, strict=True):
        if segment.kind == "sentence" and share >= 0.5:
            found[first:last] = False
    return found if found.any() else ~found


def _focus(cosine: Floats, cut: list[Segment]) -> float:
    """How near the sentences are to anything in the rubric, true or false, on average: low for another subject."""
    return _by_length(cosine.max(axis=0), cut)


def _by_length(values: Floats, cut: list[Segment]) -> float:
    """The mean over the sentences, the long ones counting more."""
    columns = [i for i, segment in enumerate(cut) if segment.kind == "sentence"]
    lengths = np.array([cut[i].end - cut[i].start for i in columns], dtype=np.float32)
    return float((values[columns] * lengths).sum() / lengths.sum()) if columns else 0.0


def _matched(cosines: Floats, reaches: list[tuple[int, int]]) -> Floats:
    """Best cosine of each statement token (columns) in the whole answer (row 0) and in each segment.

    Statement tokens stand in columns because the best of a few rows is found many columns at a time.
    """
    result = np.empty((len(reaches) + 1, cosines.shape[1]), dtype=np.float32)
    cosines.max(axis=0, out=result[0])
    for row, (first, last) in enumerate(reaches, start=1):
        cosines[first:last].max(axis=0, out=result[row])
    return result


def _weighted(matched: Floats, weights: Floats, starts: NDArray[np.intp]) -> Floats:
    """Sums over the tokens of each statement, shape (T, segments)."""
    summed: Floats = np.add.reduceat(matched * weights, starts, axis=1).T
    return summed


def _echo(vectors: Vectors, question: Vectors, stems: list[frozenset[str]], asked: frozenset[str]) -> Floats:
    """1 for a segment made of the question's words alone, 0 when at least half of its words are its own."""
    near = (vectors @ question.T).max(axis=1)
    share = np.array([len(one & asked) / len(one) if one else 1.0 for one in stems], dtype=np.float32)
    worded = np.clip((share - 0.5) / 0.5, 0, 1)
    meant = np.clip((near - 0.7) / 0.2, 0, 1)
    repeated: Floats = np.maximum(worded**2, worded * meant).astype(np.float32)
    return repeated


PAIR_HANDICAP = np.float32(0.04)
NO_TWIN = -5.0
LOGIT_CAP = 6.0


def weigh(prepared: PreparedRubric, reading: Reading, text: str) -> list[Evidence]:
    """The evidence for every criterion.

    Parameters
    ----------
    prepared : PreparedRubric
    reading : Reading
        From `read`, of the same text.
    text : str

    Returns
    -------
    list of Evidence
        One a criterion, in the order of `PreparedRubric.criteria`.
    """
    texts = prepared.texts
    support = (0.5 * reading.cosine + 0.5 * reading.inside) * (1 - 0.5 * reading.echo)[None, :]
    # Two sentences are nearly always as near as the better one of them: they are the evidence only if clearly nearer.
    support[:, [segment.kind == "pair" for segment in reading.segments]] -= PAIR_HANDICAP
    mixed = 0.5 * support + 0.5 * reading.inside_telling
    rivalry = _rivalry(prepared, support)
    return [
        _evidence(prepared, reading, text, support, mixed, rivalry[number], np.flatnonzero(texts.owner == number))
        for number in range(len(prepared.criteria))
    ]


def _rivalry(prepared: PreparedRubric, support: Floats) -> Floats:
    """For each criterion, the most that a segment speaks for it rather than for its approach's other criteria.

    All of a question's criteria are about one subject, so what tells them apart is not how near a segment is, but how
    much nearer than to the rest.
    """
    texts, result = prepared.texts, np.zeros(len(prepared.criteria), dtype=np.float32)
    ours = ~texts.twin
    best = np.stack([support[(texts.owner == n) & ours].max(axis=0) for n in range(len(prepared.criteria))])
    approaches = np.array([approach for approach, _ in prepared.criteria])
    for approach in np.unique(approaches):
        mine = np.flatnonzero(approaches == approach)
        if len(mine) > 1:
            rows = best[mine]
            result[mine] = (rows - (rows.sum(axis=0) - rows) / (len(mine) - 1)).max(axis=1)
    return result


def _evidence(
    prepared: PreparedRubric,
    reading: Reading,
    text: str,
    support: Floats,
    mixed: Floats,
    rival: float,
    mine: NDArray[np.intp],
) -> Evidence:
    texts: Texts = prepared.texts
    ours, twins = mine[~texts.twin[mine]], mine[texts.twin[mine]]
    # Half a segment may be rejected and the rest still support; but no part of a rejected passage speaks for a twin.
    free = np.flatnonzero(reading.refuted < 0.1)
    held = np.flatnonzero(reading.refuted < 0.5)
    columns = held if len(held) else np.arange(len(reading.segments))
    best = support[np.ix_(ours, columns)]
    row, column = np.unravel_index(int(best.argmax()), best.shape)
    s, g = int(ours[row]), int(columns[column])
    segment = reading.segments[g]
    twin_segment, twin_text, twin_margin, refuted = None, -1, -0.3, False
    if len(twins):
        close = support[twins]
        refuted = bool(reading.refuted[int(close.max(axis=0).argmax())] >= 0.1)
        if len(free):
            against = close[:, free]
            t_row, t_column = np.unravel_index(int(against.argmax()), against.shape)
            t, tg = int(twins[t_row]), int(free[t_column])
            twin_segment, twin_text = reading.segments[tg], t
            twin_margin = float(mixed[twins][:, tg].max() - mixed[ours][:, tg].max())
            # What counts is which of the two the answer says better anywhere, as well as at this place.
            overall = float(mixed[np.ix_(twins, free)].max() - mixed[np.ix_(ours, columns)].max())
            twin_margin = min(twin_margin, overall)
    told = float(reading.compared[ours, 0].max())
    # A misconception that is named to be refuted is not held against the writer.
    twin_told = float(reading.compared[twins, 0].max()) if len(twins) and not refuted else NO_TWIN
    return Evidence(
        segment=segment,
        text=s,
        twin_segment=twin_segment,
        twin_text=twin_text,
        twin_refuted=refuted,
        features={
            "said": told,
            "said_mean": float(reading.compared[ours, 0].mean()),
            "denied": float(reading.compared[ours, 1].mean()),
            "twin_said": twin_told,
            "margin": told - twin_told if len(twins) and not refuted else 0.0,
            "near": float(reading.nearness[ours].max()),
            "meaning": float(reading.cosine[s, g]),
            "beyond": float(reading.beyond[s, g]),
            "tokens": float(reading.inside[s, g]),
            "anywhere": float(reading.anywhere[ours].max()),
            "words": max(recall(texts.stems[i], reading.stems, prepared.question_stems) for i in ours),
            "rival": float(rival),
            "twin": twin_margin,
            "conflict": max(conflict(texts.strings[s], one) for one in _around(reading.segments, segment, text)),
            "echo": float(reading.echo[g]),
        },
    )


def _around(found: list[Segment], segment: Segment, text: str) -> set[str]:
    """The evidence, and the sentences that it is part of or made of: a clause alone does not show a "not" before it."""
    whole = {text[one.start : one.end] for one in found if one.kind == "sentence" and _touch(one, segment)}
    return whole | {text[segment.start : segment.end]}


def _touch(one: Segment, other: Segment) -> bool:
    return one.start < other.end and other.start < one.end
