"""people named by other systems, external ids of invitations, and exports as jobs

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outside_people",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("viva_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_outside_people_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_outside_people_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_people")),
        sa.UniqueConstraint(
            "organization_id", "external_id", name=op.f("uq_outside_people_organization_id_external_id")
        ),
        sa.UniqueConstraint("user_id", name=op.f("uq_outside_people_user_id")),
    )
    op.add_column("invitations", sa.Column("candidate_external_id", sa.String(length=200), nullable=True))
    op.create_index(
        "ix_invitations_organization_external",
        "invitations",
        ["organization_id", "candidate_external_id"],
        unique=False,
    )
    op.create_table(
        "exports",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("form", sa.String(length=10), nullable=False),
        sa.Column("template_id", sa.UUID(), nullable=True),
        sa.Column("first", sa.Date(), nullable=True),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("requested_by", sa.String(length=80), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), server_default=sa.text("viva_now()"), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('queued', 'done', 'failed')", name=op.f("ck_exports_status")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_exports_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    op.create_index(
        "ix_exports_organization_requested", "exports", ["organization_id", "requested_at", "id"], unique=False
    )
    op.create_index(
        "ix_exports_queued", "exports", ["requested_at"], postgresql_where=sa.text("status = 'queued'"), unique=False
    )
    op.create_table(
        "export_parts",
        sa.Column("export_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["export_id"], ["exports.id"], name=op.f("fk_export_parts_export_id_exports"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_export_parts_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("export_id", "number", name=op.f("pk_export_parts")),
    )
    # Answers are sealed from now on: what lies open is forgotten, and that the work was done is kept.
    op.execute("UPDATE idempotency_records SET status = NULL, headers = NULL, body = NULL WHERE body IS NOT NULL")
    # Samples that were learnt from reviews are candidates' words: what is graded keeps none of them any longer.
    op.execute(
        "UPDATE gradings SET requests = ("
        " SELECT jsonb_agg(CASE WHEN jsonb_typeof(one) = 'object' THEN one - 'samples' ELSE one END ORDER BY place)"
        " FROM jsonb_array_elements(requests) WITH ORDINALITY AS each(one, place)"
        ") WHERE status <> 'queued' AND requests @? '$[*].samples'"
    )


def downgrade() -> None:
    op.drop_table("export_parts")
    op.drop_index("ix_exports_queued", table_name="exports")
    op.drop_index("ix_exports_organization_requested", table_name="exports")
    op.drop_table("exports")
    op.drop_index("ix_invitations_organization_external", table_name="invitations")
    op.drop_column("invitations", "candidate_external_id")
    op.drop_table("outside_people")
