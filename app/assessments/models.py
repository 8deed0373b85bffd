"""What the machine thinks of an answer (append-only), and gradings that belong to no interview."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.clock import viva_now
from app.kit.db import Base

REVIEW_WORTH = (
    "0.6 * (1 - confidence) + CASE WHEN needs_review THEN 0.25 ELSE 0 END"
    " + 0.15 * greatest(0, 1 - 20 * least(abs(score - 0.25), abs(score - 0.5), abs(score - 0.75)))"
)
"""Mostly how unsure the machine is; then that it says so itself; then how near (within .05) an edge of a band is."""


class Assessment(Base):
    """One judgement: the whole report of the scorer, and the receipt of everything that made it."""

    __tablename__ = "assessments"
    __table_args__ = (UniqueConstraint("answer_id", "receipt_digest"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    answer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"))
    # What was asked, and by which template (NULL: none), copied here so that the review queue of one question or
    # template is read from an index, too. Nothing is reached through them, so they are no foreign keys.
    question_id: Mapped[uuid.UUID | None]
    template_id: Mapped[uuid.UUID | None]
    score: Mapped[float]
    confidence: Mapped[float]
    needs_review: Mapped[bool]
    report: Mapped[dict[str, Any]]
    receipt: Mapped[dict[str, Any]]
    receipt_digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    # How much a person's look would tell by the machine's own account, 0–1: the review queue is read in this order.
    review_worth: Mapped[float] = mapped_column(Computed(REVIEW_WORTH, persisted=True))


class ScoringFailure(Base):
    """An answer that could not be scored, so that the page can say so. Removed by the assessment that ends it."""

    __tablename__ = "scoring_failures"

    answer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    attempts: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    retry_at: Mapped[dt.datetime]


class Review(Base):
    """A person's judgement of an answer. Appended, never changed: a reviewer's newest counts.

    `verdicts` says for each criterion that the reviewer looked at `met`, `partial`, `missed` or `contradicted`;
    `assessment_id` is what the machine had said by then. A `settles` review ends a disagreement, and what was said
    before it no longer counts. `disputed`: with this review, those that count are apart (`marks.are_apart`); as long as
    it is an answer's newest review, people disagree about that answer.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        CheckConstraint("score >= 0 AND score <= 1", name="score"),
        Index("ix_reviews_answer_created", "answer_id", "created_at"),
        Index("ix_reviews_organization_created", "organization_id", "created_at", "id"),
        Index("ix_reviews_question", "question_id", "organization_id", "created_at"),
        Index("ix_reviews_organization_disputed", "organization_id", "created_at", postgresql_where=text("disputed")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    answer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"))
    assessment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("assessments.id", ondelete="SET NULL"))
    # The answer's question (NULL: not filled in): a question's reviews are found without walking all its answers.
    question_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("questions.id"))
    reviewer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    score: Mapped[float]
    verdicts: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    comment: Mapped[str] = mapped_column(Text, default="", server_default="")
    settles: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    disputed: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())


class Appeal(Base):
    """A candidate who does not agree with the mark of an answer, and what was replied."""

    __tablename__ = "appeals"
    __table_args__ = (
        Index(
            "ix_appeals_organization_open", "organization_id", "created_at", postgresql_where=text("replied_at IS NULL")
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    answer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), unique=True)
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    reply: Mapped[str] = mapped_column(Text, default="", server_default="")
    replied_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    replied_at: Mapped[dt.datetime | None]


class ReviewSample(Base):
    """The answer that a sample of kind `review` was made of: when the answer goes, a trigger takes the sample."""

    __tablename__ = "review_samples"

    sample_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("samples.id", ondelete="CASCADE"), primary_key=True)
    answer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), index=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))


