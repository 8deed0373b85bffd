"""Whether a stored score can be computed again from its receipt, and comes out the same."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.assessments.models import Assessment
from app.assessments.scorer import Asked, Scorer
from app.bank.models import QuestionVersion, Sample
from app.bank.words import PLAIN_LANGUAGE
from app.interviews.models import Answer, InterviewItem
from app.scoring import prepared as scoring
from app.scoring.receipt import samples_digest

MATCHES, DIFFERS, OTHER, ERASED, SAMPLES = (
    "matches",
    "differs",
    "made by another engine",
    "input erased",
    "samples unknown",
)
OUTCOMES = (MATCHES, DIFFERS, OTHER, ERASED, SAMPLES)
SAME_WITHIN = 1e-4
"""How far a score may be off on another processor; on the same machine it is the same to the last bit."""
PARTS = ("engine", "model", "adapter", "calibration")
"""What of a receipt belongs to the installation, not to the question."""


@dataclass(frozen=True)
class Outcome:
    """What came of recomputing one assessment: one of `OUTCOMES`, and a sentence."""

    assessment_id: uuid.UUID
    outcome: str
    detail: str


def assessments_to_verify(session: Session, after: uuid.UUID | None, limit: int) -> list[uuid.UUID]:
    """The next assessments in the order of their ids."""
    statement = select(Assessment.id).order_by(Assessment.id).limit(limit)
    return list(session.scalars(statement if after is None else statement.where(Assessment.id > after)))


def assessments_of(session: Session, about: uuid.UUID) -> list[uuid.UUID]:
    """The assessment with this id, or all of the answer or interview with this id, oldest first."""
    statement = (
        select(Assessment.id)
        .join(Answer, Assessment.answer_id == Answer.id)
        .join(InterviewItem, Answer.item_id == InterviewItem.id)
        .where(or_(Assessment.id == about, Answer.id == about, InterviewItem.interview_id == about))
        .order_by(Assessment.created_at, Assessment.id)
    )
    return list(session.scalars(statement))


def verify(session: Session, scorer: Scorer, identities: list[uuid.UUID]) -> Iterator[Outcome]:
    """Compute assessments again, from the answer, question version and samples that their receipts name."""
    for identity in identities:
        assessment = session.get(Assessment, identity)
        if assessment is not None:
            yield _verify(session, scorer, assessment)


def _verify(session: Session, scorer: Scorer, assessment: Assessment) -> Outcome:
    def outcome(kind: str, detail: str) -> Outcome:
        return Outcome(assessment.id, kind, detail)

    row = session.execute(
        select(Answer.text, Answer.does_not_know, QuestionVersion, Answer.organization_id)
        .join(InterviewItem, Answer.item_id == InterviewItem.id)
        .join(QuestionVersion, InterviewItem.question_version_id == QuestionVersion.id)
        .where(Answer.id == assessment.answer_id)
    ).first()
    if row is None:
        return outcome(ERASED, "The answer was erased at its owner's wish.")
    text, does_not_know, version, organization_id = row
    receipt = assessment.receipt
    samples = _samples_then(session, version.question_id, organization_id, assessment)
    if samples is None:
        return outcome(SAMPLES, "The graded samples that the receipt names are not there any more.")
    key = f"verify:{version.id}:{receipt['samples']}"
    report = scorer.score(
        key,
        lambda: Asked(version.prompt, version.rubric, samples),
        "" if does_not_know else text,
        plain=version.kind == PLAIN_LANGUAGE,
    ).to_dict()
    changed = [part for part in PARTS if report["receipt"].get(part) != receipt.get(part)]
    if changed:
        return outcome(
            OTHER,
            f"Another {' and '.join(changed)} made it (engine {receipt.get('engine')}; here is "
            f"{report['receipt']['engine']}, which would give {report['score']:.4f}, not {assessment.score:.4f}).",
        )
    if report["receipt"] != receipt:
        return outcome(DIFFERS, "The question version's rubric is not the one that the receipt names.")
    wrong = _differences(report, assessment.report)
    if wrong:
        return outcome(DIFFERS, f"Recomputed: {wrong}.")
    return outcome(MATCHES, f"{assessment.score:.4f}")


def _differences(found: dict[str, Any], stored: dict[str, Any]) -> str:
    if abs(found["score"] - stored["score"]) > SAME_WITHIN:
        return f"score {found['score']:.4f}, stored {stored['score']:.4f}"
    theirs = {one["id"]: one["verdict"] for one in stored["criteria"]}
    for one in found["criteria"]:
        if theirs.get(one["id"]) != one["verdict"]:
            return f"verdict of {one['id']} {one['verdict']}, stored {theirs.get(one['id'])}"
    return ""


def _samples_then(
    session: Session, question_id: uuid.UUID, organization_id: uuid.UUID, assessment: Assessment
) -> list[scoring.Sample] | None:
    """The set of samples that the receipt names: those that counted when the assessment was made."""
    mine: ColumnElement[bool] = or_(Sample.organization_id.is_(None), Sample.organization_id == organization_id)
    rows = session.scalars(select(Sample).where(Sample.question_id == question_id, mine)).all()
    then = [
        row
        for row in rows
        if row.created_at <= assessment.created_at
        and (row.withdrawn_at is None or row.withdrawn_at > assessment.created_at)
    ]
    # A transaction's samples may be stamped before it commits: the digest decides which set it was.
    now = [row for row in rows if row.withdrawn_at is None]
    for chosen in (then, now, list(rows), []):
        found = [scoring.Sample(row.text, row.grade) for row in chosen]
        if samples_digest((one.text, one.grade) for one in found) == assessment.receipt.get("samples"):
            return found
    return None
