"""Whether two sentences that share their words say opposite things: negation, direction, swapped roles.

Sentence embeddings are nearly blind to this ("it is" against "it is not" has a cosine of .95), so it is read from the
words. The rules speak up only where two sentences overlap enough to be compared word by word, and are silent otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app.scoring.lexicon import FUNCTION_WORDS, stem
from app.scoring.text import WORD, words

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
NOT_ALONE = frozenset({"only", "just", "merely", "necessarily"})
"""What follows "not" where nothing is denied: "not only"."""
_OPPOSITES = (
    (
        "increase rise raise grow gain boost amplify enlarge climb ascend",
        "decrease reduce lower fall shrink drop diminish lose cut decline descend",
    ),
    (
        "more most higher high highest larger large largest bigger big greater great max maximum maximise maximize",
        "less least fewer lower low lowest smaller small smallest little min minimum minimise minimize",
    ),
    ("long longer longest lengthen", "short shorter shortest shorten"),
    ("fast faster fastest quick quicker quickly accelerate rapid rapidly", "slow slower slowest slowly slowed"),
    ("above over", "below under beneath"),
    ("up upward upwards", "down downward downwards"),
    ("top", "bottom"),
    ("left", "right"),
    ("before", "after"),
    ("previous preceding", "next following subsequent"),
    ("first", "last"),
    ("earlier early", "later late"),
    ("begin start starting beginning", "end ending stop finish"),
    ("positive", "negative"),
    ("add addition plus append insert", "subtract subtraction minus remove delete drop"),
    ("multiply multiplied multiplication", "divide divided division"),
    ("always every all ever everything", "never none nothing"),
    ("vanish vanishing", "explode exploding"),
    ("shallow", "deep"),
    ("narrow narrower", "wide wider broad"),
    ("expand inflate stretch", "compress contract squeeze"),
    ("forward", "backward backwards"),
    ("inside internal inner within", "outside external outer"),
    ("same equal identical equally similar", "different unequal differently differ dissimilar"),
    ("dependent depend depends", "independent independently"),
    ("possible", "impossible"),
    ("true correct right valid correctly", "false incorrect wrong invalid wrongly incorrectly"),
    ("easy easier easiest simple simpler", "hard harder hardest difficult complex complicated"),
    (
        "better best improve improves help helps good benefit advantage",
        "worse worst worsen hurt hurts bad harm damage disadvantage drawback",
    ),
    ("strong stronger strongest strengthen", "weak weaker weakest weaken"),
    ("encourage allow enable permit let cause", "discourage prevent disable forbid avoid block"),
    ("overfit overfitting", "underfit underfitting"),
    ("open", "closed close shut"),
    ("hot hotter warm warmer heat", "cold colder cool cooler"),
    ("cheap cheaper cheapest", "expensive costly dear"),
    ("accept", "reject"),
    ("include", "exclude"),
    ("keep retain preserve", "remove discard drop lose"),
    ("shared same", "separate"),
    ("fixed same", "random"),
    ("connected connect attach attached joined", "disconnected disconnect detached separated"),
    ("attract", "repel"),
    ("stable", "unstable"),
    ("many much", "few"),
    ("with", "without"),
    ("static", "dynamic dynamically"),
    ("success succeed successful", "failure fail unsuccessful"),
    ("too", "enough"),
    ("training train", "testing test validation"),
    ("sender send sends transmit", "receiver receive receives"),
    ("input inputs", "output outputs"),
    ("encoder encode", "decoder decode"),
    ("supervised", "unsupervised"),
    ("linear linearly", "nonlinear nonlinearly"),
    ("local locally", "global globally"),
    ("public", "private"),
    ("visible", "hidden invisible"),
    ("known", "unknown"),
    ("constant", "variable"),
    ("finite bounded", "infinite unbounded"),
    ("sparse", "dense"),
    ("convex", "concave"),
    ("continuous", "discrete"),
    ("deterministic", "stochastic random"),
    ("sequential serial sequentially", "parallel"),
    ("synchronous", "asynchronous"),
    ("mutable", "immutable"),
    ("push", "pop pull"),
    ("read", "write"),
    ("row rows", "column columns"),
    ("horizontal", "vertical"),
    ("parent", "child"),
    ("head", "tail"),
    ("numerator", "denominator"),
    ("precision", "recall"),
    ("bias", "variance"),
    ("mean average", "median"),
    ("absolute", "relative"),
    ("necessary required need needs", "unnecessary optional needless"),
    ("useful", "useless"),
    ("present presence", "absent absence missing"),
    ("full", "empty"),
    ("light lighter", "heavy heavier dark darker"),
    ("near closer closest nearer", "far farther farthest further"),
    ("win", "lose"),
    ("active activate on", "inactive deactivate off"),
    ("direct directly", "indirect indirectly"),
    ("even", "odd"),
    ("manual manually", "automatic automatically"),
    ("old older", "new newer young younger"),
    ("smooth", "rough noisy"),
    ("hard", "soft"),
    ("thick", "thin"),
    ("rich", "poor"),
    ("safe", "dangerous unsafe"),
    ("permanent permanently", "temporary temporarily"),
    ("upper", "lower"),
    ("compile", "interpret"),
    ("client", "server"),
    ("charge charged", "uncharged"),
    ("conductor conduct conducts", "insulator insulate"),
    ("dissolve soluble", "insoluble"),
    ("sink", "float"),
    ("freeze", "melt"),
    ("underestimate", "overestimate"),
    ("ignore", "consider"),
)


def _axes() -> dict[str, tuple[tuple[int, int], ...]]:
    table: dict[str, list[tuple[int, int]]] = {}
    for number, sides in enumerate(_OPPOSITES):
        for pole, side in zip((1, -1), sides, strict=True):
            for word in side.split():
                table.setdefault(stem(word), []).append((number, pole))
    return {word: tuple(dict.fromkeys(places)) for word, places in table.items()}


AXES_OF = _axes()
"""Stem to its places: the number of the pair of opposites, and the pole (1 or -1)."""
# A line that goes on in small letters is one line, broken to fit: "barely\nchanges" is still denied.
_CLAUSE_END = re.compile(
    r"[.;:!?,]|(?-i:\n(?![^\S\n]*[a-z]))"
    r"|\b(?:but|because|so|which|while|whereas|although|and|since|if|when|then|therefore)\b",
    re.I,
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
    """

    signs: dict[str, int]
    axes: dict[int, int]
    order: tuple[str, ...]


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
            if word in _NEGATORS or (word in FUNCTION_WORDS and one not in AXES_OF):
                continue
            order.append(one)
            by_stem.setdefault(one, set()).add(sign)
            for axis, pole in AXES_OF.get(one, ()):
                by_axis.setdefault(axis, set()).add(pole)
    return Signs(_merged(by_stem), _merged(by_axis), tuple(order))


