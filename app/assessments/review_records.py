"""What people judged and candidates objected to, as records: for lists, whoever asks."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.accounts.models import OutsidePerson, User
from app.assessments.models import Appeal, Review
from app.interviews.models import Answer, InterviewItem
from app.kit.errors import NotFound
from app.kit.paging import Page, encode_cursor, newest_first


@dataclass(frozen=True)
class ReviewRecord:
    """A review, whose answer it is about, and in which interview."""

    review: Review
    interview_id: uuid.UUID
    reviewer: str


@dataclass(frozen=True)
class AppealRecord:
    """An appeal, whose answer it is about, and in which interview."""

    appeal: Appeal
    interview_id: uuid.UUID
    replied_by: str


def list_reviews(
    session: Session,
    organization_id: uuid.UUID,
    cursor: str | None,
    limit: int,
    answer_id: uuid.UUID | None = None,
    interview_id: uuid.UUID | None = None,
) -> Page[ReviewRecord]:
    """A page of reviews, newest first; of an answer or an interview.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    query: Select[*tuple[Any, ...]] = (
        select(Review, InterviewItem.interview_id, User.name)
        .join(Answer, Answer.id == Review.answer_id)
        .join(InterviewItem, InterviewItem.id == Answer.item_id)
        .outerjoin(User, User.id == Review.reviewer_id)
        .where(Review.organization_id == organization_id)
    )
    if answer_id is not None:
        query = query.where(Review.answer_id == answer_id)
    if interview_id is not None:
        query = query.where(InterviewItem.interview_id == interview_id)
    rows = session.execute(newest_first(query, Review.created_at, Review.id, cursor, limit)).all()
    found = [ReviewRecord(review, within, name or "Somebody who has left") for review, within, name in rows]
    return Page(found[:limit], _after(found[limit - 1].review) if len(found) > limit else None)


def list_appeals(
    session: Session, organization_id: uuid.UUID, cursor: str | None, limit: int, is_open: bool | None = None
) -> Page[AppealRecord]:
    """A page of appeals, newest first; those without a reply, with one, or all.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    query = _appeals(organization_id)
    if is_open is not None:
        query = query.where(Appeal.replied_at.is_(None) if is_open else Appeal.replied_at.is_not(None))
    rows = session.execute(newest_first(query, Appeal.created_at, Appeal.id, cursor, limit)).all()
    found = [AppealRecord(appeal, within, name or "") for appeal, within, name in rows]
    return Page(found[:limit], _after(found[limit - 1].appeal) if len(found) > limit else None)


def appeal_by_id(session: Session, organization_id: uuid.UUID, appeal_id: uuid.UUID) -> AppealRecord:
    """One appeal.

    Raises:
        NotFound: the organisation has none like it.
    """
    query = _appeals(organization_id).where(Appeal.id == appeal_id)
    row = session.execute(query.execution_options(populate_existing=True)).first()
    if row is None:
        raise NotFound("There is no such appeal.")
    return AppealRecord(row[0], row[1], row[2] or "")


def external_ids_of(
    session: Session, organization_id: uuid.UUID, user_ids: Collection[uuid.UUID | None]
) -> dict[uuid.UUID | None, str]:
    """By user, the identifiers of those whom another system named."""
    rows = session.execute(
        select(OutsidePerson.user_id, OutsidePerson.external_id).where(
            OutsidePerson.organization_id == organization_id,
            OutsidePerson.user_id.in_([one for one in user_ids if one is not None]),
        )
    )
    return dict(rows.all())


def _appeals(organization_id: uuid.UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(Appeal, InterviewItem.interview_id, User.name)
        .join(Answer, Answer.id == Appeal.answer_id)
        .join(InterviewItem, InterviewItem.id == Answer.item_id)
        .outerjoin(User, User.id == Appeal.replied_by)
        .where(Appeal.organization_id == organization_id)
    )


def _after(row: Review | Appeal) -> str:
    at: dt.datetime = row.created_at
    return encode_cursor(at, row.id)
