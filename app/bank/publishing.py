"""From a working copy to a version that interviews can ask, and back out of use."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.bank.access import Author
from app.bank.drafts import draft_of, own_question, record, source_digest
from app.bank.models import Question, QuestionDraft, QuestionVersion
from app.bank.question_file import QuestionFile
from app.bank.question_source import read_source
from app.bank.versions import store_samples, store_version, tell_published
from app.kit.errors import Conflict, Invalid


class NotReadable(Invalid):
    """The working copy is no question yet; `problems` says line and field of what is to be mended."""

    title = "It is no question yet"
    type = "not-readable"


class NotPublishable(Conflict):
    """The working copy cannot be published as it is; `extra` says why."""

    title = "Not ready to be published"
    type = "not-publishable"


def readable_draft(draft: QuestionDraft) -> QuestionFile:
    """The question that a working copy says.

    Raises:
        NotReadable: it is none yet; the message names line and field.
    """
    read = read_source(draft.source)
    if read.question is None:
        raise NotReadable(str(read.problems[0]), problems=read.problems)
    return read.question


def publish_draft(session: Session, author: Author, question_id: uuid.UUID, note: str = "") -> QuestionVersion:
    """Make a version of the working copy, and of its samples what scores are held against. The copy is gone then.

    Interviews that are under way keep the version that they were made with.

    Raises:
        NotFound: there is no such working copy of the author's.
        NotReadable: it is no question yet.
        NotPublishable: it was not checked as it stands, the check failed, or its slug is taken.
    """
    draft = draft_of(session, author, question_id, lock=True)
    file = readable_draft(draft)
    if draft.checked_digest != source_digest(draft.source) or draft.check_status != "done" or not draft.check_result:
        raise NotPublishable("Check the question as it stands now: only what was checked can be published.")
    if not draft.check_result.get("passes"):
        errors = [one for one in draft.check_result["findings"] if one["severity"] == "error"]
        raise NotPublishable(
            f"The check found {len(errors)} {'error' if len(errors) == 1 else 'errors'}: mend the question first.",
            findings=errors,
        )
    question = draft.question
    _name(session, question, file.slug)
    version, is_new = store_version(session, question, file)
    store_samples(session, question, file)
    session.delete(draft)
    action = f"version {version.number} published" if is_new else f"back to version {version.number}"
    record(session, question, author, action, version_id=version.id, note=note)
    tell_published(session, question, version)
    session.flush()
    return version


def retire_question(session: Session, author: Author, question_id: uuid.UUID) -> Question:
    """Take a question out of use: it is drawn and found no more; what was asked stays as it was asked."""
    question = own_question(session, author, question_id)
    if question.status == "published":
        question.status = "retired"
        record(session, question, author, "retired")
        session.flush()
    return question


def restore_question(session: Session, author: Author, question_id: uuid.UUID) -> Question:
    """Put a retired question back into use."""
    question = own_question(session, author, question_id)
    if question.status == "retired" and question.current_version_id is not None:
        question.status = "published"
        record(session, question, author, "put back into use")
        session.flush()
    return question


def _name(session: Session, question: Question, slug: str) -> None:
    if question.current_version_id is not None:
        if question.slug != slug:
            raise NotPublishable(
                f"The slug of a published question stays: write {question.slug!r} instead of {slug!r}."
            )
        return
    taken = session.scalar(
        select(Question.id).where(
            Question.organization_id == question.organization_id, Question.slug == slug, Question.id != question.id
        )
    )
    if taken is not None:
        raise NotPublishable(f"You have another question with the slug {slug!r}: choose another one.")
    try:
        # A savepoint, so that the page can still be shown after a refusal.
        with session.begin_nested():
            question.slug = slug
    except IntegrityError:
        # Somebody published another one under this name at the same moment.
        raise NotPublishable(f"You have another question with the slug {slug!r}: choose another one.") from None
