"""Whether a text is made of sentences, or of words in no order. Never whether the sentences are correct English."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.scoring.lexicon import FUNCTION_WORDS
from app.scoring.syntax import Syntax
from app.scoring.text import words

_CLASSES = {
    "article": "a an the this that these those each every some any no all both its their his her our your my whose",
    "preposition": "of in on at by for from into to with within without through during over under up upon via until per"
    " between about above after against before below down off out around as than like",
    "pronoun": "i he she it they we you one ones itself themselves himself herself there him them us me which who"
    " whom something other others it's that's there's they're we're you're i'm i've they've we've it'll",
    "be": "is are was were be been being am isn't aren't wasn't weren't",
    "auxiliary": "can could may might must shall should will would do does did has have had having can't cannot"
    " couldn't won't wouldn't shouldn't mustn't don't doesn't didn't hasn't haven't hadn't",
    "verb": "make makes making made use used uses using get gets let lets",
    "and": "and or but nor so yet",
    "subordinate": "because if when while where whereas since although though whether why how what once even therefore"
    " thus hence",
    "adverb": "not never only also very more most less much many few just then too again further often even quite"
    " rather same such own almost already still however instead really always here well",
}
_CLASS_OF = {word: name for name, row in _CLASSES.items() for word in row.split()}
START, END = "start", "end"


def function_words() -> set[str]:
    """The words whose classes are known one by one."""
    return set(_CLASS_OF)


LEAST_WORDS = 8
"""Shorter sentences are judged together."""
LEAST_JUDGED = 4
"""Fewer words than these in all are not judged: any few may stand in any order."""
LEAST_SHUFFLED = 9
"""Fewer than these, with function words among them, must look very odd."""
BARE, GLUED = 0.12, 0.25
"""Shares of function words up to which words are bare, and from which they are not."""
LEAST_WHOLE = 12
"""Words from which an answer is judged as a whole too."""
SCRAPS = 0.5
"""Share of words in sentences of at most four from which they are headings, and as good as bare."""


def classes(sentence: str) -> list[str]:
    """Word classes of a sentence, in order, from a closed list of function words and from endings."""
    return [START, *(_class(word) for word in words(sentence)), END]


def _class(word: str) -> str:
    known = _CLASS_OF.get(word)
    if known:
        return known
    if word[0].isdigit() or len(word) == 1:
        return "symbol"
    if word.endswith("ing"):
        return "ing"
    if word.endswith("ed"):
        return "ed"
    if word.endswith("ly"):
        return "ly"
    if word.endswith(("tion", "sion", "ity", "ness", "ment", "ance", "ence")):
        return "noun"
    if word.endswith(("al", "ive", "ous", "ic", "able", "ible", "ful")):
        return "adjective"
    return "plural" if word.endswith("s") and not word.endswith("ss") else "word"


SIGNALS = ("order", "glue", "bare", "scraps", "length")


def signals(sentences: Sequence[str], transitions: Mapping[str, Mapping[str, float]] | None = None) -> dict[str, float]:
    """What words alone tell of order.

    Parameters
    ----------
    sentences : sequence of str
        With words in them.
    transitions : mapping or None
        See `weights/order.json`, which None means.

    Returns
    -------
    dict of str to float
        - ``order``: how much likelier each word class is after the one before it than anywhere (mean log ratio);
        - ``glue``: share of function words;
        - ``bare``: share of the words in runs of four or more content words;
        - ``scraps``: share of the words in sentences of at most four words;
        - ``length``: logarithm of the number of words.
    """
    rows = [classes(one) for one in sentences]
    count = sum(len(row) - 2 for row in rows)
    table = _transitions() if transitions is None else transitions
    gains = [table.get(one, {}).get(two, -1.0) for row in rows for one, two in pairwise(row)]
    glued = [word in FUNCTION_WORDS for one in sentences for word in words(one)]
    bare = run = 0
    for is_glue in [*glued, True]:
        if is_glue:
            bare += run if run >= 4 else 0
            run = 0
        else:
            run += 1
    return {
        "order": sum(gains) / len(gains),
        "glue": sum(glued) / len(glued),
        "bare": bare / len(glued),
        "scraps": sum(len(row) - 2 for row in rows if len(row) <= 6) / count,
        "length": math.log(count),
    }


@dataclass(frozen=True, eq=False)
class Order:
    """A small network that tells sentences from words without order, by the vectors of their tokens.

    Attributes
    ----------
    project : float32 array (d, h)
        The encoder's token vectors (of length 1) know their neighbours: out of order, they look different.
    bias : float32 array (h,)
    out : float32 array (2 h + len(SIGNALS),)
        Weights of the units' means and largest values, and of `signals`.
    out_bias : float
    """

    project: NDArray[np.float32]
    bias: NDArray[np.float32]
    out: NDArray[np.float32]
    out_bias: float

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.floating]]) -> Order:
        """Read the arrays as `app.training` writes them."""
        read = {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in arrays.items()}
        return cls(read["project"], read["bias"], read["out"], float(read["out_bias"].ravel()[0]))

    def log_odds(self, tokens: NDArray[np.float32], found: Mapping[str, float]) -> float:
        """How likely a piece of text is words without sentences, as log odds.

        Parameters
        ----------
        tokens : float32 array (n, d)
            Its unit token vectors, at least one.
        found : mapping
            Its `signals`.

        Returns
        -------
        float
        """
        units = np.maximum(tokens @ self.project + self.bias, 0)
        seen = np.concatenate([units.mean(axis=0), units.max(axis=0), [found[name] for name in SIGNALS]])
        return float(seen @ self.out) + self.out_bias


def units(sentences: Sequence[str]) -> list[list[int]]:
    """Which sentences are judged together: each by itself, the short ones as one, for few words may stand anyhow.

    Parameters
    ----------
    sentences : sequence of str

    Returns
    -------
    list of list of int
        Numbers of sentences; what has fewer than `LEAST_JUDGED` words in all is left out.
    """
    counts = [len(words(one)) for one in sentences]
    short = [n for n, count in enumerate(counts) if count < LEAST_WORDS]
    found = [[n] for n, count in enumerate(counts) if count >= LEAST_WORDS]
    return [*found, short] if sum(counts[n] for n in short) >= LEAST_JUDGED else found


def disorders(
    order: Order,
    syntax: Syntax,
    sentences: Sequence[str],
    tokens: Sequence[NDArray[np.float32]],
    spans: Mapping[str, Sequence[float]],
) -> NDArray[np.float32]:
    """How far each sentence of an answer is words without order.

    Parameters
    ----------
    order : Order
    syntax : Syntax
    sentences : sequence of str
    tokens : sequence of float32 array (n, d)
        Unit token vectors of each sentence.
    spans : mapping of str to (start, full)
        Log odds of salad at which disorder begins, and at which it is complete: ``glued`` by both networks, ``short``
        likewise for fewer than `LEAST_SHUFFLED` words, ``whole`` for all of an answer; ``bare`` by vectors alone, for
        words with hardly a function word among them and for headings. (Students who write shortly use few function
        words; keywords have none.)

    Returns
    -------
    float32 array (len(sentences),)
        In [0, 1].
    """
    result = np.zeros(len(sentences), dtype=np.float32)
    for unit in units(sentences):
        mine = [sentences[n] for n in unit]
        found = signals(mine)
        by_vectors = order.log_odds(np.concatenate([tokens[n] for n in unit]), found)
        # The two err on different texts: added up they see more shuffled answers than either.
        odds = by_vectors + syntax.log_odds(" ".join(mine))
        glued = _ramp(found["glue"], BARE, GLUED)
        if glued and round(math.exp(found["length"])) < LEAST_SHUFFLED:
            # A few words can stand in nearly any order.
            result[unit] = _ramp(odds, *spans["short"])
            continue
        bare = 1.0 if found["scraps"] >= SCRAPS else 1 - glued
        # Headings are in order, and no sentences: their vectors tell.
        headings = bare * _ramp(by_vectors, *spans["bare"])
        result[unit] = max(headings, _ramp(odds, *spans["glued"]))
    if sum(len(words(one)) for one in sentences) >= LEAST_WHOLE:
        # Of many sentences that are all a little odd, each alone would pass.
        odds = order.log_odds(np.concatenate(tokens), signals(sentences)) + syntax.log_odds(" ".join(sentences))
        result = np.maximum(result, np.float32(_ramp(odds, *spans["whole"])))
    return result


def _ramp(value: float, start: float, full: float) -> float:
    return min(1.0, max(0.0, (value - start) / (full - start)))


@cache
def _transitions() -> dict[str, dict[str, float]]:
    loaded = json.loads(files("app.scoring").joinpath("weights/order.json").read_text(encoding="utf-8"))
    table: dict[str, dict[str, float]] = loaded["transitions"]
    return table
