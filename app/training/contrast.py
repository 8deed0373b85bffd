"""Texts made by rule that are close to a right one in words and far from it in meaning."""

from __future__ import annotations

import random
import re

from app.scoring.attacks import flipped as flip_all
from app.scoring.attacks import keywords, shuffled
from app.scoring.attacks import swapped as swap_all
from app.scoring.text import sentences

__all__ = ["flipped", "keywords", "negated", "shuffled", "swapped"]

_AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|could|will|would|should|may|might|must|does|do|did|has|have|had)\b(?!\s*(?:not|n't|no|never)\b)",
    re.IGNORECASE,
)
_NEGATION = re.compile(r"\s(?:not|never)\b|n't\b", re.IGNORECASE)
_VERB = re.compile(r"\b(\w+?)(es|s)\b\s+(?=(?:the|a|an|its|their|each|every|all|to|from|in|on|with|only|by)\b)")


def negated(text: str, rng: random.Random) -> str | None:
    """Most of the sentences denied, in one of several ways."""
    out, changed = [], False
    for segment in sentences(text):
        said = text[segment.start : segment.end]
        denied = _denied(said, rng)
        changed |= denied != said
        out.append(denied)
    return " ".join(out) if changed else None


def _denied(said: str, rng: random.Random) -> str:
    way = rng.random()
    if way < 0.15 and _NEGATION.search(said):
        return _NEGATION.sub("", said, count=1)
    if way < 0.22:
        start = rng.choice(["It is not true that ", "It is wrong to say that ", "It is never the case that "])
        return start + said[:1].lower() + said[1:]
    if way < 0.8 and _AUXILIARY.search(said):
        word = rng.choice([r"\1 not", r"\1 never", r"\1 not", r"\1 by no means", r"\1n't"])
        return _AUXILIARY.sub(word, said, count=1 if rng.random() < 0.7 else 2).replace("cann't", "can't")
    verb = _VERB.search(said)
    if verb:
        base = verb.group(1) + (
            verb.group(2) if verb.group(2) == "es" and not verb.group(1).endswith(tuple("sxzh")) else ""
        )
        base = base.removesuffix("s") if base.endswith("es") else base
        return f"{said[: verb.start()]}{rng.choice(['does not', 'never', 'doesn’t'])} {base} {said[verb.end() :]}"
    tokens = said.split()
    if len(tokens) > 2:
        tokens.insert(max(1, len(tokens) // 3), rng.choice(["not", "never"]))
        return " ".join(tokens)
    return said


def flipped(text: str, rng: random.Random) -> str | None:
    """Directions turned round."""
    return flip_all(text)


def swapped(text: str, rng: random.Random) -> str | None:
    """Who does what to whom, exchanged."""
    return swap_all(text)
