"""What candidates are called: by name, or by a part of the interview's id while names are hidden."""

from __future__ import annotations

import uuid
from typing import Protocol

from sqlalchemy.orm import Session

from app.accounts.desk import Desk
from app.accounts.models import Organization
from app.accounts.service import audit_once_a_day

CODE_LENGTH = 6


class Sat(Protocol):
    """What an interview says of its candidate."""

    id: uuid.UUID
    candidate_name: str
    candidate_external_id: str | None


def code_of(interview_id: uuid.UUID) -> str:
    """What stands for a name: “Candidate 3f2a9c”."""
    return f"Candidate {str(interview_id)[:CODE_LENGTH]}"


def shown_name(interview: Sat, account_name: str | None, *, names: bool) -> str:
    """The candidate's name, as far as it may be shown."""
    if not names:
        return code_of(interview.id)
    return (
        interview.candidate_name.strip()
        or (account_name or "").strip()
        or interview.candidate_external_id
        or code_of(interview.id)
    )


def name_in_review(organization: Organization, interview_id: uuid.UUID, name: str) -> str:
    """What a candidate is called in review: by a sign instead of the name where the organisation reviews blind."""
    if organization.blind or not name:
        return f"Candidate {str(interview_id)[:4].upper()}"
    return name


def shows_names(session: Session, desk: Desk, asked: bool, subject: str | None = None) -> bool:
    """Whether names are shown on a page; who asks for hidden ones stands in the audit trail."""
    return shows_names_to(session, desk.organization, desk.actor, asked, subject)


def shows_names_to(
    session: Session, organization: Organization, actor: str, asked: bool, subject: str | None = None
) -> bool:
    """The same for whoever is in the audit trail by the name of `actor`."""
    if not organization.blind:
        return True
    if asked:
        about = subject or f"organization:{organization.id}"
        audit_once_a_day(session, organization.id, actor, "names.shown", about)
    return asked
