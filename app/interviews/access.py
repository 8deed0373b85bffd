"""Whose interviews a caller may read and write: said once, used in every query."""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.accounts.models import User
from app.interviews.models import Interview, InterviewItem
from app.interviews.states import NotStarted
from app.kit.errors import NotFound


def interviews_readable_by(user: User) -> ColumnElement[bool]:
    """A person's own sittings."""
    return Interview.candidate_user_id == user.id


def interviews_of(organization_id: uuid.UUID) -> ColumnElement[bool]:
    """All sittings of an organisation: what its API keys reach."""
    return Interview.organization_id == organization_id


def interview_by_id(session: Session, readable: ColumnElement[bool], interview_id: uuid.UUID) -> Interview:
    """The interview with items, their questions and answers.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    items = selectinload(Interview.items)
    interview = session.scalar(
        select(Interview)
        .where(Interview.id == interview_id, readable)
        .options(items.joinedload(InterviewItem.question_version), items.joinedload(InterviewItem.answer))
        .execution_options(populate_existing=True)
    )
    if interview is None:
        raise no_such_interview()
    return interview


def item_by_id(
    session: Session, readable: ColumnElement[bool], interview_id: uuid.UUID, item_id: uuid.UUID
) -> InterviewItem:
    """One item of an interview.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    item = session.scalar(
        select(InterviewItem)
        .join(Interview)
        .where(InterviewItem.id == item_id, Interview.id == interview_id, readable)
        .options(joinedload(InterviewItem.interview), joinedload(InterviewItem.answer))
        .execution_options(populate_existing=True)
    )
    if item is None:
        raise _no_such_question()
    return item


def lock_item(
    session: Session,
    readable: ColumnElement[bool],
    interview_id: uuid.UUID,
    item_id: uuid.UUID,
    *,
    shared: bool = True,
) -> tuple[InterviewItem, Interview]:
    """The item, with its interview held against finishing until this transaction ends.

    Raises:
        NotFound: there is none, or it is somebody else's.
        NotStarted: the interview waits in its lobby.
    """
    row = session.execute(
        select(InterviewItem, Interview)
        .join(Interview, InterviewItem.interview_id == Interview.id)
        .where(InterviewItem.id == item_id, Interview.id == interview_id, readable)
        .with_for_update(read=shared, of=Interview)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise _no_such_question()
    item, interview = row
    if interview.started_at is None:
        raise NotStarted("This interview has not been started yet.")
    return item, interview


def _no_such_question() -> NotFound:
    return NotFound("There is no such question in an interview of yours.")


def no_such_interview() -> NotFound:
    """The same words whether it does not exist or is another person's."""
    return NotFound("There is no such interview, or it is not yours.")
