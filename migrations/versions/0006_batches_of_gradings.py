"""batches of gradings; counts of calls without a log

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Each call of the API raises a count. Without a log that waits for no disk; a server that crashed begins at none.
    op.execute("ALTER TABLE throttle_counts SET UNLOGGED")
    # Rows that change all the time find room on their own page.
    op.execute("ALTER TABLE throttle_counts SET (fillfactor = 50)")
    op.create_table(
        "grading_batches",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="queued", nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("questions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("viva_now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worked_at", sa.DateTime(timezone=True), server_default=sa.text("viva_now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'cancelled')", name=op.f("ck_grading_batches_status")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_grading_batches_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_batches")),
    )
    op.create_index(
        "ix_grading_batches_organization_created",
        "grading_batches",
        ["organization_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_grading_batches_open",
        "grading_batches",
        ["worked_at"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_index(op.f("ix_grading_batches_finished_at"), "grading_batches", ["finished_at"], unique=False)
    op.create_table(
        "grading_lines",
        sa.Column("batch_id", sa.UUID(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="queued", nullable=False),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("status IN ('queued', 'done', 'failed')", name=op.f("ck_grading_lines_status")),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["grading_batches.id"],
            name=op.f("fk_grading_lines_batch_id_grading_batches"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_grading_lines_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("batch_id", "line", name=op.f("pk_grading_lines")),
    )
    op.create_index(
        "ix_grading_lines_queued",
        "grading_lines",
        ["batch_id", "line"],
        unique=False,
        postgresql_where=sa.text("status = 'queued'"),
    )


def downgrade() -> None:
    op.drop_index("ix_grading_lines_queued", table_name="grading_lines", postgresql_where=sa.text("status = 'queued'"))
    op.drop_table("grading_lines")
    op.drop_index(op.f("ix_grading_batches_finished_at"), table_name="grading_batches")
    op.drop_index(
        "ix_grading_batches_open", table_name="grading_batches", postgresql_where=sa.text("finished_at IS NULL")
    )
    op.drop_index("ix_grading_batches_organization_created", table_name="grading_batches")
    op.drop_table("grading_batches")
    op.execute("ALTER TABLE throttle_counts RESET (fillfactor)")
    op.execute("ALTER TABLE throttle_counts SET LOGGED")
