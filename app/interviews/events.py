"""What other systems are told of interviews and invitations: ids, states, times and links."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.interviews.models import Interview, Invitation
from app.kit.events import record_event


def record_interview_event(
    session: Session, type: str, interview: Interview, *, once: str | None = None, **more: Any
) -> uuid.UUID | None:
    """Write down what happened to an interview, with its state as it is then."""
    here = f"/api/v1/interviews/{interview.id}"
    data = {
        "interview_id": interview.id,
        "external_id": interview.candidate_external_id,
        "invitation_id": interview.invitation_id,
        "status": interview.status,
        "created_at": interview.created_at,
        "started_at": interview.started_at,
        "deadline_at": interview.deadline_at,
        "finished_at": interview.finished_at,
        "finish_reason": interview.finish_reason,
        **more,
        "links": {"self": here, "report": f"{here}/report"},
    }
    return record_event(session, interview.organization_id, type, data, interview_id=interview.id, once=once)


def record_invitation_expired(session: Session, invitation: Invitation) -> uuid.UUID | None:
    """Write down that nobody came before an invitation's last day had passed."""
    data = {
        "invitation_id": invitation.id,
        "status": "expired",
        "opens_at": invitation.opens_at,
        "closes_at": invitation.closes_at,
    }
    return record_event(session, invitation.organization_id, "invitation.expired", data)
