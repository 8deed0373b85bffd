"""Whether one sentence says the opposite of another: by negation, by direction, or with the roles exchanged."""

from __future__ import annotations

from app.scoring.copies import changed_copy, turned_twice
from app.scoring.exchange import exchanged, exchanged_round_a_word
from app.scoring.lexicon import rarity
from app.scoring.polarity import AXES_OF, Signs, signs
from app.scoring.text import words


def conflict(statement: str, said: str) -> float:
    """Whether a sentence says the opposite of a statement in the statement's own words.

    Parameters
    ----------
    statement, said : str

    Returns
    -------
    float
        1 for nearly the same words with a negation, a direction or the roles turned round, else 0. Where fewer words
        are shared, such differences say nothing: in real answers to exams they go with good grades, not with bad ones.
    """
    if changed_copy(statement, said):
        return 1.0
    want, have = signs(statement), signs(said)
    axes = [axis for axis in want.axes if axis in have.axes]
    poles = {one for axis in axes for one in want.signs if any(axis == a for a, _ in AXES_OF.get(one, ()))}
    shared = [one for one in want.signs if one in have.signs]
    total = sum(rarity(one) for one in want.signs)
    if not (shared or poles) or total <= 0:
        return 0.0
    overlap = sum(rarity(one) for one in want.signs if one in have.signs or one in poles) / total
    weight = sum(rarity(one) for one in shared)
    denied = sum(rarity(one) for one in shared if want.signs[one] * have.signs[one] < 0)
    turned = sum(1 for axis in axes if want.axes[axis] * have.axes[axis] < 0 and _said_of_the_same(axis, want, have))
    if min(overlap, _overlap(have, want)) < COPY:
        return 0.0
    # Every difference was made on purpose, and none of them cancels another out: but “reduces”, “does not increase”.
    denies = denied >= 0.12 * weight > 0 and not any(want.signs[one] == have.signs[one] == -1 for one in shared)
    if denies and turned:
        return float(turned % 2 == 0)
    if denies and _left_over(want, have) and _left_over(have, want):
        return 0.0  # "are connected": "there is no gap between them" denies another word than the statement's
    if turned and turned % 2 == 0 and len(words(statement)) != len(words(said)):
        return 0.0  # "separated from the positive pole": "connected to the negative pole"
    if turned == 1 and exchanged_round_a_word(statement, said):
        return 0.0  # "oil is less dense than water": "water is denser than oil"
    if denies or turned:
        return 1.0
    return float(not turned_twice(statement, said) and exchanged(statement, said))


def opposed(statement: str, said: str) -> bool:
    """Whether a sentence names the opposite direction of the same thing: “higher” beside a word that had “lower”.

    Parameters
    ----------
    statement, said : str

    Returns
    -------
    bool
        Also in other words than the statement's. Where the sentence denies the opposite (“does not increase”), it
        agrees.
    """
    want, have = signs(statement), signs(said)
    return any(
        pole * have.axes.get(axis, 0) < 0
        and _said_of_the_same(axis, want, have)
        and _sign_of(axis, want) * _sign_of(axis, have) > 0
        for axis, pole in want.axes.items()
    )


def _sign_of(axis: int, of: Signs) -> int:
    """Whether the pole is affirmed (1) or denied (-1); 0 where both."""
    found = {sign for word, sign in of.signs.items() if any(axis == one for one, _ in AXES_OF.get(word, ()))}
    return found.pop() if len(found) == 1 else 0


def _left_over(one: Signs, other: Signs) -> bool:
    """Whether one has words of which the other has neither these nor their opposites."""
    known = {axis for word in other.signs for axis, _ in AXES_OF.get(word, ())}
    return any(
        word not in other.signs and not any(axis in known for axis, _ in AXES_OF.get(word, ())) for word in one.signs
    )


COPY = 0.8
"""Share of each other's words from which one sentence is a copy of the other, with changes."""


def _overlap(one: Signs, other: Signs) -> float:
    """Share of the words of one that the other has too, itself or its opposite, by rarity."""
    total = sum(rarity(word) for word in one.signs)
    known = {axis for word in other.signs for axis, _ in AXES_OF.get(word, ())}
    found = sum(
        rarity(word)
        for word in one.signs
        if word in other.signs or any(axis in known for axis, _ in AXES_OF.get(word, ()))
    )
    return found / total if total else 0.0


def _said_of_the_same(axis: int, want: Signs, have: Signs) -> bool:
    """Whether both poles stand beside a shared word: “a fixed probability” does not oppose “random units”."""

    def beside(one: Signs) -> set[str]:
        poles = [n for n, word in enumerate(one.order) if any(axis == a for a, _ in AXES_OF.get(word, ()))]
        near = {word for n in poles for word in one.order[max(0, n - 2) : n + 3]}
        return {word for word in near if not any(axis == a for a, _ in AXES_OF.get(word, ()))}

    return bool(beside(want) & beside(have))
