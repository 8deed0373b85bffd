"""Outcomes of writing that are no success, as problems: said, while the text is already kept."""

from __future__ import annotations

from typing import Any

from app.interviews.states import InterviewPaused, TimeIsUp
from app.interviews.writing import AnswerOutcome, DraftOutcome
from app.kit.errors import Conflict


class DraftConflict(Conflict):
    """Another tab or device saved a newer draft."""

    title = "A newer draft exists"
    type = "draft-conflict"


class AlreadyAnswered(Conflict):
    """The question has its one answer."""

    title = "Already answered"
    type = "already-answered"


_PAUSED = "This text was kept beside; send it again when the interview goes on"
_LATE = "This text was kept and will be shown, but not scored"


def _kept(outcome: DraftOutcome | AnswerOutcome, words: str) -> str:
    """`words`, or the truth of it."""
    return (
        words if outcome.kept else "Your text was not kept, as there are too many others beside this question already"
    )


def draft_problem(outcome: DraftOutcome) -> Conflict:
    """The problem of a draft that was not saved as the newest."""
    theirs = {"text": outcome.server_text, "revision": outcome.revision, "saved_at": outcome.saved_at}
    if outcome.kind == "conflict":
        return DraftConflict(
            f"A newer draft was saved elsewhere, perhaps in another tab. {_kept(outcome, 'Both texts are kept')}. "
            f"Choose one, and save it with base_revision {outcome.revision}.",
            yours={"text": outcome.text},
            theirs=theirs,
            kept=outcome.kept,
        )
    if outcome.kind == "already-answered":
        return AlreadyAnswered(
            f"This question is answered already and cannot be changed. {_kept(outcome, 'Your text was kept')}.",
            kept=outcome.kept,
            theirs=theirs,
        )
    if outcome.kind == "paused":
        return InterviewPaused(f"The interview is paused. {_kept(outcome, _PAUSED)}.", kept=outcome.kept, theirs=theirs)
    return _time_is_up(outcome, theirs=theirs)


def answer_problem(outcome: AnswerOutcome) -> Conflict:
    """The problem of an answer that was not taken."""
    if outcome.kind == "already-answered":
        assert outcome.answer is not None
        return AlreadyAnswered(
            "This question is answered already, with another text, and cannot be changed. "
            f"{_kept(outcome, 'Your text was kept')}.",
            kept=outcome.kept,
            theirs={"text": outcome.answer.text, "submitted_at": outcome.answer.submitted_at},
        )
    if outcome.kind == "paused":
        return InterviewPaused(f"The interview is paused. {_kept(outcome, _PAUSED)}.", kept=outcome.kept)
    return _time_is_up(outcome)


def _time_is_up(outcome: DraftOutcome | AnswerOutcome, **more: Any) -> TimeIsUp:
    """Of the whole interview, or of a question: then `item` says which."""
    question = outcome.question
    if question is None:
        return TimeIsUp(f"Time is up. {_kept(outcome, _LATE)}.", kept=outcome.kept, **more)
    more["item"] = {"id": question.id, "position": question.position, "deadline_at": question.deadline_at}
    return TimeIsUp(
        f"The time for question {question.position} is up. {_kept(outcome, _LATE)}.", kept=outcome.kept, **more
    )
