"""What the bank's REST routes give."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.bank.models import Question, QuestionVersion, Sample
from app.bank.words import REVIEW
from app.kit.etags import entity_tag
from app.kit.rest import Cleaned

RUBRIC = "Approaches made of criteria and groups, see docs/question-format.md."


class SourceOut(BaseModel):
    """Where a question comes from, or what a candidate can read."""

    seed: str | None = Field(None, description="Entry of the catalogue that the question was made from.")
    title: str | None = None
    url: str | None = None


class QuestionSummary(BaseModel):
    """A question in a list: what a candidate may see before answering."""

    slug: str = Field(description="The question's stable name.", examples=["why-cnns-for-images"])
    version: int = Field(description="Counts up when the question's text or rubric changes.")
    title: str
    prompt: str = Field(description="What the candidate is asked.")
    kind: str
    topic: str
    level: int = Field(description="1 (newcomer) to 5 (specialist).")
    minutes: int = Field(description="How long an answer should take.")
    url: str


class SampleOut(BaseModel):
    """An answer with the grade it deserves."""

    kind: str
    grade: float = Field(description="0 to 1.")
    text: str


class SampleIn(BaseModel):
    """An answer with the grade it deserves."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "kind": "strong-short",
                    "grade": 0.75,
                    "text": "It compares what it said with what was right and turns every weight a little, so that the"
                    " error shrinks. Whether it has learned shows on examples that it never saw.",
                }
            ]
        },
    )

    kind: Literal[
        "strong-short", "strong-long", "what-without-why", "salad", "confidently-wrong", "plain", "off-topic"
    ] = Field(description="What sort of answer it is, see docs/question-format.md.")
    grade: float = Field(ge=0, le=1, description="0 to 1.", examples=[0.75])
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000), Cleaned]


class StoredSample(SampleOut):
    """A sample that counts for your organisation. It never changes."""

    id: uuid.UUID
    own: bool = Field(description="Whether it is your organisation's; what comes with Viva stays.")
    created_at: dt.datetime


class SamplePage(BaseModel):
    """One page of samples, the latest first."""

    items: list[StoredSample]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


class QuestionOut(QuestionSummary):
    """A question. `rubric`, `model_answer` and `samples` are there only for keys with the scope `rubrics:read`."""

    status: Literal["published", "retired"] = Field(description="What is retired is drawn and found no more.")
    own: bool = Field(description="Whether it is your organisation's; what comes with Viva cannot be changed.")
    content_hash: str = Field(description="SHA-256 of everything that makes this version.")
    related: list[str] = Field(description="Slugs of questions near this one.")
    prerequisites: list[str] = Field(description="Slugs of questions to master before.")
    sources: list[SourceOut]
    rubric: dict[str, Any] = Field(default={}, description=f"{RUBRIC} Needs `rubrics:read`.")
    model_answer: str = Field(default="", description="An answer that would get full marks. Needs `rubrics:read`.")
    samples: list[SampleOut] = Field(
        default=[], description="Graded answers, but for those learnt from reviews. Needs `rubrics:read`."
    )


class QuestionPage(BaseModel):
    """One page of questions, by slug."""

    items: list[QuestionSummary]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


def stored_sample(sample: Sample) -> StoredSample:
    """A sample with its identity."""
    return StoredSample(
        id=sample.id,
        kind=sample.kind,
        grade=sample.grade,
        text=sample.text,
        own=sample.organization_id is not None,
        created_at=sample.created_at,
    )


def question_address(slug: str) -> str:
    """Where a question is."""
    return f"/api/v1/questions/{slug}"


def question_tag(question: Question, version: QuestionVersion) -> str:
    """The state of a question: what it says, and whether it is in use."""
    return entity_tag(question.id, version.content_hash, question.status)


def question_summary(version: QuestionVersion, slug: str) -> QuestionSummary:
    """A question in a list."""
    return QuestionSummary(**_summary(version, slug))


def question_out(question: Question, version: QuestionVersion, samples: list[Sample] | None) -> QuestionOut:
    """A question; with samples (perhaps none) also what only graders may see."""
    shown: dict[str, Any] = {}
    if samples is not None:
        shown = {
            "rubric": version.rubric,
            "model_answer": version.model_answer,
            # What candidates wrote and people graded is the reviews', and takes another scope.
            "samples": [
                SampleOut(kind=one.kind, grade=one.grade, text=one.text) for one in samples if one.kind != REVIEW
            ],
        }
    return QuestionOut(
        **_summary(version, question.slug),
        status="retired" if question.status == "retired" else "published",
        own=question.organization_id is not None,
        content_hash=version.content_hash,
        related=version.related,
        prerequisites=version.prerequisites,
        sources=[SourceOut(**source) for source in version.sources],
        **shown,
    )


def _summary(version: QuestionVersion, slug: str) -> dict[str, Any]:
    return {
        "slug": slug,
        "version": version.number,
        "title": version.title,
        "prompt": version.prompt,
        "kind": version.kind,
        "topic": version.topic,
        "level": version.level,
        "minutes": version.minutes,
        "url": question_address(slug),
    }
