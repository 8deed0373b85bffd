"""Whether a text is made of sentences, or of words in no order. Never whether the sentences are correct English."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from app.scoring.lexicon import FUNCTION_WORDS
from app.scoring.text import sentences, words

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
LEAST_WORDS = 8
"""Shorter texts are not judged: any few words may stand in any order."""


def classes(text: str) -> list[list[str]]:
    """Word classes of each sentence, in order, from a closed list of function words and from endings."""
    return [
        [START, *(_class(word) for word in words(text[segment.start : segment.end])), END]
        for segment in sentences(text)
    ]


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


def signals(text: str, transitions: Mapping[str, Mapping[str, float]] | None = None) -> dict[str, float] | None:
    """What tells sentences from salad.

    Parameters
    ----------
    text : str
    transitions : mapping or None
        See `weights/order.json`, which None means.

    Returns
    -------
    dict of str to float, or None for a text too short to judge
        - ``order``: how much likelier each word class is after the one before it than anywhere (mean log ratio);
        - ``glue``: share of function words;
        - ``bare``: share of the words in runs of four or more content words;
        - ``scraps``: share of the words in sentences of at most four words;
        - ``length``: logarithm of the number of words.
    """
    rows = classes(text)
    count = sum(len(row) - 2 for row in rows)
    if count < LEAST_WORDS:
        return None
    table = _weights()["transitions"] if transitions is None else transitions
    gains = [table.get(one, {}).get(two, -1.0) for row in rows for one, two in pairwise(row)]
    glued = [word in FUNCTION_WORDS for word in words(text)]
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


def salad(text: str) -> float:
    """Probability that a text is words without sentences.

    Parameters
    ----------
    text : str

    Returns
    -------
    float
        In [0, 1]; 0 for a text too short to judge, or not in English (of which the word lists are).
    """
    found = signals(text)
    if found is None:
        return 0.0
    model = _weights()["salad"]
    z = model["bias"] + sum(weight * found[name] for name, weight in model["weights"].items())
    doubt = min(1.0, (math.exp(found["length"]) - LEAST_WORDS + 2) / 12)  # eighteen words and more are judged in full
    return doubt / (1 + math.exp(-max(-30.0, min(30.0, z))))


@cache
def _weights() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(files("app.scoring").joinpath("weights/order.json").read_text(encoding="utf-8"))
    return loaded
