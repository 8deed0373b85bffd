"""Course platforms, who comes from them, to which link, and what they were told of it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.clock import viva_now
from app.kit.db import Base


def _organization() -> Mapped[uuid.UUID]:
    return mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), index=True)


def _platform() -> Mapped[uuid.UUID]:
    return mapped_column(ForeignKey("lti_platforms.id", ondelete="CASCADE"), index=True)


class LtiKey(Base):
    """A key that Viva signs with as a tool: of the whole installation, not of one organisation.

    `sealed` is the private half, as `kit.sealing` stores it; it is on no page and in no export.
    """

    __tablename__ = "lti_keys"

    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    public_jwk: Mapped[dict[str, Any]]
    sealed: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    # Published from the beginning, and used from then on: platforms have had time to fetch it.
    signs_from: Mapped[dt.datetime]


class LtiPlatform(Base):
    """A course platform that an organisation has registered."""

    __tablename__ = "lti_platforms"
    __table_args__ = (UniqueConstraint("issuer", "client_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = _organization()
    name: Mapped[str] = mapped_column(String(120))
    issuer: Mapped[str] = mapped_column(String(255))
    client_id: Mapped[str] = mapped_column(String(255))
    auth_login_url: Mapped[str] = mapped_column(Text)
    token_url: Mapped[str] = mapped_column(Text)
    jwks_url: Mapped[str] = mapped_column(Text)
    # Whom assertions for the token address are for, where it is not that address.
    token_audience: Mapped[str] = mapped_column(Text, default="", server_default="")
    deployment_ids: Mapped[list[str]]
    # Whose pages may show Viva in a frame.
    frame_origins: Mapped[list[str]]
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())


class LtiRegistration(Base):
    """A link with which a platform registers itself, once (LTI Dynamic Registration). Only its SHA-256 is kept."""

    __tablename__ = "lti_registrations"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = _organization()
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # Whose page may show the registration, and later Viva, in a frame.
    frame_origin: Mapped[str] = mapped_column(Text)
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    expires_at: Mapped[dt.datetime]


class LtiLogin(Base):
    """A launch that has begun: what must come back from the platform, once and soon. Secrets are kept as SHA-256."""

    __tablename__ = "lti_logins"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = _organization()
    platform_id: Mapped[uuid.UUID] = _platform()
    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    nonce_hash: Mapped[str] = mapped_column(String(64))
    browser_hash: Mapped[str] = mapped_column(String(64))
    # What the platform asked with, to ask the same again from a window of its own.
    asked: Mapped[dict[str, Any]]
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)


class LtiUser(Base):
    """A person as a platform knows them, and the guest that they are in Viva."""

    __tablename__ = "lti_users"
    __table_args__ = (UniqueConstraint("platform_id", "subject"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = _organization()
    platform_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lti_platforms.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(String(255))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())


class LtiLink(Base):
    """A resource link: one place in one course that opens an interview, and its column in the gradebook."""

    __tablename__ = "lti_links"
    __table_args__ = (UniqueConstraint("platform_id", "deployment_id", "resource_link_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = _organization()
    platform_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lti_platforms.id", ondelete="CASCADE"))
    deployment_id: Mapped[str] = mapped_column(String(255))
    resource_link_id: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(200), default="", server_default="")
    context_title: Mapped[str] = mapped_column(String(200), default="", server_default="")
    template_slug: Mapped[str] = mapped_column(String(80), default="", server_default="")
    # Where grades go; empty where the platform keeps none for this link, or does not let Viva write them.
    lineitem_url: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())


class LtiSitting(Base):
    """A learner's interview behind a link, and what its platform was last told of it."""

    __tablename__ = "lti_sittings"
    __table_args__ = (
        UniqueConstraint("link_id", "lti_user_id"),
        Index("ix_lti_sittings_check_at", "check_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = _organization()
    link_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lti_links.id", ondelete="CASCADE"))
    lti_user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lti_users.id", ondelete="CASCADE"), index=True)
    interview_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    # When it is looked at next whether the platform has to be told something; whoever looks moves it on first.
    check_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    sent: Mapped[dict[str, Any] | None]
    sent_at: Mapped[dt.datetime | None]
    error: Mapped[str] = mapped_column(String(500), default="", server_default="")


class LtiSession(Base):
    """A browser that came from a platform: good for the interviews and pages it was launched into, and nothing else."""

    __tablename__ = "lti_sessions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = _organization()
    lti_user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lti_users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)


class LtiGrant(Base):
    """A link whose results a browser may see: it was launched from there by somebody who teaches."""

    __tablename__ = "lti_grants"

    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lti_sessions.id", ondelete="CASCADE"), primary_key=True)
    link_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lti_links.id", ondelete="CASCADE"), primary_key=True)
    organization_id: Mapped[uuid.UUID] = _organization()


class LtiDeepLink(Base):
    """A teacher who is choosing an interview for a course, and where the choice goes."""

    __tablename__ = "lti_deep_links"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    organization_id: Mapped[uuid.UUID] = _organization()
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lti_sessions.id", ondelete="CASCADE"), index=True)
    deployment_id: Mapped[str] = mapped_column(String(255))
    return_url: Mapped[str] = mapped_column(Text)
    # Sent back as it came; None where none came.
    data: Mapped[str | None] = mapped_column(Text)
    takes_lineitem: Mapped[bool] = mapped_column(default=True, server_default=sql("true"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=viva_now())
