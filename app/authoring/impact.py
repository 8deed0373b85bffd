"""What a changed rubric would do: past answers scored by the published version and by the working copy."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from app.assessments.models import RubricImpact
from app.assessments.scorer import Scorer
from app.authoring.queue import PREVIEW_IMPACT
from app.bank.access import Author
from app.bank.checks.trial import band, corrected
from app.bank.drafts import draft_of
from app.bank.models import Question, QuestionVersion
from app.bank.publishing import NotPublishable, readable_draft
from app.bank.queries import live_samples
from app.bank.question_file import QuestionFile
from app.bank.question_source import question_file, read_source
from app.interviews.models import Answer, Interview, InterviewItem
from app.kit import clock
from app.kit.clock import viva_now
from app.kit.errors import NotFound
from app.kit.logging import get_logger
from app.kit.waiting import announce
from app.scoring.engine import assess, prepare, readable
from app.scoring.judging import judged_answers, nothing_said
from app.scoring.prepared import PreparedRubric, Sample
from app.scoring.rubric import Rubric

MAX_ANSWERS = 500
"""The latest so many answers are looked at: enough to see what moves, and done within a minute or two."""
MOVED = 0.05
"""From which a score has moved: less is the noise of wording."""
TELL_EVERY = 10
MAX_ATTEMPTS = 5

log = get_logger("viva.authoring")


@dataclass(frozen=True)
class PastAnswer:
    """An answer that was given to a version of the question."""

    id: uuid.UUID
    text: str
    candidate: str


def request_impact(session: Session, author: Author, question_id: uuid.UUID) -> RubricImpact:
    """Ask what publishing the working copy would change. Asked again for the same text, the same preview is given.

    Raises:
        NotFound: there is no such working copy of the author's.
        Invalid: it is no question yet.
        NotPublishable: nothing was published before, so nothing can change.
    """
    draft = draft_of(session, author, question_id)
    readable_draft(draft)
    if draft.question.current_version_id is None:
        raise NotPublishable("This question was never published, so no answer was ever scored by it.")
    latest = session.scalar(
        select(RubricImpact)
        .where(RubricImpact.question_id == question_id)
        .order_by(RubricImpact.requested_at.desc(), RubricImpact.id)
        .limit(1)
    )
    if latest is not None and latest.source == draft.source and latest.status != "failed":
        return latest
    impact = RubricImpact(
        organization_id=draft.organization_id, question_id=question_id, source=draft.source, requested_by=author.user_id
    )
    session.add(impact)
    session.flush()
    PREVIEW_IMPACT.enqueue(session, impact_id=str(impact.id))
    return impact


def latest_impact(session: Session, author: Author, question_id: uuid.UUID) -> RubricImpact:
    """The preview that was asked for last.

    Raises:
        NotFound: none was, or the question is not the author's.
    """
    draft_of(session, author, question_id)
    found = session.scalar(
        select(RubricImpact)
        .where(RubricImpact.question_id == question_id)
        .order_by(RubricImpact.requested_at.desc(), RubricImpact.id)
        .limit(1)
    )
    if found is None:
        raise NotFound("Nobody has asked yet what this change would do.")
    return found


def unfinished_impacts(session: Session, older_than_seconds: float, limit: int = 100) -> list[uuid.UUID]:
    """Previews that wait and are in no queue."""
    waiting = ~PREVIEW_IMPACT.is_queued_for("impact_id", RubricImpact.id)
    age = func.make_interval(0, 0, 0, 0, 0, 0, older_than_seconds)
    return list(
        session.scalars(
            select(RubricImpact.id)
            .where(RubricImpact.status == "queued", RubricImpact.requested_at < viva_now() - age, waiting)
            .order_by(RubricImpact.requested_at)
            .limit(limit)
        )
    )


def past_answers(session: Session, question_id: uuid.UUID, organization_id: uuid.UUID) -> list[PastAnswer]:
    """The latest answers to any version of the question in the organisation."""
    rows = session.execute(
        select(Answer.id, Answer.text, Interview.candidate_name)
        .join(InterviewItem, Answer.item_id == InterviewItem.id)
        .join(Interview, InterviewItem.interview_id == Interview.id)
        .join(QuestionVersion, InterviewItem.question_version_id == QuestionVersion.id)
        .where(
            QuestionVersion.question_id == question_id,
            Answer.organization_id == organization_id,
            ~Answer.does_not_know,
            Answer.text != "",
        )
        .order_by(Answer.submitted_at.desc(), Answer.id)
        .limit(MAX_ANSWERS)
    )
    return [PastAnswer(row.id, row.text, row.candidate_name) for row in rows]


def run_impact(sessions: sessionmaker[Session], scorer: Scorer, impact_id: uuid.UUID) -> None:
    """Score the answers by both rubrics, telling how far it is; a failure is counted, and tried again by the sweep."""
    with sessions.begin() as session:
        impact = session.get(RubricImpact, impact_id)
        if impact is None or impact.status != "queued":
            return
        question_id, organization_id, source = impact.question_id, impact.organization_id, impact.source
        answers = past_answers(session, question_id, organization_id)
        question = session.get_one(Question, question_id)
        version = question.current_version  # not always the latest: publishing an earlier text goes back to it
        assert version is not None
        before = question_file(session, version, "before", organization_id)
        reviewed = [Sample(one.text, one.grade) for one in live_samples(session, question_id, organization_id)]
        impact.total, impact.done = len(answers) + len(reviewed), 0
    try:
        after = read_source(source).question
        assert after is not None
        result = _compare(sessions, scorer, impact_id, before, after, answers, reviewed)
        _end(sessions, impact_id, "done", result)
    except Exception as error:
        log.error("impact failed", impact_id=str(impact_id), exc_info=error)
        with sessions.begin() as session:
            impact = session.get_one(RubricImpact, impact_id)
            impact.attempts += 1
            failed = impact.attempts >= MAX_ATTEMPTS
        if failed:
            _end(sessions, impact_id, "failed", None)


def _end(sessions: sessionmaker[Session], impact_id: uuid.UUID, status: str, result: dict[str, Any] | None) -> None:
    with sessions.begin() as session:
        impact = session.get_one(RubricImpact, impact_id)
        impact.status, impact.result = status, result
        impact.completed_at = clock.now(session)
        announce(session, f"impact:{impact_id}")


def _compare(
    sessions: sessionmaker[Session],
    scorer: Scorer,
    impact_id: uuid.UUID,
    before: QuestionFile,
    after: QuestionFile,
    answers: Sequence[PastAnswer],
    reviewed: Sequence[Sample],
) -> dict[str, Any]:
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        if done % TELL_EVERY == 0:
            with sessions.begin() as session:
                session.get_one(RubricImpact, impact_id).done = done
                announce(session, f"impact:{impact_id}")

    old, new = (_prepared(scorer, question) for question in (before, after))
    rows: list[dict[str, Any]] = []
    for answer in answers:
        encoded = scorer.encoder.encode(readable(answer.text))
        one, other = (assess(rubric, answer.text, encoded).score for rubric in (old, new))
        rows.append(
            {
                "answer_id": str(answer.id),
                "candidate": answer.candidate,
                "excerpt": " ".join(answer.text.split())[:160],
                "before": round(one, 4),
                "after": round(other, 4),
            }
        )
        advance()
    rows.sort(key=lambda row: -abs(row["after"] - row["before"]))
    people = _agreement(scorer, before, after, reviewed, advance)
    return {"answers": rows, "summary": _summary(rows), "people": people}


def _prepared(scorer: Scorer, question: QuestionFile) -> PreparedRubric:
    samples = [Sample(sample.text, sample.grade) for sample in question.samples]
    rubric = Rubric.from_dict(question.rubric)
    return prepare(question.prompt, rubric, scorer.encoder.encode, samples, scorer.encoder.identity)


def _summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    shifts = [row["after"] - row["before"] for row in rows]
    return {
        "answers": len(rows),
        "up": sum(shift >= MOVED for shift in shifts),
        "down": sum(shift <= -MOVED for shift in shifts),
        "same": sum(abs(shift) < MOVED for shift in shifts),
        "other_band": sum(band(row["after"]) != band(row["before"]) for row in rows),
        "mean_shift": round(float(np.mean(shifts)), 4) if shifts else 0.0,
    }


def _agreement(
    scorer: Scorer, before: QuestionFile, after: QuestionFile, reviewed: Sequence[Sample], advance: Any
) -> dict[str, Any] | None:
    """How near both rubrics come to the grades that people gave, each answer judged without its own grade."""
    if len(reviewed) < 2:
        return None
    texts = [readable(sample.text) for sample in reviewed]
    encoded = {text: scorer.encoder.encode(text) for text in texts}
    grades = np.array([sample.grade for sample in reviewed])
    found: dict[str, Any] = {"graded": len(reviewed)}
    for name, question in (("before", before), ("after", after)):
        rubric = prepare(question.prompt, Rubric.from_dict(question.rubric), scorer.encoder.encode)
        known = judged_answers(rubric, texts, encoded.__getitem__)
        nothing = nothing_said(rubric, scorer.encoder.encode)
        held = np.array([corrected(known, grades, [n], nothing)[0] for n in range(len(reviewed))])
        spread = float(held.std() * grades.std())
        found[name] = {
            "mean_error": round(float(np.abs(held - grades).mean()), 4),
            "r": round(float(np.corrcoef(held, grades)[0, 1]), 4) if spread > 0 else None,
        }
    for _ in reviewed:
        advance()
    return found
