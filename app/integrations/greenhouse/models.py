"""What Viva keeps of Greenhouse: the key that it comes with, and the tests that it has asked for."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.clock import viva_now
from app.kit.db import Base


class GreenhouseLink(Base):
    """The key with which an organisation's Greenhouse came last.

    Greenhouse wants to be called back with the same key, and keys are kept as hashes: so the secret of this one, which
    opens nothing but what Greenhouse may do, is kept sealed.
    """

    __tablename__ = "greenhouse_links"

    organization_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    key_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"))
    sealed_key: Mapped[str] = mapped_column(Text)
    first_seen_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    # To within five minutes.
    last_seen_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())


class GreenhouseTest(Base):
    """A test that Greenhouse has asked for: an invitation, and where Greenhouse is told how it went.

    Its id is what Greenhouse calls `partner_interview_id`. `callback_url` is Greenhouse's own name of the test: asked
    for again, it is the same test.
    """

    __tablename__ = "greenhouse_tests"
    __table_args__ = (
        UniqueConstraint("organization_id", "callback_url"),
        Index("ix_greenhouse_tests_due", "tell_at", postgresql_where=sql("tell_at IS NOT NULL")),
        Index("ix_greenhouse_tests_organization_created", "organization_id", "created_at", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    # NULL for the moment between the test and its invitation, which are one transaction.
    invitation_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("invitations.id", ondelete="CASCADE"), unique=True
    )
    callback_url: Mapped[str] = mapped_column(String(2000))
    profile_url: Mapped[str | None] = mapped_column(String(2000))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    # When Greenhouse is to be told; NULL: there is nothing (more) to tell. Whoever tries moves it on first.
    tell_at: Mapped[dt.datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    told_at: Mapped[dt.datetime | None]
    error: Mapped[str] = mapped_column(String(500), default="", server_default="")
