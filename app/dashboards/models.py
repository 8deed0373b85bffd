"""Counts and sums of results by month, from which the analytics are drawn: derived, and made again by a worker."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.clock import viva_now
from app.kit.db import Base

NO_TEMPLATE = uuid.UUID(int=0)
"""Stands for interviews that were made of single questions."""


class AnalyticsSum(Base):
    """Sums of one kind over an organisation's interviews of one template version that were finished in one month.

    All are additive, so that any months and templates can be put together. What `n` counts and `a` to `g` sum is said
    where they are made (`rollup.py`). No row is about a person.
    """

    __tablename__ = "analytics_sums"

    organization_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    month: Mapped[dt.date] = mapped_column(primary_key=True)
    template_version_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    n: Mapped[int]
    a: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    b: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    c: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    d: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    e: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    f: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    g: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))


class AnalyticsRefresh(Base):
    """Until when an organisation's results have been counted, and when all were last counted anew."""

    __tablename__ = "analytics_refreshes"

    organization_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    counted_at: Mapped[dt.datetime]
    all_counted_at: Mapped[dt.datetime]


class StoredExport(Base):
    """An export that another system asked for: made by a worker, kept for a day, and fetched as often as one likes.

    `requested_by` is the actor of the audit trail. `attempts` tells the worker that makes it now from one that was
    given up for dead.
    """

    __tablename__ = "exports"
    __table_args__ = (
        CheckConstraint("status IN ('queued', 'done', 'failed')", name="status"),
        Index("ix_exports_organization_requested", "organization_id", "requested_at", "id"),
        Index("ix_exports_queued", "requested_at", postgresql_where=text("status = 'queued'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    what: Mapped[str] = mapped_column(String(20))
    form: Mapped[str] = mapped_column(String(10))
    template_id: Mapped[uuid.UUID | None]
    first: Mapped[dt.date | None]
    last: Mapped[dt.date | None]
    blind: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    requested_by: Mapped[str] = mapped_column(String(80))
    requested_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    status: Mapped[str] = mapped_column(String(20), default="queued", server_default="queued")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    begun_at: Mapped[dt.datetime | None]
    size: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    completed_at: Mapped[dt.datetime | None]


class StoredExportPart(Base):
    """A piece of an export's file."""

    __tablename__ = "export_parts"

    export_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("exports.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    content: Mapped[bytes]
