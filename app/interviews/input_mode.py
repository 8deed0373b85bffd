"""How answers are given, typed or dictated, as the candidate says it: nothing is guessed, and no score depends on it.

It serves one thing: to see whether the machine marks dictated answers as people do.
"""

from __future__ import annotations

import uuid
from typing import Literal

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import Session

from app.interviews.access import no_such_interview
from app.interviews.models import Answer, Interview, InterviewItem

InputMode = Literal["typed", "dictated"]
Said = Literal["typed", "dictated", ""]
"""What the room's choice says; the empty one takes back what was said before."""


def say_input_mode(
    session: Session, readable: ColumnElement[bool], interview_id: uuid.UUID, mode: InputMode | None
) -> None:
    """Note how the questions that are still open are answered; a submitted answer keeps what was said of it.

    Raises:
        NotFound: no such interview.
    """
    # The interview's row first, as everything else that writes to several of its items: so no two wait for each other.
    mine = select(Interview.id).where(Interview.id == interview_id, readable).with_for_update()
    if session.scalar(mine) is None:
        raise no_such_interview()
    session.execute(
        update(InterviewItem)
        .where(InterviewItem.interview_id == interview_id, ~exists().where(Answer.item_id == InterviewItem.id))
        .values(input_mode=mode)
        .execution_options(synchronize_session=False)
    )


def note_said(
    session: Session, readable: ColumnElement[bool], interview: Interview, item_id: uuid.UUID, said: Said | None
) -> None:
    """Note what the room said together with an answer, where it differs from what is known.

    Raises:
        NotFound: no such interview.
    """
    known = next((item.input_mode for item in interview.items if item.id == item_id), None)
    if said is not None and (said or None) != known:
        say_input_mode(session, readable, interview.id, said or None)


def said_in_form(value: object) -> Said | None:
    """What a plain form says; anything else than its choices is no word, and never costs an answer."""
    return value if value in ("typed", "dictated", "") else None
