"""Whether two sentences that share their words say opposite things: negation, direction, swapped roles.

Sentence embeddings are nearly blind to this ("it is" against "it is not" has a cosine of .95), so it is read from the
words. The rules speak up only where two sentences overlap enough to be compared word by word, and are silent otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from app.scoring.lexicon import FUNCTION_WORDS, rarity, stem
from app.scoring.text import words

_NEGATORS = frozenset(
    [
        "not",
        "no",
        "never",
        "nothing",
        "nobody",
        "neither",
        "nor",
        "cannot",
        "hardly",
        "rarely",
        "barely",
        "seldom",
        "fail",
        "fails",
        "failed",
        "unable",
        "lack",
        "lacks",
        "instead",
        "rather",
    ]
)
_OPPOSITES = (
    ("increase rise raise grow gain boost amplify enlarge", "decrease reduce lower fall shrink drop diminish lose cut"),
    (
        "more most higher larger bigger greater max maximum maximise maximize",
        "less least fewer lower smaller min minimum minimise minimize",
    ),
    ("fast faster quick quicker quickly accelerate", "slow slower slowly slowed"),
    ("above over", "below under"),
    ("before", "after"),
    ("first", "last"),
    ("earlier early", "later late"),
    ("begin start", "end stop finish"),
    ("positive", "negative"),
    ("add addition plus", "subtract subtraction minus"),
    ("multiply multiplied", "divide divided"),
    ("always every all", "never none"),
    ("vanish vanishing", "explode exploding"),
    ("shallow", "deep"),
    ("narrow", "wide"),
    ("expand", "compress"),
    ("forward", "backward backwards"),
    ("inside internal", "outside external"),
    ("same equal identical", "different unequal"),
    ("dependent depend depends", "independent"),
    ("possible", "impossible"),
    ("true correct right", "false incorrect wrong"),
    ("easy easier simple", "hard harder difficult"),
    ("better best improve improves help helps good", "worse worst worsen hurt hurts bad harm"),
    ("strong stronger strengthen", "weak weaker weaken"),
    ("encourage allow enable permit", "discourage prevent disable forbid avoid"),
    ("overfit overfitting", "underfit underfitting"),
    ("open", "closed"),
    ("hot", "cold"),
    ("cheap cheaper", "expensive costly dear"),
    ("accept", "reject"),
    ("include", "exclude"),
    ("keep", "remove"),
    ("shared same", "separate"),
    ("fixed same", "random"),
    ("connected", "disconnected separated"),
    ("attract", "repel"),
    ("stable", "unstable"),
    ("many", "few"),
)


def _axes() -> dict[str, tuple[tuple[int, int], ...]]:
    table: dict[str, list[tuple[int, int]]] = {}
    for number, sides in enumerate(_OPPOSITES):
        for pole, side in zip((1, -1), sides, strict=True):
            for word in side.split():
                table.setdefault(stem(word), []).append((number, pole))
    return {word: tuple(dict.fromkeys(places)) for word, places in table.items()}


_AXES = _axes()
_CLAUSE_END = re.compile(
    r"[.;:!?,\n]|\b(?:but|because|so|which|while|whereas|although|and|since|if|when|then|therefore)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Signs:
    """What a sentence says of its content words.

    Attributes
    ----------
    signs : dict of str to int
        Content stem to 1 (affirmed), -1 (in a negated clause) or 0 (both occur).
    axes : dict of int to int
        Pair of opposites to the pole that is named, whether affirmed or denied: 1, -1, or 0 if both are.
    order : tuple of str
        Content stems in order.
    passive : bool
        Something is done *by* something.
    """

    signs: dict[str, int]
    axes: dict[int, int]
    order: tuple[str, ...]
    passive: bool


@lru_cache(maxsize=4096)
def signs(sentence: str) -> Signs:
    """Read the signs of a sentence's words. A negation flips its clause, and two in one clause cancel out."""
    by_stem: dict[str, set[int]] = {}
    by_axis: dict[int, set[int]] = {}
    order: list[str] = []
    for clause in _CLAUSE_END.split(sentence.replace("’", "'")):
        tokens = words(clause)
        after = [*tokens[1:], ""]
        sign = -1 if sum(_negates(word, following) for word, following in zip(tokens, after, strict=False)) % 2 else 1
        for word in tokens:
            one = stem(word)
            if word in _NEGATORS or (word in FUNCTION_WORDS and one not in _AXES):
                continue
            order.append(one)
            by_stem.setdefault(one, set()).add(sign)
            for axis, pole in _AXES.get(one, ()):
                by_axis.setdefault(axis, set()).add(pole)
    return Signs(_merged(by_stem), _merged(by_axis), tuple(order), "by" in words(sentence))


def _merged(found: dict[str, set[int]] | dict[int, set[int]]) -> dict:  # type: ignore[type-arg]
    return {key: values.copy().pop() if len(values) == 1 else 0 for key, values in found.items()}


