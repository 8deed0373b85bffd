"""What interviewers note of an interview and decide: appended, the newest counts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.doer import Doer
from app.accounts.models import User
from app.accounts.service import audit
from app.assessments.models import Decision
from app.interviews.models import Interview
from app.kit.errors import Invalid
from app.kit.text import clean_text

DECISIONS = {"advance": "Advance", "hold": "Hold", "decline": "Decline", "none": "No decision"}
MAX_NOTE = 10_000


@dataclass(frozen=True)
class Decided:
    """A decision with the name of who made it."""

    decision: Decision
    words: str
    by: str


def decide(session: Session, interview: Interview, by: Doer, decision: str, note: str) -> Decision:
    """Add a note, a decision, or both.

    Raises:
        Invalid: no such decision, neither of them, or too long a note.
    """
    note = clean_text(note, field="note").strip()
    if len(note) > MAX_NOTE:
        raise Invalid(f"The note has {len(note):,} characters; at most {MAX_NOTE:,} are taken.", field="note")
    if decision not in DECISIONS:
        raise Invalid("Choose one of the decisions.", field="decision")
    if decision == "none" and not note:
        raise Invalid("Write a note, or choose a decision.", field="note")
    made = Decision(
        organization_id=interview.organization_id,
        interview_id=interview.id,
        user_id=by.user_id,
        decision=decision,
        note=note,
    )
    session.add(made)
    session.flush()
    subject = f"interview:{interview.id}"
    audit(
        session, interview.organization_id, by.actor, "interview.decided", subject, decision=decision, **by.in_place_of
    )
    return made


def decisions_of(session: Session, organization_id: uuid.UUID, interview_id: uuid.UUID) -> list[Decided]:
    """All of an interview, newest first."""
    rows = session.execute(
        select(Decision, User.name, User.email)
        .outerjoin(User, User.id == Decision.user_id)
        .where(Decision.interview_id == interview_id, Decision.organization_id == organization_id)
        .order_by(Decision.created_at.desc(), Decision.id)
        .limit(200)
    )
    return [
        Decided(decision, DECISIONS[decision.decision], name or email or "Somebody who has left")
        for decision, name, email in rows
    ]
