"""Working copies of questions: begun, copied, saved, sent to review, sent back, thrown away.

What is typed is kept as it is, also while it is no question yet; nothing here needs it to be readable.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from app.bank.access import Author, questions_editable_by
from app.bank.models import Question, QuestionDraft, QuestionEvent
from app.bank.question_source import MAX_SOURCE_CHARS, question_source, starter_source
from app.kit import clock
from app.kit.errors import Conflict, NotFound, TooLarge
from app.kit.text import clean_text

DISCARDED = "working copy discarded"
REVISIONS_APART = 10_000
"""How far the revisions of a question's working copies lie apart: a tab that was left open with an earlier copy is told
so, and does not write over the next one."""


class StaleDraft(Conflict):
    """The working copy was saved by another tab or person meanwhile; nothing was overwritten."""

    title = "Changed meanwhile"
    type = "stale-draft"


@dataclass(frozen=True)
class Saved:
    """What a save did."""

    draft: QuestionDraft
    changed: bool


def source_digest(source: str) -> str:
    """SHA-256 of a working copy's text: what a check was made of."""
    return hashlib.sha256(source.encode()).hexdigest()


def begin_question(session: Session, author: Author, source: str | None = None) -> QuestionDraft:
    """A new question of the author's organisation, with something to start from; publishing it gives it its slug."""
    question = Question(
        organization_id=author.organization_id, slug=f"untitled-{uuid.uuid4().hex[:10]}", status="draft"
    )
    session.add(question)
    session.flush()
    record(session, question, author, "created")
    return _begin_draft(session, question, author, starter_source() if source is None else source)


def copy_question(session: Session, author: Author, question: Question) -> QuestionDraft:
    """A working copy of somebody else's question as one of the author's organisation; the original is not touched."""
    draft = begin_question(session, author, question_source(session, question, author.organization_id))
    record(session, draft.question, author, "copied", note=question.slug)
    return draft


def edit_question(session: Session, author: Author, question: Question) -> QuestionDraft:
    """The working copy of one of the author's questions, made from what is published where there is none."""
    draft = session.get(QuestionDraft, question.id)
    if draft is None:
        source = question_source(session, question, question.organization_id)
        draft = _begin_draft(session, question, author, source)
    return draft


def save_draft(session: Session, author: Author, question_id: uuid.UUID, source: str, base_revision: int) -> Saved:
    """Keep what was typed. The same text again changes nothing.

    Raises:
        NotFound: there is no such working copy of the author's.
        StaleDraft: somebody saved another text on top of `base_revision`; `extra` holds it and what was sent.
        TooLarge: the text is longer than a question's file may be.
    """
    text = clean_text(source, field="source")
    if len(text) > MAX_SOURCE_CHARS:
        raise TooLarge(
            f"A question has at most {MAX_SOURCE_CHARS:,} characters; this has {len(text):,}.", field="source"
        )
    draft = draft_of(session, author, question_id, lock=True)
    if text == draft.source:
        return Saved(draft, False)
    if draft.revision != base_revision:
        raise StaleDraft(
            "This question was changed in another tab or by somebody else. Nothing is lost: compare both texts.",
            source=draft.source,
            revision=draft.revision,
            mine=text,
        )
    draft.source = text
    draft.revision += 1
    draft.status = "draft"  # what was sent to review is what was read there, so another text is a draft again
    draft.updated_by, draft.updated_by_key = author.user_id, author.key_id
    draft.updated_at = clock.now(session)
    session.flush()
    return Saved(draft, True)


def submit_for_review(session: Session, author: Author, question_id: uuid.UUID, note: str = "") -> QuestionDraft:
    """Say that the working copy is ready to be looked at by somebody else."""
    return _move(session, author, question_id, "in_review", "sent to review", note)


def send_back(session: Session, author: Author, question_id: uuid.UUID, note: str = "") -> QuestionDraft:
    """Say what is still to be mended."""
    return _move(session, author, question_id, "draft", "sent back", note)


def discard_draft(session: Session, author: Author, question_id: uuid.UUID) -> bool:
    """Throw the working copy away; True if the question went with it, as it had never been published."""
    draft = draft_of(session, author, question_id, lock=True)
    question = draft.question
    session.delete(draft)
    session.flush()
    if question.current_version_id is None:
        session.delete(question)
        session.flush()
        return True
    record(session, question, author, DISCARDED)
    return False


def draft_of(session: Session, author: Author, question_id: uuid.UUID, *, lock: bool = False) -> QuestionDraft:
    """A working copy that the author may write.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    query = select(QuestionDraft).join(Question).where(QuestionDraft.question_id == question_id)
    query = query.where(questions_editable_by(author))
    draft = session.scalar(query.with_for_update(of=QuestionDraft) if lock else query)
    if draft is None:
        raise NotFound("There is no such question among yours.")
    return draft


def own_question(session: Session, author: Author, question_id: uuid.UUID) -> Question:
    """A question that the author may write.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    question = session.scalar(select(Question).where(Question.id == question_id, questions_editable_by(author)))
    if question is None:
        raise NotFound("There is no such question among yours.")
    return question


def record(
    session: Session,
    question: Question,
    author: Author | None,
    action: str,
    *,
    version_id: uuid.UUID | None = None,
    note: str = "",
) -> None:
    """Append to what was done with a question."""
    session.add(
        QuestionEvent(
            organization_id=question.organization_id,
            question_id=question.id,
            action=action,
            version_id=version_id,
            user_id=author.user_id if author else None,
            key_id=author.key_id if author else None,
            note=note[:1000],
        )
    )


def request_check(session: Session, author: Author, question_id: uuid.UUID) -> QuestionDraft:
    """Ask for the working copy to be checked; asking twice for one text asks once."""
    draft = draft_of(session, author, question_id, lock=True)
    digest = source_digest(draft.source)
    if draft.checked_digest != digest or draft.check_status == "failed":
        draft.checked_digest = digest
        draft.check_status = "queued"
        draft.check_result = None
        draft.check_requested_at = clock.now(session)
        session.flush()
    return draft


def keep_check(
    session: Session, question_id: uuid.UUID, digest: str, status: str, result: dict[str, Any] | None
) -> bool:
    """Keep what the check found; False when the text has changed meanwhile, so that nobody waits for this."""
    same: ColumnElement[bool] = QuestionDraft.checked_digest == digest
    done = session.execute(
        update(QuestionDraft)
        .where(QuestionDraft.question_id == question_id, same)
        .values(check_status=status, check_result=result)
        .returning(QuestionDraft.question_id)
    )
    return done.first() is not None


def _begin_draft(session: Session, question: Question, author: Author, source: str) -> QuestionDraft:
    ended = or_(QuestionEvent.action == DISCARDED, QuestionEvent.version_id.is_not(None))
    earlier = session.scalar(select(func.count()).where(QuestionEvent.question_id == question.id, ended)) or 0
    draft = QuestionDraft(
        question_id=question.id,
        organization_id=question.organization_id,
        source=source,
        revision=1 + REVISIONS_APART * earlier,
        updated_by=author.user_id,
        updated_by_key=author.key_id,
    )
    session.add(draft)
    session.flush()
    session.refresh(draft)
    return draft


def _move(
    session: Session, author: Author, question_id: uuid.UUID, status: str, action: str, note: str
) -> QuestionDraft:
    draft = draft_of(session, author, question_id, lock=True)
    if draft.status != status:
        draft.status = status
        record(session, draft.question, author, action, note=clean_text(note, field="note").strip())
        session.flush()
    return draft
