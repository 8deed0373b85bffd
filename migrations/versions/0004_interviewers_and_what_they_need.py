"""interviewers and what they need

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


# Check constraints that change: (table, name, what it was, what it is).
CHECKS = (
    ("interviews", "finish_reason", "finish_reason IN ('candidate', 'deadline')",
     "finish_reason IN ('candidate', 'deadline', 'interviewer')"),
    ("answers", "submitted_by", "submitted_by IN ('candidate', 'finish', 'deadline')",
     "submitted_by IN ('candidate', 'finish', 'deadline', 'interviewer')"),
)  # fmt: skip
REVIEW_WORTH = (
    "0.6 * (1 - confidence) + CASE WHEN needs_review THEN 0.25 ELSE 0 END"
    " + 0.15 * greatest(0, 1 - 20 * least(abs(score - 0.25), abs(score - 0.5), abs(score - 0.75)))"
)


def upgrade() -> None:
    op.create_index(
        "ix_audit_events_organization_subject", "audit_events", ["organization_id", "subject", "at"], unique=False
    )
    for table, name, _, now in CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, now)
    op.drop_constraint(op.f("ck_users_email_with_password"), "users", type_="check")
    op.create_check_constraint(
        op.f("ck_users_password_with_email"), "users", "email IS NOT NULL OR password_hash IS NULL"
    )
    op.create_table(
        "outgoing_mails",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=True),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("viva_now()"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), server_default=sa.text("viva_now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=500), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_outgoing_mails_organization_id_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mails")),
    )
    op.create_index(
        "ix_outgoing_mails_organization_created", "outgoing_mails", ["organization_id", "created_at"], unique=False
    )
    op.create_index(
        "ix_outgoing_mails_unsent",
        "outgoing_mails",
        ["retry_at"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
    )
    op.create_table(
        "account_tokens",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("viva_now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('confirm_email', 'reset_password', 'first_admin')", name=op.f("ck_account_tokens_kind")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_account_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_account_tokens_token_hash")),
    )
    op.create_index(op.f("ix_account_tokens_user_id"), "account_tokens", ["user_id"], unique=False)
    op.create_table(
        "external_identities",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("viva_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_external_identities_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_identities")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_external_identities_issuer_subject")),
    )
    op.create_index(op.f("ix_external_identities_user_id"), "external_identities", ["user_id"], unique=False)
    op.create_table(
        "member_invitations",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("invited_by", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("viva_now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('candidate', 'interviewer', 'admin')", name=op.f("ck_member_invitations_role")),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["users.id"], name=op.f("fk_member_invitations_invited_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_member_invitations_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_member_invitations_token_hash")),
    )
    op.create_index(
        op.f("ix_member_invitations_organization_id"), "member_invitations", ["organization_id"], unique=False
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("template_version_id", sa.UUID(), nullable=False),
        sa.Column("candidate_name", sa.String(length=200), nullable=False),
        sa.Column("candidate_email", sa.String(length=254), nullable=True),
        sa.Column("candidate_user_id", sa.UUID(), nullable=True),
        sa.Column("time_multiplier", sa.Double(), server_default="1", nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("viva_now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_with", sa.String(length=64), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_invitations_window")),
        sa.CheckConstraint(
            "time_multiplier >= 1 AND time_multiplier <= 10", name=op.f("ck_invitations_time_multiplier")
        ),
        sa.ForeignKeyConstraint(
            ["candidate_user_id"],
            ["users.id"],
            name=op.f("fk_invitations_candidate_user_id_users"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_invitations_created_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_invitations_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(
            ["template_version_id"],
            ["interview_template_versions.id"],
            name=op.f("fk_invitations_template_version_id_interview_template_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    op.create_index(op.f("ix_invitations_candidate_user_id"), "invitations", ["candidate_user_id"], unique=False)
    op.create_index(
        "ix_invitations_organization_created", "invitations", ["organization_id", "created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_invitations_template_version_id"), "invitations", ["template_version_id"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("interview_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("viva_now()"), nullable=False),
        sa.CheckConstraint("decision IN ('advance', 'hold', 'decline', 'none')", name=op.f("ck_decisions_decision")),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interviews.id"], name=op.f("fk_decisions_interview_id_interviews"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_decisions_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_decisions_user_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index("ix_decisions_interview_created", "decisions", ["interview_id", "created_at"], unique=False)
    op.create_index(op.f("ix_decisions_organization_id"), "decisions", ["organization_id"], unique=False)
    op.create_table(
        "appeals",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("answer_id", sa.UUID(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("viva_now()"), nullable=False),
        sa.Column("reply", sa.Text(), server_default="", nullable=False),
        sa.Column("replied_by", sa.UUID(), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["answers.id"], name=op.f("fk_appeals_answer_id_answers"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_appeals_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(
            ["replied_by"], ["users.id"], name=op.f("fk_appeals_replied_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
        sa.UniqueConstraint("answer_id", name=op.f("uq_appeals_answer_id")),
    )
    op.create_index(
        "ix_appeals_organization_open",
        "appeals",
        ["organization_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("replied_at IS NULL"),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("answer_id", sa.UUID(), nullable=False),
        sa.Column("assessment_id", sa.UUID(), nullable=True),
        sa.Column("question_id", sa.UUID(), nullable=True),
        sa.Column("reviewer_id", sa.UUID(), nullable=True),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("verdicts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("settles", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("disputed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("viva_now()"), nullable=False),
        sa.CheckConstraint("score >= 0 AND score <= 1", name=op.f("ck_reviews_score")),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["answers.id"], name=op.f("fk_reviews_answer_id_answers"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["assessment_id"],
            ["assessments.id"],
            name=op.f("fk_reviews_assessment_id_assessments"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_reviews_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(["question_id"], ["questions.id"], name=op.f("fk_reviews_question_id_questions")),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["users.id"], name=op.f("fk_reviews_reviewer_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
    )
    op.create_index("ix_reviews_answer_created", "reviews", ["answer_id", "created_at"], unique=False)
    op.create_index("ix_reviews_organization_created", "reviews", ["organization_id", "created_at", "id"], unique=False)
    op.create_index(op.f("ix_reviews_reviewer_id"), "reviews", ["reviewer_id"], unique=False)
    op.create_index("ix_reviews_question", "reviews", ["question_id", "organization_id", "created_at"], unique=False)
    op.create_index(
        "ix_reviews_organization_disputed",
        "reviews",
        ["organization_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("disputed"),
    )
    op.create_table(
        "review_samples",
        sa.Column("sample_id", sa.UUID(), nullable=False),
        sa.Column("answer_id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["answers.id"], name=op.f("fk_review_samples_answer_id_answers"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_review_samples_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"], ["samples.id"], name=op.f("fk_review_samples_sample_id_samples"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sample_id", name=op.f("pk_review_samples")),
    )
    op.create_index(op.f("ix_review_samples_answer_id"), "review_samples", ["answer_id"], unique=False)
    # A candidate's words go with the answer, however it goes: by erasure, by retention, or with the interview.
    op.execute(
        "CREATE FUNCTION forget_review_sample() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN DELETE FROM samples WHERE id = OLD.sample_id; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER forget_review_sample AFTER DELETE ON review_samples "
        "FOR EACH ROW EXECUTE FUNCTION forget_review_sample()"
    )
    op.create_table(
        "lessons",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("question_id", sa.UUID(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("requested_by", sa.UUID(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), server_default=sa.text("viva_now()"), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('queued', 'done', 'failed')", name=op.f("ck_lessons_status")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_lessons_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["questions.id"], name=op.f("fk_lessons_question_id_questions"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["users.id"], name=op.f("fk_lessons_requested_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lessons")),
    )
    op.create_index(
        "ix_lessons_question_requested", "lessons", ["organization_id", "question_id", "requested_at"], unique=False
    )
    op.create_index(
        "ix_lessons_queued", "lessons", ["requested_at"], unique=False, postgresql_where=sa.text("status = 'queued'")
    )
    op.add_column(
        "assessments", sa.Column("review_worth", sa.Double(), sa.Computed(REVIEW_WORTH, persisted=True), nullable=False)
    )
    op.create_index(
        "ix_assessments_organization_worth",
        "assessments",
        ["organization_id", sa.literal_column("review_worth DESC"), "answer_id"],
        unique=False,
    )
    op.add_column(
        "browser_sessions",
        sa.Column("last_used_at", sa.DateTime(timezone=True), server_default=sa.text("viva_now()"), nullable=False),
    )
    op.add_column("browser_sessions", sa.Column("user_agent", sa.String(length=200), server_default="", nullable=False))
    op.add_column("browser_sessions", sa.Column("address", sa.String(length=45), server_default="", nullable=False))
    op.add_column(
        "interview_template_versions",
        sa.Column("candidate_sees", sa.String(length=20), server_default="report", nullable=False),
    )
    op.add_column(
        "interview_template_versions",
        sa.Column("release", sa.String(length=20), server_default="at_once", nullable=False),
    )
    op.add_column(
        "interview_template_versions",
        sa.Column("follow_ups", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    op.add_column("interview_template_versions", sa.Column("created_by", sa.UUID(), nullable=True))
    op.create_foreign_key(
        op.f("fk_interview_template_versions_created_by_users"),
        "interview_template_versions",
        "users",
        ["created_by"],
        ["id"],
        ondelete="SET NULL",
    )
    op.add_column("interviews", sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("interviews", sa.Column("paused_seconds", sa.Double(), server_default="0", nullable=False))
    op.add_column("interviews", sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("interviews", sa.Column("current_position", sa.Integer(), nullable=True))
    op.add_column("interviews", sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("interviews", sa.Column("invitation_id", sa.UUID(), nullable=True))
    op.create_index(
        "ix_interviews_organization_finished", "interviews", ["organization_id", "finished_at", "id"], unique=False
    )
    op.create_index(
        "ix_interviews_organization_running",
        "interviews",
        ["organization_id", "started_at"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NULL AND started_at IS NOT NULL"),
    )
    op.create_index(
        "ix_interviews_template_version", "interviews", ["template_version_id", "finished_at"], unique=False
    )
    op.create_index("uq_interviews_invitation", "interviews", ["invitation_id"], unique=True)
    op.create_foreign_key(
        op.f("fk_interviews_invitation_id_invitations"),
        "interviews",
        "invitations",
        ["invitation_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.add_column("organizations", sa.Column("retention_days", sa.Integer(), nullable=True))
    op.add_column("organizations", sa.Column("blind", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.add_column("users", sa.Column("email_confirmed_at", sa.DateTime(timezone=True), nullable=True))
    for name, values in (
        ("candidate_sees", "'nothing', 'score', 'report'"),
        ("release", "'at_once', 'by_interviewer'"),
    ):
        op.create_check_constraint(
            op.f(f"ck_interview_template_versions_{name}"), "interview_template_versions", f"{name} IN ({values})"
        )
    op.create_table(
        "analytics_sums",
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("template_version_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Double(), server_default=sa.text("0"), nullable=False) for name in "abcdefg"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_analytics_sums_organization_id_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "organization_id", "month", "template_version_id", "kind", "key", name=op.f("pk_analytics_sums")
        ),
    )
    op.create_table(
        "analytics_refreshes",
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("all_counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_analytics_refreshes_organization_id_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_analytics_refreshes")),
    )
    # A session was last used when it began, as far as anybody knows.
    op.execute("UPDATE browser_sessions SET last_used_at = created_at")


def downgrade() -> None:
    op.drop_table("analytics_refreshes")
    op.drop_table("analytics_sums")
    op.drop_index("ix_audit_events_organization_subject", table_name="audit_events")
    for table, name, was, _ in CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, was)
    op.drop_constraint(op.f("ck_users_password_with_email"), "users", type_="check")
    op.create_check_constraint(
        op.f("ck_users_email_with_password"), "users", "(email IS NULL) = (password_hash IS NULL)"
    )
    op.drop_column("users", "email_confirmed_at")
    op.drop_column("organizations", "blind")
    op.drop_column("organizations", "retention_days")
    op.drop_constraint(op.f("fk_interviews_invitation_id_invitations"), "interviews", type_="foreignkey")
    op.drop_index("uq_interviews_invitation", table_name="interviews")
    op.drop_index("ix_interviews_template_version", table_name="interviews")
    op.drop_index(
        "ix_interviews_organization_running",
        table_name="interviews",
        postgresql_where=sa.text("finished_at IS NULL AND started_at IS NOT NULL"),
    )
    op.drop_index("ix_interviews_organization_finished", table_name="interviews")
    op.drop_column("interviews", "invitation_id")
    op.drop_column("interviews", "released_at")
    op.drop_column("interviews", "current_position")
    op.drop_column("interviews", "last_seen_at")
    op.drop_column("interviews", "paused_seconds")
    op.drop_column("interviews", "paused_at")
    op.drop_constraint(
        op.f("fk_interview_template_versions_created_by_users"), "interview_template_versions", type_="foreignkey"
    )
    op.drop_column("interview_template_versions", "created_by")
    op.drop_column("interview_template_versions", "follow_ups")
    op.drop_column("interview_template_versions", "release")
    op.drop_column("interview_template_versions", "candidate_sees")
    op.drop_column("browser_sessions", "address")
    op.drop_column("browser_sessions", "user_agent")
    op.drop_column("browser_sessions", "last_used_at")
    op.drop_index("ix_assessments_organization_worth", table_name="assessments")
    op.drop_column("assessments", "review_worth")
    op.drop_table("lessons")
    op.drop_table("review_samples")
    op.execute("DROP FUNCTION forget_review_sample()")
    op.drop_index(op.f("ix_reviews_reviewer_id"), table_name="reviews")
    op.drop_index("ix_reviews_organization_created", table_name="reviews")
    op.drop_index("ix_reviews_answer_created", table_name="reviews")
    op.drop_table("reviews")
    op.drop_index("ix_appeals_organization_open", table_name="appeals", postgresql_where=sa.text("replied_at IS NULL"))
    op.drop_table("appeals")
    op.drop_index(op.f("ix_decisions_organization_id"), table_name="decisions")
    op.drop_index("ix_decisions_interview_created", table_name="decisions")
    op.drop_table("decisions")
    op.drop_index(op.f("ix_invitations_template_version_id"), table_name="invitations")
    op.drop_index("ix_invitations_organization_created", table_name="invitations")
    op.drop_index(op.f("ix_invitations_candidate_user_id"), table_name="invitations")
    op.drop_table("invitations")
    op.drop_index(op.f("ix_member_invitations_organization_id"), table_name="member_invitations")
    op.drop_table("member_invitations")
    op.drop_index(op.f("ix_external_identities_user_id"), table_name="external_identities")
    op.drop_table("external_identities")
    op.drop_index(op.f("ix_account_tokens_user_id"), table_name="account_tokens")
    op.drop_table("account_tokens")
    op.drop_index(
        "ix_outgoing_mails_unsent",
        table_name="outgoing_mails",
        postgresql_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
    )
    op.drop_index("ix_outgoing_mails_organization_created", table_name="outgoing_mails")
    op.drop_table("outgoing_mails")
