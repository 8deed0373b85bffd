"""What the machine thinks of an answer (append-only), and gradings that belong to no interview."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.clock import viva_now
from app.kit.db import Base


class Assessment(Base):
    """One judgement: the whole report of the scorer, and the receipt of everything that made it."""

    __tablename__ = "assessments"
    __table_args__ = (UniqueConstraint("answer_id", "receipt_digest"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    answer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"))
    score: Mapped[float]
    confidence: Mapped[float]
    needs_review: Mapped[bool]
    report: Mapped[dict[str, Any]]
    receipt: Mapped[dict[str, Any]]
    receipt_digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())


class ScoringFailure(Base):
    """An answer that could not be scored, so that the page can say so. Removed by the assessment that ends it."""

    __tablename__ = "scoring_failures"

    answer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    attempts: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    retry_at: Mapped[dt.datetime]


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


Index("ix_assessments_answer_created", Assessment.answer_id, Assessment.created_at)
