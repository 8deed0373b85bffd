"""indexes for what an organisation's lists are narrowed by

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_interview_items_organization_question", "interview_items", ["organization_id", "question_version_id"]
    )
    op.create_index(
        "ix_interviews_organization_version",
        "interviews",
        ["organization_id", "template_version_id", "finished_at", "id"],
    )


def downgrade() -> None:
    op.drop_index("ix_interviews_organization_version", table_name="interviews")
    op.drop_index("ix_interview_items_organization_question", table_name="interview_items")
