"""Versions and samples of questions: made once, never changed; the same content is the same version."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.bank.models import Question, QuestionVersion, Sample
from app.bank.question_file import QuestionFile, content_hash
from app.bank.search_index import index_question
from app.bank.words import REVIEW
from app.kit.clock import viva_now
from app.kit.events import record_event


@dataclass(frozen=True)
class Stored:
    """What storing a question's file did."""

    question: Question
    version: QuestionVersion
    is_new: bool
    """Whether the version was not there before."""


def store_question(session: Session, file: QuestionFile, organization_id: uuid.UUID | None = None) -> Stored:
    """Make a file the current version of the organisation's question with its slug, and its samples the live ones.

    None is the bank that belongs to everybody; a question of the same slug elsewhere is another question.
    """
    question = question_named(session, organization_id, file.slug)
    if question is None:
        question = Question(slug=file.slug, organization_id=organization_id)
        session.add(question)
        session.flush()
    version, is_new = store_version(session, question, file)
    store_samples(session, question, file)
    return Stored(question, version, is_new)


def tell_published(session: Session, question: Question, version: QuestionVersion) -> None:
    """Tell other systems which version of an organisation's own question is asked from now on."""
    if question.organization_id is None:
        return
    data = {
        "question_id": question.id,
        "slug": question.slug,
        "version": version.number,
        "content_hash": version.content_hash,
        "status": question.status,
        "links": {"self": f"/api/v1/questions/{question.slug}"},
    }
    record_event(session, question.organization_id, "question.published", data)


def question_named(
    session: Session, organization_id: uuid.UUID | None, slug: str, *, lock: bool = False
) -> Question | None:
    """An organisation's own question of this name, whatever its status; never somebody else's."""
    query = select(Question).where(
        Question.slug == slug, Question.organization_id.is_not_distinct_from(organization_id)
    )
    return session.scalar(query.with_for_update() if lock else query)


def store_version(session: Session, question: Question, file: QuestionFile) -> tuple[QuestionVersion, bool]:
    """Point a question at the version with this content, making it when it is new (True), and publish it."""
    content = file.content()
    digest = content_hash(content)
    version = session.scalar(
        select(QuestionVersion).where(
            QuestionVersion.question_id == question.id, QuestionVersion.content_hash == digest
        )
    )
    is_new = version is None
    if version is None:
        number = session.scalar(
            select(func.coalesce(func.max(QuestionVersion.number), 0) + 1).where(
                QuestionVersion.question_id == question.id
            )
        )
        version = QuestionVersion(question_id=question.id, number=number, content_hash=digest, **content)
        session.add(version)
        session.flush()
    changed = question.current_version_id != version.id
    question.current_version_id = version.id
    question.status = "published"
    for name in ("title", "kind", "topic", "level", "minutes", "prerequisites"):
        setattr(question, name, getattr(version, name))
    question.seeds = [source.seed for source in file.sources if source.seed]
    session.flush()
    if changed:
        index_question(session, question, version)
    return version, is_new


def store_samples(session: Session, question: Question, file: QuestionFile) -> None:
    """Make the samples of the question's own organisation those of the file; what left it is withdrawn, not deleted."""
    digests = [sample.digest() for sample in file.samples]
    if file.samples:
        session.execute(
            insert(Sample)
            .values(
                [
                    {
                        "id": uuid.uuid4(),
                        "question_id": question.id,
                        "organization_id": question.organization_id,
                        "kind": sample.kind,
                        "grade": sample.grade,
                        "text": sample.text,
                        "digest": digest,
                    }
                    for sample, digest in zip(file.samples, digests, strict=True)
                ]
            )
            .on_conflict_do_nothing()
        )
    mine = Sample.organization_id.is_not_distinct_from(question.organization_id)
    for sample in session.scalars(select(Sample).where(Sample.question_id == question.id, mine)):
        # What people's reviews taught is not the author's to leave out.
        gone = sample.digest not in digests and sample.kind != REVIEW
        if gone and sample.withdrawn_at is None:
            sample.withdrawn_at = session.scalar(select(viva_now()))
        elif not gone:
            sample.withdrawn_at = None
