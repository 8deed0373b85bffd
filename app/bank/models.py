"""The question bank: questions with immutable versions, graded samples, interview templates with immutable versions."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

import app.accounts.models  # noqa: F401 - `viva seed` loads nothing else that knows the tables which keys here point at
from app.kit.clock import viva_now
from app.kit.db import Base


class Question(Base):
    """A stable slug. `organization_id` is NULL for what is published with Viva and belongs to everybody."""

    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("organization_id", "slug", postgresql_nulls_not_distinct=True),
        CheckConstraint("status IN ('published', 'retired')", name="status"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"))
    slug: Mapped[str] = mapped_column(String(80))
    status: Mapped[str] = mapped_column(String(20), default="published", server_default="published")
    current_version_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("question_versions.id", use_alter=True, name="fk_questions_current_version"), index=True
    )
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())

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
    """What a template said at one time: time and sections (exact questions, or a draw)."""

    __tablename__ = "interview_template_versions"
    __table_args__ = (UniqueConstraint("template_id", "number"), UniqueConstraint("template_id", "content_hash"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    template_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("interview_templates.id"))
    number: Mapped[int]
    content_hash: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text)
    minutes: Mapped[int]
    sections: Mapped[list[Any]]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())

    template: Mapped[InterviewTemplate] = relationship(foreign_keys=[template_id])


Index("ix_question_versions_topic", QuestionVersion.topic)
Index("ix_samples_question_live", Sample.question_id, postgresql_where=sql("withdrawn_at IS NULL"))
