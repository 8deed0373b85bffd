"""Whether two things have changed places between two sentences with the same words: "B contains A"."""

from __future__ import annotations

import re

from app.scoring.lexicon import FUNCTION_WORDS
from app.scoring.polarity import Signs, signs
from app.scoring.text import words

_EITHER_WAY = (
    "equal", "same", "differ", "similar", "connect", "orthogonal", "correlat", "independent", "parallel", "adjacent",
    "match", "resembl", "interact", "intersect", "join", "related", "together", "perpendicular",
)  # fmt: skip
"""How words begin that say of two things what holds of both: they may change places."""
_DIRECTED = frozenset(
    "by than because before after to from into of use uses used make makes made get gets let lets has have had".split()
)
"""Function words that have a direction, or give it to a verb."""
_JOINED = re.compile(r"\b(?:because|since|if|when|while|although|though|whereas|unless)\b", re.I)
_PASSIVE = re.compile(r"\bby\b|\b\w+ed (?:in|on|from|with|within)\b", re.I)
_COMPARED = frozenset({"more", "less", "fewer"})


def exchanged(statement: str, said: str) -> bool:
    """Whether a sentence is the statement with two things in each other's place, where that makes a difference.

    Parameters
    ----------
    statement, said : str

    Returns
    -------
    bool
    """
    want, have = signs(statement), signs(said)
    if not _exchangeable(statement, said, want, have):
        return False
    return _swapped(want, have) or exchanged_round_a_word(statement, said) or _halves_exchanged(statement, said)


def holds_either_way(found: list[str]) -> bool:
    """Whether one of some words says of two things what holds of both."""
    return any(word.startswith(_EITHER_WAY) for word in found)


def _exchangeable(statement: str, said: str, want: Signs, have: Signs) -> bool:
    """Whether it makes a difference which of two things stands first: hardly another word, the same voice.

    "Oil is less dense than water" is "water is denser than oil".
    """
    one, other = set(want.order), set(have.order)
    if len(one & other) < 0.9 * len(one | other):
        return False
    if bool(_PASSIVE.search(statement)) != bool(_PASSIVE.search(said)):
        return False
    mine, theirs = words(statement), words(said)
    return not holds_either_way(mine) and _COMPARED & set(mine) == _COMPARED & set(theirs)


def exchanged_round_a_word(statement: str, said: str) -> bool:
    """Whether what stands before and after the verb have changed places: the same words, the halves exchanged.

    Sentences with a conjunction are left alone: their halves may stand either way round.
    """
    if _JOINED.search(statement) or _JOINED.search(said):
        return False
    want, have = signs(statement), signs(said)
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


def _swapped(want: Signs, have: Signs) -> bool:
    """Whether two of the shared words have changed places round a third, all else being nearly equal."""
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


def _halves_exchanged(statement: str, said: str) -> bool:
    """Whether the words are the same, but what stood before the verb stands after it: "B contains A"."""
    want, have = words(statement), words(said)
    if len(want) != len(have) or want == have or sorted(want) != sorted(have):
        return False
    for first in range(1, len(want) - 1):
        if have[-first:] != want[:first]:
            continue
        rest, left = want[first:], have[:-first]
        for length in range(1, len(rest)):
            verb = rest[:length]
            if left == rest[length:] + verb and _has_direction(verb):
                return True
    return False


def _has_direction(verb: list[str]) -> bool:
    return any(word in _DIRECTED or word not in FUNCTION_WORDS for word in verb)
