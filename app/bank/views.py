"""What the bank's pages show."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from app.bank.models import QuestionVersion
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


@dataclass(frozen=True)
class QuestionPage:
    """A question with what belongs round it."""

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


def question_card(version: QuestionVersion, slug: str, practised: Iterable[uuid.UUID] = ()) -> QuestionCard:
    """A card of a question version."""
    return QuestionCard(
        slug=slug,
        title=version.title,
        kind=version.kind,
        kind_label=KIND_LABELS[version.kind],
        topic=version.topic,
        topic_label=TOPIC_LABELS[version.topic],
        level=version.level,
        level_label=LEVEL_LABELS[version.level],
        minutes=version.minutes,
        practised=version.question_id in practised,
    )


def question_page(version: QuestionVersion, slug: str, cards: dict[str, QuestionVersion]) -> QuestionPage:
    """A question's page; related questions that are not in the bank (yet) are left out."""

    def known(slugs: list[str]) -> list[QuestionCard]:
        return [question_card(cards[name], name) for name in slugs if name in cards]

    return QuestionPage(
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
