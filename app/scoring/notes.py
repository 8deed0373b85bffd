"""What a report says beside the verdicts: why the score moved, what was not read, what it seems to be."""

from __future__ import annotations

from app.scoring.plain_language import PlainLanguage

NOTED_SHIFT = 0.05
"""How far graded samples may move a score without the report saying so."""


def notes(
    by_criteria: float,
    score: float,
    foreign: bool,
    truncated: int | None,
    addressed: bool,
    inverted: bool,
    listed: bool,
    general: bool,
    plain: PlainLanguage | None,
) -> tuple[str, ...]:
    """The notes of one report, in the order in which they are shown.

    Parameters
    ----------
    by_criteria, score : float
        Without and with graded samples, in [0, 1].
    foreign : bool
        The answer is in another language than the rubric.
    truncated : int or None
        How many characters were read, if not all.
    addressed : bool
        Something was said to the grader.
    inverted : bool
        The answer seems to say what the rubric says, the other way round.
    listed : bool
        It is words without sentences.
    general : bool
        What it has of the model answer is hardly more than a text about nothing would have, and that bounds the score.
    plain : PlainLanguage or None
        None where plain language was not asked for.

    Returns
    -------
    tuple of str
    """
    found = []
    if abs(score - by_criteria) >= NOTED_SHIFT:
        found.append(_why_moved(by_criteria, score))
    if foreign:
        found.append("The answer seems to be in another language than the rubric.")
    if truncated is not None:
        found.append(f"Only the first {truncated:,} characters were read.")
    if addressed:
        found.append("What is said to the grader instead of to the question was not read.")
    if inverted:
        found.append("Much of the answer seems to say the opposite of what the rubric says.")
    if listed:
        found.append("The answer reads as a list of words rather than as sentences.")
    if general:
        found.append("It has hardly more of the model answer than a general text about the subject would have.")
    if plain is not None and plain.note():
        found.append(plain.note())
    return tuple(found)


def _why_moved(by_criteria: float, score: float) -> str:
    more = "more" if score > by_criteria else "less"
    return (
        f"By its criteria alone this answer would get {round(by_criteria * 100)} of 100. Answers like it that people"
        f" graded got {more} than their criteria alone would give, so it gets {round(score * 100)}."
    )
