"""Fluent texts that say nothing of a question, and how much of a model answer each of its words they seem to say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.scoring.encoded import Vectors
from app.scoring.lexicon import FUNCTION_WORDS
from app.scoring.text import words

_TEXTS = (
    "This is an interesting point and people talk about it a great deal. There are several ways of looking at it, and"
    " which one is right depends on the case. It matters in practice, and one should think about it with care. I have"
    " seen it often in my work, and I would say that experience helps a lot here.",
    "{0} is something that everyone in the field should know. When it comes to {1}, there is much to say about {2},"
    " with benefits on one side and problems on the other. It depends on what is needed and on how much time there is."
    " In general {1} and {3} are among the most important things to understand.",
    "To answer this, one has to look at {2} and at {0} closely. They are used in many places and they are essential"
    " for good results. I would start with the basics of {0}, then consider {1} and {3} in detail, and then decide what"
    " is best for the project.",
)
MOST_NAMED = 40
"""Words of a long question that are named."""
_ANY = ("this", "that", "it", "all")


def texts_about(question: str) -> list[str]:
    """What somebody writes who knows nothing but the question.

    Parameters
    ----------
    question : str

    Returns
    -------
    list of str
    """
    found = [word for word in dict.fromkeys(words(question)) if word not in FUNCTION_WORDS and len(word) > 3]
    named = f"The question is about {', '.join(found[:MOST_NAMED])}, and about how these things go together."
    subject = [*sorted(found, key=len, reverse=True)[: len(_ANY)], *_ANY][: len(_ANY)]
    return [*(text.format(*subject) for text in _TEXTS), named]


def matched_by(tokens: Vectors, texts: Sequence[Vectors]) -> NDArray[np.float32]:
    """Best cosine of each token among the tokens of some texts.

    Parameters
    ----------
    tokens : float32 array (n, d)
        Of length 1 each.
    texts : sequence of float32 array (m, d)
        At least one with tokens; of length 1 each.

    Returns
    -------
    float32 array (n,)
    """
    return np.asarray((tokens @ np.concatenate(texts).T).max(axis=1), dtype=np.float32)
