"""What the routes of interview templates take and give."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.bank.models import InterviewTemplate, InterviewTemplateVersion
from app.bank.question_file import TemplateContent
from app.bank.schemas import QuestionSummary, question_summary
from app.interviews.preview import Preview
from app.kit.etags import entity_tag
from app.kit.rest import SlugText

_HALF_AN_HOUR: dict[str, Any] = {
    "title": "Half an hour",
    "description": "Two questions on training, and one on vision.",
    "minutes": 30,
    "sections": [
        {"id": "training", "title": "Training", "questions": ["dropout", "batch-normalisation"]},
        {
            "id": "vision",
            "title": "Vision",
            "draw": {"count": 1, "topics": ["vision"], "kinds": ["explain", "compare"], "levels": [2, 3]},
        },
    ],
    "candidate_sees": "report",
    "release": "by_interviewer",
}


class TemplateIn(TemplateContent):
    """A template as it is to be from now on. Sections name `questions`, or `draw` some at random."""

    model_config = ConfigDict(strict=True, json_schema_extra={"examples": [_HALF_AN_HOUR | {"minutes": 40}]})


class NewTemplateIn(TemplateIn):
    """A template to make. Sections name `questions`, or `draw` some at random."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"slug": "half-an-hour"} | _HALF_AN_HOUR]})

    slug: SlugText | None = Field(None, description="Its stable name; made from the title if left out.")


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
    minutes_each: int | None = Field(
        description="With `timing` `question`: minutes of each of its questions; null for what each is meant to take."
    )


class TemplateOut(BaseModel):
    """A kind of interview."""

    slug: str = Field(examples=["warm-up"])
    version: int
    title: str
    description: str
    minutes: int = Field(
        description="The time for the whole interview; with `timing` `question` it is longer where the questions need"
        " more (their own minutes, and one beside each)."
    )
    timing: Literal["interview", "question"] = Field(
        description="`question`: each question has a clock of its own, which starts when the candidate opens it."
    )
    question_count: int
    sections: list[SectionOut]
    candidate_sees: Literal["nothing", "score", "report"] = Field(description="What candidates see of the result.")
    release: Literal["at_once", "by_interviewer"] = Field(description="When they see it.")
    follow_ups: bool = Field(description="Whether reports show what an interviewer would ask next.")
    status: Literal["published", "retired"] = Field(description="Nobody new is invited to what is retired.")
    own: bool = Field(description="Whether it is your organisation's; what comes with Viva cannot be changed.")
    url: str


class TemplatePage(BaseModel):
    """One page of templates, shortest first."""

    items: list[TemplateOut]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


class TemplateVersionOut(TemplateOut):
    """A version of a template. It never changes; `status` and `own` are the template's."""

    is_current: bool
    created_at: dt.datetime


class TemplateVersionPage(BaseModel):
    """One page of versions, the latest first."""

    items: list[TemplateVersionOut]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


class DrawnSection(BaseModel):
    """A section with the questions that one draw gave."""

    title: str
    questions: list[QuestionSummary]
    minutes: list[int] = Field(description="Of each question: as its section says, else as it is meant to take.")
    pool: int | None = Field(description="How many questions fit the draw; null where they are named.")


class PreviewOut(BaseModel):
    """One draw as for a candidate who has seen nothing; the next candidate may get others."""

    sections: list[DrawnSection]
    question_minutes: int = Field(description="How long the questions of this draw take together.")
    minutes: int = Field(description="Of the whole interview.")
    warnings: list[str] = Field(description="What does not add up, in words.")


def template_address(slug: str) -> str:
    """Where a template is."""
    return f"/api/v1/templates/{slug}"


def template_tag(template: InterviewTemplate, version: InterviewTemplateVersion) -> str:
    """The state of a template: what it says, and whether it is in use."""
    return entity_tag(template.id, version.content_hash, template.status)


def template_out(template: InterviewTemplate, version: InterviewTemplateVersion) -> TemplateOut:
    """A template."""
    return TemplateOut(**_told(template, version))


def template_version_out(template: InterviewTemplate, version: InterviewTemplateVersion) -> TemplateVersionOut:
    """A version of a template."""
    told = _told(template, version) | {"url": f"{template_address(template.slug)}/versions/{version.number}"}
    is_current = version.id == template.current_version_id
    return TemplateVersionOut(**told, is_current=is_current, created_at=version.created_at)


def preview_out(preview: Preview, slugs: dict[Any, str]) -> PreviewOut:
    """A draw; `slugs` are those of its questions."""
    return PreviewOut(
        sections=[
            DrawnSection(
                title=section.title,
                questions=[question_summary(one, slugs[one.question_id]) for one, _ in section.questions],
                minutes=[minutes for _, minutes in section.questions],
                pool=section.pool,
            )
            for section in preview.sections
        ],
        question_minutes=preview.question_minutes,
        minutes=preview.minutes,
        warnings=preview.warnings,
    )


def _told(template: InterviewTemplate, version: InterviewTemplateVersion) -> dict[str, Any]:
    sections = [
        SectionOut(
            id=section["id"],
            title=section["title"],
            questions=section.get("questions") or [],
            draw=DrawOut(**section["draw"]) if section.get("draw") else None,
            minutes_each=section.get("minutes_each"),
        )
        for section in version.sections
    ]
    return {
        "slug": template.slug,
        "version": version.number,
        "title": version.title,
        "description": version.description,
        "minutes": version.minutes,
        "timing": version.timing,
        "question_count": sum(one.draw.count if one.draw else len(one.questions) for one in sections),
        "sections": sections,
        "candidate_sees": version.candidate_sees,
        "release": version.release,
        "follow_ups": version.follow_ups,
        "status": template.status,
        "own": template.organization_id is not None,
        "url": template_address(template.slug),
    }
