"""What the lobby, the room and the history show."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from itertools import groupby
from math import ceil

from app.bank.words import KIND_LABELS
from app.interviews.clock import remaining_ms
from app.interviews.models import Interview, InterviewItem

MODE_LABELS = {"timed": "Timed interview", "practice": "Practice"}


@dataclass(frozen=True)
class LobbySection:
    """A section before the start: how much, not what."""

    title: str
    question_count: int
    minutes: int


@dataclass(frozen=True)
class Lobby:
    """What a candidate knows before the clock starts."""

    id: uuid.UUID
    title: str
    mode: str
    minutes: int | None
    question_count: int
    time_multiplier: float
    sections: list[LobbySection]


@dataclass(frozen=True)
class RoomInterview:
    """The clock of the room."""

    id: uuid.UUID
    title: str
    mode: str
    remaining_ms: int | None
    total_ms: int | None
    is_paused: bool


@dataclass(frozen=True)
class OutlineItem:
    """A question in the room's outline."""

    id: uuid.UUID
    position: int
    title: str
    state: str
    flagged: bool
    url: str
    is_current: bool


@dataclass(frozen=True)
class OutlineSection:
    """A section in the room's outline."""

    title: str
    items: list[OutlineItem]


@dataclass(frozen=True)
class RoomItem:
    """The question that is being answered."""

    id: uuid.UUID
    position: int
    total: int
    title: str
    prompt: str
    kind_label: str
    minutes: int
    state: str
    draft_text: str
    draft_revision: int
    draft_saved_at: dt.datetime | None
    answer_text: str | None
    input_mode: str | None
    flagged: bool
    previous_url: str | None
    next_url: str | None
    is_last: bool


@dataclass(frozen=True)
class HistoryCard:
    """An interview in a list."""

    id: uuid.UUID
    title: str
    mode: str
    mode_label: str
    status: str
    created_at: dt.datetime
    finished_at: dt.datetime | None
    band_label: str | None
    answered: int
    total: int
    scoring: bool
    url: str
    note: str | None = None
    """What stands where the band would, when the candidate may not see it."""


@dataclass(frozen=True)
class HistoryPage:
    """One page of the history."""

    items: list[HistoryCard]
    next_url: str | None


def item_url(interview_id: uuid.UUID, position: int) -> str:
    """The room's address for a question."""
    return f"/interviews/{interview_id}/items/{position}"


def interview_url(interview: Interview) -> str:
    """Where an interview goes on: lobby, room or report."""
    if interview.status == "finished":
        return f"/interviews/{interview.id}/report"
    return f"/interviews/{interview.id}"


def item_state(item: InterviewItem) -> str:
    """`answered`, `unknown` (“I do not know”), `draft` or `empty`."""
    if item.answer is not None:
        return "unknown" if item.answer.does_not_know else "answered"
    return "draft" if item.draft_text.strip() else "empty"


def lobby_view(interview: Interview) -> Lobby:
    """The lobby."""
    seconds = interview.duration_seconds
    return Lobby(
        id=interview.id,
        title=interview.title,
        mode=interview.mode,
        minutes=ceil(seconds * interview.time_multiplier / 60) if seconds else None,
        question_count=len(interview.items),
        time_multiplier=interview.time_multiplier,
        sections=[
            LobbySection(title, len(items), sum(item.question_version.minutes for item in items))
            for title, items in _sections(interview)
        ],
    )


def room_interview(interview: Interview, now: dt.datetime) -> RoomInterview:
    """The room's clock."""
    total = interview.duration_seconds
    return RoomInterview(
        id=interview.id,
        title=interview.title,
        mode=interview.mode,
        remaining_ms=remaining_ms(interview, now),
        total_ms=int(total * interview.time_multiplier * 1000) if total else None,
        is_paused=interview.paused_at is not None,
    )


def outline_item(item: InterviewItem, current: int) -> OutlineItem:
    """A line of the outline."""
    return OutlineItem(
        id=item.id,
        position=item.position,
        title=item.question_version.title,
        state=item_state(item),
        flagged=item.flagged,
        url=item_url(item.interview_id, item.position),
        is_current=item.position == current,
    )


def outline(interview: Interview, current: int = 0) -> list[OutlineSection]:
    """All sections with their questions."""
    return [
        OutlineSection(title, [outline_item(item, current) for item in items]) for title, items in _sections(interview)
    ]


def room_item(interview: Interview, item: InterviewItem) -> RoomItem:
    """The question that is being answered."""
    total = len(interview.items)
    version = item.question_version
    return RoomItem(
        id=item.id,
        position=item.position,
        total=total,
        title=version.title,
        prompt=version.prompt,
        kind_label=KIND_LABELS[version.kind],
        minutes=version.minutes,
        state=item_state(item),
        draft_text=item.draft_text,
        draft_revision=item.draft_revision,
        draft_saved_at=item.draft_saved_at,
        answer_text=item.answer.text if item.answer else None,
        input_mode=item.input_mode,
        flagged=item.flagged,
        previous_url=item_url(interview.id, item.position - 1) if item.position > 1 else None,
        next_url=item_url(interview.id, item.position + 1) if item.position < total else None,
        is_last=item.position == total,
    )


def _sections(interview: Interview) -> list[tuple[str, list[InterviewItem]]]:
    return [
        (items[0].section_title, items)
        for _, group in groupby(interview.items, key=lambda item: item.section_id)
        if (items := list(group))
    ]
