"""greenhouse: the key it comes with, and the tests it has asked for

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_AT = sa.DateTime(timezone=True)
_NOW = sa.text("viva_now()")


def upgrade() -> None:
    op.create_table(
        "greenhouse_links",
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("key_id", sa.UUID(), nullable=False),
        sa.Column("sealed_key", sa.Text(), nullable=False),
        sa.Column("first_seen_at", _AT, server_default=_NOW, nullable=False),
        sa.Column("last_seen_at", _AT, server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["api_keys.id"], name=op.f("fk_greenhouse_links_key_id_api_keys"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_greenhouse_links_organization_id_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_greenhouse_links")),
    )
    op.create_table(
        "greenhouse_tests",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("invitation_id", sa.UUID(), nullable=True),
        sa.Column("callback_url", sa.String(length=2000), nullable=False),
        sa.Column("profile_url", sa.String(length=2000), nullable=True),
        sa.Column("created_at", _AT, server_default=_NOW, nullable=False),
        sa.Column("tell_at", _AT, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("told_at", _AT, nullable=True),
        sa.Column("error", sa.String(length=500), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitations.id"],
            name=op.f("fk_greenhouse_tests_invitation_id_invitations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_greenhouse_tests_organization_id_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_greenhouse_tests")),
        sa.UniqueConstraint("invitation_id", name=op.f("uq_greenhouse_tests_invitation_id")),
        sa.UniqueConstraint(
            "organization_id", "callback_url", name=op.f("uq_greenhouse_tests_organization_id_callback_url")
        ),
    )
    op.create_index(
        "ix_greenhouse_tests_due",
        "greenhouse_tests",
        ["tell_at"],
        postgresql_where=sa.text("tell_at IS NOT NULL"),
    )
    op.create_index(
        "ix_greenhouse_tests_organization_created", "greenhouse_tests", ["organization_id", "created_at", "id"]
    )


def downgrade() -> None:
    op.drop_index("ix_greenhouse_tests_organization_created", table_name="greenhouse_tests")
    op.drop_index("ix_greenhouse_tests_due", table_name="greenhouse_tests")
    op.drop_table("greenhouse_tests")
    op.drop_table("greenhouse_links")
