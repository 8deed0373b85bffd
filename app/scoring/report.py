"""What judging an answer gives: plain data, ready to be stored, shown and argued with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

VERDICTS = ("met", "partial", "missed", "contradicted", "unsure")


@dataclass(frozen=True)
class CriterionReport:
    """One criterion's verdict.

    Attributes
    ----------
    id, facet : str
    verdict : str
        One of `VERDICTS`.
    credit : float
        In [0, 1].
    evidence : tuple of (int, int) or None
        Code points of the answer that the verdict rests on.
    because : str
        Why, in a sentence.
    matched_statement : int or None
        Which of the criterion's statements (of its twins, if contradicted) the evidence is close to.
    follow_up : str or None
        What to ask next; only where something is missing.
    """

    id: str
    facet: str
    verdict: str
    credit: float
    evidence: tuple[int, int] | None
    because: str
    matched_statement: int | None = None
    follow_up: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "id": self.id,
            "facet": self.facet,
            "verdict": self.verdict,
            "credit": round(self.credit, 4),
            "evidence": None if self.evidence is None else {"start": self.evidence[0], "end": self.evidence[1]},
            "because": self.because,
            "matched_statement": self.matched_statement,
            "follow_up": self.follow_up,
        }


@dataclass(frozen=True)
class Report:
    """A whole answer's assessment.

    Attributes
    ----------
    score : float
        Expected grade, in [0, 1].
    confidence : float
        Probability that a person's grade lies within .2 of the score.
    needs_review : bool
        A person should look at this.
    facets : dict of str to float
        Weighted mean credit of each facet that the approach asks for.
    criteria : tuple of CriterionReport
        Of the approach that was judged best.
    approach : str
        Its id.
    feedback : str
        Two to five sentences.
    receipt : dict of str to str
        What made this score: see `app.scoring.receipt`.
    notes : tuple of str
        Why a person should look, and what was not read; may be empty.
    truncated_at : int or None
        Code point from which the answer was not read, if it was too long.
    sentences : tuple of (int, int, float) or None
        Each sentence's place and what it is worth (the score, less the score without it); None where nobody asked.
    plain : dict or None
        For questions that ask for plain language: see `app.scoring.plain_language.PlainLanguage.to_dict`.
    """

    score: float
    confidence: float
    needs_review: bool
    facets: dict[str, float]
    criteria: tuple[CriterionReport, ...]
    approach: str
    feedback: str
    receipt: dict[str, str]
    notes: tuple[str, ...] = ()
    truncated_at: int | None = field(default=None)
    sentences: tuple[tuple[int, int, float], ...] | None = None
    plain: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON: the object of `viva grade` less its id; `sentences`, `plain_language` where they were made."""
        found: dict[str, Any] = {
            "score": round(self.score, 4),
            "confidence": round(self.confidence, 4),
            "needs_review": self.needs_review,
            "facets": {facet: round(value, 4) for facet, value in self.facets.items()},
            "criteria": [criterion.to_dict() for criterion in self.criteria],
            "approach": self.approach,
            "feedback": self.feedback,
            "notes": list(self.notes),
            "truncated_at": self.truncated_at,
            "receipt": dict(self.receipt),
        }
        if self.sentences is not None:
            found["sentences"] = [
                {"start": start, "end": end, "worth": round(value, 4)} for start, end, value in self.sentences
            ]
        if self.plain is not None:
            found["plain_language"] = self.plain
        return found
