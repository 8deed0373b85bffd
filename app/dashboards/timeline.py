"""What happened in an interview, and when: from its rows, its drafts and the audit trail."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import AuditEvent, User
from app.interviews.models import Draft, Interview, InterviewItem

_ANSWERED = {
    "candidate": "answered",
    "finish": "handed in as drafted, at the finish",
    "deadline": "handed in as drafted, when the time was up",
    "interviewer": "handed in as drafted, when an interviewer ended it",
}
_FINISHED = {
    "candidate": "Finished by the candidate",
    "deadline": "Ended by the clock",
    "interviewer": "Ended by an interviewer",
}
_DRAFTS = {"saved": "first words saved", "conflict": "another text kept beside", "late": "late text kept, not scored"}


@dataclass(frozen=True)
class Happening:
    """A line of the timeline."""

    at: dt.datetime
    words: str
    by: str = ""


def timeline(session: Session, interview: Interview) -> list[Happening]:
    """All of it, oldest first; `interview` comes with its items and answers."""
    found = [Happening(interview.created_at, "Made")]
    if interview.started_at is not None:
        found.append(Happening(interview.started_at, "Consent given, and the clock started"))
    if interview.finished_at is not None:
        found.append(Happening(interview.finished_at, _FINISHED.get(interview.finish_reason or "", "Finished")))
    for item in interview.items:
        if item.opened_at is not None:
            found.append(Happening(item.opened_at, f"Question {item.position} opened, and its clock started"))
        if item.answer is not None:
            how = "answered “I do not know”" if item.answer.does_not_know else _ANSWERED[item.answer.submitted_by]
            found.append(Happening(item.answer.submitted_at, f"Question {item.position} {how}"))
    found += _drafts(session, interview.id)
    found += _events(session, interview.organization_id, interview.id)
    return sorted(found, key=lambda one: one.at)


def _drafts(session: Session, interview_id: uuid.UUID) -> list[Happening]:
    rows = session.execute(
        select(InterviewItem.position, Draft.kind, func.min(Draft.created_at), func.max(Draft.created_at))
        .join(InterviewItem, Draft.item_id == InterviewItem.id)
        .where(InterviewItem.interview_id == interview_id)
        .group_by(InterviewItem.position, Draft.kind)
    )
    found = []
    for position, kind, first, last in rows:
        found.append(Happening(first, f"Question {position}: {_DRAFTS[kind]}"))
        if last > first and kind == "saved":
            found.append(Happening(last, f"Question {position}: draft saved for the last time"))
    return found


def _events(session: Session, organization_id: uuid.UUID, interview_id: uuid.UUID) -> list[Happening]:
    events = list(
        session.scalars(
            select(AuditEvent)
            .where(AuditEvent.organization_id == organization_id, AuditEvent.subject == f"interview:{interview_id}")
            .order_by(AuditEvent.at.desc())
            .limit(500)
        )
    )
    actors = {event.actor.removeprefix("user:") for event in events if event.actor.startswith("user:")}
    ids = [uuid.UUID(actor) for actor in actors if len(actor) == 36]
    people = session.execute(select(User.id, User.name, User.email).where(User.id.in_(ids)))
    names = {f"user:{user_id}": name or email or "A guest" for user_id, name, email in people}
    return [Happening(event.at, _words(event.action, event.detail), _by(event.actor, names)) for event in events]


def _by(actor: str, names: dict[str, str]) -> str:
    if actor.startswith("user:"):
        return names.get(actor, "Somebody who has left")
    return "Another system" if actor.startswith("key:") else "Viva"


def _words(action: str, detail: dict[str, Any]) -> str:
    if action == "interview.time_changed":
        if "minutes" in detail:
            return f"{detail['minutes']} more minutes given"
        return f"Time set to {detail.get('multiplier', 1):g} times the usual"
    if action == "interview.paused":
        return f"Paused: {detail.get('reason', '')}"
    if action == "interview.resumed":
        return f"Went on after {max(1, round(detail.get('seconds', 0) / 60))} min"
    return {
        "interview.created": "Made over the API",
        "interview.stopped": "Stopped",
        "interview.released": "Result released to the candidate",
        "interview.seen": "Looked at",
        "interview.decided": "Note or decision written",
        "names.shown": "Name shown",
        "report.printed": "Report printed",
    }.get(action, action.replace(".", " ").replace("_", " ").capitalize())
