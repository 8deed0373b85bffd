"""Questions from files into an organisation's bank: first a plan that people can read, then all of it or nothing.

What Viva wrote becomes a version; what another tool wrote becomes a working copy that somebody completes in the editor.
The public bank is no organisation's: it comes from the seed folder, and nothing here writes to it.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from app.bank.access import Author
from app.bank.difference import Change, differences, has_hidden_differences, open_differences
from app.bank.drafts import record
from app.bank.exchange import Imported, ImportResult
from app.bank.models import Question, QuestionDraft, QuestionVersion
from app.bank.queries import Filters, questions_after, questions_readable_by
from app.bank.question_file import QuestionFile, content_hash
from app.bank.question_source import file_of, question_file
from app.bank.question_text import write_data
from app.bank.version_queries import samples_by_question
from app.bank.versions import question_named, store_question, tell_published
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.yaml_file import FileProblem

Action = Literal["new", "new version", "unchanged", "working copy", "kept", "not allowed"]


@dataclass(frozen=True)
class Planned:
    """What an import would do with one question.

    Attributes
    ----------
    imported : Imported
    action : Action
        `working copy`: another tool's question, for the editor. `kept`: there is one already, which is not touched.
    reason : str
        Why, where it needs saying.
    changes : list of Change
        What would differ from the version that is current now.
    hidden_changes : bool
        Whether rubric, model answer or samples are among what would differ.
    notes : list of str
        What a person should know.
    base_version_id : uuid.UUID or None
        The version that is current now.
    """

    imported: Imported
    action: Action
    reason: str = ""
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    base_version_id: uuid.UUID | None = None
    hidden_changes: bool = False

    @property
    def slug(self) -> str:
        """Its name."""
        return self.imported.slug


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do; nothing is changed yet."""

    organization_id: uuid.UUID
    name: str
    entries: list[Planned]
    problems: list[FileProblem]
    notes: list[str]

    @property
    def is_allowed(self) -> bool:
        """Whether it can be applied: as a whole, or not at all."""
        return not self.problems and all(entry.action != "not allowed" for entry in self.entries)

    def counts(self) -> dict[str, int]:
        """How many questions for each action that there is."""
        counts = Counter(entry.action for entry in self.entries)
        order: tuple[Action, ...] = ("new", "new version", "working copy", "unchanged", "kept", "not allowed")
        return {action: counts[action] for action in order if counts[action]}


def plan_import(
    session: Session, organization_id: uuid.UUID, result: ImportResult, *, with_rubrics: bool = True
) -> ImportPlan:
    """What importing a file would do to an organisation's questions; a dry run.

    Without `with_rubrics` it is not said what would differ in rubrics, model answers and samples, only whether.
    """
    slugs = {one.slug for one in result.questions if one.slug}
    own = {
        question.slug: question
        for question in session.scalars(
            select(Question)
            .where(Question.organization_id == organization_id, Question.slug.in_(slugs))
            .options(selectinload(Question.current_version))
        )
    }
    linked = {
        slug
        for one in result.questions
        if one.question
        for slug in (*one.question.related, *one.question.prerequisites)
    }
    known = slugs | set(
        session.scalars(select(Question.slug).where(Question.slug.in_(linked), questions_readable_by(organization_id)))
    )
    entries = [
        _plan_draft(session, own.get(one.slug), one)
        if one.is_draft
        else _plan_whole(session, own.get(one.slug), one, known, with_rubrics)
        for one in result.questions
        if not one.problems
    ]
    return ImportPlan(organization_id, result.name, entries, result.all_problems, list(result.notes))


def _plan_whole(
    session: Session, mine: Question | None, one: Imported, known: Collection[str], with_rubrics: bool
) -> Planned:
    file = one.question
    assert file is not None
    unknown = [slug for slug in dict.fromkeys([*file.related, *file.prerequisites]) if slug not in known]
    notes = [*one.notes, *(f"It points at {slug!r}, which is not in the bank." for slug in unknown)]
    if mine is None:
        return Planned(one, "new", notes=notes)
    draft = session.get(QuestionDraft, mine.id)
    version = mine.current_version
    if version is None:
        reason = "a working copy that was never published has this name: publish it or throw it away first"
        return Planned(one, "not allowed", reason, notes=notes)
    if draft is not None:
        notes.append("There is a working copy of it, which stays as it is.")
    before = question_file(session, version, mine.slug, mine.organization_id)
    same_samples = {sample.digest() for sample in before.samples} == {sample.digest() for sample in file.samples}
    digest = content_hash(file.content())
    if version.content_hash == digest and same_samples and mine.status == "published":
        return Planned(one, "unchanged", notes=notes, base_version_id=version.id)
    reasons = []
    if mine.status == "retired":
        reasons.append("it was retired, and is put back into use")
    if version.content_hash == digest:
        reasons.append("the samples differ" if not same_samples else "")
    elif number := _earlier(session, mine, digest):
        reasons.append(f"it is version {number} again")
    reason = "; ".join(reason for reason in reasons if reason)
    changes = (differences if with_rubrics else open_differences)(before, file)
    return Planned(
        one, "new version", reason, changes, notes, version.id, hidden_changes=has_hidden_differences(before, file)
    )


