"""All checks of one question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.bank.checks.finding import Finding
from app.bank.checks.form import form_findings
from app.bank.checks.likeness import likeness_findings
from app.bank.checks.trial import Trial, trial_findings, try_rubric
from app.bank.question_file import QuestionFile
from app.scoring.encoded import Encode, Vectors
from app.scoring.engine import prepare
from app.scoring.rubric import Rubric


@dataclass(frozen=True)
class Bank:
    """What a check has to know of the other questions.

    Attributes
    ----------
    prerequisites : mapping of slug to slugs, or None
        Of every question; None where links cannot be followed.
    asked : mapping of slug to float32 array (d,)
        Vectors of what the other questions ask; may be empty.
    other_answer : str
        A right answer to another question, which must not pass; may be empty.
    """

    prerequisites: Mapping[str, list[str]] | None = None
    asked: Mapping[str, Vectors] = field(default_factory=dict)
    other_answer: str = ""


@dataclass(frozen=True)
class CheckResult:
    """What the checks of one question found."""

    slug: str
    findings: tuple[Finding, ...]
    trial: Trial

    @property
    def passes(self) -> bool:
        """Whether the question may be published."""
        return all(finding.severity != "error" for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "slug": self.slug,
            "passes": self.passes,
            "findings": [finding.to_dict() for finding in self.findings],
            "samples": [
                {
                    "kind": sample.kind,
                    "grade": sample.grade,
                    "score": round(sample.score, 4),
                    "by_rubric": round(sample.by_rubric, 4),
                    "in_band": sample.in_band,
                    "criteria": [criterion.to_dict() for criterion in sample.report.criteria],
                }
                for sample in self.trial.samples
            ],
            "pairs": {"in_order": self.trial.in_order, "total": len(self.trial.pairs)},
            "attacks": [{"kind": attack.kind, "score": round(attack.score, 4)} for attack in self.trial.attacks],
        }


def check_question(question: QuestionFile, encode: Encode, bank: Bank | None = None) -> CheckResult:
    """Run every check.

    Parameters
    ----------
    question : QuestionFile
    encode : callable
        One text to an `EncodedText`.
    bank : Bank or None
        The other questions; with None the question is looked at by itself.

    Returns
    -------
    CheckResult
        Depends on these arguments alone, bit for bit.
    """
    bank = bank or Bank()
    prepared = prepare(question.prompt, Rubric.from_dict(question.rubric), encode)
    trial = try_rubric(question, prepared, encode, bank.other_answer)
    findings = [
        *form_findings(question, bank.prerequisites),
        *likeness_findings(question, prepared, encode, bank.asked),
        *trial_findings(question, prepared, trial),
    ]
    findings.sort(key=lambda finding: finding.severity)  # errors first; the order within stays
    return CheckResult(question.slug, tuple(findings), trial)
