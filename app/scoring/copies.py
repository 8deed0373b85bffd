"""A sentence that is a statement word for word, but for a change that turns it round."""

from __future__ import annotations

from app.scoring.exchange import holds_either_way
from app.scoring.lexicon import stem
from app.scoring.polarity import AXES_OF, NOT_ALONE
from app.scoring.text import words

_DENIALS = frozenset({"not", "no", "never"})
"""Of the words that negate those that can be put into a sentence or left out, and leave it whole."""
_IRREGULAR = {"ca": "can", "wo": "will", "sha": "shall"}
_PLACES = (
    "left", "before", "previous", "first", "earlier", "begin", "input", "sender", "training", "encoder", "inside",
    "top", "forward", "above", "client",
)  # fmt: skip
"""One word of each pair of opposites that are places in an order: "from left to right" turned round is another thing,
while "higher bias, lower variance" turned round is the same again."""
_ORDERED = frozenset(axis for word in _PLACES for axis, _ in AXES_OF[stem(word)])


def turned_twice(statement: str, said: str) -> bool:
    """Whether a sentence is the statement with opposites exchanged that leave it true: "lower bias, more variance"."""
    want, have = words(statement), words(said)
    pairs = [(one, other) for one, other in zip(want, have, strict=False) if one != other]
    return (
        len(want) == len(have)
        and len(pairs) > 1
        and all(axes and not axes & _ORDERED for axes in (_opposites(one, other) for one, other in pairs))
    )


def changed_copy(statement: str, said: str) -> bool:
    """Whether a sentence is the statement with one denial more or less, or with opposites in the place of its words.

    Parameters
    ----------
    statement, said : str

    Returns
    -------
    bool
    """
    want, denied = _without_denials(words(statement))
    have, denied_too = _without_denials(words(said))
    if len(want) != len(have) or len(want) < 2:
        return False
    pairs = [(n, one, other) for n, (one, other) in enumerate(zip(want, have, strict=True)) if one != other]
    axes = [_opposites(one, other) for _, one, other in pairs]
    if not all(axes):
        return False
    left = [axes[n] for n in range(len(pairs)) if not _merely_named_first(pairs[n][0], want, have)]
    turned = denied != denied_too
    if left and not turned and sorted(want) == sorted(have) and holds_either_way(want):
        return False
    if len(left) == 1:
        return not turned
    if any(axis & _ORDERED for axis in left):
        return True
    return turned and not left


def _without_denials(found: list[str]) -> tuple[list[str], bool]:
    """The words but for what denies, and whether the denials are odd in number."""
    kept, denials = [], 0
    for word, following in zip(found, [*found[1:], ""], strict=False):
        if word in _DENIALS:
            denials += following not in NOT_ALONE
        elif word == "cannot":
            kept.append("can")
            denials += 1
        elif word.endswith("n't"):
            kept.append(_IRREGULAR.get(word[:-3], word[:-3]))
            denials += 1
        else:
            kept.append(word)
    return kept, denials % 2 == 1


def _opposites(one: str, other: str) -> set[int]:
    """The pairs of opposites in which one word is the other's opposite."""
    poles = dict(AXES_OF.get(stem(other), ()))
    return {axis for axis, pole in AXES_OF.get(stem(one), ()) if poles.get(axis, pole) != pole}


def _merely_named_first(place: int, want: list[str], have: list[str]) -> bool:
    """Whether two words with "and" or "or" between them have changed places: "add or remove"."""
    for first, other in ((one, one + gap) for gap in (2, 3) for one in (place - gap, place)):
        if first < 0 or other >= len(want) or want[first + 1] not in ("and", "or"):
            continue
        if (want[first], want[other]) == (have[other], have[first]):
            return True
    return False
