"""how an answer is given, typed or dictated, where somebody says so; and exports without names

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("interview_items", "answers"):
        op.add_column(table, sa.Column("input_mode", sa.String(length=20), nullable=True))
        op.create_check_constraint(op.f(f"ck_{table}_input_mode"), table, "input_mode IN ('typed', 'dictated')")
    op.add_column("exports", sa.Column("blind", sa.Boolean(), server_default=sa.text("false"), nullable=False))


def downgrade() -> None:
    op.drop_column("exports", "blind")
    for table in ("answers", "interview_items"):
        op.drop_constraint(op.f(f"ck_{table}_input_mode"), table, type_="check")
        op.drop_column(table, "input_mode")
