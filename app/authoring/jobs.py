"""What workers do for authors: check a working copy, and score past answers by a changed rubric."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from app.assessments.scorer import Scorer
from app.authoring.impact import run_impact, unfinished_impacts
from app.authoring.queue import CHECK_QUESTION, PREVIEW_IMPACT
from app.bank.checks import Bank, check_question
from app.bank.drafts import keep_check
from app.bank.models import Question, QuestionDraft, QuestionVersion
from app.bank.queries import questions_readable_by
from app.bank.question_source import read_source
from app.bank.search_index import store_missing_vectors
from app.kit.clock import viva_now
from app.kit.locks import Lock
from app.kit.logging import get_logger
from app.kit.waiting import announce

LOST_AFTER_SECONDS = 20.0
"""How long something may be asked for and not done before the sweep takes its job for lost."""

log = get_logger("viva.authoring")


class AuthoringJobs:
    """The jobs of one worker process: each its own transaction."""

    def __init__(self, sessions: sessionmaker[Session], scorer: Scorer) -> None:
        self.sessions = sessions
        self.scorer = scorer

    def check_question(self, question_id: str) -> None:
        """Check a working copy as it was when the check was asked for."""
        identity = uuid.UUID(question_id)
        with self.sessions.begin() as session:
            draft = session.get(QuestionDraft, identity)
            if draft is None or draft.check_status != "queued" or draft.checked_digest is None:
                return
            source, digest, organization_id = draft.source, draft.checked_digest, draft.organization_id
            slug_now = draft.question.slug
            others = _bank(session, organization_id, slug_now)
        read = read_source(source)
        try:
            if read.question is None:
                problems = [
                    {"severity": "error", "rule": "format", "field": one.field, "message": str(one)}
                    for one in read.problems
                ]
                status, result = "done", {"passes": False, "findings": problems, "samples": [], "attacks": []}
            else:
                status, result = "done", check_question(read.question, self.scorer.encoder.encode, others).to_dict()
        except Exception as error:
            log.error("check failed", question_id=question_id, exc_info=error)
            status, result = "failed", None
        with self.sessions.begin() as session:
            keep_check(session, identity, digest, status, result)
            announce(session, f"check:{identity}")

    def preview_impact(self, impact_id: str) -> None:
        """Score past answers by both rubrics."""
        run_impact(self.sessions, self.scorer, uuid.UUID(impact_id))

    def sweep(self) -> int:
        """Put lost work back into the queue, and embed what search has no vector of; how many things it did."""
        with self.sessions.begin() as session:
            if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": Lock.AUTHORING_SWEEP}):
                return 0
            checks = unfinished_checks(session, LOST_AFTER_SECONDS)
            for question_id in checks:
                CHECK_QUESTION.enqueue(session, question_id=str(question_id))
            impacts = unfinished_impacts(session, LOST_AFTER_SECONDS)
            for impact_id in impacts:
                PREVIEW_IMPACT.enqueue(session, impact_id=str(impact_id))
            encoder = self.scorer.encoder
            embedded = store_missing_vectors(session, encoder.identity, lambda text: encoder.encode(text).vector)
        return len(checks) + len(impacts) + embedded


def unfinished_checks(session: Session, older_than_seconds: float, limit: int = 100) -> list[uuid.UUID]:
    """Working copies whose check waits and is in no queue."""
    waiting = ~CHECK_QUESTION.is_queued_for("question_id", QuestionDraft.question_id)
    age = func.make_interval(0, 0, 0, 0, 0, 0, older_than_seconds)
    return list(
        session.scalars(
            select(QuestionDraft.question_id)
            .where(QuestionDraft.check_status == "queued", QuestionDraft.check_requested_at < viva_now() - age, waiting)
            .order_by(QuestionDraft.check_requested_at)
            .limit(limit)
        )
    )


def _bank(session: Session, organization_id: uuid.UUID, slug: str) -> Bank:
    """The other questions that the organisation sees, as far as a check looks at them."""
    rows = session.execute(
        select(Question.slug, Question.prerequisites)
        .where(questions_readable_by(organization_id), Question.current_version_id.is_not(None))
        .order_by(Question.slug)
    ).all()
    prerequisites = {row.slug: list(row.prerequisites or ()) for row in rows}
    others = [name for name in prerequisites if name != slug]
    other = others[len(others) // 2] if others else None
    answer = session.scalar(
        select(QuestionVersion.model_answer)
        .join(Question, Question.current_version_id == QuestionVersion.id)
        .where(questions_readable_by(organization_id), Question.slug == other)
        .limit(1)
    )
    return Bank(prerequisites, {}, " ".join((answer or "").split()))
