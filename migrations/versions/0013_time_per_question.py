"""time for each question: what templates say, and the questions' own clocks

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES = ("interview_template_versions", "interviews")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("timing", sa.String(20), server_default="interview", nullable=False))
        op.create_check_constraint(op.f(f"ck_{table}_timing"), table, "timing IN ('interview', 'question')")
    op.add_column("interview_items", sa.Column("duration_seconds", sa.Integer()))
    op.add_column("interview_items", sa.Column("opened_at", sa.DateTime(timezone=True)))
    op.add_column("interview_items", sa.Column("deadline_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    for column in ("deadline_at", "opened_at", "duration_seconds"):
        op.drop_column("interview_items", column)
    for table in TABLES:
        op.drop_constraint(op.f(f"ck_{table}_timing"), table, type_="check")
        op.drop_column(table, "timing")
