"""One candidate's timed sitting: interview, items, draft revisions, the one answer of each item."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.bank.models import QuestionVersion
from app.kit.clock import viva_now
from app.kit.db import Base


class Interview(Base):
    """A sitting. `deadline_at` is set at the start (NULL: practice without a clock) and moves only with extra time."""

    __tablename__ = "interviews"
    __table_args__ = (
        CheckConstraint("mode IN ('timed', 'practice')", name="mode"),
        CheckConstraint("timing IN ('interview', 'question')", name="timing"),
        CheckConstraint("finish_reason IN ('candidate', 'deadline', 'interviewer')", name="finish_reason"),
        CheckConstraint("time_multiplier >= 1 AND time_multiplier <= 10", name="time_multiplier"),
        # The sweep looks for running interviews whose time is up.
        Index(
            "ix_interviews_running_deadline",
            "deadline_at",
            postgresql_where=sql("finished_at IS NULL AND deadline_at IS NOT NULL"),
        ),
        Index("ix_interviews_candidate_created", "candidate_user_id", "created_at", "id"),
        Index("ix_interviews_organization_created", "organization_id", "created_at", "id"),
        Index("ix_interviews_organization_finished", "organization_id", "finished_at", "id"),
        Index("ix_interviews_template_version", "template_version_id", "finished_at"),
        Index("ix_interviews_organization_version", "organization_id", "template_version_id", "finished_at", "id"),
        Index("uq_interviews_invitation", "invitation_id", unique=True),
        # The sweep looks for those whose answers have all been scored meanwhile.
        Index(
            "ix_interviews_unscored_finished",
            "finished_at",
            "id",
            postgresql_where=sql("finished_at IS NOT NULL AND scored_at IS NULL"),
        ),
        # Live views look at those that run.
        Index(
            "ix_interviews_organization_running",
            "organization_id",
            "started_at",
            postgresql_where=sql("finished_at IS NULL AND started_at IS NOT NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    candidate_user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    candidate_external_id: Mapped[str | None] = mapped_column(String(200))
    candidate_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    template_version_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("interview_template_versions.id"))
    title: Mapped[str] = mapped_column(String(120))
    mode: Mapped[str] = mapped_column(String(20))
    duration_seconds: Mapped[int | None]
    # `question`: each question has a clock of its own as well.
    timing: Mapped[str] = mapped_column(String(20), default="interview", server_default="interview")
    time_multiplier: Mapped[float] = mapped_column(default=1.0, server_default="1")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    consented_at: Mapped[dt.datetime | None]
    started_at: Mapped[dt.datetime | None]
    deadline_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
    finish_reason: Mapped[str | None] = mapped_column(String(20))
    # When it was noticed that each of its answers has an assessment.
    scored_at: Mapped[dt.datetime | None]
    # After a technical failure an interviewer can stop the clock: while this is set, no time runs and nothing is taken.
    paused_at: Mapped[dt.datetime | None]
    paused_seconds: Mapped[float] = mapped_column(default=0.0, server_default="0")
    # When the candidate's browser was last heard of, to within some seconds.
    last_seen_at: Mapped[dt.datetime | None]
    current_position: Mapped[int | None]
    # The candidate may see the result (as far as the template says) from then on.
    released_at: Mapped[dt.datetime | None]
    invitation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("invitations.id", ondelete="SET NULL"))

    items: Mapped[list[InterviewItem]] = relationship(
        back_populates="interview", order_by="InterviewItem.position", cascade="all, delete-orphan"
    )

    @property
    def status(self) -> str:
        """`ready` (lobby), `running` or `finished`; what the clock says is not in it."""
        if self.finished_at is not None:
            return "finished"
        return "ready" if self.started_at is None else "running"


class Invitation(Base):
    """A candidate who is asked to sit an interview by a link of their own; no account is needed.

    Only the SHA-256 of the link's secret is kept. The link opens in one browser: sent again, it is a new one, and signs
    in the same candidate.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("time_multiplier >= 1 AND time_multiplier <= 10", name="time_multiplier"),
        CheckConstraint("closes_at > opens_at", name="window"),
        Index("ix_invitations_organization_created", "organization_id", "created_at", "id"),
        # The sweep looks for those whose last day has passed.
        Index(
            "ix_invitations_open_closes_at",
            "closes_at",
            postgresql_where=sql("claimed_at IS NULL AND revoked_at IS NULL AND expired_at IS NULL"),
        ),
        Index("ix_invitations_organization_external", "organization_id", "candidate_external_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    template_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("interview_template_versions.id"), index=True)
    candidate_name: Mapped[str] = mapped_column(String(200))
    candidate_email: Mapped[str | None] = mapped_column(String(254))
    # Another system's identifier of the person; the interview gets it, too.
    candidate_external_id: Mapped[str | None] = mapped_column(String(200))
    candidate_user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    time_multiplier: Mapped[float] = mapped_column(default=1.0, server_default="1")
    opens_at: Mapped[dt.datetime]
    closes_at: Mapped[dt.datetime]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    sent_at: Mapped[dt.datetime | None]
    claimed_at: Mapped[dt.datetime | None]
    # SHA-256 of what the page held from which it was claimed: a second press of the same button comes in as well.
    claimed_with: Mapped[str | None] = mapped_column(String(64))
    revoked_at: Mapped[dt.datetime | None]
    # When it was told that nobody came in time; other days clear it.
    expired_at: Mapped[dt.datetime | None]


class InterviewItem(Base):
    """One question of an interview, pinned to the version that the candidate reads.

    With a time of its own (`duration_seconds`, without extra time) it is shown when the candidate opens it, and
    `deadline_at` is set then.
    """

    __tablename__ = "interview_items"
    __table_args__ = (
        UniqueConstraint("interview_id", "position"),
        CheckConstraint("input_mode IN ('typed', 'dictated')", name="input_mode"),
        Index("ix_interview_items_organization_question", "organization_id", "question_version_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    interview_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"))
    position: Mapped[int]
    section_id: Mapped[str] = mapped_column(String(80))
    section_title: Mapped[str] = mapped_column(String(120))
    question_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("question_versions.id"), index=True)
    flagged: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    duration_seconds: Mapped[int | None]
    opened_at: Mapped[dt.datetime | None]
    deadline_at: Mapped[dt.datetime | None]
    # The newest acknowledged draft lives here, so that a save is one guarded UPDATE; its history is in `drafts`.
    draft_text: Mapped[str] = mapped_column(Text, default="", server_default="")
    draft_revision: Mapped[int] = mapped_column(default=0, server_default="0")
    draft_saved_at: Mapped[dt.datetime | None]
    # What was last said of how this question is answered; the answer takes it along. NULL: nobody said.
    input_mode: Mapped[str | None] = mapped_column(String(20))

    interview: Mapped[Interview] = relationship(back_populates="items")
    question_version: Mapped[QuestionVersion] = relationship()
    answer: Mapped[Answer | None] = relationship(back_populates="item", cascade="all, delete-orphan")
    drafts: Mapped[list[Draft]] = relationship(cascade="all, delete-orphan", order_by="Draft.created_at")


class Draft(Base):
    """Text that a candidate sent: `saved` revisions (one a minute is kept), what lost a `conflict`, or came `late`."""

    __tablename__ = "drafts"
    __table_args__ = (
        CheckConstraint("kind IN ('saved', 'conflict', 'late')", name="kind"),
        Index("ix_drafts_item_created", "item_id", "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("interview_items.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())


class Answer(Base):
    """The one submitted answer of an item. Never updated."""

    __tablename__ = "answers"
    __table_args__ = (
        CheckConstraint("submitted_by IN ('candidate', 'finish', 'deadline', 'interviewer')", name="submitted_by"),
        CheckConstraint("input_mode IN ('typed', 'dictated')", name="input_mode"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("interview_items.id", ondelete="CASCADE"), unique=True)
    text: Mapped[str] = mapped_column(Text)
    does_not_know: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    submitted_by: Mapped[str] = mapped_column(String(20))
    submitted_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now(), index=True)
    # `typed` or `dictated`, as the candidate or the calling system said; NULL: nobody did. No score depends on it.
    input_mode: Mapped[str | None] = mapped_column(String(20))

    item: Mapped[InterviewItem] = relationship(back_populates="answer")
