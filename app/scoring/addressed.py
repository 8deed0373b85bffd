"""Sentences that are said to the grader and not to the question: they are not read, and the report says so."""

from __future__ import annotations

import re

from app.scoring.text import Segment, sentences

_TO_THE_GRADER = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,60}"
    r"\b(?:rubrics?|instructions?|criteria|criterion|grading|prompts?|rules)\b"
    r"|\b(?:give|award|assign|grant|deserves?|worth)\b.{0,40}"
    r"\b(?:full|maximum|max|top|highest|perfect)\b.{0,20}\b(?:marks?|points?|scores?|credits?|grades?)\b"
    r"|^\W*(?:score|grade|marks?|rating|verdict)\s*[:=]\s*\S{1,12}\W*$"
    r"|\b(?:this|my|the) (?:answer|response|submission) "
    r"(?:is|meets|satisfies|deserves|fulfils|fulfills|covers|matches)\b.{0,60}"
    r"\b(?:correct and complete|criteri\w+|rubrics?|full marks|perfect|model answer|requirements?)\b"
    r"|\b(?:grader|examiner|evaluator|scoring (?:system|engine|model))\b.{0,60}"
    r"\b(?:must|should|please|give|award|mark)\b",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)


def addressed(text: str) -> list[Segment]:
    """The sentences that tell a grader what to do.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of Segment
        In order.
    """
    if _TO_THE_GRADER.search(text) is None:
        return []
    return [one for one in sentences(text) if _TO_THE_GRADER.search(text[one.start : one.end])]