def _negates(word: str, following: str) -> bool:
    if word.endswith("n't"):
        return True
    if word == "instead":
        return following == "of"
    if word == "rather":
        return following == "than"
    return word in _NEGATORS and not (word == "not" and following in ("only", "just", "merely", "necessarily"))


def conflict(statement: str, said: str) -> float:
    """How clearly a sentence says the opposite of a statement.

    Parameters
    ----------
    statement, said : str

    Returns
    -------
    float
        0 (no sign of it, or too little in common to tell) to 1 (the same words, turned round).
    """
    want, have = signs(statement), signs(said)
    axes = [axis for axis in want.axes if axis in have.axes]
    poles = {one for axis in axes for one in want.signs if any(axis == a for a, _ in _AXES.get(one, ()))}
    shared = [one for one in want.signs if one in have.signs]
    total = sum(rarity(one) for one in want.signs)
    if not (shared or poles) or total <= 0:
        return 0.0
    overlap = sum(rarity(one) for one in want.signs if one in have.signs or one in poles) / total
    if overlap < 0.35:
        return 0.0
    weight = sum(rarity(one) for one in shared)
    denied = sum(rarity(one) for one in shared if want.signs[one] * have.signs[one] < 0)
    turned = sum(1 for axis in axes if want.axes[axis] * have.axes[axis] < 0 and _said_of_the_same(axis, want, have))
    # Nearly the same words: then every difference was made on purpose, and none of them cancels another out.
    if min(overlap, _overlap(have, want)) >= COPY:
        if denied >= 0.5 * weight > 0 and turned:  # “reduces”, “does not increase”
            return float(turned % 2 == 0)
        opposed = denied >= 0.12 * weight > 0 or turned > 0 or _swapped(want, have)
        return float(opposed or _exchanged(statement, said, want, have))
    # A statement is turned round by an odd number of changes: of its negation, of its poles.
    changes = (1 if denied >= 0.5 * weight > 0 else 0) + turned
    anchored = any(one not in poles for one in shared)
    opposed = (changes % 2 == 1 and anchored) or (changes == 0 and _swapped(want, have))
    return min(1.0, (overlap - 0.35) / 0.35) if opposed else 0.0


COPY = 0.7
"""Share of each other's words from which one sentence is a copy of the other, with changes."""
_JOINED = re.compile(r"\b(?:because|since|if|when|while|although|though|whereas|unless)\b", re.I)


def _overlap(one: Signs, other: Signs) -> float:
    """Share of the words of one that the other has too, itself or its opposite, by rarity."""
    total = sum(rarity(word) for word in one.signs)
    known = {axis for word in other.signs for axis, _ in _AXES.get(word, ())}
    found = sum(
        rarity(word)
        for word in one.signs
        if word in other.signs or any(axis in known for axis, _ in _AXES.get(word, ()))
    )
    return found / total if total else 0.0


def _exchanged(statement: str, said: str, want: Signs, have: Signs) -> bool:
    """Whether what stands before and after the verb have changed places: the same words, the halves exchanged.

    Sentences with a conjunction are left alone: their halves may stand either way round.
    """
    if want.passive != have.passive or _JOINED.search(statement) or _JOINED.search(said):
        return False
    once = [one for one in want.order if want.order.count(one) == 1 and have.order.count(one) == 1]
    if len(once) < 3 or len(once) < 0.8 * len(set(want.order)):
        return False
    places = [have.order.index(one) for one in once]
    # Round one of the words, what stood before it stands after it, and the other way round.
    for n in range(1, len(places) - 1):
        before = sum(1 for place in places[:n] if place > places[n])
        after = sum(1 for place in places[n + 1 :] if place < places[n])
        if before >= 0.8 * n and after >= 0.8 * (len(places) - n - 1):
            return True
    return False


def _said_of_the_same(axis: int, want: Signs, have: Signs) -> bool:
    """Whether both poles stand beside a shared word: “a fixed probability” does not oppose “random units”."""

    def beside(one: Signs) -> set[str]:
        poles = [n for n, word in enumerate(one.order) if any(axis == a for a, _ in _AXES.get(word, ()))]
        near = {word for n in poles for word in one.order[max(0, n - 2) : n + 3]}
        return {word for word in near if not any(axis == a for a, _ in _AXES.get(word, ()))}

    return bool(beside(want) & beside(have))


def _swapped(want: Signs, have: Signs) -> bool:
    """Whether two of the shared words have changed places round a third, all else being nearly equal."""
    if want.passive != have.passive:
        return False
    once = [one for one in want.order if want.order.count(one) == 1 and have.order.count(one) == 1]
    if len(once) < 3 or len(once) < 0.75 * len(set(want.order)) or len(once) < 0.6 * len(set(have.order)):
        return False
    places = [have.order.index(one) for one in once]
    inversions = sum(1 for i, a in enumerate(places) for b in places[i + 1 :] if a > b)
    if inversions < 2:
        return False
    # Exactly one exchange: putting the two words back restores the statement's order.
    for i in range(len(places)):
        for j in range(i + 2, len(places)):
            trial = places.copy()
            trial[i], trial[j] = trial[j], trial[i]
            if trial == sorted(trial):
                return True
    return False
