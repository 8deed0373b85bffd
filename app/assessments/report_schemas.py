"""What the REST routes give of a report."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Literal

from pydantic import Field

from app.assessments.schemas import BandOut, Share, Verdict, View
from app.assessments.views import ReportView
from app.interviews.models import Interview
from app.interviews.schemas import CandidateOut


class FacetOut(View):
    """The share of one facet that is there; null when nothing asked for it."""

    id: str
    label: str
    share: Share | None


class ReportCriterion(View):
    """A criterion in the report, with the words quoted."""

    id: str
    facet: str
    verdict: Verdict
    credit: Share
    weight: float
    statement: str = Field(description="What was looked for.")
    quote: str | None
    start: int | None
    end: int | None
    because: str
    follow_up: str | None


class ReadingOut(View):
    """Something to read."""

    title: str
    url: str | None


class KeptOut(View):
    """Text that was kept and not scored."""

    text: str
    saved_at: dt.datetime


class ReportItemOut(View):
    """One question of the report."""

    item_id: uuid.UUID
    position: int
    slug: str
    title: str
    prompt: str
    state: Literal["scored", "waiting", "failed", "unanswered", "unknown"]
    answer_text: str
    submitted_by: Literal["candidate", "finish", "deadline", "interviewer"] | None
    score: Share | None = Field(
        description="The mark that counts: people's where they have reviewed, else the machine's."
    )
    machine_score: Share | None = Field(description="What the machine gave, whatever people have said since.")
    people: int = Field(description="How many people's reviews the score is the mean of; 0: it is the machine's.")
    band: BandOut | None
    confidence: Share | None
    needs_review: bool
    feedback: list[str]
    notes: list[str] = Field(description="What was not read, and why the score is not what the criteria add up to.")
    facets: list[FacetOut]
    criteria: list[ReportCriterion]
    sentences: list[SentenceWorthOut]
    model_answer: str = Field(default="", description="Only with the scope `rubrics:read`.")
    sources: list[ReadingOut]
    late_texts: list[KeptOut] = Field(description="Came after the deadline, or after the answer.")
    conflict_texts: list[KeptOut] = Field(description="Lost against a newer draft.")
    failure: str | None
    receipt: dict[str, Any]


class ReportInterviewOut(View):
    """The sitting that is reported on."""

    id: uuid.UUID
    title: str
    mode: str
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    finish_reason: Literal["candidate", "deadline", "interviewer"] | None
    minutes_used: int


class SentenceWorthOut(View):
    """A sentence of the answer, and how many points of 100 would be missing without it."""

    text: str
    points: int


class NextStepOut(View):
    """Something to do next; `url` is a page for people."""

    text: str
    url: str | None


class _ReportBody(View):
    interview: ReportInterviewOut
    status: Literal["scoring", "complete"]
    scored: int
    failed: int
    total: int = Field(description="Answers; questions without one count 0 in the score.")
    score: Share | None = Field(description="Mean over all questions; null until all are scored.")
    band: BandOut | None
    facets: list[FacetOut]
    needs_review: bool
    items: list[ReportItemOut]
    next_steps: list[NextStepOut]


class ReportOut(_ReportBody):
    """The report of a finished interview."""

    candidate: CandidateOut


def report_out(view: ReportView, interview: Interview, *, with_model_answers: bool) -> ReportOut:
    """The report for programs."""
    body = _ReportBody.model_validate(view)
    if not with_model_answers:
        for item in body.items:
            item.model_fields_set.discard("model_answer")
    candidate = CandidateOut(external_id=interview.candidate_external_id, name=interview.candidate_name or None)
    return ReportOut.model_construct(**dict(body), candidate=candidate)
