"""working copies, events and search of questions

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import pgvector.sqlalchemy
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    op.drop_constraint(op.f("ck_questions_status"), "questions", type_="check")
    op.create_check_constraint(op.f("ck_questions_status"), "questions", "status IN ('draft', 'published', 'retired')")
    for name, kind in (
        ("title", sa.String(120)),
        ("kind", sa.String(20)),
        ("topic", sa.String(40)),
        ("level", sa.Integer()),
        ("minutes", sa.Integer()),
        ("prerequisites", postgresql.JSONB()),
        ("seeds", postgresql.JSONB()),
    ):
        op.add_column("questions", sa.Column(name, kind, nullable=True))
    op.execute(
        "UPDATE questions q SET title = v.title, kind = v.kind, topic = v.topic, level = v.level, minutes = v.minutes,"
        " prerequisites = v.prerequisites, seeds = jsonb_path_query_array(v.sources, '$[*].seed')"
        " FROM question_versions v WHERE v.id = q.current_version_id"
    )
    op.create_index("ix_questions_topic_level_title", "questions", ["topic", "level", "title", "slug"])
    op.create_table(
        "search_words",
        sa.Column("word", sa.String(length=60), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_words")),
    )
    op.create_table(
        "question_drafts",
        sa.Column("question_id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("status", sa.String(length=20), server_default="draft", nullable=False),
        sa.Column("updated_by", sa.UUID(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("viva_now()"), nullable=False),
        sa.Column("checked_digest", sa.String(length=64), nullable=True),
        sa.Column("check_status", sa.String(length=20), nullable=True),
        sa.Column("check_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("check_result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint(
            "check_status IN ('queued', 'done', 'failed')", name=op.f("ck_question_drafts_check_status")
        ),
        sa.CheckConstraint("status IN ('draft', 'in_review')", name=op.f("ck_question_drafts_status")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_question_drafts_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["questions.id"], name=op.f("fk_question_drafts_question_id_questions"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by"], ["users.id"], name=op.f("fk_question_drafts_updated_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_question_drafts")),
    )
    op.create_index(
        "ix_question_drafts_check_queued",
        "question_drafts",
        ["check_requested_at"],
        unique=False,
        postgresql_where=sa.text("check_status = 'queued'"),
    )
    op.create_index(
        "ix_question_drafts_organization_updated",
        "question_drafts",
        ["organization_id", "updated_at", "question_id"],
        unique=False,
    )
    op.create_table(
        "rubric_impacts",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("question_id", sa.UUID(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.UUID(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), server_default=sa.text("viva_now()"), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('queued', 'done', 'failed')", name=op.f("ck_rubric_impacts_status")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_rubric_impacts_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["questions.id"], name=op.f("fk_rubric_impacts_question_id_questions"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["users.id"], name=op.f("fk_rubric_impacts_requested_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rubric_impacts")),
    )
    op.create_index(
        "ix_rubric_impacts_question_requested", "rubric_impacts", ["question_id", "requested_at"], unique=False
    )
    op.create_index(
        "ix_rubric_impacts_queued",
        "rubric_impacts",
        ["requested_at"],
        unique=False,
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_table(
        "question_events",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("question_id", sa.UUID(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("version_id", sa.UUID(), nullable=True),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("viva_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_question_events_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["questions.id"], name=op.f("fk_question_events_question_id_questions"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_question_events_user_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["question_versions.id"], name=op.f("fk_question_events_version_id_question_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_events")),
    )
    op.create_index("ix_question_events_question_at", "question_events", ["question_id", "at"], unique=False)
    op.create_table(
        "question_search",
        sa.Column("question_id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=True),
        sa.Column("version_id", sa.UUID(), nullable=False),
        sa.Column("document", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_question_search_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["questions.id"], name=op.f("fk_question_search_question_id_questions"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["question_versions.id"], name=op.f("fk_question_search_version_id_question_versions")
        ),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_question_search")),
    )
    op.create_index(
        "ix_question_search_document", "question_search", ["document"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "question_vectors",
        sa.Column("question_id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=True),
        sa.Column("version_id", sa.UUID(), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("vector", pgvector.sqlalchemy.VECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_question_vectors_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["questions.id"],
            name=op.f("fk_question_vectors_question_id_questions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["question_versions.id"], name=op.f("fk_question_vectors_version_id_question_versions")
        ),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_question_vectors")),
    )
    # Rows are small enough to stay whole: an exact search reads them all, and should find each vector in its row.
    op.execute("ALTER TABLE question_vectors ALTER COLUMN vector SET STORAGE PLAIN")


def downgrade() -> None:
    raise RuntimeError("Restore a backup to go back to a database without working copies of questions.")
