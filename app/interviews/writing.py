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

from sqlalchemy import ColumnElement, delete, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from app.interviews.clock import remaining_ms, takes_text
from app.interviews.models import Answer, Draft, Interview, InterviewItem
from app.interviews.scoring_queue import SCORE_ANSWER
from app.interviews.service import NotStarted
from app.kit import clock
from app.kit.clock import viva_now
from app.kit.errors import Invalid, NotFound
from app.kit.text import clean_text

MAX_KEPT_ASIDE = 20
"""Texts kept beside the draft of one question; the same text is kept once."""


@dataclass(frozen=True)
class DraftOutcome:
    """What became of a draft."""

    kind: Literal["saved", "conflict", "time-is-up", "already-answered"]
    text: str
    revision: int
    """The newest revision on the server."""
    saved_at: dt.datetime | None
    remaining_ms: int | None
    server_text: str
    """The newest text on the server: the draft, or the submitted answer."""


@dataclass(frozen=True)
class AnswerOutcome:
    """What became of an answer."""

    kind: Literal["submitted", "same-again", "already-answered", "time-is-up"]
    answer: Answer | None
    interview: Interview


def _lock_item(
    session: Session, readable: ColumnElement[bool], interview_id: uuid.UUID, item_id: uuid.UUID
) -> tuple[InterviewItem, Interview]:
    """The item, with its interview held against finishing until this transaction ends."""
    row = session.execute(
        select(InterviewItem, Interview)
        .join(Interview, InterviewItem.interview_id == Interview.id)
        .where(InterviewItem.id == item_id, Interview.id == interview_id, readable)
        .with_for_update(read=True, of=Interview)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NotFound("There is no such question in an interview of yours.")
    item, interview = row
    if interview.started_at is None:
        raise NotStarted("This interview has not been started yet.")
    return item, interview


def save_draft(
    session: Session,
    readable: ColumnElement[bool],
    interview_id: uuid.UUID,
    item_id: uuid.UUID,
    text: str,
    base_revision: int,
    max_chars: int,
) -> DraftOutcome:
    """Save a draft that was made on top of `base_revision`.

    Sending the same text again is answered as the first time, so a lost acknowledgement can be repeated.

    Raises:
        NotFound: no such item.
        NotStarted: the interview waits in its lobby.
        Invalid, TooLarge: the text cannot be stored.
    """
    text = clean_text(text, max_chars=max_chars)
    item, interview = _lock_item(session, readable, interview_id, item_id)
    # The deadline is checked here, in the WHERE of the write itself.
    saved = session.execute(
        update(InterviewItem)
        .where(
            InterviewItem.id == item_id,
            InterviewItem.draft_revision == base_revision,
            ~exists().where(Answer.item_id == item_id),
            exists().where(Interview.id == interview_id, takes_text()),
        )
        .values(draft_text=text, draft_revision=InterviewItem.draft_revision + 1, draft_saved_at=viva_now())
        .returning(InterviewItem.draft_revision, InterviewItem.draft_saved_at)
        .execution_options(synchronize_session=False)
    ).first()
    now = clock.now(session)
    left = remaining_ms(interview, now)
    if saved is not None:
        _remember_revision(session, item, text, saved.draft_revision)
        return DraftOutcome("saved", text, saved.draft_revision, saved.draft_saved_at, left, text)
    session.refresh(item)
    answer = session.scalar(select(Answer).where(Answer.item_id == item_id))
    if answer is not None:
        if text != answer.text:
            _keep_aside(session, item, "late", text)
        return DraftOutcome("already-answered", text, item.draft_revision, answer.submitted_at, left, answer.text)
    if session.scalar(select(exists().where(Interview.id == interview_id, takes_text()))):
        if text == item.draft_text:
            return DraftOutcome("saved", text, item.draft_revision, item.draft_saved_at, left, text)
        _keep_aside(session, item, "conflict", text)
        return DraftOutcome("conflict", text, item.draft_revision, item.draft_saved_at, left, item.draft_text)
    if text.strip() and text != item.draft_text:
        _keep_aside(session, item, "late", text)
    return DraftOutcome("time-is-up", text, item.draft_revision, item.draft_saved_at, left, item.draft_text)


def _remember_revision(session: Session, item: InterviewItem, text: str, revision: int) -> None:
    """History, thinned to the last revision of each minute, so that an hour's typing stays small."""
    other = aliased(Draft)
    # What a stale tab was shown as the other text stays: this save may be that tab's choice against it.
    was_shown = exists().where(other.item_id == item.id, other.kind == "conflict", other.revision == revision - 1)
    session.execute(
        delete(Draft).where(
            Draft.item_id == item.id,
            Draft.kind == "saved",
            Draft.revision == revision - 1,
            func.date_trunc("minute", Draft.created_at) == func.date_trunc("minute", viva_now()),
            ~was_shown,
        )
    )
    # Chosen after all, or one's own whose acknowledgement got lost: it stands beside nothing any more.
    session.execute(delete(Draft).where(Draft.item_id == item.id, Draft.kind == "conflict", Draft.text == text))
    session.execute(
        insert(Draft).values(
            id=uuid.uuid4(),
            organization_id=item.organization_id,
            item_id=item.id,
            kind="saved",
            revision=revision,
            text=text,
        )
    )


def _keep_aside(session: Session, item: InterviewItem, kind: Literal["conflict", "late"], text: str) -> None:
    aside = (Draft.item_id == item.id, Draft.kind != "saved")
    if session.scalar(select(exists().where(*aside, Draft.text == text))):
        return
    kept = session.scalar(select(func.count()).select_from(Draft).where(*aside)) or 0
    if kept < MAX_KEPT_ASIDE:
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


def submit_answer(
    session: Session,
    readable: ColumnElement[bool],
    interview_id: uuid.UUID,
    item_id: uuid.UUID,
    text: str,
    *,
    does_not_know: bool,
    max_chars: int,
) -> AnswerOutcome:
    """Submit the one answer of a question, and put its scoring into the queue in the same transaction.

    The same text again answers as the first time.

    Raises:
        NotFound: no such item.
        NotStarted: the interview waits in its lobby.
        Invalid, TooLarge: nothing to submit, or the text cannot be stored.
    """
    text = clean_text(text, max_chars=max_chars)
    if not text.strip() and not does_not_know:
        raise Invalid("The answer is empty: write something, or say “I do not know”.", field="text")
    item, interview = _lock_item(session, readable, interview_id, item_id)
    new_id = uuid.uuid4()
    allowed = select(
        literal(new_id),
        literal(item.organization_id),
        literal(item_id),
        literal(text),
        literal(does_not_know),
        literal("candidate"),
    ).where(exists().where(Interview.id == interview_id, takes_text()))
    columns = ["id", "organization_id", "item_id", "text", "does_not_know", "submitted_by"]
    session.execute(insert(Answer).from_select(columns, allowed).on_conflict_do_nothing(index_elements=["item_id"]))
    answer = session.scalar(select(Answer).where(Answer.item_id == item_id).execution_options(populate_existing=True))
    if answer is None:
        if text.strip() and text != item.draft_text:
            _keep_aside(session, item, "late", text)
        return AnswerOutcome("time-is-up", None, interview)
    if answer.id == new_id:
        SCORE_ANSWER.enqueue(session, answer_id=str(answer.id))
        return AnswerOutcome("submitted", answer, interview)
    if answer.text == text and answer.does_not_know == does_not_know:
        return AnswerOutcome("same-again", answer, interview)
    if text.strip() and text != answer.text:
        _keep_aside(session, item, "late", text)
    return AnswerOutcome("already-answered", answer, interview)
