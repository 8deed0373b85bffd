"""Writes of people's judgements: reviews are appended, never changed; what was looked at is in the audit trail."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.doer import Doer
from app.accounts.service import audit
from app.assessments.marks import Mark, are_apart, marks_of
from app.assessments.models import Review
from app.assessments.suggesting import CREDITS, best_approach
from app.assessments.words import band_of
from app.bank.models import QuestionVersion
from app.interviews.events import record_interview_event
from app.interviews.models import Answer, Interview, InterviewItem
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.text import clean_text
from app.kit.waiting import announce

MAX_WORDS = 4000
"""Characters of a reason or a comment."""
FAR = 0.25
"""From here a mark departs from the machine's by more than a band, and wants a reason."""


class NothingToSettle(Conflict):
    """People do not disagree about this answer (any more)."""


@dataclass(frozen=True)
class Judgement:
    """What a reviewer sends: verdicts by number of the approach, and a score (None: what the verdicts suggest)."""

    score: float | None = None
    verdicts: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    reason: str = ""
    comment: str = ""
    settles: bool = False
    saw_machine: bool = False


def reviewable(session: Session, organization_id: uuid.UUID, answer_id: uuid.UUID) -> tuple[Answer, QuestionVersion]:
    """An answer of a finished interview of the organisation, with what was asked.

    Raises:
        NotFound: there is none.
    """
    row = session.execute(
        select(Answer, QuestionVersion)
        .join(InterviewItem, Answer.item_id == InterviewItem.id)
        .join(Interview, InterviewItem.interview_id == Interview.id)
        .join(QuestionVersion, InterviewItem.question_version_id == QuestionVersion.id)
        .where(Answer.id == answer_id, Answer.organization_id == organization_id, Interview.finished_at.is_not(None))
    ).first()
    if row is None:
        raise NotFound("There is no such answer, or its interview is not finished.")
    return row[0], row[1]


def save_review(
    session: Session, organization_id: uuid.UUID, reviewer: Doer, answer_id: uuid.UUID, judgement: Judgement
) -> Mark:
    """Append a review; the mark that counts from then on.

    Raises:
        Invalid: a key judges in nobody's place.
        NotFound: there is no such answer to review.
        Invalid: no score, one out of range, a verdict or criterion that is none, or a reason that is missing.
        NothingToSettle: it is to settle what is no disagreement, or one that the person must not know of yet.
    """
    if reviewer.user_id is None:
        raise Invalid("Name the person who judges: a review is somebody's word.", field="reviewer")
    answer, version = reviewable(session, organization_id, answer_id)
    # One at a time for each answer: two who save at once must both be seen when it is asked whether they are apart.
    session.execute(select(Answer.id).where(Answer.id == answer_id).with_for_update(key_share=True))
    before = marks_of(session, organization_id, [answer_id])[answer_id]
    score, verdicts = _score(version, judgement)
    reason = _words(judgement.reason, "reason", "The reason")
    comment = _words(judgement.comment, "comment", "The comment")
    if judgement.settles and not (before.disagreement and before.by(reviewer.user_id)):
        raise NothingToSettle("Nobody disagrees about this answer any more: what counts is shown here.")
    if judgement.settles and not reason:
        raise Invalid("Say why this mark is to count: both reviewers and the candidate may ask.", field="reason")
    if needs_reason(before.machine, score) and not reason:
        raise Invalid("This is more than a band away from the machine’s mark: say in a sentence why.", field="reason")
    others = [one.score for one in before.counting if one.reviewer_id != reviewer.user_id]
    review = Review(
        organization_id=organization_id,
        answer_id=answer_id,
        assessment_id=before.assessment_id,
        question_id=version.question_id,
        reviewer_id=reviewer.user_id,
        score=score,
        verdicts=verdicts,
        reason=reason,
        comment=comment,
        settles=judgement.settles,
        disputed=not judgement.settles and are_apart([*others, score]),
    )
    session.add(review)
    session.flush()
    after = marks_of(session, organization_id, [answer_id])[answer_id]
    audit(
        session,
        organization_id,
        reviewer.actor,
        "answer.settled" if judgement.settles else "answer.reviewed",
        f"answer:{answer_id}",
        score=score,
        counted_before=before.score,
        counts_now=after.score,
        saw_machine=judgement.saw_machine,
        **reviewer.in_place_of,
    )
    _tell(session, answer, review)
    return after


def needs_reason(machine: float | None, score: float) -> bool:
    """Whether a mark is so far from the machine's that the reviewer has to say why."""
    return machine is not None and abs(score - machine) > FAR


def record_look(session: Session, organization_id: uuid.UUID, viewer: Doer, answer_id: uuid.UUID) -> None:
    """Put into the audit trail that somebody read an answer."""
    audit(session, organization_id, viewer.actor, "answer.viewed", f"answer:{answer_id}", **viewer.in_place_of)


def _tell(session: Session, answer: Answer, review: Review) -> None:
    """Those who wait for the report, and other systems."""
    interview = session.scalars(select(Interview).join(InterviewItem).where(InterviewItem.id == answer.item_id)).one()
    announce(session, f"interview:{interview.id}")
    record_interview_event(
        session,
        "interview.reviewed",
        interview,
        item_id=answer.item_id,
        answer_id=answer.id,
        review_id=review.id,
        is_disputed=review.disputed,
    )


def _words(text: str, name: str, shown: str) -> str:
    text = clean_text(text, field=name).strip()
    if len(text) > MAX_WORDS:
        raise Invalid(f"{shown} has {len(text):,} characters; at most {MAX_WORDS:,} are taken.", field=name)
    return text


def _score(version: QuestionVersion, judgement: Judgement) -> tuple[float, dict[str, str]]:
    """The score, and the verdicts of the approach that they speak best for."""
    approaches = version.rubric["approaches"]
    for number, verdicts in judgement.verdicts.items():
        if not 0 <= number < len(approaches):
            raise Invalid("The question has no such approach: load the page again.", field="verdicts")
        known = {one["id"] for one in approaches[number]["criteria"]}
        for criterion, verdict in verdicts.items():
            if criterion not in known or verdict not in CREDITS:
                raise Invalid(
                    "This is no verdict on a criterion of the question: load the page again.", field="verdicts"
                )
    best = best_approach(version.rubric, judgement.verdicts)
    chosen = dict(judgement.verdicts[best[0]]) if best else {}
    score = judgement.score if judgement.score is not None else best[1] if best else None
    if score is None:
        raise Invalid("Choose a verdict on at least one criterion, or set a mark from 0 to 100.", field="score")
    # Comparisons with NaN are false.
    if not 0 <= score <= 1:
        raise Invalid("The mark must be a number from 0 to 100.", field="score")
    return round(score, 4), chosen


def band_label(score: float | None) -> str:
    """The band of a mark in words; empty where there is none."""
    return band_of(score).label if score is not None else ""
