"""Where an organisation's events go, and every delivery."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.integrations.models import Event
from app.kit.clock import viva_now
from app.kit.db import Base


class WebhookEndpoint(Base):
    """An address that gets an organisation's events, signed with a secret of its own (stored by `kit.sealing`)."""

    __tablename__ = "webhook_endpoints"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column(String(2000))
    description: Mapped[str] = mapped_column(String(200), default="", server_default="")
    # Empty: all types.
    event_types: Mapped[list[str]]
    secret: Mapped[str] = mapped_column(Text)
    # After a rotation both sign for a while.
    old_secret: Mapped[str | None] = mapped_column(Text)
    old_secret_until: Mapped[dt.datetime | None]
    is_enabled: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    # When Viva switched it off, and why; an admin who switches it off leaves these empty.
    disabled_at: Mapped[dt.datetime | None]
    disabled_reason: Mapped[str] = mapped_column(String(300), default="", server_default="")
    # Counts changes by people, for the entity tag.
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    last_success_at: Mapped[dt.datetime | None]
    # Attempts that failed since the last that did not, since when, and until when it is left in peace.
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    failing_since: Mapped[dt.datetime | None]
    hold_until: Mapped[dt.datetime | None]


class WebhookDelivery(Base):
    """One event on its way to one endpoint; the last attempt is remembered."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'delivered', 'failed')", name="status"),
        UniqueConstraint("event_id", "endpoint_id"),
        Index(
            "ix_webhook_deliveries_due",
            "endpoint_id",
            "next_attempt_at",
            postgresql_where=text("status = 'waiting'"),
        ),
        Index("ix_webhook_deliveries_endpoint_created", "endpoint_id", "created_at", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), index=True)
    endpoint_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(String(20), default="waiting", server_default="waiting")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    # Attempts since it was made or replayed: these count for the pauses between them.
    round_attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    # Nobody tries before; whoever tries moves it on first, so that a worker that dies is like an attempt that failed.
    next_attempt_at: Mapped[dt.datetime | None] = mapped_column(server_default=viva_now())
    last_attempt_at: Mapped[dt.datetime | None]
    delivered_at: Mapped[dt.datetime | None]
    response_status: Mapped[int | None]
    response_snippet: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    error: Mapped[str] = mapped_column(String(300), default="", server_default="")
    duration_ms: Mapped[int | None]

    event: Mapped[Event] = relationship()
    endpoint: Mapped[WebhookEndpoint] = relationship()
