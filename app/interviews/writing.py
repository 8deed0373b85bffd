"""What a candidate writes: draft revisions and the one answer of each question.

Nothing that reaches the server is dropped. Text that cannot count (a stale tab, time over, already answered) is kept
beside and said to be so. So these functions return outcomes instead of raising: an exception would roll the keeping
back.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import (
    ColumnElement,
    exists,
    func,
    select,
)
from sqlalchemy.orm import Session

from app.interviews.access import lock_item
from app.interviews.clock import is_over, remaining_ms, takes_text
from app.interviews.models import Answer, Draft, Interview, InterviewItem
from app.interviews.presence import note_presence
from app.interviews.scoring_queue import SCORE_ANSWER
from app.interviews.states import NotOpened
from app.interviews.writing_statements import REMEMBER_REVISION, SAVE_DRAFT, SUBMIT_ANSWER
from app.kit import clock
from app.kit.errors import Invalid
from app.kit.text import clean_text

MAX_KEPT_ASIDE = 20
"""Texts kept beside the draft of one question; the same text is kept once."""


@dataclass(frozen=True)
class DraftOutcome:
    """What became of a draft."""

    kind: Literal["saved", "conflict", "time-is-up", "already-answered", "paused"]
    text: str
    revision: int
    """The newest revision on the server."""
    saved_at: dt.datetime | None
    remaining_ms: int | None
    server_text: str
    """The newest text on the server: the draft, or the submitted answer."""
    kept: bool = True
    """Whether the text is on the server now, as the draft or beside it."""
    question: InterviewItem | None = None
    """The question whose own time is up."""


@dataclass(frozen=True)
class AnswerOutcome:
    """What became of an answer."""

    kind: Literal["submitted", "same-again", "already-answered", "time-is-up", "paused"]
    answer: Answer | None
    kept: bool = True
    """Whether the text is on the server now, as the answer or beside it."""
    question: InterviewItem | None = None
    """The question whose own time is up."""


def _lock_open_item(
    session: Session,
    readable: ColumnElement[bool],
    interview_id: uuid.UUID,
    item_id: uuid.UUID,
    *,
    shared: bool = True,
) -> tuple[InterviewItem, Interview]:
    item, interview = lock_item(session, readable, interview_id, item_id, shared=shared)
    if item.duration_seconds is not None and item.opened_at is None and interview.finished_at is None:
        raise NotOpened(
            "This question has a time of its own: open it first, which starts its clock, and send the text again."
            " It was not kept."
        )
    return item, interview


def save_draft(
    session: Session,
    readable: ColumnElement[bool],
    interview_id: uuid.UUID,
    item_id: uuid.UUID,
    text: str,
    base_revision: int,
    max_chars: int,
    input_mode: str | None = None,
) -> DraftOutcome:
    """Save a draft that was made on top of `base_revision`; without `input_mode` what was said of it before stays.

    Sending the same text again is answered as the first time, so a lost acknowledgement can be repeated.

    Raises:
        NotFound: no such item.
        NotStarted, NotOpened: the interview waits in its lobby, or the question to be opened.
        Invalid, TooLarge: the text cannot be stored.
    """
    text = clean_text(text, max_chars=max_chars)
    item, interview = _lock_open_item(session, readable, interview_id, item_id)
    saved = session.execute(
        SAVE_DRAFT,
        {
            "this_item": item_id,
            "this_interview": interview_id,
            "base_revision": base_revision,
            "new_text": text,
            "said_mode": input_mode,
        },
    ).first()
    if saved is not None:
        left = remaining_ms(interview, saved.draft_saved_at, saved.deadline_at)
        note_presence(session, interview, saved.draft_saved_at, item.position)
        session.execute(
            REMEMBER_REVISION,
            {
                "new_id": uuid.uuid4(),
                "this_organization": item.organization_id,
                "this_item": item_id,
                "new_revision": saved.draft_revision,
                "new_text": text,
            },
        )
        return DraftOutcome("saved", text, saved.draft_revision, saved.draft_saved_at, left, text)
    now = clock.now(session)
    session.refresh(item)
    left = remaining_ms(interview, now, item.deadline_at)
    over = item if is_over(interview, item, now) else None
    answer = session.scalar(select(Answer).where(Answer.item_id == item_id))
    if answer is not None:
        kept = text == answer.text or _keep_aside(session, item, "late", text)
        is_late = over is not None and answer.submitted_by == "deadline"
        what: Literal["time-is-up", "already-answered"] = "time-is-up" if is_late else "already-answered"
        return DraftOutcome(what, text, item.draft_revision, answer.submitted_at, left, answer.text, kept, over)
    newest = (item.draft_revision, item.draft_saved_at, left, item.draft_text)
    if over is None and session.scalar(select(exists().where(Interview.id == interview_id, takes_text()))):
        if text == item.draft_text:
            return DraftOutcome("saved", text, *newest)
        return DraftOutcome("conflict", text, *newest, _keep_aside(session, item, "conflict", text))
    paused = _is_paused(interview)
    kind: Literal["conflict", "late"] = "conflict" if paused else "late"
    kept = not text.strip() or text == item.draft_text or _keep_aside(session, item, kind, text)
    return DraftOutcome("paused" if paused else "time-is-up", text, *newest, kept, over)


def _is_paused(interview: Interview) -> bool:
    """Whether the clock stands; the row is held, so it is still so.

    What is written meanwhile is kept beside as one of two texts that differ: saved again when the interview goes on, it
    stands beside nothing any more.
    """
    return interview.finished_at is None and interview.paused_at is not None


def _keep_aside(session: Session, item: InterviewItem, kind: Literal["conflict", "late"], text: str) -> bool:
    """Keep a text that cannot count beside the draft; False when there are so many that it is not."""
    aside = (Draft.item_id == item.id, Draft.kind != "saved")
    if session.scalar(select(exists().where(*aside, Draft.text == text))):
        return True
    if (session.scalar(select(func.count()).select_from(Draft).where(*aside)) or 0) >= MAX_KEPT_ASIDE:
        return False
    session.add(
        Draft(
            organization_id=item.organization_id,
            item_id=item.id,
            kind=kind,
            revision=item.draft_revision,
            text=text,
        )
    )
    session.flush()
    return True


def submit_answer(
    session: Session,
    readable: ColumnElement[bool],
    interview_id: uuid.UUID,
    item_id: uuid.UUID,
    text: str,
    *,
    does_not_know: bool,
    max_chars: int,
    ends_interview: bool = False,
    input_mode: str | None = None,
) -> AnswerOutcome:
    """Submit the one answer of a question, and put its scoring into the queue in the same transaction.

    The same text again answers as the first time. Without `input_mode` the answer takes what its drafts said, if they
    did. `ends_interview` says that the caller finishes the interview next, in
    the same transaction: then the lock for that is taken now, as two who held it shared could not both raise it.

    Raises:
        NotFound: no such item.
        NotStarted, NotOpened: the interview waits in its lobby, or the question to be opened.
        Invalid, TooLarge: nothing to submit, or the text cannot be stored.
    """
    text = clean_text(text, max_chars=max_chars)
    if not text.strip() and not does_not_know:
        raise Invalid("The answer is empty: write something, or say “I do not know”.", field="text")
    item, interview = _lock_open_item(session, readable, interview_id, item_id, shared=not ends_interview)
    submitted = session.scalar(
        SUBMIT_ANSWER,
        {
            "new_id": uuid.uuid4(),
            "this_organization": item.organization_id,
            "this_item": item_id,
            "this_interview": interview_id,
            "new_text": text,
            "does_not_know_it": does_not_know,
            "said_mode": input_mode or item.input_mode,
        },
    )
    if submitted is not None:
        note_presence(session, interview, submitted.submitted_at)
        SCORE_ANSWER.enqueue(session, answer_id=str(submitted.id))
        return AnswerOutcome("submitted", submitted)
    now = clock.now(session)
    session.refresh(item)
    over = item if is_over(interview, item, now) else None
    answer = session.scalar(select(Answer).where(Answer.item_id == item_id).execution_options(populate_existing=True))
    if answer is None:
        paused = _is_paused(interview)
        kind: Literal["conflict", "late"] = "conflict" if paused else "late"
        kept = not text.strip() or text == item.draft_text or _keep_aside(session, item, kind, text)
        return AnswerOutcome("paused" if paused else "time-is-up", None, kept, over)
    if answer.text == text and answer.does_not_know == does_not_know:
        return AnswerOutcome("same-again", answer)
    kept = not text.strip() or text == answer.text or _keep_aside(session, item, "late", text)
    if over is not None and answer.submitted_by == "deadline":
        return AnswerOutcome("time-is-up", answer, kept, over)
    return AnswerOutcome("already-answered", answer, kept)
