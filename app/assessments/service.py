"""Writes of assessments: append-only, one for each answer and receipt."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.assessments.models import Assessment, Grading, ScoringFailure
from app.assessments.scored import note_scored
from app.assessments.scorer import KEPT_RUBRICS, Asked, Scorer
from app.assessments.scoring_queue import GRADE
from app.bank.models import InterviewTemplateVersion, QuestionVersion
from app.bank.queries import current_versions, live_samples, sample_digests
from app.bank.words import PLAIN_LANGUAGE
from app.interviews.models import Answer, Interview, InterviewItem
from app.kit import clock
from app.kit.clock import viva_now
from app.kit.db import table_of
from app.kit.errors import Invalid, TooLarge
from app.kit.events import record_event
from app.kit.waiting import announce
from app.scoring.grading import GradingError
from app.scoring.grading_line import id_of
from app.scoring.prepared import Sample

MAX_GRADINGS = 100
"""Objects in one call of the API; `viva grade` has no limit."""


# Built once: they belong to every answer, and building them costs more than PostgreSQL's work.
_TO_SCORE = (
    select(
        Answer.text,
        Answer.does_not_know,
        Answer.organization_id,
        InterviewItem.interview_id,
        QuestionVersion.id.label("version_id"),
        QuestionVersion.question_id,
        QuestionVersion.kind,
        InterviewTemplateVersion.template_id,
    )
    .join(InterviewItem, Answer.item_id == InterviewItem.id)
    .join(QuestionVersion, InterviewItem.question_version_id == QuestionVersion.id)
    .join(Interview, InterviewItem.interview_id == Interview.id)
    .outerjoin(InterviewTemplateVersion, Interview.template_version_id == InterviewTemplateVersion.id)
    .where(Answer.id == bindparam("answer_id"))
)
_STORE = (
    insert(table_of(Assessment))
    .on_conflict_do_nothing(index_elements=["answer_id", "receipt_digest"])
    .add_cte(delete(ScoringFailure).where(ScoringFailure.answer_id == bindparam("scored")).cte("mended"))
)


def score_answer(session: Session, scorer: Scorer, answer_id: uuid.UUID) -> bool:
    """Assess an answer and tell those who wait. Doing it twice leaves one assessment.

    False when the answer is not there any more (its owner erased it).
    """
    answer = session.execute(_TO_SCORE, {"answer_id": answer_id}).first()
    if answer is None:
        return False
    report = scorer.score(
        *_asked(session, answer.version_id, answer.question_id, answer.organization_id),
        # Whoever says “I do not know” is taken at that word; what stood in the editor is kept with the answer.
        "" if answer.does_not_know else answer.text,
        plain=answer.kind == PLAIN_LANGUAGE,
    )
    _store_assessment(session, answer_id, answer, report.to_dict())
    announce(session, f"answer:{answer_id}", f"interview:{answer.interview_id}")
    note_scored(session, [answer.interview_id])
    return True


def _asked(
    session: Session, version_id: uuid.UUID, question_id: uuid.UUID, organization_id: uuid.UUID | None
) -> tuple[str, Callable[[], Asked]]:
    """What the scorer knows a question by, and how it gets the rest when it must."""

    def load() -> Asked:
        version = session.get_one(QuestionVersion, version_id)
        samples = live_samples(session, question_id, organization_id)
        return Asked(version.prompt, version.rubric, [Sample(sample.text, sample.grade) for sample in samples])

    key = ":".join([str(version_id), *sample_digests(session, question_id, organization_id)])
    return hashlib.sha256(key.encode()).hexdigest(), load


def prepare_next(session: Session, scorer: Scorer) -> bool:
    """Prepare one published question that is not yet; False when all are."""
    for version_id, question_id in current_versions(session, KEPT_RUBRICS):
        key, load = _asked(session, version_id, question_id, None)
        if not scorer.has_prepared(key):
            scorer.prepare(key, load)
            return True
    return False


def _store_assessment(session: Session, answer_id: uuid.UUID, answer: Any, report: dict[str, Any]) -> None:
    """Append a report on one row of `_TO_SCORE`; the same receipt again changes nothing."""
    receipt: dict[str, Any] = report["receipt"]
    session.execute(
        _STORE,
        {
            "id": uuid.uuid4(),
            "organization_id": answer.organization_id,
            "answer_id": answer_id,
            "question_id": answer.question_id,
            "template_id": answer.template_id,
            "score": report["score"],
            "confidence": report["confidence"],
            "needs_review": report["needs_review"],
            "report": report,
            "receipt": receipt,
            "receipt_digest": hashlib.sha256(json.dumps(receipt, sort_keys=True).encode()).hexdigest(),
            "scored": answer_id,
        },
    )


def record_failure(session: Session, answer_id: uuid.UUID, reason: str) -> None:
    """Remember that scoring failed, for the page, and when the sweep tries again (10 s, then doubling to 1 h)."""
    row = session.execute(
        select(Answer.organization_id, InterviewItem.interview_id)
        .join(InterviewItem, Answer.item_id == InterviewItem.id)
        .where(Answer.id == answer_id)
    ).first()
    if row is None:
        return
    attempts = session.scalar(select(ScoringFailure.attempts).where(ScoringFailure.answer_id == answer_id)) or 0
    retry_at = clock.now(session) + dt.timedelta(seconds=min(3600, 10 * 2**attempts))
    values = {"attempts": attempts + 1, "reason": reason[:500], "retry_at": retry_at}
    session.execute(
        insert(ScoringFailure)
        .values(answer_id=answer_id, organization_id=row.organization_id, **values)
        .on_conflict_do_update(index_elements=["answer_id"], set_=values)
    )
    announce(session, f"answer:{answer_id}", f"interview:{row.interview_id}")


def request_grading(session: Session, organization_id: uuid.UUID, requests: list[Any], *, is_list: bool) -> Grading:
    """Put gradings into the queue.

    Raises:
        Invalid: an empty list, or something that is no object.
        TooLarge: more than `MAX_GRADINGS`.
    """
    if not requests:
        raise Invalid("Send at least one object to grade.", field="body")
    if len(requests) > MAX_GRADINGS:
        raise TooLarge(f"At most {MAX_GRADINGS} objects in one call: send the rest in another.", field="body")
    grading = Grading(organization_id=organization_id, is_list=is_list, requests=requests)
    session.add(grading)
    session.flush()
    GRADE.enqueue(session, grading_id=str(grading.id))
    return grading


def run_grading(session: Session, scorer: Scorer, grading_id: uuid.UUID) -> None:
    """Grade what waits; a bad object gets an `error` in its place and the rest goes on."""
    grading = session.scalar(
        select(Grading).where(Grading.id == grading_id, Grading.status == "queued").with_for_update(skip_locked=True)
    )
    if grading is None:
        return
    results: list[Any] = []
    for request in grading.requests:
        try:
            results.append(scorer.grade(request))
        except GradingError as error:
            results.append({"id": id_of(request), "error": str(error)})
    grading.results = results
    grading.requests = without_samples(grading.requests)
    grading.status = "done"
    grading.completed_at = session.scalar(select(viva_now()))
    _tell(session, grading)


def without_samples(requests: list[Any]) -> list[Any]:
    """Requests as they are kept: samples learnt from reviews are candidates' words, and those must be able to go.

    The receipt of each result names the digest of the samples that it was scored with.
    """
    return [{name: value for name, value in request.items() if name != "samples"} for request in requests]


def fail_grading(session: Session, grading_id: uuid.UUID) -> None:
    """Count a failed attempt; after five the caller is told instead of waiting for ever."""
    grading = session.get(Grading, grading_id, with_for_update=True)
    if grading is not None and grading.status == "queued":
        grading.attempts += 1
        if grading.attempts >= 5:
            grading.requests = without_samples(grading.requests)
            grading.status = "failed"
            grading.completed_at = session.scalar(select(func.viva_now()))
            _tell(session, grading)


def _tell(session: Session, grading: Grading) -> None:
    """Those who wait for the result, and other systems."""
    announce(session, f"grading:{grading.id}")
    record_event(
        session,
        grading.organization_id,
        "grading.done",
        {
            "grading_id": grading.id,
            "status": grading.status,
            "count": len(grading.requests),
            "created_at": grading.created_at,
            "completed_at": grading.completed_at,
            "links": {"self": f"/api/v1/gradings/{grading.id}"},
        },
    )
