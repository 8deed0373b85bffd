"""Tests that a question carries: its form, its likeness to others, and how its rubric judges its samples and attacks.

`check_question` runs them all. An error keeps a question from being published; a warning is advice.
"""

from __future__ import annotations

from app.bank.checks.finding import Finding, Severity
from app.bank.checks.run import Bank, CheckResult, check_question

__all__ = ["Bank", "CheckResult", "Finding", "Severity", "check_question"]