def _earlier(session: Session, question: Question, digest: str) -> int | None:
    return session.scalar(
        select(QuestionVersion.number).where(
            QuestionVersion.question_id == question.id, QuestionVersion.content_hash == digest
        )
    )


def _plan_draft(session: Session, mine: Question | None, one: Imported) -> Planned:
    if mine is None:
        return Planned(one, "working copy", notes=list(one.notes))
    draft = session.get(QuestionDraft, mine.id)
    if mine.current_version is None and draft is not None and draft.source == _source(one):
        return Planned(one, "unchanged", notes=list(one.notes))
    there = "a question" if mine.current_version else "a working copy"
    reason = f"there is {there} of this name already, which a draft from another tool does not overwrite"
    return Planned(one, "kept", reason, notes=list(one.notes), base_version_id=mine.current_version_id)


def apply_import(session: Session, organization_id: uuid.UUID, plan: ImportPlan, author: Author | None) -> None:
    """Do what the plan says: everything, or, with an error, nothing, once the caller's transaction is rolled back.

    Raises:
        Invalid: the plan has problems, or something that is not allowed; `problems` says what.
        Conflict: a question changed after the plan was made.
    """
    if plan.organization_id != organization_id:
        raise Invalid("This plan was made for another organisation.")
    if not plan.is_allowed:
        reasons = [f"{entry.slug}: {entry.reason}" for entry in plan.entries if entry.action == "not allowed"]
        problems = [*map(str, plan.problems), *reasons]
        raise Invalid(f"Nothing was imported: {problems[0]}", problems=problems)
    try:
        for entry in plan.entries:
            if entry.action in ("new", "new version"):
                _store(session, organization_id, entry, author, plan.name)
            elif entry.action == "working copy":
                _begin(session, organization_id, entry, author, plan.name)
        session.flush()
    except IntegrityError:
        raise Conflict("Somebody else made a question of the same name meanwhile. Nothing was imported.") from None


def _store(session: Session, organization_id: uuid.UUID, entry: Planned, author: Author | None, name: str) -> None:
    file = entry.imported.question
    assert file is not None
    now = question_named(session, organization_id, file.slug, lock=True)
    if now is not None:
        session.refresh(now, ["current_version_id"])  # as it is now that nobody else can change it
    if (now.current_version_id if now else None) != entry.base_version_id or (
        now is not None and entry.action == "new"
    ):
        raise Conflict(f"The question {file.slug!r} changed meanwhile. Nothing was imported: look at the plan again.")
    stored = store_question(session, file, organization_id)
    said = f"version {stored.version.number} imported" if stored.is_new else f"back to version {stored.version.number}"
    record(session, stored.question, author, said, version_id=stored.version.id, note=name)
    tell_published(session, stored.question, stored.version)


def _begin(session: Session, organization_id: uuid.UUID, entry: Planned, author: Author | None, name: str) -> None:
    question = Question(organization_id=organization_id, slug=entry.slug, status="draft")
    session.add(question)
    session.flush()
    session.add(
        QuestionDraft(
            question_id=question.id,
            organization_id=organization_id,
            source=_source(entry.imported),
            updated_by=author.user_id if author else None,
            updated_by_key=author.key_id if author else None,
        )
    )
    note = "\n".join([name, *entry.notes])
    record(session, question, author, "imported as a working copy", note=note)


def _source(one: Imported) -> str:
    return write_data(one.draft)


def export_page(
    session: Session,
    organization_id: uuid.UUID,
    filters: Filters,
    after_slug: str | None,
    limit: int,
    *,
    only_own: bool = False,
) -> tuple[list[QuestionFile], str | None]:
    """A page of what an organisation can ask, by slug, with its samples; and the last slug where there is more."""
    found = questions_after(session, organization_id, filters, after_slug, limit, only_own=only_own)
    page = found[:limit]
    samples = samples_by_question(session, [version.question_id for version, _ in page], organization_id)
    files = [file_of(version, slug, samples.get(version.question_id, [])) for version, slug in page]
    return files, page[-1][1] if len(found) > limit else None


def export_questions(
    session: Session, organization_id: uuid.UUID | None, slugs: Iterable[str] | None = None
) -> list[QuestionFile]:
    """The current versions of published questions with their live samples, by name.

    Parameters
    ----------
    session : Session
    organization_id : uuid.UUID or None
        Whose; None for the bank that belongs to everybody.
    slugs : iterable of str, or None
        Only these, the organisation's own before those of everybody; else all of the organisation's own.

    Raises
    ------
    NotFound
        There is no such question; the message names it.
    """
    wanted = None if slugs is None else list(dict.fromkeys(slugs))
    owner = Question.organization_id.is_not_distinct_from(organization_id)
    query = select(Question).where(Question.status == "published").options(selectinload(Question.current_version))
    if wanted is None:
        query = query.where(owner)
    else:
        query = query.where(or_(owner, Question.organization_id.is_(None)), Question.slug.in_(wanted))
    found: dict[str, Question] = {}
    for question in session.scalars(query.order_by(Question.slug, Question.organization_id.nulls_last())):
        found.setdefault(question.slug, question)
    missing = [slug for slug in wanted or () if slug not in found]
    if missing:
        raise NotFound(f"There is no question {missing[0]!r}.", slug=missing[0])
    return [
        question_file(session, question.current_version, slug, question.organization_id)
        for slug, question in found.items()
        if question.current_version is not None
    ]
