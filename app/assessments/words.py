"""Bands and verdicts, and the words people read for them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Band:
    """Where a score lies, in words."""

    id: str
    label: str
    sentence: str
    below: float


BANDS = (
    Band("not-yet", "Not yet", "The main points are still missing. Read the model answers, then try again.", 0.25),
    Band("getting-there", "Getting there", "Part of it is there; an interviewer would ask for the rest.", 0.5),
    Band("solid", "Solid", "Most of what an interviewer looks for is there.", 0.75),
    Band("strong", "Strong", "This would convince an interviewer.", 1.01),
)

VERDICT_LABELS = {
    "met": "Met",
    "partial": "Partly met",
    "missed": "Missed",
    "contradicted": "Contradicted",
    "unsure": "Unsure",
}

FACET_SENTENCES = {
    "what": "naming the things and saying what they are",
    "how": "saying how they work",
    "why": "saying why, which is what interviewers miss most",
    "example": "giving an example",
    "trade_off": "weighing one against the other",
    "situation": "setting the scene",
    "action": "saying what you did",
    "result": "saying what came of it",
    "reflection": "saying what you learnt",
}


def band_of(score: float) -> Band:
    """The band of a score on 0–1: below .25, .5, .75, or above."""
    return next(band for band in BANDS if score < band.below)