class Lesson(Base):
    """What a question's reviews would change if later answers were scored by them as well: worked out by a worker.

    `digest` names the set of graded answers that it was worked out with.
    """

    __tablename__ = "lessons"
    __table_args__ = (
        CheckConstraint("status IN ('queued', 'done', 'failed')", name="status"),
        Index("ix_lessons_question_requested", "organization_id", "question_id", "requested_at"),
        Index("ix_lessons_queued", "requested_at", postgresql_where=text("status = 'queued'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(String(64))
    requested_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    requested_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    status: Mapped[str] = mapped_column(String(20), default="queued", server_default="queued")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    done: Mapped[int] = mapped_column(default=0, server_default="0")
    total: Mapped[int] = mapped_column(default=0, server_default="0")
    result: Mapped[dict[str, Any] | None]
    completed_at: Mapped[dt.datetime | None]


class Decision(Base):
    """What an interviewer notes of an interview, and decides. Appended; the newest counts."""

    __tablename__ = "decisions"
    __table_args__ = (
        CheckConstraint("decision IN ('advance', 'hold', 'decline', 'none')", name="decision"),
        Index("ix_decisions_interview_created", "interview_id", "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"), index=True)
    interview_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"))
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    decision: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())


class Grading(Base):
    """Answers scored without an interview: the objects of `viva grade`, in and out, in the same order."""

    __tablename__ = "gradings"
    __table_args__ = (
        CheckConstraint("status IN ('queued', 'done', 'failed')", name="status"),
        Index("ix_gradings_organization_created", "organization_id", "created_at", "id"),
        Index("ix_gradings_queued", "created_at", postgresql_where=text("status = 'queued'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    is_list: Mapped[bool]
    requests: Mapped[list[Any]]
    results: Mapped[list[Any] | None]
    status: Mapped[str] = mapped_column(String(20), default="queued", server_default="queued")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    completed_at: Mapped[dt.datetime | None]


class GradingBatch(Base):
    """Up to 10,000 answers to score without an interview: each is a line of its own, and workers take some at a time.

    `questions` holds what stood behind each slug when the batch came in. `worked_at` is when a worker last took of it:
    open batches take turns.
    """

    __tablename__ = "grading_batches"
    __table_args__ = (
        CheckConstraint("status IN ('queued', 'running', 'done', 'cancelled')", name="status"),
        Index("ix_grading_batches_organization_created", "organization_id", "created_at", "id"),
        Index("ix_grading_batches_open", "worked_at", postgresql_where=text("finished_at IS NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    status: Mapped[str] = mapped_column(String(20), default="queued", server_default="queued")
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0, server_default="0")
    failed: Mapped[int] = mapped_column(default=0, server_default="0")
    questions: Mapped[dict[str, Any]]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    started_at: Mapped[dt.datetime | None]
    worked_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    finished_at: Mapped[dt.datetime | None] = mapped_column(index=True)


class GradingLine(Base):
    """One answer of a batch. What was sent goes when there is a result: a score, or what is wrong with the line."""

    __tablename__ = "grading_lines"
    __table_args__ = (
        CheckConstraint("status IN ('queued', 'done', 'failed')", name="status"),
        Index("ix_grading_lines_queued", "batch_id", "line", postgresql_where=text("status = 'queued'")),
    )

    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("grading_batches.id", ondelete="CASCADE"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    status: Mapped[str] = mapped_column(String(20), default="queued", server_default="queued")
    request: Mapped[dict[str, Any] | None]
    result: Mapped[dict[str, Any] | None]


class RubricImpact(Base):
    """What a changed rubric would do to past answers: scored by both versions before anything is published."""

    __tablename__ = "rubric_impacts"
    __table_args__ = (
        CheckConstraint("status IN ('queued', 'done', 'failed')", name="status"),
        Index("ix_rubric_impacts_question_requested", "question_id", "requested_at"),
        Index("ix_rubric_impacts_queued", "requested_at", postgresql_where=text("status = 'queued'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(Text)
    requested_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    requested_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    status: Mapped[str] = mapped_column(String(20), default="queued", server_default="queued")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    done: Mapped[int] = mapped_column(default=0, server_default="0")
    total: Mapped[int] = mapped_column(default=0, server_default="0")
    result: Mapped[dict[str, Any] | None]
    completed_at: Mapped[dt.datetime | None]


Index("ix_assessments_answer_created", Assessment.answer_id, Assessment.created_at)
for _name, _columns in {
    "ix_assessments_organization_worth": [],
    "ix_assessments_question_worth": [Assessment.question_id],
    "ix_assessments_template_worth": [Assessment.template_id],
}.items():
    Index(_name, Assessment.organization_id, *_columns, Assessment.review_worth.desc(), Assessment.answer_id)
