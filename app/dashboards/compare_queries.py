"""Reads for comparing candidates, and the decision that is noted."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts.desk import Desk
from app.accounts.service import audit
from app.assessments.models import Decision
from app.dashboards.mark_sql import MARK, marks_of
from app.interviews.models import Interview
from app.kit.errors import Invalid, NotFound
from app.kit.text import clean_text

DECISIONS = {"advance": "Advance", "hold": "Hold", "decline": "Decline", "none": "No decision"}
MOST_LISTED = 60
MAX_NOTE = 4000


@dataclass(frozen=True)
class Sitter:
    """A finished interview in the list to choose from; `place` counts from 0 in the order of finishing."""

    id: uuid.UUID
    name: str
    finished_at: dt.datetime
    place: int


@dataclass(frozen=True)
class Mark:
    """One question of an interview as it counts."""

    question_id: uuid.UUID
    title: str
    topic: str
    mark: float | None
    confidence: float | None
    by_people: bool
    facets: dict[str, float]
    criteria: list[dict[str, Any]]
    answered: bool


@dataclass
class Sat:
    """What is known of one interview that is compared."""

    marks: list[Mark] = field(default_factory=list)
    decision: str | None = None
    note: str = ""
    decided_by: str = ""
    decided_at: dt.datetime | None = None


_VERSIONS = """
SELECT v.id, v.title, v.number, c.many
FROM (SELECT template_version_id AS id, count(*) AS many FROM interviews
      WHERE organization_id = :o AND finished_at IS NOT NULL AND template_version_id IS NOT NULL GROUP BY 1) AS c
JOIN interview_template_versions v ON v.id = c.id ORDER BY c.many DESC, v.title, v.number DESC LIMIT 100
"""
_SITTERS = """
SELECT * FROM (
    SELECT i.id, i.candidate_name, i.finished_at,
           row_number() OVER (ORDER BY i.finished_at, i.id) - 1 AS place
    FROM interviews i
    WHERE i.organization_id = :o AND i.template_version_id = :version AND i.finished_at IS NOT NULL) AS numbered
WHERE id = ANY(CAST(:chosen AS uuid[])) OR place >= (
    SELECT count(*) FROM interviews i WHERE i.organization_id = :o AND i.template_version_id = :version
    AND i.finished_at IS NOT NULL) - :most
ORDER BY place DESC
"""
_MARKS = f"""
SELECT it.interview_id, v.question_id, v.title, v.topic,
       CASE WHEN a.id IS NULL THEN 0 ELSE {MARK} END, machine.confidence, human.score IS NOT NULL,
       machine.report->'facets', machine.report->'criteria', a.id IS NOT NULL
FROM interview_items it JOIN question_versions v ON v.id = it.question_version_id
LEFT JOIN answers a ON a.item_id = it.id {marks_of("a.id")}
WHERE it.organization_id = :o AND it.interview_id = ANY(CAST(:chosen AS uuid[])) ORDER BY it.position
"""  # noqa: S608 - only our own constants are put in
_DECISIONS = """
SELECT DISTINCT ON (d.interview_id) d.interview_id, d.decision, d.note, coalesce(u.name, ''), d.created_at
FROM decisions d LEFT JOIN users u ON u.id = d.user_id
WHERE d.organization_id = :o AND d.interview_id = ANY(CAST(:chosen AS uuid[]))
ORDER BY d.interview_id, d.created_at DESC, d.id DESC
"""


def compared_versions(session: Session, organization_id: uuid.UUID) -> list[tuple[uuid.UUID, str, int, int]]:
    """(id, title, number, finished interviews) of the template versions that there is something to compare of."""
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(text(_VERSIONS), {"o": organization_id}).all()]


def sitters(
    session: Session, organization_id: uuid.UUID, version_id: uuid.UUID, chosen: list[uuid.UUID]
) -> list[Sitter]:
    """The newest finished interviews of a version, and those that are chosen, newest first."""
    asked = {"o": organization_id, "version": version_id, "chosen": chosen, "most": MOST_LISTED}
    return [Sitter(*row) for row in session.execute(text(_SITTERS), asked)]


def results(session: Session, organization_id: uuid.UUID, chosen: list[uuid.UUID]) -> dict[uuid.UUID, Sat]:
    """Marks and newest decision of each interview, in two queries."""
    found = {one: Sat() for one in chosen}
    asked = {"o": organization_id, "chosen": chosen}
    for row in session.execute(text(_MARKS), asked):
        mark = Mark(row[1], row[2], row[3], row[4], row[5], row[6], row[7] or {}, row[8] or [], row[9])
        found[row[0]].marks.append(mark)
    for interview_id, decision, note, name, at in session.execute(text(_DECISIONS), asked):
        one = found[interview_id]
        one.decision, one.note, one.decided_by, one.decided_at = decision, note, name, at
    return found


def decide(session: Session, desk: Desk, interview_id: uuid.UUID, decision: str, note: str) -> None:
    """Note a decision; earlier ones stay on record.

    Raises:
        NotFound: no finished interview of the organisation.
        Invalid: an unknown decision, a note that is too long, or neither of them.
    """
    there = session.scalar(
        select(Interview.id).where(
            Interview.organization_id == desk.organization_id,
            Interview.id == interview_id,
            Interview.finished_at.is_not(None),
        )
    )
    if there is None:
        raise NotFound("There is no such interview.")
    if decision not in DECISIONS:
        raise Invalid("Choose a decision of the list.", field="decision")
    note = clean_text(note, field="note").strip()
    if len(note) > MAX_NOTE:
        raise Invalid(f"The note may have {MAX_NOTE} characters; it has {len(note)}.", field="note")
    session.add(
        Decision(
            organization_id=desk.organization_id,
            interview_id=interview_id,
            user_id=desk.user.id,
            decision=decision,
            note=note,
        )
    )
    audit(
        session, desk.organization_id, desk.actor, "interview.decided", f"interview:{interview_id}", decision=decision
    )


def finished_templates(session: Session, organization_id: uuid.UUID) -> list[tuple[uuid.UUID, str]]:
    """(id, title) of the templates that the organisation has held interviews of."""
    query = """
    SELECT DISTINCT ON (v.template_id) v.template_id, v.title FROM interview_template_versions v
    JOIN (SELECT DISTINCT template_version_id AS id FROM interviews WHERE organization_id = :o) AS held
    ON held.id = v.id
    ORDER BY v.template_id, v.number DESC
    """
    found = [(row[0], row[1]) for row in session.execute(text(query), {"o": organization_id})]
    return sorted(found, key=lambda one: (one[1], one[0]))
