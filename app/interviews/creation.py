"""Making an interview: from a template (exact questions and draws), a list of slugs, or one question to practise."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.bank.models import InterviewTemplateVersion, Question, QuestionVersion
from app.bank.queries import Banks, question_by_slug, questions_readable_by
from app.interviews.models import Interview, InterviewItem
from app.kit.errors import Conflict, Invalid

MAX_QUESTIONS = 50
BETWEEN_SECONDS = 60
"""Where each question has its own time, the whole leaves so much beside each: to read on, and to open the next."""


@dataclass(frozen=True)
class Candidate:
    """Who sits: a person with a browser, or somebody whom another system names."""

    user: User | None = None
    external_id: str | None = None
    name: str = ""
    also: tuple[uuid.UUID, ...] = ()
    """The same person as a guest of other browsers: what was seen there is seen."""


def interview_from_template(
    session: Session, organization_id: uuid.UUID, candidate: Candidate, template: InterviewTemplateVersion
) -> Interview:
    """A timed interview, its questions drawn now and pinned to their versions, each with its own time if it says so.

    Raises:
        Conflict: the template's questions are not there (any more).
    """
    interview = _new(organization_id, candidate, template.title, template.minutes * 60)
    interview.template_version_id = template.id
    # Shuffled by the operating system's randomness: a draw that could be foretold could be prepared for.
    randomness = random.SystemRandom()
    seen = _seen_questions(session, candidate)
    taken: set[uuid.UUID] = set()
    named = {slug for section in template.sections for slug in section.get("questions") or ()}
    for section in template.sections:
        for version in draw_section(session, organization_id, section, seen, taken, named, randomness)[0]:
            taken.add(version.question_id)
            item = _add_item(interview, version, section["id"], section["title"])
            if template.timing == "question":
                item.duration_seconds = question_minutes(section, version) * 60
    if template.timing == "question":
        _give_clocks(interview, template.minutes)
    if not interview.items:
        raise Conflict("This template has no question that can be asked right now: choose another one.")
    session.add(interview)
    session.flush()
    return interview


def interview_from_slugs(
    session: Session,
    organization_id: uuid.UUID,
    candidate: Candidate,
    slugs: list[str],
    *,
    title: str | None = None,
    duration_seconds: int | None = None,
    by_question: bool = False,
    minutes_each: int | None = None,
    mode: str = "timed",
    banks: Banks = None,
) -> Interview:
    """An interview of exactly these questions; without a duration, the sum of their minutes.

    `by_question` gives each a clock of its own, of `minutes_each` or of what it is meant to take. The questions are
    those that the organisation sees; `banks` says otherwise for who practises alone.

    Raises:
        Invalid: none, too many, or one twice.
        NotFound: an unknown slug.
    """
    if not slugs:
        raise Invalid("questions: name at least one.", field="questions")
    if len(slugs) > MAX_QUESTIONS:
        raise Invalid(f"questions: at most {MAX_QUESTIONS} in one interview.", field="questions")
    if len(set(slugs)) != len(slugs):
        raise Invalid("questions: one stands there twice.", field="questions")
    versions = [question_by_slug(session, banks or organization_id, slug) for slug in slugs]
    seconds = duration_seconds or sum(version.minutes for version in versions) * 60
    interview = _new(organization_id, candidate, title or versions[0].title, seconds if mode == "timed" else None)
    interview.mode = mode
    for version in versions:
        item = _add_item(interview, version, "questions", "Questions")
        if by_question:
            item.duration_seconds = (minutes_each or version.minutes) * 60
    if by_question:
        _give_clocks(interview, (duration_seconds or 0) // 60)
    session.add(interview)
    session.flush()
    return interview


def _new(organization_id: uuid.UUID, candidate: Candidate, title: str, seconds: int | None) -> Interview:
    return Interview(
        organization_id=organization_id,
        candidate_user_id=candidate.user.id if candidate.user else None,
        candidate_external_id=candidate.external_id,
        candidate_name=candidate.name,
        title=title,
        mode="timed",
        duration_seconds=seconds,
        time_multiplier=1.0,
    )


def _give_clocks(interview: Interview, minutes: int) -> None:
    """The interview's questions have times of their own: the whole gets what it needs."""
    interview.timing = "question"
    interview.duration_seconds = whole_seconds(minutes, [item.duration_seconds or 0 for item in interview.items])


def question_minutes(section: dict[str, Any], version: QuestionVersion) -> int:
    """A question's own time: what its section says, else what it is meant to take."""
    return int(section.get("minutes_each") or version.minutes)


def whole_seconds(minutes: int, question_seconds: Sequence[int]) -> int:
    """The time of the whole where each question has its own: what the template says, but never less than they need."""
    return max(minutes * 60, sum(question_seconds) + BETWEEN_SECONDS * len(question_seconds))


def _add_item(interview: Interview, version: QuestionVersion, section_id: str, section_title: str) -> InterviewItem:
    item = InterviewItem(
        organization_id=interview.organization_id,
        position=len(interview.items) + 1,
        section_id=section_id,
        section_title=section_title,
        question_version_id=version.id,
        question_version=version,
    )
    interview.items.append(item)
    return item


def _seen_questions(session: Session, candidate: Candidate) -> set[uuid.UUID]:
    if candidate.user is None:
        return set()
    return set(
        session.scalars(
            select(QuestionVersion.question_id)
            .join(InterviewItem, InterviewItem.question_version_id == QuestionVersion.id)
            .join(Interview)
            .where(
                Interview.candidate_user_id.in_([candidate.user.id, *candidate.also]), Interview.started_at.is_not(None)
            )
            .distinct()
        )
    )


def draw_section(
    session: Session,
    organization_id: uuid.UUID,
    section: dict[str, Any],
    seen: set[uuid.UUID],
    taken: set[uuid.UUID],
    named: set[str],
    randomness: random.Random,
) -> tuple[list[QuestionVersion], int]:
    """The questions of one section, and how many there were to draw from; `taken` are those of the other sections."""
    query = (
        select(QuestionVersion)
        .join(Question, Question.current_version_id == QuestionVersion.id)
        .where(questions_readable_by(organization_id))
    )
    draw = section.get("draw")
    if not draw:
        slugs: list[str] = section["questions"]
        rows = session.execute(query.with_only_columns(Question.slug, QuestionVersion).where(Question.slug.in_(slugs)))
        by_slug = dict(rows.all())
        found = [by_slug[slug] for slug in slugs if slug in by_slug and by_slug[slug].question_id not in taken]
        return found, len(found)
    for column, wanted in (
        (QuestionVersion.topic, draw["topics"]),
        (QuestionVersion.kind, draw["kinds"]),
        (QuestionVersion.level, draw["levels"]),
    ):
        if wanted:
            query = query.where(column.in_(wanted))
    # What another section asks for by name is left to it.
    query = query.where(Question.slug.not_in(named))
    pool = [version for version in session.scalars(query) if version.question_id not in taken]
    randomness.shuffle(pool)
    # Unseen questions first; when a candidate has seen them all, seen ones are better than a shorter interview.
    pool.sort(key=lambda version: version.question_id in seen)
    return sorted(pool[: draw["count"]], key=lambda version: version.level), len(pool)
