"""Why something cannot be done with an interview, or a question, as it stands now."""

from __future__ import annotations

from app.kit.errors import Conflict


class NotStarted(Conflict):
    """The interview still waits in its lobby."""

    type = "not-started"


class NotOpened(Conflict):
    """The question has a clock of its own, which does not run yet."""

    title = "The question is not open yet"
    type = "not-opened"


class InterviewPaused(Conflict):
    """An interviewer has stopped the clock for a while."""

    title = "The interview is paused"
    type = "interview-paused"


class TimeIsUp(Conflict):
    """The deadline and its grace have passed, of the interview or of the question, or the interview is finished."""

    title = "Time is up"
    type = "time-is-up"
