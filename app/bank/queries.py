"""Reads of the bank. What a viewer may see is written once, in `questions_readable_by`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.bank.models import (
    InterviewTemplate,
    InterviewTemplateVersion,
    Question,
    QuestionSearch,
    QuestionVersion,
    Sample,
)
from app.bank.search_index import one_spelling
from app.kit.errors import NotFound

MAX_SAMPLES = 200

Ts = TypeVarTuple("Ts")


@dataclass(frozen=True)
class Filters:
    """What a person looks for; empty fields do not restrict."""

    q: str = ""
    topic: str = ""
    kind: str = ""
    level: int | None = None
    minutes: int | None = None
    """At most so many."""
    seed: str = ""
    """Made from this entry of the catalogue."""


Banks = uuid.UUID | tuple[uuid.UUID, ...] | None
"""Whose questions are seen beside those of everybody: one organisation's, those of several, or nobody's."""


def questions_readable_by(banks: Banks) -> ColumnElement[bool]:
    """The published questions of everybody, and those of the organisations."""
    public = Question.organization_id.is_(None)
    if not banks:
        return and_(Question.status == "published", public)
    mine = Question.organization_id.in_(banks) if isinstance(banks, tuple) else Question.organization_id == banks
    return and_(Question.status == "published", or_(public, mine))


def templates_readable_by(organization_id: uuid.UUID | None) -> ColumnElement[bool]:
    """The published templates of everybody, and those of one organisation."""
    public = InterviewTemplate.organization_id.is_(None)
    mine = or_(public, InterviewTemplate.organization_id == organization_id) if organization_id else public
    return and_(InterviewTemplate.status == "published", mine)


def _current(banks: Banks) -> Select[QuestionVersion, str]:
    return (
        select(QuestionVersion, Question.slug)
        .join(Question, Question.current_version_id == QuestionVersion.id)
        .where(questions_readable_by(banks))
    )


def narrowed(query: Select[*Ts], filters: Filters) -> Select[*Ts]:
    """A query over questions without what the filters leave out; words are the search's."""
    if filters.topic:
        query = query.where(Question.topic == filters.topic)
    if filters.kind:
        query = query.where(Question.kind == filters.kind)
    if filters.level:
        query = query.where(Question.level == filters.level)
    if filters.minutes:
        query = query.where(Question.minutes <= filters.minutes)
    if filters.seed:
        query = query.where(Question.seeds.contains([filters.seed]))
    return query


def _matching(query: Select[QuestionVersion, str], filters: Filters) -> Select[QuestionVersion, str]:
    query = narrowed(query, filters)
    for word in filters.q.split()[:8]:
        query = query.where(
            or_(
                QuestionVersion.title.icontains(word, autoescape=True),
                QuestionVersion.prompt.icontains(word, autoescape=True),
                Question.slug.icontains(word, autoescape=True),
                _is_about(func.plainto_tsquery("english", one_spelling(word))),
            )
        )
    return query


def _is_about(words: ColumnElement[Any]) -> ColumnElement[bool]:
    """What a question is about stands in its model answer too: “overfitting” finds dropout."""
    index = select(QuestionSearch.question_id).where(QuestionSearch.version_id == QuestionVersion.id)
    found = QuestionVersion.id.in_(
        select(QuestionSearch.version_id).where(QuestionSearch.document.bool_op("@@")(words))
    )
    # A version that is not in search's index (yet) is read itself, which costs some thousand times as much.
    return or_(found, and_(~index.exists(), _WORDS.bool_op("@@")(words)))


_WORDS = func.to_tsvector(
    "english",
    func.replace(
        func.lower(QuestionVersion.title + " " + QuestionVersion.prompt + " " + QuestionVersion.model_answer),
        "iz",
        "is",
    ),
)


def find_questions(
    session: Session, banks: Banks, filters: Filters, offset: int = 0, limit: int = 30
) -> list[Question]:
    """One page of questions by topic, level and title; `filters.q` is the search's."""
    order = (Question.topic, Question.level, Question.title, Question.slug)
    query = narrowed(select(Question).where(_listed(banks)), filters)
    return list(session.scalars(query.order_by(*order).offset(offset).limit(limit)))


def count_questions(session: Session, banks: Banks, filters: Filters) -> int:
    """How many questions there are in all."""
    return session.scalar(narrowed(select(func.count(Question.id)).where(_listed(banks)), filters)) or 0


def _listed(banks: Banks) -> ColumnElement[bool]:
    return and_(questions_readable_by(banks), Question.current_version_id.is_not(None))


def questions_after(
    session: Session,
    organization_id: uuid.UUID | None,
    filters: Filters,
    after_slug: str | None,
    limit: int,
    *,
    only_own: bool = False,
) -> list[tuple[QuestionVersion, str]]:
    """A page for programs, by slug, one more than asked; an organisation's own goes before a public one."""
    query = _matching(_current(organization_id), filters)
    if only_own:
        query = query.where(Question.organization_id == organization_id)
    if after_slug:
        query = query.where(Question.slug > after_slug)
    query = query.ext(distinct_on(Question.slug)).order_by(Question.slug, Question.organization_id.nulls_last())
    return [(version, slug) for version, slug in session.execute(query.limit(limit + 1))]


