"""What the interview's REST routes give of one question."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Literal

from pydantic import BaseModel, Field

from app.interviews.clock import remaining_ms
from app.interviews.input_mode import InputMode
from app.interviews.models import Answer, Interview, InterviewItem
from app.interviews.views import item_state


class SectionRef(BaseModel):
    """The part of the interview that a question belongs to."""

    id: str
    title: str


class QuestionRef(BaseModel):
    """The question in the version that the candidate reads, whatever becomes of it later."""

    slug: str
    version: int
    title: str
    prompt: str
    kind: str
    minutes: int


class DraftOut(BaseModel):
    """The newest draft on the server."""

    text: str
    revision: int = Field(description="Send it as `base_revision` with the next save.")
    saved_at: dt.datetime | None
    input_mode: InputMode | None = Field(description="What was last said of how it is given; null: nothing.")


class DraftSaved(BaseModel):
    """A draft was saved."""

    revision: int
    saved_at: dt.datetime
    remaining_ms: int | None = Field(
        description="To the question's own deadline or the interview's, whichever is sooner; by the server's clock."
    )


class AnswerOut(BaseModel):
    """A submitted answer; it never changes."""

    text: str
    does_not_know: bool
    submitted_at: dt.datetime
    submitted_by: Literal["candidate", "finish", "deadline", "interviewer"] = Field(
        description="`candidate`: this call; `finish`, `deadline`: the draft, when the interview ended, or for"
        " `deadline` the question's own time."
    )
    input_mode: InputMode | None = Field(description="As the candidate or your system said; null: nobody did.")


class ItemLinks(BaseModel):
    """Where to go on with a question."""

    open: str
    draft: str
    answer: str
    assessment: str


class ItemOut(BaseModel):
    """One question of the interview."""

    id: uuid.UUID
    position: int
    section: SectionRef
    question: QuestionRef
    state: Literal["empty", "draft", "answered", "unknown"] = Field(description="`unknown`: “I do not know”.")
    flagged: bool
    duration_seconds: int | None = Field(
        description="The question's own time, without extra time; null where only the interview has a clock."
    )
    opened_at: dt.datetime | None = Field(description="Its own clock started then. Do not show the question before.")
    deadline_at: dt.datetime | None = Field(description="Of its own clock; null until it is opened.")
    remaining_seconds: float | None = Field(
        description="Of its own clock, by the server's; null without one that runs, or has run out."
    )
    draft: DraftOut
    answer: AnswerOut | None
    links: ItemLinks


def item_address(interview_id: uuid.UUID, item_id: uuid.UUID) -> str:
    """Where an item's routes begin."""
    return f"/api/v1/interviews/{interview_id}/items/{item_id}"


def answer_out(answer: Answer) -> AnswerOut:
    """A submitted answer."""
    return AnswerOut(
        text=answer.text,
        does_not_know=answer.does_not_know,
        submitted_at=answer.submitted_at,
        submitted_by=answer.submitted_by,
        input_mode=answer.input_mode,
    )


def item_out(interview: Interview, item: InterviewItem, slug: str, now: dt.datetime) -> ItemOut:
    """A question of an interview, which comes with its answer."""
    version = item.question_version
    here = item_address(interview.id, item.id)
    return ItemOut(
        id=item.id,
        position=item.position,
        section=SectionRef(id=item.section_id, title=item.section_title),
        question=QuestionRef(
            slug=slug,
            version=version.number,
            title=version.title,
            prompt=version.prompt,
            kind=version.kind,
            minutes=version.minutes,
        ),
        state=item_state(item),
        flagged=item.flagged,
        duration_seconds=item.duration_seconds,
        opened_at=item.opened_at,
        deadline_at=item.deadline_at,
        remaining_seconds=_remaining_seconds(interview, item, now),
        draft=DraftOut(
            text=item.draft_text,
            revision=item.draft_revision,
            saved_at=item.draft_saved_at,
            input_mode=item.input_mode,
        ),
        answer=answer_out(item.answer) if item.answer else None,
        links=ItemLinks(
            open=f"{here}/open", draft=f"{here}/draft", answer=f"{here}/answer", assessment=f"{here}/assessment"
        ),
    )


def _remaining_seconds(interview: Interview, item: InterviewItem, now: dt.datetime) -> float | None:
    if item.deadline_at is None:
        return None
    if item.answer is not None or interview.finished_at is not None:
        return 0.0
    return (remaining_ms(interview, now, item.deadline_at) or 0) / 1000
