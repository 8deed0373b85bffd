"""The question bank: questions with versions, working copies and events, graded samples, interview templates.

What search reads (`QuestionSearch`, `QuestionVector`, `SearchWord`) is derived from the current versions, and can be
made again at any time.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from pgvector.sqlalchemy import VECTOR
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

import app.accounts.models  # noqa: F401 - `viva seed` loads nothing else that knows the tables which keys here point at
from app.kit.clock import viva_now
from app.kit.db import Base


class Question(Base):
    """A stable slug. `organization_id` is NULL for what is published with Viva and belongs to everybody.

    A `draft` has never been published and has no version yet.
    """

    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("organization_id", "slug", postgresql_nulls_not_distinct=True),
        CheckConstraint("status IN ('draft', 'published', 'retired')", name="status"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"))
    slug: Mapped[str] = mapped_column(String(80))
    status: Mapped[str] = mapped_column(String(20), default="published", server_default="published")
    current_version_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("question_versions.id", use_alter=True, name="fk_questions_current_version"), index=True
    )
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    # What lists, the map and search read of the current version: versions are wide, and lie among all the older ones.
    title: Mapped[str | None] = mapped_column(String(120))
    kind: Mapped[str | None] = mapped_column(String(20))
    topic: Mapped[str | None] = mapped_column(String(40))
    level: Mapped[int | None]
    minutes: Mapped[int | None]
    prerequisites: Mapped[list[str] | None]
    seeds: Mapped[list[str] | None]

    current_version: Mapped[QuestionVersion | None] = relationship(foreign_keys=[current_version_id])


class QuestionVersion(Base):
    """What a question said at one time. Never updated; interviews point at one of these."""

    __tablename__ = "question_versions"
    __table_args__ = (
        UniqueConstraint("question_id", "number"),
        UniqueConstraint("question_id", "content_hash"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questions.id"))
    number: Mapped[int]
    content_hash: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(120))
    prompt: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(20))
    topic: Mapped[str] = mapped_column(String(40))
    level: Mapped[int]
    minutes: Mapped[int]
    rubric: Mapped[dict[str, Any]]
    model_answer: Mapped[str] = mapped_column(Text)
    sources: Mapped[list[Any]]
    related: Mapped[list[str]]
    prerequisites: Mapped[list[str]]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())

    question: Mapped[Question] = relationship(foreign_keys=[question_id])


class QuestionDraft(Base):
    """The working copy of a question: what its author typed, kept as it is, also while it cannot be read.

    `revision` counts saves; a save names the one it builds on, so that two tabs never overwrite each other. What the
    check found belongs to the text with `checked_digest`.
    """

    __tablename__ = "question_drafts"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'in_review')", name="status"),
        CheckConstraint("check_status IN ('queued', 'done', 'failed')", name="check_status"),
        Index("ix_question_drafts_organization_updated", "organization_id", "updated_at", "question_id"),
        Index("ix_question_drafts_check_queued", "check_requested_at", postgresql_where=sql("check_status = 'queued'")),
    )

    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    source: Mapped[str] = mapped_column(Text)
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    status: Mapped[str] = mapped_column(String(20), default="draft", server_default="draft")
    updated_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    updated_by_key: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("api_keys.id", ondelete="SET NULL"))
    updated_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    checked_digest: Mapped[str | None] = mapped_column(String(64))
    check_status: Mapped[str | None] = mapped_column(String(20))
    check_requested_at: Mapped[dt.datetime | None]
    check_result: Mapped[dict[str, Any] | None]

    question: Mapped[Question] = relationship()


class QuestionEvent(Base):
    """What was done with a question, by whom (a person or a key) and when. Append-only."""

    __tablename__ = "question_events"
    __table_args__ = (Index("ix_question_events_question_at", "question_id", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"))
    action: Mapped[str] = mapped_column(String(40))
    version_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("question_versions.id"))
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("api_keys.id", ondelete="SET NULL"))
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())


class QuestionSearch(Base):
    """What full-text search reads of a published question's current version."""

    __tablename__ = "question_search"

    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True)
    organization_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"))
    version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("question_versions.id"))
    document: Mapped[Any] = mapped_column(TSVECTOR)


