"""Words: which of them carry a meaning of their own, how rare they are, and which are forms of one another."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from app.scoring.text import words

FUNCTION_WORDS = frozenset(
    """a about above after again against all also although am among an and another any are around as at be because
    been before being below between both but by can can't cannot could couldn't did didn't do does doesn't doing
    don't down during each either else enough etc even ever every few for from further get gets had hadn't has
    hasn't have haven't having he her here hers him himself his how however i i'd i'll i'm i've if in instead into
    is isn't it it's its itself just let lets like made make makes making many may me might more most much must
    mustn't my myself neither no nor not of off often on once one ones only or other others otherwise our ours out
    over own per quite rather really same shall she should shouldn't since so some something such than that that's
    the their theirs them themselves then there there's therefore these they they'd they'll they're they've this
    those though through thus to too under until up upon us use used uses using very via was wasn't way we we'd
    we'll we're we've well were weren't what when where whereas whether which while who whom whose why will with
    within without won't would wouldn't yet you you'd you'll you're you've your yours""".split()
)
"""English words that hold a sentence together: no evidence of knowledge, but a text without them is no sentence."""

_SUFFIXES = (
    ("isations", "is"), ("izations", "is"), ("isation", "is"), ("ization", "is"), ("ational", "at"), ("ations", "at"),
    ("ation", "at"), ("ating", "at"), ("ated", "at"), ("ates", "at"), ("ate", "at"), ("ising", "is"), ("izing", "is"),
    ("ised", "is"), ("ized", "is"), ("ises", "is"), ("izes", "is"), ("ise", "is"), ("ize", "is"), ("nesses", ""),
    ("ness", ""), ("ments", ""), ("ment", ""), ("ities", ""), ("ity", ""), ("ively", ""), ("ive", ""), ("ingly", ""),
    ("edly", ""), ("ally", "al"), ("ies", "y"), ("ied", "y"), ("ings", ""), ("ing", ""), ("ers", ""), ("ions", ""),
    ("ion", ""), ("ed", ""), ("es", ""), ("er", ""), ("ly", ""), ("s", ""), ("e", ""),
)  # fmt: skip


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A crude common form of a word's inflections; British and American spelling give the same.

    Parameters
    ----------
    word : str
        In lower case.

    Returns
    -------
    str
        Not a word; only good for comparing.
    """
    if word.endswith("'s"):
        word = word[:-2]
    if len(word) <= 3 or not word.isascii() or not word.isalpha():
        return word
    for suffix, instead in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3 and not (suffix == "s" and word.endswith("ss")):
            word = word[: -len(suffix)] + instead
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word.replace("our", "or") if len(word) > 4 else word


@cache
def _counts() -> tuple[float, dict[str, int]]:
    table = json.loads(files("app.scoring").joinpath("weights/words.json").read_text(encoding="utf-8"))
    return float(table["questions"]), table["count"]


@lru_cache(maxsize=50_000)
def rarity(stemmed: str) -> float:
    """Inverse document frequency of a stem over exam questions: in how few questions' answers it occurs.

    Parameters
    ----------
    stemmed : str
        As `stem` gives it.

    Returns
    -------
    float
        From 0 (in all of them) to 1 (a word the table does not know).
    """
    total, counts = _counts()
    count = counts.get(stemmed, 0)
    return math.log((1 + total) / (1 + count)) / math.log(1 + total)


def token_weights(text: str, offsets: NDArray[np.int32], count: int) -> NDArray[np.float32]:
    """What each token of a text counts: the rarity of its word; function words and punctuation count a little.

    Parameters
    ----------
    text : str
    offsets : int32 array (n, 2)
        Code points of each token.
    count : int
        How many weights are wanted, at least n.

    Returns
    -------
    float32 array (count,)
        Above 0.
    """
    weights = np.full(count, 0.05, dtype=np.float32)
    for i, (start, end) in enumerate(offsets):
        while start > 0 and text[start - 1].isalnum():
            start -= 1
        while end < len(text) and text[end].isalnum():
            end += 1
        word = text[start:end].lower()
        if any(c.isalnum() for c in word) and word not in FUNCTION_WORDS:
            weights[i] = 0.1 + rarity(stem(word))
        elif word in ("not", "no", "never", "without", "cannot"):
            weights[i] = 0.3
    return weights


def content_stems(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order, with repeats."""
    return [stem(word) for word in words(text) if word not in FUNCTION_WORDS]


def recall(wanted: Iterable[str], said: frozenset[str], asked: frozenset[str]) -> float:
    """How much of a statement's vocabulary a text has, by rarity; what the question says itself counts a fifth.

    Parameters
    ----------
    wanted : iterable of str
        Content stems of the statement.
    said, asked : frozenset of str
        Content stems of the text and of the question.

    Returns
    -------
    float
        In [0, 1]; 0 for a statement without content words.
    """
    total = found = 0.0
    for one in dict.fromkeys(wanted):
        weight = rarity(one) * (0.2 if one in asked else 1.0)
        total += weight
        if one in said:
            found += weight
    return found / total if total else 0.0
