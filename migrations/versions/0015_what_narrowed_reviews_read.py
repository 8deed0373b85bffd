"""what was asked, and by which template, beside each assessment

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_INDEXES = {"ix_assessments_question_worth": "question_id", "ix_assessments_template_worth": "template_id"}


def upgrade() -> None:
    for column in _INDEXES.values():
        op.add_column("assessments", sa.Column(column, sa.UUID(), nullable=True))
    op.execute(
        """
        UPDATE assessments SET question_id = v.question_id, template_id = t.template_id
        FROM answers a
        JOIN interview_items m ON m.id = a.item_id
        JOIN question_versions v ON v.id = m.question_version_id
        JOIN interviews i ON i.id = m.interview_id
        LEFT JOIN interview_template_versions t ON t.id = i.template_version_id
        WHERE a.id = assessments.answer_id
        """
    )
    for name, column in _INDEXES.items():
        worth = sa.literal_column("review_worth DESC")
        op.create_index(name, "assessments", ["organization_id", column, worth, "answer_id"])


def downgrade() -> None:
    for name, column in _INDEXES.items():
        op.drop_index(name, table_name="assessments")
        op.drop_column("assessments", column)
