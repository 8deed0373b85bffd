"""Names of the jobs that the worker does for assessments (the functions are in `jobs.py`)."""

from __future__ import annotations

from app.interviews.scoring_queue import SCORE_ANSWER
from app.kit.jobs import JobName

GRADE = JobName("grade", queue="scoring")

__all__ = ["GRADE", "SCORE_ANSWER"]
