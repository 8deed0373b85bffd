"""Reads of what is behind a question: the question by its name as programs see it, its versions, its samples."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.bank.models import Question, QuestionVersion, Sample
from app.bank.problems import ComesWithViva
from app.bank.queries import MAX_SAMPLES
from app.bank.versions import question_named
from app.bank.words import REVIEW
from app.kit.errors import NotFound
from app.kit.paging import newest_first


def seen_question(session: Session, organization_id: uuid.UUID, slug: str) -> tuple[Question, QuestionVersion]:
    """A question and its current version: as interviews would ask it, else the organisation's own that is retired.

    Raises:
        NotFound: there is none that the organisation may see.
    """
    mine = Question.organization_id == organization_id
    row = session.execute(
        select(Question, QuestionVersion)
        .join(QuestionVersion, Question.current_version_id == QuestionVersion.id)
        .where(Question.slug == slug, or_(mine, Question.organization_id.is_(None) & (Question.status == "published")))
        .order_by(Question.status != "published", Question.organization_id.nulls_last())
        .limit(1)
    ).first()
    if row is None:
        raise NotFound(f"There is no question {slug!r}.", slug=slug)
    return row[0], row[1]


def own_question_named(session: Session, organization_id: uuid.UUID, slug: str, *, lock: bool = False) -> Question:
    """One of the organisation's own questions by its slug, whatever its status.

    Raises:
        ComesWithViva: the question of this name belongs to everybody.
        NotFound: there is none that the organisation may see.
    """
    question = question_named(session, organization_id, slug, lock=lock)
    if question is not None:
        return question
    seen_question(session, organization_id, slug)
    raise ComesWithViva(f"The question {slug!r} comes with Viva and is not yours to change: copy it, change the copy.")


def retired_after(
    session: Session, organization_id: uuid.UUID, after_slug: str | None, limit: int
) -> list[tuple[QuestionVersion, str]]:
    """A page of the organisation's own questions that are out of use, by slug, one more than asked."""
    query = (
        select(QuestionVersion, Question.slug)
        .join(Question, Question.current_version_id == QuestionVersion.id)
        .where(Question.organization_id == organization_id, Question.status == "retired")
    )
    if after_slug:
        query = query.where(Question.slug > after_slug)
    return [(version, slug) for version, slug in session.execute(query.order_by(Question.slug).limit(limit + 1))]


def versions_before(session: Session, question_id: uuid.UUID, before: int | None, limit: int) -> list[QuestionVersion]:
    """A page of a question's versions, the latest first, one more than asked."""
    query = select(QuestionVersion).where(QuestionVersion.question_id == question_id)
    if before is not None:
        query = query.where(QuestionVersion.number < before)
    return list(session.scalars(query.order_by(QuestionVersion.number.desc()).limit(limit + 1)))


def version_numbered(session: Session, question: Question, number: int) -> QuestionVersion:
    """One version of a question.

    Raises:
        NotFound: there is no such version.
    """
    version = session.scalar(
        select(QuestionVersion).where(QuestionVersion.question_id == question.id, QuestionVersion.number == number)
    )
    if version is None:
        raise NotFound(f"The question {question.slug!r} has no version {number}.")
    return version


def samples_page(
    session: Session,
    question_id: uuid.UUID,
    organization_id: uuid.UUID,
    cursor: str | None,
    limit: int,
    *,
    with_reviews: bool,
) -> list[Sample]:
    """A page of the samples that count for an organisation, the latest first, one more than asked."""
    query = select(Sample).where(
        Sample.question_id == question_id,
        Sample.withdrawn_at.is_(None),
        or_(Sample.organization_id.is_(None), Sample.organization_id == organization_id),
    )
    if not with_reviews:
        query = query.where(Sample.kind != REVIEW)
    return list(session.scalars(newest_first(query, Sample.created_at, Sample.id, cursor, limit)))


def samples_by_question(
    session: Session, question_ids: Iterable[uuid.UUID], organization_id: uuid.UUID
) -> dict[uuid.UUID, list[Sample]]:
    """What `live_samples` gives, of many questions at once, and without what reviews taught."""
    found: dict[uuid.UUID, list[Sample]] = defaultdict(list)
    query = select(Sample).where(
        Sample.question_id.in_(list(question_ids)),
        Sample.withdrawn_at.is_(None),
        Sample.kind != REVIEW,
        or_(Sample.organization_id.is_(None), Sample.organization_id == organization_id),
    )
    for sample in session.scalars(query.order_by(Sample.question_id, Sample.digest)):
        if len(found[sample.question_id]) < MAX_SAMPLES:
            found[sample.question_id].append(sample)
    return found
