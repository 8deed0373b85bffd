"""Outcomes of writing that are no success, as problems: said, while the text is already kept."""

from __future__ import annotations

from app.interviews.writing import AnswerOutcome, DraftOutcome
from app.kit.errors import Conflict


class DraftConflict(Conflict):
    """Another tab or device saved a newer draft."""

    title = "A newer draft exists"
    type = "draft-conflict"


class TimeIsUp(Conflict):
    """The deadline and its grace have passed, or the interview is finished."""

    title = "Time is up"
    type = "time-is-up"


class AlreadyAnswered(Conflict):
    """The question has its one answer."""

    title = "Already answered"
    type = "already-answered"


def draft_problem(outcome: DraftOutcome) -> Conflict:
    """The problem of a draft that was not saved as the newest."""
    theirs = {"text": outcome.server_text, "revision": outcome.revision, "saved_at": outcome.saved_at}
    if outcome.kind == "conflict":
        return DraftConflict(
            "A newer draft was saved elsewhere, perhaps in another tab. Both texts are kept: choose one, and save it "
            f"with base_revision {outcome.revision}.",
            yours={"text": outcome.text},
            theirs=theirs,
            kept=True,
        )
    if outcome.kind == "already-answered":
        return AlreadyAnswered(
            "This question is answered already and cannot be changed. Your text was kept.",
            kept=True,
            theirs=theirs,
        )
    return TimeIsUp("Time is up. This text was kept and will be shown, but not scored.", kept=True, theirs=theirs)


def answer_problem(outcome: AnswerOutcome) -> Conflict:
    """The problem of an answer that was not taken."""
    if outcome.kind == "already-answered":
        assert outcome.answer is not None
        return AlreadyAnswered(
            "This question is answered already, with another text, and cannot be changed. Your text was kept.",
            kept=True,
            theirs={"text": outcome.answer.text, "submitted_at": outcome.answer.submitted_at},
        )
    return TimeIsUp("Time is up. This text was kept and will be shown, but not scored.", kept=True)
