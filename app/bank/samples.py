"""Graded samples of a question: added and withdrawn by an organisation, for itself alone, and never changed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.service import audit
from app.bank.access import Author
from app.bank.models import Question, Sample
from app.bank.problems import ComesWithViva
from app.bank.queries import MAX_SAMPLES
from app.bank.question_file import SampleEntry
from app.bank.words import REVIEW
from app.kit import clock
from app.kit.errors import Conflict, NotFound


@dataclass(frozen=True)
class Added:
    """What adding a sample did."""

    sample: Sample
    is_new: bool
    """Whether it did not count before."""


def add_sample(session: Session, author: Author, question: Question, entry: SampleEntry) -> Added:
    """Have an answer with its grade count for the organisation; the same again changes nothing.

    Raises:
        Conflict: the organisation has as many as are looked at.
    """
    # One after the other, so that they are counted right.
    session.execute(select(Question.id).where(Question.id == question.id).with_for_update(key_share=True))
    mine = (Sample.question_id == question.id) & (Sample.organization_id == author.organization_id)
    same = select(Sample).where(mine, Sample.digest == entry.digest())
    sample = session.scalar(same)
    if sample is not None and sample.withdrawn_at is None:
        return Added(sample, False)
    live = session.scalar(select(func.count()).select_from(Sample).where(mine, Sample.withdrawn_at.is_(None))) or 0
    if live >= MAX_SAMPLES:
        raise Conflict(f"A question has at most {MAX_SAMPLES} samples that count: withdraw one first.")
    if sample is None:
        session.execute(
            insert(Sample)
            .values(
                id=uuid.uuid4(),
                question_id=question.id,
                organization_id=author.organization_id,
                kind=entry.kind,
                grade=entry.grade,
                text=entry.text,
                digest=entry.digest(),
            )
            .on_conflict_do_nothing()
        )
        sample = session.scalars(same).one()
    sample.withdrawn_at = None
    session.flush()
    _audit(session, author, sample, "added")
    return Added(sample, True)


def withdraw_sample(session: Session, author: Author, question: Question, sample_id: uuid.UUID) -> None:
    """Let a sample of the organisation's count no more; it stays for the scores that it made. Twice is fine.

    Raises:
        NotFound: the question has no such sample for the organisation.
        ComesWithViva: it is everybody's.
        Conflict: a review taught it.
    """
    sample = session.scalar(
        select(Sample)
        .where(
            Sample.id == sample_id,
            Sample.question_id == question.id,
            Sample.organization_id.is_(None) | (Sample.organization_id == author.organization_id),
        )
        .with_for_update()
    )
    if sample is None:
        raise NotFound("There is no such sample of this question.")
    if sample.organization_id is None:
        raise ComesWithViva("This sample comes with Viva: it is not yours to withdraw.")
    if sample.kind == REVIEW:
        raise Conflict("This sample was learnt from a review: what was learnt is withdrawn with the lesson.")
    if sample.withdrawn_at is None:
        sample.withdrawn_at = clock.now(session)
        session.flush()
        _audit(session, author, sample, "withdrawn")


def _audit(session: Session, author: Author, sample: Sample, what: str) -> None:
    subject = f"question:{sample.question_id}"
    audit(session, author.organization_id, author.actor, f"sample.{what}", subject, sample=str(sample.id))
