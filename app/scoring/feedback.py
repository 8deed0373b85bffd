"""A few sentences such as an interviewer would say, made from the verdicts and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.scoring.report import CriterionReport
from app.scoring.text import Segment
from app.scoring.verdicts import quoted

_ASKS = {
    "what": "what it is",
    "how": "how it works",
    "why": "why it is so",
    "example": "an example",
    "trade_off": "what it costs and when it pays",
    "situation": "the situation",
    "action": "what you did yourself",
    "result": "what came of it",
    "reflection": "what you took away from it",
}


def feedback(
    score: float, criteria: Sequence[CriterionReport], facets: Mapping[str, float], text: str, disorder: bool
) -> str:
    """Say what was good, what was wrong and what was missing.

    Parameters
    ----------
    score : float
        In [0, 1].
    criteria : sequence of CriterionReport
    facets : mapping of str to float
    text : str
        The answer, from which is quoted.
    disorder : bool
        The answer is words without sentences.

    Returns
    -------
    str
        Two to five sentences.
    """
    if disorder:
        return (
            "The right words turn up, but they stand side by side without sentences, so they do not show what you "
            "understand. Say in full sentences how they belong together, and why."
        )
    met = sorted((c for c in criteria if c.verdict == "met" and c.evidence), key=lambda c: -c.credit)
    wrong = [c for c in criteria if c.verdict == "contradicted" and c.evidence]
    open_ones = [c for c in criteria if c.verdict in ("missed", "partial")]
    said = []
    if met:
        quote = quoted(text, Segment(*(met[0].evidence or (0, 0)), "sentence"), 110)
        lead = (
            "This is a strong answer"
            if score >= 0.75
            else "You are right where you say"
            if score < 0.5
            else "Much of this is right"
        )
        said.append(f"{lead}: {quote} is to the point." if score >= 0.5 else f"{lead} {quote}.")
        if len(met) > 1:
            others = len(met) - 1
            said.append(
                f"{_count(others)} more of what was asked for {'is' if others == 1 else 'are'} covered as well."
            )
    elif wrong:
        said.append("The subject is the right one, but what you say about it does not hold.")
    else:
        said.append("The answer does not get to what was asked for yet.")
    # Words that a point was credited for are not called wrong in the same breath: the point itself says what is meant.
    wrong = [c for c in wrong if not any(_overlap(c, other) for other in met)]
    if wrong:
        quote = quoted(text, Segment(*(wrong[0].evidence or (0, 0)), "sentence"), 110)
        said.append(f"Look again at {quote}: that is a misconception, or the opposite of what holds.")
    if open_ones:
        weakest = _weakest(open_ones, facets)
        said.append(f"What is missing most is {_ASKS.get(weakest.facet, weakest.facet)}.")
        if weakest.follow_up:
            said.append(f"Ask yourself: {weakest.follow_up}")
    elif not wrong:
        said.append("Nothing that was asked for is missing.")
    if len(said) < 2:
        said.append("Read the model answer beside yours and see what differs.")
    return " ".join(said[:5])


def _overlap(one: CriterionReport, other: CriterionReport) -> bool:
    if one.evidence is None or other.evidence is None:
        return False
    return one.evidence[0] < other.evidence[1] and other.evidence[0] < one.evidence[1]


def _weakest(open_ones: Sequence[CriterionReport], facets: Mapping[str, float]) -> CriterionReport:
    """The one to work on next: of the facet that did worst, the one with the least credit."""
    return min(open_ones, key=lambda c: (round(facets.get(c.facet, 0.0), 6), round(c.credit, 6), c.id))


def _count(number: int) -> str:
    names = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
    return names[number] if number < len(names) else str(number)
