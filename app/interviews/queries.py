"""Reads for lists and for the clock."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.bank.models import QuestionVersion
from app.interviews.access import interviews_readable_by, no_such_interview
from app.interviews.clock import is_due, takes_text
from app.interviews.models import Answer, Interview, InterviewItem
from app.kit.clock import viva_now
from app.kit.paging import Page, encode_cursor, newest_first


def list_interviews(
    session: Session, readable: ColumnElement[bool], cursor: str | None, limit: int
) -> Page[tuple[Interview, int, int]]:
    """(interview, questions, answers) newest first.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    query = newest_first(select(Interview).where(readable), Interview.created_at, Interview.id, cursor, limit)
    found = list(session.scalars(query))
    page, more = found[:limit], len(found) > limit
    rows = session.execute(
        select(InterviewItem.interview_id, func.count(InterviewItem.id), func.count(Answer.id))
        .outerjoin(Answer, Answer.item_id == InterviewItem.id)
        .where(InterviewItem.interview_id.in_([interview.id for interview in page]))
        .group_by(InterviewItem.interview_id)
    )
    counts = {interview_id: (items, answers) for interview_id, items, answers in rows}
    cursor = encode_cursor(page[-1].created_at, page[-1].id) if more else None
    return Page([(interview, *counts.get(interview.id, (0, 0))) for interview in page], cursor)


def interviews_matching(
    readable: ColumnElement[bool], external_id: str | None = None, status: str | None = None
) -> ColumnElement[bool]:
    """Those of the readable interviews that are a candidate's, or `ready`, `running` or `finished` by the clock."""
    wanted = [readable]
    if external_id is not None:
        wanted.append(Interview.candidate_external_id == external_id)
    if status == "ready":
        wanted.append(Interview.started_at.is_(None))
    elif status == "running":
        wanted.append(takes_text())
    elif status == "finished":
        wanted.append(or_(Interview.finished_at.is_not(None), is_due()))
    return and_(*wanted)


def running_interview(session: Session, user: User) -> Interview | None:
    """The newest interview of a person that runs and takes text still."""
    return session.scalar(
        select(Interview)
        .where(
            interviews_readable_by(user),
            Interview.started_at.is_not(None),
            Interview.finished_at.is_(None),
            (Interview.deadline_at.is_(None)) | (Interview.deadline_at > viva_now()),
        )
        .order_by(Interview.started_at.desc())
        .limit(1)
    )


def read_clock(
    session: Session, readable: ColumnElement[bool], interview_id: uuid.UUID
) -> tuple[Interview, dt.datetime]:
    """The interview without its items, and the moment.

    Raises:
        NotFound: no such interview.
    """
    row = session.execute(select(Interview, viva_now()).where(Interview.id == interview_id, readable)).first()
    if row is None:
        raise no_such_interview()
    return row[0], row[1]


def practised_questions(session: Session, user: User | None) -> set[uuid.UUID]:
    """The questions that a person has answered."""
    if user is None:
        return set()
    return set(
        session.scalars(
            select(QuestionVersion.question_id)
            .join(InterviewItem, InterviewItem.question_version_id == QuestionVersion.id)
            .join(Interview)
            .join(Answer, Answer.item_id == InterviewItem.id)
            .where(interviews_readable_by(user))
            .distinct()
        )
    )


def attempts_at(
    session: Session, user: User, question_id: uuid.UUID, limit: int = 10
) -> list[tuple[Interview, Answer]]:
    """A person's last answers to one question."""
    rows = session.execute(
        select(Interview, Answer)
        .join(InterviewItem, InterviewItem.interview_id == Interview.id)
        .join(Answer, Answer.item_id == InterviewItem.id)
        .join(QuestionVersion, InterviewItem.question_version_id == QuestionVersion.id)
        .where(interviews_readable_by(user), QuestionVersion.question_id == question_id)
        .order_by(Answer.submitted_at.desc())
        .limit(limit)
    )
    return [(interview, answer) for interview, answer in rows]


def count_interviews(session: Session, readable: ColumnElement[bool]) -> int:
    """How many interviews there are."""
    return session.scalar(select(func.count()).select_from(Interview).where(readable)) or 0
