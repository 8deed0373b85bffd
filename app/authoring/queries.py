"""What authors look at: their questions, what was done with one, its versions."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Select, func, literal, or_, select
from sqlalchemy.orm import Session, contains_eager

from app.accounts.models import ApiKey, Organization, User
from app.bank.access import Author, questions_editable_by
from app.bank.models import Question, QuestionDraft, QuestionEvent, QuestionVersion
from app.bank.question_source import question_file, read_source
from app.kit.paging import newest_first

PER_PAGE = 30


@dataclass(frozen=True)
class OwnQuestion:
    """A question of the person's in a list."""

    id: uuid.UUID
    slug: str
    title: str
    state: str
    """`draft`, `in review`, `published`, `published, being changed` or `retired`."""
    updated_at: dt.datetime
    updated_by: str
    organization: str
    """Whose it is, where it is not the person's own."""


@dataclass(frozen=True)
class Event:
    """One thing that was done with a question."""

    action: str
    by: str
    at: dt.datetime
    note: str
    version_id: uuid.UUID | None


# Who it was, in words: a person's name or address, or the key's name.
_BY = func.coalesce(func.nullif(User.name, ""), User.email, literal("key “") + ApiKey.name + literal("”"))


def own_questions(session: Session, author: Author, page: int) -> tuple[list[OwnQuestion], bool]:
    """One page of the questions that a person may write, those touched last first; and whether there are more."""
    touched = func.coalesce(QuestionDraft.updated_at, QuestionVersion.created_at, Question.created_at)
    rows = session.execute(
        select(Question, QuestionDraft, QuestionVersion, _BY.label("by"), touched.label("touched"), Organization)
        .join(Organization, Question.organization_id == Organization.id)
        .outerjoin(QuestionDraft, QuestionDraft.question_id == Question.id)
        .outerjoin(QuestionVersion, Question.current_version_id == QuestionVersion.id)
        .outerjoin(User, QuestionDraft.updated_by == User.id)
        .outerjoin(ApiKey, QuestionDraft.updated_by_key == ApiKey.id)
        .where(questions_editable_by(author))
        .where(or_(QuestionDraft.question_id.is_not(None), Question.current_version_id.is_not(None)))
        .order_by(touched.desc(), Question.id)
        .offset((page - 1) * PER_PAGE)
        .limit(PER_PAGE + 1)
    ).all()
    found = []
    for question, draft, version, by, at, owner in rows[:PER_PAGE]:
        title = version.title if version else ""
        if draft is not None:
            title = str(read_source(draft.source).data.get("title") or title or "Untitled")
        found.append(
            OwnQuestion(
                question.id,
                question.slug,
                title[:120],
                state_of(question, draft),
                at,
                by or "",
                "" if owner.is_personal else owner.name,
            )
        )
    return found, len(rows) > PER_PAGE


def state_of(question: Question, draft: QuestionDraft | None) -> str:
    """Where a question stands, in words."""
    if draft is not None and draft.status == "in_review":
        return "in review"
    if question.status == "draft":
        return "draft"
    if draft is not None:
        return f"{question.status}, being changed"
    return question.status


def drafts_page(session: Session, author: Author, cursor: str | None, limit: int) -> list[tuple[QuestionDraft, str]]:
    """A page of the working copies that an author may write, saved last first, each with by whom; one more than asked.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    query = (
        select(QuestionDraft, _BY)
        .join(Question, QuestionDraft.question_id == Question.id)
        .outerjoin(User, QuestionDraft.updated_by == User.id)
        .outerjoin(ApiKey, QuestionDraft.updated_by_key == ApiKey.id)
        .where(questions_editable_by(author))
        .options(contains_eager(QuestionDraft.question))
    )
    at, key = QuestionDraft.updated_at, QuestionDraft.question_id
    rows: Any = session.execute(newest_first(cast("Select[Any]", query), at, key, cursor, limit))
    return [(draft, by or "") for draft, by in rows]


def draft_author(session: Session, draft: QuestionDraft) -> str:
    """Who saved a working copy last, in words."""
    found = session.execute(
        select(_BY)
        .select_from(QuestionDraft)
        .outerjoin(User, QuestionDraft.updated_by == User.id)
        .outerjoin(ApiKey, QuestionDraft.updated_by_key == ApiKey.id)
        .where(QuestionDraft.question_id == draft.question_id)
    ).scalar()
    return found or ""


def publishers_of(session: Session, question_id: uuid.UUID, version_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Who published versions first, in words, where that is known."""
    rows = session.execute(
        select(QuestionEvent.version_id, _BY)
        .outerjoin(User, QuestionEvent.user_id == User.id)
        .outerjoin(ApiKey, QuestionEvent.key_id == ApiKey.id)
        .where(QuestionEvent.question_id == question_id, QuestionEvent.version_id.in_(list(version_ids)))
        .order_by(QuestionEvent.at.desc())
    )
    return {version_id: by or "Viva" for version_id, by in rows}


def events_of(session: Session, question_id: uuid.UUID, limit: int = 100) -> list[Event]:
    """What was done with a question, the latest first."""
    rows = session.execute(
        select(QuestionEvent, _BY)
        .outerjoin(User, QuestionEvent.user_id == User.id)
        .outerjoin(ApiKey, QuestionEvent.key_id == ApiKey.id)
        .where(QuestionEvent.question_id == question_id)
        .order_by(QuestionEvent.at.desc(), QuestionEvent.id)
        .limit(limit)
    )
    return [Event(event.action, by or "Viva", event.at, event.note, event.version_id) for event, by in rows]


def versions_of(session: Session, question_id: uuid.UUID, limit: int = 100) -> list[QuestionVersion]:
    """The versions of a question, the latest first."""
    return list(
        session.scalars(
            select(QuestionVersion)
            .where(QuestionVersion.question_id == question_id)
            .order_by(QuestionVersion.number.desc())
            .limit(limit)
        )
    )


__all__ = ["Event", "OwnQuestion", "events_of", "own_questions", "question_file", "state_of", "versions_of"]
