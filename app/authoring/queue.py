"""Names of the jobs that a worker does for authors (the functions are in `jobs.py`)."""

from __future__ import annotations

from app.kit.jobs import JobName

CHECK_QUESTION = JobName("check_question", queue="authoring")
PREVIEW_IMPACT = JobName("preview_impact", queue="authoring")