class QuestionVector(Base):
    """What a question asks, as the model embeds it: for search by meaning and for similar questions.

    A table of its own, so that its rows stay below the size from which PostgreSQL moves values out of line. The number
    of dimensions is the model's, and rows of another model do not count.
    """

    __tablename__ = "question_vectors"

    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True)
    organization_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"))
    version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("question_versions.id"))
    model: Mapped[str] = mapped_column(String(200))
    vector: Mapped[Any] = mapped_column(VECTOR())


class SearchWord(Base):
    """The bank's own vocabulary, against which spelling is mended."""

    __tablename__ = "search_words"

    word: Mapped[str] = mapped_column(String(60), primary_key=True)
    questions: Mapped[int]


class Sample(Base):
    """An answer with the grade it deserves. Added, never changed; one that leaves the seed is withdrawn."""

    __tablename__ = "samples"
    __table_args__ = (
        UniqueConstraint("question_id", "organization_id", "digest", postgresql_nulls_not_distinct=True),
        CheckConstraint("grade >= 0 AND grade <= 1", name="grade"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questions.id"))
    organization_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"))
    kind: Mapped[str] = mapped_column(String(40))
    grade: Mapped[float]
    text: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    withdrawn_at: Mapped[dt.datetime | None]


class InterviewTemplate(Base):
    """A stable slug for a kind of interview."""

    __tablename__ = "interview_templates"
    __table_args__ = (UniqueConstraint("organization_id", "slug", postgresql_nulls_not_distinct=True),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"))
    slug: Mapped[str] = mapped_column(String(80))
    status: Mapped[str] = mapped_column(String(20), default="published", server_default="published")
    current_version_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("interview_template_versions.id", use_alter=True, name="fk_interview_templates_current_version")
    )
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())

    current_version: Mapped[InterviewTemplateVersion | None] = relationship(foreign_keys=[current_version_id])


class InterviewTemplateVersion(Base):
    """What a template said at one time: time and sections (exact questions, or a draw), and what candidates see.

    `timing` says whether the whole interview alone has a clock, or each question as well.
    `candidate_sees` is what a candidate gets to see of the result, and `release` when: `at_once`, or when an
    interviewer releases it.
    """

    __tablename__ = "interview_template_versions"
    __table_args__ = (
        UniqueConstraint("template_id", "number"),
        UniqueConstraint("template_id", "content_hash"),
        CheckConstraint("candidate_sees IN ('nothing', 'score', 'report')", name="candidate_sees"),
        CheckConstraint("release IN ('at_once', 'by_interviewer')", name="release"),
        CheckConstraint("timing IN ('interview', 'question')", name="timing"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    template_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("interview_templates.id"))
    number: Mapped[int]
    content_hash: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text)
    minutes: Mapped[int]
    timing: Mapped[str] = mapped_column(String(20), default="interview", server_default="interview")
    sections: Mapped[list[Any]]
    candidate_sees: Mapped[str] = mapped_column(String(20), default="report", server_default="report")
    release: Mapped[str] = mapped_column(String(20), default="at_once", server_default="at_once")
    follow_ups: Mapped[bool] = mapped_column(default=True, server_default=sql("true"))
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())

    template: Mapped[InterviewTemplate] = relationship(foreign_keys=[template_id])


Index("ix_question_versions_topic", QuestionVersion.topic)
Index("ix_samples_question_live", Sample.question_id, postgresql_where=sql("withdrawn_at IS NULL"))
Index("ix_questions_topic_level_title", Question.topic, Question.level, Question.title, Question.slug)
Index("ix_question_search_document", QuestionSearch.document, postgresql_using="gin")
