"""A rubric from model answers alone: their sentences become criteria."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.scoring.rubric import Approach, Criterion, Rubric, RubricError
from app.scoring.text import sentences, words

MAX_CRITERIA = 24
"""Further sentences of a model answer join the last one, so that a long text cannot make a rubric of hundreds."""

_CUES = (
    ("example", r"for example|for instance|e\.g\.|such as|imagine|suppose"),
    (
        "trade_off",
        "trade-?offs?|at the cost|cost|drawback|disadvantage|advantage|downside|on the other hand|however|whereas"
        "|prefer|unless|risk|price",
    ),
    ("why", "because|since|reason|therefore|thus|hence|so that|in order to|due to|why|leads? to|causes?"),
    (
        "how",
        r"by \w+ing|first|then|next|finally|step|after|before|each|computed?|applied|calculated?|update[sd]?|using|when"
        r"|until|iterat\w+",
    ),
)
_CUE = tuple((facet, re.compile(rf"\b(?:{words_of})(?!\w)", re.IGNORECASE)) for facet, words_of in _CUES)


def rubric_from_references(references: Sequence[str]) -> Rubric:
    """Derive a rubric: one approach a model answer, one criterion a sentence, weighted by its words.

    Parameters
    ----------
    references : sequence of str
        One model answer or several alternatives.

    Returns
    -------
    Rubric

    Raises
    ------
    RubricError
        There is no model answer with words in it.
    """
    approaches: list[Approach] = []
    for reference in dict.fromkeys(references):
        found = [" ".join(reference[s.start : s.end].split()) for s in sentences(reference)]
        found = _joined(found)
        if not found:
            continue
        number = len(approaches) + 1
        criteria = tuple(
            Criterion(id=f"s{i}", facet=facet_of(text), weight=_weight(text), statements=(text,))
            for i, text in enumerate(found, start=1)
        )
        approaches.append(Approach(f"reference-{number}", f"Model answer {number}", criteria))
    if not approaches:
        raise RubricError("references", "needs at least one model answer with words in it")
    return Rubric(tuple(approaches))


def facet_of(sentence: str) -> str:
    """Which facet a sentence speaks to, by its cue words; ``what`` if none."""
    for facet, cue in _CUE:
        if cue.search(sentence):
            return facet
    return "what"


def _joined(found: list[str]) -> list[str]:
    """Sentences of one or two words say little alone: they go with the one before."""
    joined: list[str] = []
    for text in found:
        if joined and (len(words(text)) < 3 or len(joined) >= MAX_CRITERIA):
            joined[-1] = f"{joined[-1]} {text}"
        else:
            joined.append(text)
    return joined


def _weight(text: str) -> float:
    """Between 1 and 3: longer sentences say more, but not in proportion."""
    return round(min(3.0, max(1.0, len(words(text)) / 8)), 2)
