"""What the lobby, the room and the history show."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from itertools import groupby
from math import ceil

from app.bank.words import KIND_LABELS
from app.interviews.clock import is_over, remaining_ms
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
    by_question: str | None
    """Where each question has its own time: how much, in words."""


@dataclass(frozen=True)
class RoomInterview:
    """The clock of the room."""

    id: uuid.UUID
    title: str
    mode: str
    remaining_ms: int | None
    total_ms: int | None
    is_paused: bool
    has_own_times: bool
    """Whether each question has a clock of its own."""
    timed_question: uuid.UUID | None
    """The question whose own clock is shown; else it is the interview's."""


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
    own_time: str | None
    """Its own time in words, where it has one."""
    is_shown: bool
    """Whether it may be read: one with its own time is opened first."""
    state: str
    draft_text: str
    draft_revision: int
    draft_saved_at: dt.datetime | None
    answer_text: str | None
    input_mode: str | None
    ran_out: bool
    """Its draft was handed in when its own time was up."""
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


def interview_url(interview: Interview, after: str = "") -> str:
    """Where an interview goes on: lobby, room (or what comes `after` its questions) or report."""
    if interview.status == "finished":
        return f"/interviews/{interview.id}/report"
    return f"/interviews/{interview.id}{after}"


def item_state(item: InterviewItem) -> str:
    """`answered`, `unknown` (“I do not know”), `draft` or `empty`."""
    if item.answer is not None:
        return "unknown" if item.answer.does_not_know else "answered"
    return "draft" if item.draft_text.strip() else "empty"


def is_shown(interview: Interview, item: InterviewItem) -> bool:
    """Whether a candidate may read the question: when the interview has begun, and its own clock, or all is over."""
    if interview.started_at is None:
        return False
    return item.duration_seconds is None or item.opened_at is not None or interview.finished_at is not None


def open_items(interview: Interview, now: dt.datetime) -> list[InterviewItem]:
    """The questions that can be answered still; of those with their own clock, not what is in its last grace."""
    waiting = [item for item in interview.items if item.answer is None and not is_over(interview, item, now)]
    in_time = [item for item in waiting if item.deadline_at is None or remaining_ms(interview, now, item.deadline_at)]
    return in_time or waiting


def _room_state(interview: Interview, item: InterviewItem, now: dt.datetime) -> str:
    """The item's state, or `over`: nothing was answered in its own time."""
    return "over" if item.answer is None and is_over(interview, item, now) else item_state(item)


def _length(seconds: float) -> str:
    """A time in words: “5 minutes”, “3 minutes 45 seconds”."""
    minutes, rest = divmod(round(seconds), 60)
    parts = [(minutes, "minute"), (rest, "second")]
    return " ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in parts if number)


def _own_times(interview: Interview) -> str | None:
    own = [item.duration_seconds * interview.time_multiplier for item in interview.items if item.duration_seconds]
    if not own:
        return None
    shortest, longest = _length(min(own)), _length(max(own))
    if shortest == longest:
        return longest
    return f"{shortest.removesuffix(' minutes') if longest.endswith('minutes') else shortest} to {longest}"


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
            LobbySection(title, len(items), ceil(sum(_usual_seconds(item) for item in items) / 60))
            for title, items in _sections(interview)
        ],
        by_question=_own_times(interview),
    )


def _usual_seconds(item: InterviewItem) -> int:
    return item.duration_seconds or item.question_version.minutes * 60


def room_interview(interview: Interview, now: dt.datetime, item: InterviewItem | None = None) -> RoomInterview:
    """The room's clock: the interview's, or that of the question that is being answered."""
    timed = (
        item is not None and item.deadline_at is not None and _room_state(interview, item, now) in {"empty", "draft"}
    )
    total = item.duration_seconds if item is not None and timed else interview.duration_seconds
    return RoomInterview(
        id=interview.id,
        title=interview.title,
        mode=interview.mode,
        remaining_ms=remaining_ms(interview, now, item.deadline_at if item is not None and timed else None),
        total_ms=int(total * interview.time_multiplier * 1000) if total else None,
        is_paused=interview.paused_at is not None,
        has_own_times=interview.timing == "question",
        timed_question=item.id if item is not None and timed else None,
    )


def outline_item(interview: Interview, item: InterviewItem, now: dt.datetime, current: int) -> OutlineItem:
    """A line of the outline; what a question asks is not foretold before its clock runs."""
    return OutlineItem(
        id=item.id,
        position=item.position,
        title=item.question_version.title if is_shown(interview, item) else "Not opened yet",
        state=_room_state(interview, item, now),
        flagged=item.flagged,
        url=item_url(item.interview_id, item.position),
        is_current=item.position == current,
    )


def outline(interview: Interview, now: dt.datetime, current: int = 0) -> list[OutlineSection]:
    """All sections with their questions."""
    return [
        OutlineSection(title, [outline_item(interview, item, now, current) for item in items])
        for title, items in _sections(interview)
    ]


def room_item(interview: Interview, item: InterviewItem, now: dt.datetime) -> RoomItem:
    """The question that is being answered."""
    total = len(interview.items)
    version = item.question_version
    shown = is_shown(interview, item)
    own_seconds = item.duration_seconds
    return RoomItem(
        id=item.id,
        position=item.position,
        total=total,
        title=version.title if shown else f"Question {item.position}",
        prompt=version.prompt if shown else "",
        kind_label=KIND_LABELS[version.kind],
        minutes=version.minutes,
        own_time=_length(own_seconds * interview.time_multiplier) if own_seconds else None,
        is_shown=shown,
        state=_room_state(interview, item, now),
        draft_text=item.draft_text,
        draft_revision=item.draft_revision,
        draft_saved_at=item.draft_saved_at,
        answer_text=item.answer.text if item.answer else None,
        input_mode=item.input_mode,
        ran_out=item.answer is not None and item.answer.submitted_by == "deadline",
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
