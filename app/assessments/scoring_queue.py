"""Names of the jobs that the worker does for assessments (the functions are in `jobs.py`)."""

from __future__ import annotations

from app.interviews.scoring_queue import SCORE_ANSWER
from app.kit.jobs import JobName

GRADE = JobName("grade", queue="scoring")
PREVIEW_LESSON = JobName("preview_lesson", queue="learning")

__all__ = ["GRADE", "PREVIEW_LESSON", "SCORE_ANSWER"]