def question_by_slug(session: Session, banks: Banks, slug: str) -> QuestionVersion:
    """The current version; an organisation's own question goes before a public one of the same slug.

    Raises:
        NotFound: there is none that the caller may see.
    """
    row = session.execute(
        _current(banks).where(Question.slug == slug).order_by(Question.organization_id.nulls_last()).limit(1)
    ).first()
    if row is None:
        raise NotFound(f"There is no question {slug!r}.", slug=slug)
    version: QuestionVersion = row[0]
    return version


def question_row(session: Session, banks: Banks, slug: str) -> Question:
    """The question itself; an organisation's own goes before a public one of the same slug.

    Raises:
        NotFound: there is none that the caller may see.
    """
    question = session.scalar(
        select(Question)
        .where(questions_readable_by(banks), Question.slug == slug)
        .order_by(Question.organization_id.nulls_last())
        .limit(1)
    )
    if question is None:
        raise NotFound(f"There is no question {slug!r}.", slug=slug)
    return question


def question_cards(session: Session, banks: Banks, slugs: Iterable[str]) -> dict[str, Question]:
    """Published questions by slug; unknown slugs are left out."""
    wanted = select(Question).where(questions_readable_by(banks), Question.slug.in_(list(slugs)))
    # An organisation's own come last, and so count.
    return {
        question.slug: question for question in session.scalars(wanted.order_by(Question.organization_id.nulls_first()))
    }


def count_by(session: Session, banks: Banks) -> tuple[dict[str, int], dict[str, int]]:
    """How many published questions each topic and each kind has."""
    rows = session.execute(
        select(Question.topic, Question.kind, func.count())
        .where(questions_readable_by(banks), Question.current_version_id.is_not(None))
        .group_by(Question.topic, Question.kind)
    )
    topics: dict[str, int] = {}
    kinds: dict[str, int] = {}
    for topic, kind, count in rows:
        topics[topic or ""] = topics.get(topic or "", 0) + count
        kinds[kind or ""] = kinds.get(kind or "", 0) + count
    return topics, kinds


def list_templates(session: Session, organization_id: uuid.UUID | None) -> list[tuple[InterviewTemplateVersion, str]]:
    """Published templates, shortest first."""
    rows = session.execute(
        select(InterviewTemplateVersion, InterviewTemplate.slug)
        .join(InterviewTemplate, InterviewTemplate.current_version_id == InterviewTemplateVersion.id)
        .where(templates_readable_by(organization_id))
        .order_by(InterviewTemplateVersion.minutes, InterviewTemplate.slug)
        .limit(100)
    )
    return [(version, slug) for version, slug in rows]


def template_by_slug(session: Session, organization_id: uuid.UUID | None, slug: str) -> InterviewTemplateVersion:
    """The current version of a template.

    Raises:
        NotFound: there is none that the caller may see.
    """
    version = session.scalar(
        select(InterviewTemplateVersion)
        .join(InterviewTemplate, InterviewTemplate.current_version_id == InterviewTemplateVersion.id)
        .where(templates_readable_by(organization_id), InterviewTemplate.slug == slug)
        .order_by(InterviewTemplate.organization_id.nulls_last())
        .limit(1)
    )
    if version is None:
        raise NotFound(f"There is no interview template {slug!r}.", slug=slug)
    return version


def current_versions(session: Session, limit: int) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """(version, question) of what is published for everybody, the most recently written first."""
    rows = session.execute(
        select(QuestionVersion.id, QuestionVersion.question_id)
        .join(Question, Question.current_version_id == QuestionVersion.id)
        .where(questions_readable_by(None))
        .order_by(QuestionVersion.created_at.desc(), QuestionVersion.id)
        .limit(limit)
    )
    return [(version_id, question_id) for version_id, question_id in rows]


# Built once: the digests are asked for with every answer that is scored.
_LIVE = and_(
    Sample.question_id == bindparam("question_id"),
    Sample.withdrawn_at.is_(None),
    or_(Sample.organization_id.is_(None), Sample.organization_id == bindparam("organization_id")),
)
_SAMPLES = select(Sample).where(_LIVE).order_by(Sample.digest).limit(MAX_SAMPLES)
_DIGESTS = select(Sample.digest).where(_LIVE).order_by(Sample.digest).limit(MAX_SAMPLES)


def live_samples(session: Session, question_id: uuid.UUID, organization_id: uuid.UUID | None) -> list[Sample]:
    """The graded samples that count for an organisation, the bank's and its own, in a fixed order."""
    return list(session.scalars(_SAMPLES, {"question_id": question_id, "organization_id": organization_id}))


def sample_digests(session: Session, question_id: uuid.UUID, organization_id: uuid.UUID | None) -> list[str]:
    """The digests of the same samples, in the same order: enough to know whether the set has changed."""
    return list(session.scalars(_DIGESTS, {"question_id": question_id, "organization_id": organization_id}))


def find_grading_parts(session: Session, organization_id: uuid.UUID | None, slug: str) -> dict[str, Any]:
    """What scoring an answer to a bank question takes: `question`, `rubric` and graded `samples`.

    Raises:
        NotFound: there is no such question.
    """
    version = question_by_slug(session, organization_id, slug)
    samples = live_samples(session, version.question_id, organization_id)
    return {
        "question": version.prompt,
        "rubric": version.rubric,
        "samples": [{"text": sample.text, "grade": sample.grade} for sample in samples],
    }


def slugs_of(session: Session, question_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Slugs by question."""
    rows = session.execute(select(Question.id, Question.slug).where(Question.id.in_(set(question_ids))))
    return {row.id: row.slug for row in rows}
