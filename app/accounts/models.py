"""People, organisations, browser sessions, API keys and the audit trail."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.clock import viva_now
from app.kit.db import Base


class Organization(Base):
    """Owns every tenant row. A person who practises alone has a personal one."""

    __tablename__ = "organizations"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    is_personal: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # Finished interviews older than this are deleted with all that hangs on them; NULL keeps them.
    retention_days: Mapped[int | None]
    # Names are hidden where candidates are reviewed and compared, until somebody asks for them.
    blind: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())


class User(Base):
    """A person. A guest has neither e-mail nor password until an account is made of it."""

    __tablename__ = "users"
    __table_args__ = (
        Index("uq_users_email_lower", func.lower(text("email")), unique=True),
        # Who signs in elsewhere (OIDC) has an e-mail and no password.
        CheckConstraint("email IS NOT NULL OR password_hash IS NULL", name="password_with_email"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    personal_organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"), index=True)
    email: Mapped[str | None] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    password_hash: Mapped[str | None] = mapped_column(String(255))
    email_confirmed_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())

    @property
    def is_guest(self) -> bool:
        """Whether the person has not made an account yet."""
        return self.email is None


class Membership(Base):
    """A person's role in an organisation."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("organization_id", "user_id"),
        CheckConstraint("role IN ('candidate', 'interviewer', 'admin')", name="role"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())


class BrowserSession(Base):
    """A signed-in browser. Only the SHA-256 of its cookie is kept."""

    __tablename__ = "browser_sessions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    expires_at: Mapped[dt.datetime]
    last_used_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    user_agent: Mapped[str] = mapped_column(String(200), default="", server_default="")
    address: Mapped[str] = mapped_column(String(45), default="", server_default="")


class AccountToken(Base):
    """A link that works once: to confirm an e-mail, to set a new password, or to become the first admin.

    Only the SHA-256 of its secret is kept. `email` is the address that the link was sent to, so that a link to an
    older address confirms nothing.
    """

    __tablename__ = "account_tokens"
    __table_args__ = (CheckConstraint("kind IN ('confirm_email', 'reset_password', 'first_admin')", name="kind"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    kind: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    email: Mapped[str | None] = mapped_column(String(254))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]


class ExternalIdentity(Base):
    """A person as an OpenID Connect provider knows them."""

    __tablename__ = "external_identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())


class MemberInvitation(Base):
    """A colleague who is asked into an organisation, by a link that works once."""

    __tablename__ = "member_invitations"
    __table_args__ = (CheckConstraint("role IN ('candidate', 'interviewer', 'admin')", name="role"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    expires_at: Mapped[dt.datetime]
    accepted_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]


class OutgoingMail(Base):
    """A letter to be sent, or that was. Its text is cleared once it has gone: it may hold a link that works once."""

    __tablename__ = "outgoing_mails"
    __table_args__ = (
        Index("ix_outgoing_mails_unsent", "retry_at", postgresql_where=text("sent_at IS NULL AND failed_at IS NULL")),
        Index("ix_outgoing_mails_organization_created", "organization_id", "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    # Nobody tries before; whoever tries moves it on first, so that no two workers send the same letter.
    retry_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    sent_at: Mapped[dt.datetime | None]
    failed_at: Mapped[dt.datetime | None]
    error: Mapped[str] = mapped_column(String(500), default="", server_default="")


class ApiKey(Base):
    """A key for other systems: shown once, kept as prefix and SHA-256."""

    __tablename__ = "api_keys"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    prefix: Mapped[str] = mapped_column(String(20))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]]
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    expires_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]
    # To within five minutes.
    last_used_at: Mapped[dt.datetime | None]


class OutsidePerson(Base):
    """A person whom another system names by its own identifier: a user without e-mail, password or browser.

    So reviews over the API have reviewers like those of the pages, and the same rules hold for both.
    """

    __tablename__ = "outside_people"
    __table_args__ = (UniqueConstraint("organization_id", "external_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    external_id: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())


class AuditEvent(Base):
    """Who did what, append-only. `actor` is `user:…`, `key:…` or `viva` (the clock)."""

    __tablename__ = "audit_events"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(120))
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())

    __table_args__ = (
        Index("ix_audit_events_organization_id_at", "organization_id", "at"),
        # What happened to one thing, and who has looked at it.
        Index("ix_audit_events_organization_subject", "organization_id", "subject", "at"),
    )


class ThrottleCount(Base):
    """One fixed window of calls or attempts, for `limits` (see `kit.counts`). Not logged: a count is worth no flush."""

    __tablename__ = "throttle_counts"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 - SQLAlchemy's own form

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    count: Mapped[int]
    expires_at: Mapped[dt.datetime]


class IdempotencyRecord(Base):
    """One `POST` with an `Idempotency-Key`, and what was answered (see `kit.idempotency`)."""

    __tablename__ = "idempotency_records"

    caller: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    begun_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now(), index=True)
    committed_at: Mapped[dt.datetime | None]
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[bytes | None]
