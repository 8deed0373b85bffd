"""LTI 1.3: course platforms, links, sittings, grades; where xAPI statements go

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSONB = postgresql.JSONB(astext_type=sa.Text())


def _id() -> sa.Column:
    return sa.Column("id", sa.UUID(), nullable=False)


def _ref(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.UUID(), nullable=null)


def _text(name: str, length: int | None = None, *, empty: bool = False, null: bool = False) -> sa.Column:
    kind = sa.String(length=length) if length else sa.Text()
    return sa.Column(name, kind, server_default="" if empty else None, nullable=null)


def _moment(name: str, *, now: bool = False, null: bool = False) -> sa.Column:
    default = sa.text("viva_now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=null)


def _fk(table: str, column: str, to: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), ondelete=ondelete)


def _table(
    name: str, *parts: sa.schema.SchemaItem, indexes: tuple[str, ...] = (), key: tuple[str, ...] = ("id",)
) -> None:
    op.create_table(name, *parts, sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")))
    for column in indexes:
        op.create_index(op.f(f"ix_{name}_{column}"), name, [column], unique=False)


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def upgrade() -> None:
    _table(
        "lti_keys",
        _text("kid", 64),
        sa.Column("public_jwk", JSONB, nullable=False),
        _text("sealed"),
        _moment("created_at", now=True),
        _moment("signs_from"),
        key=("kid",),
    )
    _table(
        "lti_platforms",
        _id(),
        _ref("organization_id"),
        _text("name", 120),
        _text("issuer", 255),
        _text("client_id", 255),
        _text("auth_login_url"),
        _text("token_url"),
        _text("jwks_url"),
        _text("token_audience", empty=True),
        sa.Column("deployment_ids", JSONB, nullable=False),
        sa.Column("frame_origins", JSONB, nullable=False),
        _ref("created_by", null=True),
        _moment("created_at", now=True),
        _fk("lti_platforms", "organization_id", "organizations"),
        _fk("lti_platforms", "created_by", "users", "SET NULL"),
        _unique("lti_platforms", "issuer", "client_id"),
        indexes=("organization_id",),
    )
    _table(
        "lti_registrations",
        _id(),
        _ref("organization_id"),
        _text("token_hash", 64),
        _text("frame_origin"),
        _ref("created_by", null=True),
        _moment("created_at", now=True),
        _moment("expires_at"),
        _fk("lti_registrations", "organization_id", "organizations"),
        _fk("lti_registrations", "created_by", "users", "SET NULL"),
        _unique("lti_registrations", "token_hash"),
        indexes=("organization_id",),
    )
    _table(
        "lti_logins",
        _id(),
        _ref("organization_id"),
        _ref("platform_id"),
        _text("state_hash", 64),
        _text("nonce_hash", 64),
        _text("browser_hash", 64),
        sa.Column("asked", JSONB, nullable=False),
        _moment("expires_at"),
        _fk("lti_logins", "organization_id", "organizations"),
        _fk("lti_logins", "platform_id", "lti_platforms"),
        _unique("lti_logins", "state_hash"),
        indexes=("organization_id", "platform_id", "expires_at"),
    )
    _table(
        "lti_users",
        _id(),
        _ref("organization_id"),
        _ref("platform_id"),
        _text("subject", 255),
        _ref("user_id"),
        _moment("created_at", now=True),
        _fk("lti_users", "organization_id", "organizations"),
        _fk("lti_users", "platform_id", "lti_platforms"),
        _fk("lti_users", "user_id", "users"),
        _unique("lti_users", "platform_id", "subject"),
        indexes=("organization_id", "user_id"),
    )
    _table(
        "lti_links",
        _id(),
        _ref("organization_id"),
        _ref("platform_id"),
        _text("deployment_id", 255),
        _text("resource_link_id", 255),
        _text("title", 200, empty=True),
        _text("context_title", 200, empty=True),
        _text("template_slug", 80, empty=True),
        _text("lineitem_url", empty=True),
        _moment("created_at", now=True),
        _fk("lti_links", "organization_id", "organizations"),
        _fk("lti_links", "platform_id", "lti_platforms"),
        _unique("lti_links", "platform_id", "deployment_id", "resource_link_id"),
        indexes=("organization_id",),
    )
    _table(
        "lti_sittings",
        _id(),
        _ref("organization_id"),
        _ref("link_id"),
        _ref("lti_user_id"),
        _ref("interview_id"),
        _moment("created_at", now=True),
        _moment("check_at", now=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent", JSONB, nullable=True),
        _moment("sent_at", null=True),
        _text("error", 500, empty=True),
        _fk("lti_sittings", "organization_id", "organizations"),
        _fk("lti_sittings", "link_id", "lti_links"),
        _fk("lti_sittings", "lti_user_id", "lti_users"),
        _fk("lti_sittings", "interview_id", "interviews"),
        _unique("lti_sittings", "link_id", "lti_user_id"),
        _unique("lti_sittings", "interview_id"),
        indexes=("organization_id", "lti_user_id", "check_at"),
    )
    _table(
        "lti_sessions",
        _id(),
        _ref("organization_id"),
        _ref("lti_user_id"),
        _text("token_hash", 64),
        _moment("created_at", now=True),
        _moment("expires_at"),
        _fk("lti_sessions", "organization_id", "organizations"),
        _fk("lti_sessions", "lti_user_id", "lti_users"),
        _unique("lti_sessions", "token_hash"),
        indexes=("organization_id", "lti_user_id", "expires_at"),
    )
    _table(
        "lti_grants",
        _ref("session_id"),
        _ref("link_id"),
        _ref("organization_id"),
        _fk("lti_grants", "session_id", "lti_sessions"),
        _fk("lti_grants", "link_id", "lti_links"),
        _fk("lti_grants", "organization_id", "organizations"),
        key=("session_id", "link_id"),
        indexes=("organization_id",),
    )
    _table(
        "lti_deep_links",
        _id(),
        _ref("organization_id"),
        _ref("session_id"),
        _text("deployment_id", 255),
        _text("return_url"),
        _text("data", null=True),
        sa.Column("takes_lineitem", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        _moment("created_at", now=True),
        _fk("lti_deep_links", "organization_id", "organizations"),
        _fk("lti_deep_links", "session_id", "lti_sessions"),
        indexes=("organization_id", "session_id"),
    )
    _table(
        "xapi_endpoints",
        _ref("organization_id"),
        _text("url"),
        _text("username", 200),
        _text("sealed"),
        _moment("created_at", now=True),
        _fk("xapi_endpoints", "organization_id", "organizations"),
        key=("organization_id",),
    )


def downgrade() -> None:
    for name in (
        "xapi_endpoints",
        "lti_deep_links", "lti_grants", "lti_sessions", "lti_sittings", "lti_links", "lti_users", "lti_logins",
        "lti_registrations", "lti_platforms", "lti_keys",
    ):  # fmt: skip
        op.drop_table(name)
