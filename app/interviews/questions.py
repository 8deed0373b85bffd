"""A question's own clock: opened by the candidate, moved by interviewers, and what is done when it has run out."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any, Literal

from sqlalchemy import ColumnElement, Float, and_, exists, func, literal, select, update
from sqlalchemy.orm import Session

from app.interviews.access import lock_item
from app.interviews.clock import GRACE, takes_text
from app.interviews.models import Answer, Interview, InterviewItem
from app.interviews.scoring_queue import SCORE_ANSWER
from app.interviews.states import InterviewPaused, TimeIsUp
from app.kit import clock
from app.kit.clock import viva_now


def open_question(
    session: Session, readable: ColumnElement[bool], interview_id: uuid.UUID, item_id: uuid.UUID
) -> InterviewItem:
    """Start a question's own clock; its deadline is stored now. Opening twice gives the first opening.

    A question without a time of its own is always open, and stays as it is.

    Raises:
        NotFound: no such item.
        NotStarted: the interview waits in its lobby.
        InterviewPaused: its clock stands.
        TimeIsUp: the interview is over, or its time is.
    """
    # Held shared: extra time and pauses see the question open, or it is opened after them.
    item, interview = lock_item(session, readable, interview_id, item_id)
    if item.duration_seconds is None or item.opened_at is not None:
        return item
    moment = clock.now(session)
    # One statement, so that two tabs cannot start two clocks.
    session.execute(
        update(InterviewItem)
        .where(
            InterviewItem.id == item_id,
            InterviewItem.opened_at.is_(None),
            exists().where(Interview.id == interview_id, takes_text()),
        )
        .values(opened_at=moment, deadline_at=moment + _seconds(item.duration_seconds * interview.time_multiplier))
        .execution_options(synchronize_session=False)
    )
    session.refresh(item)
    if item.opened_at is None:
        if interview.finished_at is None and interview.paused_at is not None:
            raise InterviewPaused("The interview is paused: the question can be opened when it goes on.")
        raise TimeIsUp("The time of the whole interview is up: no question can be opened any more.")
    return item


def move_question_deadlines(session: Session, interview: Interview, seconds: ColumnElement[Any] | float) -> int:
    """Give time to the questions whose clocks run (or stand, in a pause); how many there are.

    The caller holds the interview's row.
    """
    if interview.timing != "question":
        return 0
    at = viva_now() if interview.paused_at is None else literal(interview.paused_at)
    moved = session.scalars(
        update(InterviewItem)
        .where(
            InterviewItem.interview_id == interview.id,
            InterviewItem.deadline_at + GRACE >= at,
            ~exists().where(Answer.item_id == InterviewItem.id),
        )
        .values(deadline_at=InterviewItem.deadline_at + _seconds(seconds))
        .returning(InterviewItem.id)
        .execution_options(synchronize_session=False)
    )
    return len(moved.all())


def due_questions(
    session: Session,
    limit: int = 100,
    leave_out: Collection[uuid.UUID] = (),
    interview_id: uuid.UUID | None = None,
) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """(organisation, item) of those whose own time is up and whose draft is to be handed in, longest over first."""
    rows = session.execute(
        select(InterviewItem.organization_id, InterviewItem.id)
        .join(Interview)
        .where(
            Interview.timing == "question",
            _is_due(),
            InterviewItem.id.not_in(leave_out),
            *((Interview.id == interview_id,) if interview_id else ()),
        )
        .order_by(InterviewItem.deadline_at)
        .limit(limit)
    )
    return [(organization_id, item_id) for organization_id, item_id in rows]


def hand_in_question(session: Session, organization_id: uuid.UUID, item_id: uuid.UUID) -> bool:
    """Submit the draft of a question whose own time is up; False when there is nothing to submit (any more)."""
    this = (InterviewItem.organization_id == organization_id, InterviewItem.id == item_id)
    # The row lock comes first: a draft or answer on its way (they hold it shared) is in before this goes on.
    session.execute(select(Interview.id).join(InterviewItem).where(*this).with_for_update(of=Interview))
    item = session.scalar(
        select(InterviewItem).join(Interview).where(*this, _is_due()).execution_options(populate_existing=True)
    )
    if item is None or not item.draft_text.strip():
        return False
    hand_in(session, item, "deadline")
    return True


def hand_in(session: Session, item: InterviewItem, by: Literal["finish", "deadline", "interviewer"]) -> None:
    """Make the draft of a question its answer, and put its scoring into the queue."""
    answer = Answer(
        organization_id=item.organization_id,
        item_id=item.id,
        text=item.draft_text,
        submitted_by=by,
        input_mode=item.input_mode,
    )
    session.add(answer)
    session.flush()
    SCORE_ANSWER.enqueue(session, answer_id=str(answer.id))


def _is_due() -> ColumnElement[bool]:
    """The question has a draft, and it can neither be changed nor submitted by the candidate any more."""
    return and_(
        # The index of running interviews has those with a deadline: these all have one.
        Interview.deadline_at.is_not(None),
        Interview.finished_at.is_(None),
        Interview.paused_at.is_(None),
        viva_now() > InterviewItem.deadline_at + GRACE,
        InterviewItem.draft_text.regexp_match("[^[:space:]]"),
        ~exists().where(Answer.item_id == InterviewItem.id),
    )


def _seconds(number: ColumnElement[Any] | float) -> ColumnElement[Any]:
    number = literal(number, Float) if isinstance(number, int | float) else number
    return func.make_interval(0, 0, 0, 0, 0, 0, number)
