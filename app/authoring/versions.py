"""The history of a question: its versions, what each changed, and who did what."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.authoring.queries import Event, events_of, state_of, versions_of
from app.bank.access import Author
from app.bank.difference import Change, differences
from app.bank.drafts import own_question
from app.bank.models import QuestionDraft, QuestionVersion
from app.bank.question_source import file_of, question_file, read_source

SHOWN = 30
"""Versions on the page, each with what it changed."""


@dataclass(frozen=True)
class VersionView:
    """A version and what it changed against the one before."""

    version: QuestionVersion
    is_current: bool
    changes: list[Change]
    by: str
    """Who published it, where that is known."""


@dataclass(frozen=True)
class VersionPage:
    """The page."""

    id: uuid.UUID
    slug: str
    title: str
    state: str
    status: str
    has_draft: bool
    pending: list[Change]
    versions: list[VersionView]
    events: list[Event]


def version_page(session: Session, author: Author, question_id: uuid.UUID) -> VersionPage:
    """What the page shows.

    Raises:
        NotFound: there is no such question among the author's.
    """
    question = own_question(session, author, question_id)
    draft = session.get(QuestionDraft, question_id)
    versions = versions_of(session, question_id, SHOWN + 1)
    files = [file_of(version, question.slug) for version in versions]
    events = events_of(session, question_id)
    by = {event.version_id: event.by for event in events if event.version_id}
    shown = [
        VersionView(
            version,
            version.id == question.current_version_id,
            differences(files[n + 1], files[n]) if n + 1 < len(files) else [],
            by.get(version.id, ""),
        )
        for n, version in enumerate(versions[:SHOWN])
    ]
    current = question.current_version
    read = read_source(draft.source) if draft is not None else None
    typed = read.question if read else None
    pending: list[Change] = []
    if current and typed:
        pending = differences(question_file(session, current, question.slug, question.organization_id), typed)
    typed_title = str((read.data if read else {}).get("title") or "Untitled")[:120]
    return VersionPage(
        id=question_id,
        slug=question.slug,
        title=versions[0].title if versions else typed_title,
        state=state_of(question, draft),
        status=question.status,
        has_draft=draft is not None,
        pending=pending,
        versions=shown,
        events=events,
    )
