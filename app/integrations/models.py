"""What other systems are told: events, and who has yet to get them."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.clock import viva_now
from app.kit.db import Base


class Event(Base):
    """Something that happened in an organisation, written by `kit.events.record_event`; never changed.

    `sequence` counts within the organisation. It is given after the commit, one event after the other: whoever has seen
    number n will never find a smaller one that was not there before, and no writer waits for another.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("uq_events_organization_id_sequence", "organization_id", "sequence", unique=True),
        Index("ix_events_unnumbered", "created_at", "id", postgresql_where=text("sequence IS NULL")),
        Index("ix_events_interview_id", "interview_id", postgresql_where=text("interview_id IS NOT NULL")),
        Index("ix_events_created_at", "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(String(60))
    # Erasing an interview erases what was told of it.
    interview_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"))
    data: Mapped[dict[str, Any]]
    # What can be found twice (by a job and by the sweep) is written once.
    once_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    sequence: Mapped[int | None] = mapped_column(BigInteger)


class EventCounter(Base):
    """The last number that an organisation's events have got; it stays when old events go."""

    __tablename__ = "event_counters"

    organization_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    last: Mapped[int] = mapped_column(BigInteger)


class EventHandover(Base):
    """An event that a consumer has yet to take; the row goes when it has."""

    __tablename__ = "event_handovers"
    __table_args__ = (Index("ix_event_handovers_consumer_due", "consumer", "retry_at", "sequence"),)

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    consumer: Mapped[str] = mapped_column(String(40), primary_key=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), index=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    retry_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    error: Mapped[str] = mapped_column(String(500), default="", server_default="")
