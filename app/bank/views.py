"""What the bank's pages show."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

from app.bank.highlight import MARK_BEGINS, MARK_ENDS
from app.bank.models import Question, QuestionVersion
from app.bank.search import Hit
from app.bank.words import KIND_LABELS, LEVEL_LABELS, TOPIC_LABELS


@dataclass(frozen=True)
class QuestionCard:
    """A question in a list."""

    slug: str
    title: str
    kind: str
    kind_label: str
    topic: str
    topic_label: str
    level: int
    level_label: str
    minutes: int
    practised: bool
    title_marked: Markup | None = None
    excerpt: Markup | None = None
    """Where the words that were looked for stand."""


@dataclass(frozen=True)
class QuestionPage:
    """A question with what belongs round it."""

    id: uuid.UUID
    slug: str
    title: str
    prompt: str
    kind: str
    kind_label: str
    topic: str
    topic_label: str
    level: int
    level_label: str
    minutes: int
    related: list[QuestionCard]
    prerequisites: list[QuestionCard]


@dataclass(frozen=True)
class ListPage:
    """One page of a list."""

    items: list[QuestionCard]
    next_url: str | None
    total: int


def question_card(question: Question, practised: Iterable[uuid.UUID] = ()) -> QuestionCard:
    """A card of a published question."""
    kind, topic, level = question.kind or "", question.topic or "", question.level or 0
    return QuestionCard(
        slug=question.slug,
        title=question.title or "",
        kind=kind,
        kind_label=KIND_LABELS[kind],
        topic=topic,
        topic_label=TOPIC_LABELS[topic],
        level=level,
        level_label=LEVEL_LABELS[level],
        minutes=question.minutes or 0,
        practised=question.id in practised,
    )


def found_card(hit: Hit, practised: Iterable[uuid.UUID] = ()) -> QuestionCard:
    """A card of a question that was found, with what was looked for marked."""
    card = question_card(hit.question, practised)
    excerpt = _marked(hit.excerpt_marked) if MARK_BEGINS in hit.excerpt_marked else None
    return replace(card, title_marked=_marked(hit.title_marked), excerpt=excerpt)


def _marked(text: str) -> Markup:
    """Search's own marks as `<mark>`; everything else is escaped."""
    safe = str(escape(text)).replace(MARK_BEGINS, "<mark>").replace(MARK_ENDS, "</mark>")
    return Markup(safe)  # noqa: S704 - escaped above


def question_page(version: QuestionVersion, slug: str, cards: dict[str, Question]) -> QuestionPage:
    """A question's page; related questions that are not in the bank (yet) are left out."""

    def known(slugs: list[str]) -> list[QuestionCard]:
        return [question_card(cards[name]) for name in slugs if name in cards]

    return QuestionPage(
        id=version.question_id,
        slug=slug,
        title=version.title,
        prompt=version.prompt,
        kind=version.kind,
        kind_label=KIND_LABELS[version.kind],
        topic=version.topic,
        topic_label=TOPIC_LABELS[version.topic],
        level=version.level,
        level_label=LEVEL_LABELS[version.level],
        minutes=version.minutes,
        related=known(version.related),
        prerequisites=known(version.prerequisites),
    )
