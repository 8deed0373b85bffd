"""What an answer holds for and against each criterion: numbers in [0, 1] (or near), each with the words it rests on.

What speaks for a criterion is a maximum over sentences, and a sentence speaks against nothing but what it is about: so
another right sentence can take nothing away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.scoring.lexicon import recall
from app.scoring.opposition import conflict, opposed
from app.scoring.prepared import Floats, PreparedRubric
from app.scoring.reading import LOGIT_CAP, REFUTED_COUNTS, Reading
from app.scoring.text import Segment

FEATURES = (
    "said", "said_mean", "denied", "turned", "twin_said", "margin",
    "meaning", "beyond", "tokens", "anywhere", "words", "rival", "twin", "conflict", "denial", "opposed",
)  # fmt: skip
"""What a criterion's credit is computed from, in the order of `Evidence.features`."""
BESIDE = ("free", "orderly", "free_words", "orderly_words", "nothing")
"""What the score of an answer is computed from besides."""
NO_TWIN = -LOGIT_CAP
NOT_DENIED = -1.5
"""Difference of logits under which it makes no difference how clearly a thing is not denied."""
LEAST_SAID = -1.0
"""Logit under which it makes no difference how clearly a thing is not said."""
LEAST_TWIN = -0.3
ABOUT = 0.05
"""A sentence is about the criterion that it supports most (rightly or by its misconception), and those this near."""
CLEARLY_DENIED = 0.3
"""Share of denied words from which a sentence is shown as the denial."""
LEAST_SUPPORT = 0.3
"""Support from which a sentence can turn a statement round."""


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
    against_segment : Segment or None
        The sentence that turns the statement round most.
    twin_refuted : bool
        A misconception was named in order to be refuted.
    named : bool
        The words are there, in whatever order.
    echo : bool
        The best support is a sentence that only repeats the question.
    features : dict of str to float
        - ``said``, ``said_mean``: logit that a sentence says it, of the best statement and the mean over them;
        - ``denied``: logit that a sentence about it says something else instead, less the logit that it says it;
        - ``turned``: logit that a sentence about it is the statement with its sense turned round, less the same;
        - ``twin_said``: logit that a sentence about it says a misconception, `NO_TWIN` without one;
        - ``margin``: ``said`` - ``twin_said``, 0 without misconceptions;
        - ``meaning``: cosine of statement and segment, in [-1, 1];
        - ``beyond``: what is left of it when the question is taken out of both;
        - ``tokens``: late interaction within a segment, in [-1, 1];
        - ``anywhere``: late interaction with all of the answer that counts;
        - ``words``: recall of the statement's rare words in the answer;
        - ``rival``: by how much some segment supports this criterion more than the approach's others on average;
        - ``twin``: by how much the twin beats the statement where it comes closest, negative if it does not;
        - ``conflict``: 1 if a sentence about it is a near-copy with its sense turned round, else 0;
        - ``denial``: share of the statement's words that a sentence about it above all has with the sign turned round;
        - ``opposed``: 1 if such a sentence names the opposite direction of the same thing, else 0;
        - ``free``, ``free_words``: ``anywhere`` and ``words`` in whatever order a sentence's words stand;
        - ``orderly``, ``orderly_words``: the same of sentences whose words are in order;
        - ``nothing``: what fluent texts that say nothing would have of ``free``.
    """

    segment: Segment | None
    text: int
    twin_segment: Segment | None
    twin_text: int
    against_segment: Segment | None
    twin_refuted: bool
    named: bool
    echo: bool
    features: dict[str, float]


NOTHING = Evidence(None, -1, None, -1, None, False, False, False, {})


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
    support = 0.5 * reading.cosine + 0.5 * reading.inside
    support = support * np.where(reading.refuted >= 0.5, np.float32(REFUTED_COUNTS), np.float32(1))
    count = len(prepared.criteria)
    rows = [np.flatnonzero(texts.owner == number) for number in range(count)]
    whole = support[:, : len(reading.counts)]
    best = np.stack([whole[mine].max(axis=0) for mine in rows])
    approaches = np.array([approach for approach, _ in prepared.criteria])
    about = np.zeros(best.shape, dtype=np.bool_)
    most = np.zeros(best.shape, dtype=np.bool_)
    for approach in np.unique(approaches):
        mine = approaches == approach
        about[mine] = best[mine] >= best[mine].max(axis=0) - ABOUT
        most[mine] = best[mine] >= best[mine].max(axis=0)
    rivalry = _rivalry(prepared, support, approaches)
    return [
        _evidence(prepared, reading, text, support, rivalry[number], rows[number], about[number], most[number])
        for number in range(count)
    ]


def _rivalry(prepared: PreparedRubric, support: Floats, approaches: NDArray[np.intp]) -> Floats:
    """For each criterion, the most that a segment speaks for it rather than for its approach's other criteria.

    All of a question's criteria are about one subject, so what tells them apart is not how near a segment is, but how
    much nearer than to the rest.
    """
    texts, result = prepared.texts, np.zeros(len(prepared.criteria), dtype=np.float32)
    ours = ~texts.twin
    best = np.stack([support[(texts.owner == n) & ours].max(axis=0) for n in range(len(prepared.criteria))])
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
    rival: float,
    mine: NDArray[np.intp],
    about: NDArray[np.bool_],
    most: NDArray[np.bool_],
) -> Evidence:
    texts = prepared.texts
    ours, twins = mine[~texts.twin[mine]], mine[texts.twin[mine]]
    count = len(reading.counts)
    best = support[ours]
    row, g = np.unravel_index(int(best.argmax()), best.shape)
    s, segment = int(ours[row]), reading.segments[int(g)]
    said = reading.logits[ours, :, 0]
    # Each sentence is held against the statement that it is nearest to.
    nearest = ours[best[:, :count].argmax(axis=0)]
    places = np.arange(count)
    own = reading.refuted[:count] < 0.5
    # What a sentence says is not what it denies: a near-copy of a statement looks a little like its opposite.
    logits = reading.logits[nearest, places]
    against = np.where((about & own)[:, None], logits[:, 1:] - np.maximum(logits[:, :1], LEAST_SAID), NOT_DENIED)
    denied, turned = np.maximum(against, NOT_DENIED).max(axis=0).tolist()
    opposite, turns, where, turned_at = 0.0, 0.0, -1, -1
    near = about & (best[:, :count].max(axis=0) >= LEAST_SUPPORT)
    for n in np.flatnonzero(near):
        one = reading.segments[int(n)]
        statement, sentence, counts = texts.strings[int(nearest[n])], text[one.start : one.end], reading.counts[n]
        found = conflict(statement, sentence) * float(counts)
        if found > opposite:
            opposite, where = found, int(n)
        if own[n] and most[n] and turns < counts and opposed(statement, sentence):
            turns, turned_at = float(counts), int(n)
    denials = reading.denial[nearest, places] * (near & most & own)
    # Shown is the clearest: a copy with changes, a plain denial, an opposite direction, what the network suspects.
    if where < 0 and denials.max() >= CLEARLY_DENIED:
        where = int(denials.argmax())
    elif where < 0:
        where = turned_at
    if where < 0 and (about & own).any():
        where = int(against.max(axis=1).argmax())
    twin_segment, twin_text, twin_margin, twin_told, refuted = None, -1, LEAST_TWIN, NO_TWIN, False
    if len(twins):
        close = support[twins]
        refuted = bool(reading.refuted[int(close.max(axis=0).argmax())] >= 0.1)
        free = np.flatnonzero((reading.refuted < 0.1) & about[reading.home])
        if len(free) and not refuted:
            nearby = close[:, free]
            t_row, t_column = np.unravel_index(int(nearby.argmax()), nearby.shape)
            tg = int(free[t_column])
            twin_segment, twin_text = reading.segments[tg], int(twins[t_row])
            mixed = 0.5 * support + 0.5 * reading.telling
            twin_margin = max(
                LEAST_TWIN, float((mixed[twins][:, free].max(axis=0) - mixed[ours][:, free].max(axis=0)).max())
            )
            # What says the statement better than the misconception does not say the misconception.
            nearer = np.flatnonzero(own & about & (close[:, :count].max(axis=0) >= best[:, :count].max(axis=0) - 0.02))
            if len(nearer):
                twin_told = float(reading.logits[np.ix_(twins, nearer)][..., 0].max())
    told = float(said.max())
    recalled = _recall(prepared, ours, reading.stems)
    return Evidence(
        segment=segment,
        text=s,
        twin_segment=twin_segment,
        twin_text=twin_text,
        against_segment=reading.segments[where] if where >= 0 else None,
        twin_refuted=refuted,
        named=float(reading.anywhere[ours].max()) >= 0.5 or told > 0,
        echo=bool(reading.counts[reading.home[int(g)]] < 0.4 and reading.disorder[reading.home[int(g)]] < 0.5),
        features={
            "said": told,
            "said_mean": float(said.max(axis=1).mean()),
            "denied": denied,
            "turned": turned,
            "twin_said": twin_told,
            "margin": told - twin_told if twin_told > NO_TWIN else 0.0,
            "meaning": float(reading.cosine[ours].max()),
            "beyond": float(reading.beyond[ours].max()),
            "tokens": float(reading.inside[ours].max()),
            "anywhere": float(reading.anywhere[ours].max()),
            "words": recalled,
            "rival": float(rival),
            "twin": twin_margin,
            "conflict": opposite,
            "denial": float(denials.max()),
            "opposed": turns,
            "free": float(reading.free[ours].max()),
            "orderly": float(reading.orderly[ours].max()),
            "free_words": recalled
            if reading.free_stems == reading.stems
            else _recall(prepared, ours, reading.free_stems),
            "orderly_words": recalled
            if reading.orderly_stems == reading.stems
            else _recall(prepared, ours, reading.orderly_stems),
            "nothing": float(texts.nothing[ours].max()),
        },
    )


def _recall(prepared: PreparedRubric, statements: NDArray[np.intp], said: frozenset[str]) -> float:
    return max(recall(prepared.texts.stems[i], said, prepared.question_stems) for i in statements)
