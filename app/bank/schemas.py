"""What the bank's REST routes give."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from app.bank.models import InterviewTemplateVersion, QuestionVersion, Sample

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


class QuestionOut(QuestionSummary):
    """A question. `rubric`, `model_answer` and `samples` are there only for keys with the scope `rubrics:read`."""

    content_hash: str = Field(description="SHA-256 of everything that makes this version.")
    related: list[str] = Field(description="Slugs of questions near this one.")
    prerequisites: list[str] = Field(description="Slugs of questions to master before.")
    sources: list[SourceOut]
    rubric: dict[str, Any] = Field(default={}, description=f"{RUBRIC} Needs `rubrics:read`.")
    model_answer: str = Field(default="", description="An answer that would get full marks. Needs `rubrics:read`.")
    samples: list[SampleOut] = Field(default=[], description="Graded answers. Needs `rubrics:read`.")


class QuestionPage(BaseModel):
    """One page of questions, by slug."""

    items: list[QuestionSummary]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


class DrawOut(BaseModel):
    """Questions drawn when the interview is made, among those that match; an empty list does not restrict."""

    count: int
    topics: list[str]
    kinds: list[str]
    levels: list[int]


class SectionOut(BaseModel):
    """A part of an interview: exactly these questions, or a draw."""

    id: str
    title: str
    questions: list[str] = Field(description="Slugs; empty when there is a draw.")
    draw: DrawOut | None


class TemplateOut(BaseModel):
    """A kind of interview."""

    slug: str = Field(examples=["warm-up"])
    version: int
    title: str
    description: str
    minutes: int = Field(description="The time for the whole interview.")
    question_count: int
    sections: list[SectionOut]
    url: str


class TemplatePage(BaseModel):
    """All templates, shortest first."""

    items: list[TemplateOut]
    next_cursor: str | None = Field(description="Always null for now: there are few templates.")


def question_summary(version: QuestionVersion, slug: str) -> QuestionSummary:
    """A question in a list."""
    return QuestionSummary(**_summary(version, slug))


def question_out(version: QuestionVersion, slug: str, samples: list[Sample] | None) -> QuestionOut:
    """A question; with samples (perhaps none) also what only graders may see."""
    shown: dict[str, Any] = {}
    if samples is not None:
        shown = {
            "rubric": version.rubric,
            "model_answer": version.model_answer,
            "samples": [SampleOut(kind=one.kind, grade=one.grade, text=one.text) for one in samples],
        }
    return QuestionOut(
        **_summary(version, slug),
        content_hash=version.content_hash,
        related=version.related,
        prerequisites=version.prerequisites,
        sources=[SourceOut(**source) for source in version.sources],
        **shown,
    )


def template_out(version: InterviewTemplateVersion, slug: str) -> TemplateOut:
    """A template."""
    sections = [
        SectionOut(
            id=section["id"],
            title=section["title"],
            questions=section.get("questions") or [],
            draw=DrawOut(**section["draw"]) if section.get("draw") else None,
        )
        for section in version.sections
    ]
    return TemplateOut(
        slug=slug,
        version=version.number,
        title=version.title,
        description=version.description,
        minutes=version.minutes,
        question_count=sum(one.draw.count if one.draw else len(one.questions) for one in sections),
        sections=sections,
        url=f"/api/v1/templates/{slug}",
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
        "url": f"/api/v1/questions/{slug}",
    }
