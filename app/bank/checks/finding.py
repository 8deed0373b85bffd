"""What a check has to say."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing that a check found.

    Attributes
    ----------
    severity : str
        ``error`` keeps the question from being published; ``warning`` is advice.
    rule : str
        Which check, as in docs/question-format.md.
    field : str
        Path of the place in the question's file, such as ``rubric.approaches[0].criteria[2].statements[1]``.
    message : str
        What is wrong and what to do, in a sentence.
    """

    severity: Severity
    rule: str
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.field}: {self.message} [{self.rule}]"

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def error(rule: str, field: str, message: str) -> Finding:
    """A finding that forbids publishing."""
    return Finding("error", rule, field, message)


def warning(rule: str, field: str, message: str) -> Finding:
    """A finding that advises."""
    return Finding("warning", rule, field, message)
