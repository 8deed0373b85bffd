"""The name of the job that scores an answer: interviews enqueue it, `assessments.jobs` does it."""

from __future__ import annotations

from app.kit.jobs import JobName

SCORE_ANSWER = JobName("score_answer", queue="scoring")
