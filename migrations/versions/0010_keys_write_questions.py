"""keys write questions

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ADDED = (("question_drafts", "updated_by_key"), ("question_events", "key_id"))


def upgrade() -> None:
    for table, column in ADDED:
        op.add_column(table, sa.Column(column, sa.UUID(), nullable=True))
        name = op.f(f"fk_{table}_{column}_api_keys")
        op.create_foreign_key(name, table, "api_keys", [column], ["id"], ondelete="SET NULL")


def downgrade() -> None:
    for table, column in reversed(ADDED):
        op.drop_constraint(op.f(f"fk_{table}_{column}_api_keys"), table, type_="foreignkey")
        op.drop_column(table, column)
