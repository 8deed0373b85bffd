"""Reads for lists and for the clock."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.bank.models import InterviewTemplate, InterviewTemplateVersion, QuestionVersion
from app.interviews.access import interviews_readable_by, no_such_interview
from app.interviews.clock import is_due, is_running
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
    # Counted interview by interview: as one join of a page's items and answers, PostgreSQL reads all answers there are.
    items = select(func.count()).where(InterviewItem.interview_id == Interview.id).scalar_subquery()
    answers = (
        select(func.count())
        .where(InterviewItem.interview_id == Interview.id, exists().where(Answer.item_id == InterviewItem.id))
        .scalar_subquery()
    )
    query = select(Interview, items, answers).where(readable)
    found = session.execute(newest_first(query, Interview.created_at, Interview.id, cursor, limit)).all()
    page, more = found[:limit], len(found) > limit
    cursor = encode_cursor(page[-1][0].created_at, page[-1][0].id) if more else None
    return Page([(interview, questions, answered) for interview, questions, answered in page], cursor)


@dataclass(frozen=True)
class Made:
    """When interviews were made: from `since` on, before `until`."""

    since: dt.datetime | None = None
    until: dt.datetime | None = None


def interviews_matching(
    readable: ColumnElement[bool],
    external_id: str | None = None,
    status: str | None = None,
    template: str | None = None,
    name: str = "",
    made: Made | None = None,
) -> ColumnElement[bool]:
    """Those of the readable interviews that are a candidate's, or `ready`, `running` or `finished` by the clock.

    `template` is the short name of the template that they were made from, `name` a part of the candidate's name.
    """
    wanted = [readable]
    if external_id is not None:
        wanted.append(Interview.candidate_external_id == external_id)
    if template is not None:
        versions = (
            select(InterviewTemplateVersion.id)
            .join(InterviewTemplate, InterviewTemplate.id == InterviewTemplateVersion.template_id)
            .where(InterviewTemplate.slug == template)
        )
        wanted.append(Interview.template_version_id.in_(versions))
    if name:
        named = select(User.id).where(User.name.icontains(name, autoescape=True))
        wanted.append(
            or_(Interview.candidate_name.icontains(name, autoescape=True), Interview.candidate_user_id.in_(named))
        )
    if made is not None and made.since is not None:
        wanted.append(Interview.created_at >= made.since)
    if made is not None and made.until is not None:
        wanted.append(Interview.created_at < made.until)
    if status == "ready":
        wanted.append(Interview.started_at.is_(None))
    elif status == "running":
        wanted.append(is_running())
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
            or_(Interview.deadline_at.is_(None), Interview.deadline_at > viva_now(), Interview.paused_at.is_not(None)),
        )
        .order_by(Interview.started_at.desc())
        .limit(1)
    )


def read_clock(
    session: Session, readable: ColumnElement[bool], interview_id: uuid.UUID, item_id: uuid.UUID | None = None
) -> tuple[Interview, InterviewItem | None, dt.datetime]:
    """The interview without its items, the item that is asked for, and the moment.

    Raises:
        NotFound: no such interview.
    """
    asked = and_(InterviewItem.interview_id == Interview.id, InterviewItem.id == item_id)
    row = session.execute(
        select(Interview, InterviewItem, viva_now())
        .outerjoin(InterviewItem, asked)
        .where(Interview.id == interview_id, readable)
    ).first()
    if row is None:
        raise no_such_interview()
    return row[0], row[1], row[2]


def has_open_question(session: Session, interview: Interview) -> bool:
    """Whether a question of a running interview waits to be opened or answered in its time, not in its last grace."""
    waits = or_(InterviewItem.deadline_at.is_(None), viva_now() <= InterviewItem.deadline_at)
    query = exists().where(
        InterviewItem.interview_id == interview.id, waits, ~exists().where(Answer.item_id == InterviewItem.id)
    )
    return bool(session.scalar(select(query)))


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


def account_name(session: Session, interview: Interview) -> str | None:
    """The name that the candidate's account has, if there is one."""
    return session.scalar(select(User.name).where(User.id == interview.candidate_user_id))


def template_rules(session: Session, interview: Interview) -> InterviewTemplateVersion | None:
    """The version of the template that an interview was made from: what the candidate sees afterwards, and when."""
    if interview.template_version_id is None:
        return None
    return session.get(InterviewTemplateVersion, interview.template_version_id)
