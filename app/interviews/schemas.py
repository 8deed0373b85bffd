"""What the interview's REST routes take and give."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.interviews.clock import remaining_ms
from app.interviews.creation import MAX_QUESTIONS
from app.interviews.input_mode import InputMode
from app.interviews.item_schemas import ItemOut, item_out
from app.interviews.models import Interview
from app.kit.rest import Cleaned, SlugText

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Cleaned]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), Cleaned]
Status = Literal["ready", "running", "finished"]


class _In(BaseModel):
    # Strict: "yes" is no boolean and "3" no number, and a name that is not known is refused, not ignored.
    model_config = ConfigDict(extra="forbid", strict=True)


class CandidateIn(_In):
    """Who sits, in your system's terms."""

    external_id: Name = Field(description="Your own identifier of the person; the list of interviews filters by it.")
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), Cleaned] = Field(
        "", description="Shown on the report."
    )


class InterviewIn(_In):
    """An interview to make: from a `template`, or of exactly these `questions`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "template": "warm-up",
                    "candidate": {"external_id": "ats-4711", "name": "Ada"},
                    "time_multiplier": 1.25,
                },
                {
                    "questions": ["what-learning-is", "why-cnns-for-images"],
                    "minutes": 20,
                    "title": "Two questions on vision",
                    "candidate": {"external_id": "ats-4711", "name": "Ada"},
                },
            ]
        }
    )

    template: SlugText | None = Field(None, description="Slug of a template.", examples=["warm-up"])
    questions: list[SlugText] | None = Field(
        None, min_length=1, max_length=MAX_QUESTIONS, description="Slugs, in the order in which they are asked."
    )
    minutes: int | None = Field(
        None,
        ge=1,
        le=480,
        description="Time for all `questions`, with clocks of their own at least what they need; else their sum.",
    )
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), Cleaned] | None = (
        Field(None, description="Title, with `questions`; else the first one's.")
    )
    timing: Literal["interview", "question"] = Field(
        "interview",
        description="With `questions`: whether only the whole has a clock, or each question too, from its opening.",
    )
    minutes_each: int | None = Field(
        None, ge=1, le=60, description="With `timing` `question`: minutes of every question; else each one's own."
    )
    candidate: CandidateIn | None = None
    start: bool = Field(
        True,
        description="Start the clock at once. By starting you vouch that the candidate agreed to scoring by a machine.",
    )
    time_multiplier: float = Field(1.0, ge=1, le=10, allow_inf_nan=False, description="1.25 gives a quarter more time.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.template is None) == (self.questions is None):
            raise ValueError("give either template or questions")
        if self.template is not None and (self.minutes is not None or self.title is not None):
            raise ValueError("minutes and title go with questions: a template has its own")
        if self.template is not None and (self.timing != "interview" or self.minutes_each is not None):
            raise ValueError("timing and minutes_each go with questions: a template has its own")
        if self.timing == "interview" and self.minutes_each is not None:
            raise ValueError("minutes_each goes with timing question: without, minutes is the time of all questions")
        return self


class DraftIn(_In):
    """What the candidate has typed so far."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "Learning means that the weights", "base_revision": 0}]}
    )

    text: str = Field(description="The whole text; it may be empty.")
    base_revision: int = Field(ge=0, le=2**31 - 1, description="The revision that the text was made from; first 0.")
    input_mode: InputMode | None = Field(
        None, description="How it is given, if you know; kept until a draft or the answer says otherwise."
    )


class AnswerIn(_In):
    """The one answer of a question."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "text": "Learning means that the weights change. A loss measures how far the output is from what"
                    " was wanted, and gradient descent moves each weight a little so that the loss shrinks."
                },
                {"does_not_know": True},
            ]
        }
    )

    text: str = Field("", description="The whole answer. CRLF is stored as LF; offsets count its code points.")
    does_not_know: bool = Field(False, description="“I do not know”: scored as nothing said, whatever the text.")
    input_mode: InputMode | None = Field(
        None,
        description="How it was given, if you know: `dictated` for a transcript of speech. No score depends on it; the "
        "analytics show whether both are marked as people mark them. Without it the answer takes what its draft said.",
    )


class CandidateOut(BaseModel):
    """Who sits; null where nobody was named."""

    external_id: str | None
    name: str | None


class InterviewLinks(BaseModel):
    """Where to go on with an interview."""

    self: str
    start: str
    finish: str
    report: str


class InterviewSummary(BaseModel):
    """An interview in a list."""

    id: uuid.UUID
    title: str
    status: Status = Field(description="`ready` until it is started.")
    candidate: CandidateOut
    created_at: dt.datetime
    started_at: dt.datetime | None
    deadline_at: dt.datetime | None = Field(description="Of the whole; items may have one of their own.")
    paused_at: dt.datetime | None = Field(
        description="An interviewer has stopped the clock since then: text gets a 409 `interview-paused`."
    )
    finished_at: dt.datetime | None
    finish_reason: Literal["candidate", "deadline", "interviewer"] | None
    released_at: dt.datetime | None = Field(description="Since then the candidate sees what the template shows them.")
    timing: Literal["interview", "question"] = Field(
        description="`question`: each question has a clock of its own, which starts when it is opened."
    )
    duration_seconds: int | None = Field(description="Without extra time; null for practice without a clock.")
    time_multiplier: float
    remaining_seconds: float | None = Field(description="By the server's clock; null before the start.")
    question_count: int
    answer_count: int
    links: InterviewLinks


class InterviewOut(InterviewSummary):
    """An interview with its questions."""

    items: list[ItemOut]


class InterviewPage(BaseModel):
    """One page of interviews, newest first."""

    items: list[InterviewSummary]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


def interview_summary(interview: Interview, questions: int, answers: int, now: dt.datetime) -> InterviewSummary:
    """An interview in a list."""
    left = remaining_ms(interview, now)
    here = f"/api/v1/interviews/{interview.id}"
    return InterviewSummary(
        id=interview.id,
        title=interview.title,
        status=interview.status,
        candidate=CandidateOut(external_id=interview.candidate_external_id, name=interview.candidate_name or None),
        created_at=interview.created_at,
        started_at=interview.started_at,
        deadline_at=interview.deadline_at,
        paused_at=interview.paused_at,
        finished_at=interview.finished_at,
        finish_reason=interview.finish_reason,
        released_at=interview.released_at,
        timing=interview.timing,
        duration_seconds=interview.duration_seconds,
        time_multiplier=interview.time_multiplier,
        remaining_seconds=None if left is None else 0.0 if interview.finished_at else left / 1000,
        question_count=questions,
        answer_count=answers,
        links=InterviewLinks(self=here, start=f"{here}/start", finish=f"{here}/finish", report=f"{here}/report"),
    )


def interview_out(interview: Interview, slugs: dict[uuid.UUID, str], now: dt.datetime) -> InterviewOut:
    """An interview that comes with its items, questions and answers; `slugs` are by question."""
    answered = sum(item.answer is not None for item in interview.items)
    summary = interview_summary(interview, len(interview.items), answered, now)
    items = [item_out(interview, item, slugs[item.question_version.question_id], now) for item in interview.items]
    return InterviewOut(**dict(summary), items=items)