def _merged(found: dict[str, set[int]] | dict[int, set[int]]) -> dict:  # type: ignore[type-arg]
    return {key: values.copy().pop() if len(values) == 1 else 0 for key, values in found.items()}


@dataclass(frozen=True, slots=True)
class TokenMarks:
    """What the tokens of a text say about sign and direction.

    Attributes
    ----------
    signs : float32 array (n,)
        1 in an affirmed clause, -1 in a negated one, 0 for the negation itself and for what is no word.
    poles : float32 array (n, AXES)
        For each pair of opposites that the token's word names, 1 or -1.
    """

    signs: NDArray[np.float32]
    poles: NDArray[np.float32]


AXES = len(_OPPOSITES)


def token_marks(text: str, offsets: NDArray[np.int32]) -> TokenMarks:
    """Read the signs and the directions of a text's tokens.

    Parameters
    ----------
    text : str
    offsets : int32 array (n, 2)
        Where each token stands, in code points; starts never fall.

    Returns
    -------
    TokenMarks
    """
    found = np.zeros(len(offsets), dtype=np.float32)
    poles = np.zeros((len(offsets), AXES), dtype=np.float32)
    plain = text.replace("’", "'")
    starts, ends = offsets[:, 0], offsets[:, 1]
    first = 0
    for last in [*(match.start() for match in _CLAUSE_END.finditer(plain)), len(plain)]:
        spans = [(first + m.start(), first + m.end()) for m in WORD.finditer(plain[first:last])]
        tokens = [plain[start:end].lower() for start, end in spans]
        after = [*tokens[1:], ""]
        negators = [_negates(word, following) for word, following in zip(tokens, after, strict=False)]
        sign = -1 if sum(negators) % 2 else 1
        for word, negator, (start, end) in zip(tokens, negators, spans, strict=True):
            a, b = np.searchsorted(ends, start, side="right"), np.searchsorted(starts, end, side="left")
            found[a:b] = 0 if negator else sign
            for axis, pole in () if negator else AXES_OF.get(stem(word), ()):
                poles[a:b, axis] = pole
        first = last
    return TokenMarks(found, poles)


def _negates(word: str, following: str) -> bool:
    if word.endswith("n't"):
        return True
    if word == "instead":
        return following == "of"
    if word == "rather":
        return following == "than"
    return word in _NEGATORS and not (word == "not" and following in NOT_ALONE)
