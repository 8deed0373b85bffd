"""What the REST routes of answers, reports and gradings give."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

from fastapi import Body
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from app.assessments.models import Assessment, Grading
from app.assessments.views import ReportView
from app.assessments.words import band_of
from app.interviews.models import Interview
from app.interviews.schemas import AnswerOut, CandidateOut

Verdict = Literal["met", "partial", "missed", "contradicted", "unsure"]
Share = Annotated[float, AfterValidator(lambda value: round(value, 4))]


class _View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class _Stored(BaseModel):
    # Reports are kept as the engine of their day made them: what another engine adds is passed on.
    model_config = ConfigDict(extra="allow")


class BandOut(_View):
    """Where a score lies, in words."""

    id: Literal["not-yet", "getting-there", "solid", "strong"]
    label: str
    sentence: str


class Evidence(BaseModel):
    """The words that a verdict rests on: code points of the stored answer, `end` not included."""

    start: int
    end: int


class CriterionOut(_Stored):
    """One thing that a good answer says, and whether this one does."""

    id: str
    facet: str = Field(description="`what`, `how`, `why`, `example`, `trade_off`, or a part of a story.")
    verdict: Verdict
    credit: float = Field(description="0 to 1.")
    evidence: Evidence | None
    because: str
    matched_statement: int | None = None
    follow_up: str | None = Field(None, description="What an interviewer would ask next.")


class SentenceOut(_Stored):
    """A sentence of the answer, and what it is worth: code points, `end` not included."""

    start: int
    end: int
    worth: float = Field(description="The score, less the score without it; below 0: it takes from it.")


class TermOut(_Stored):
    """A technical term where it is first used."""

    term: str
    start: int
    end: int


class PlainLanguageOut(_Stored):
    """How plain an answer is that should be; never part of the score."""

    unexplained: list[TermOut]
    words_per_sentence: float
    long_word_share: float


class ScoreOut(_Stored):
    """The scorer's report on one answer."""

    score: float = Field(description="The grade that a person would give, as expected: 0 to 1.")
    confidence: float = Field(description="Probability that a person's grade lies within .2 of the score.")
    needs_review: bool = Field(description="A person should look at this.")
    facets: dict[str, float] = Field(description="Share of the what, the how, the why … that is there.")
    criteria: list[CriterionOut]
    approach: str = Field(description="Which of the rubric's approaches was judged.")
    feedback: str = ""
    notes: list[str] = []
    truncated_at: int | None = Field(None, description="Code point from which the answer was not read; null: all was.")
    receipt: dict[str, str] = Field(description="Digests of all that made the score: enough to compute it again.")


class AssessmentOut(ScoreOut):
    """The newest assessment of an answer."""

    sentences: list[SentenceOut] | None = Field(None, description="What each sentence is worth.")
    plain_language: PlainLanguageOut | None = Field(None, description="For questions that ask for plain language.")

    status: Literal["scored"]
    url: str
    created_at: dt.datetime
    band: BandOut


class AssessmentPending(BaseModel):
    """There is no assessment yet."""

    status: Literal["queued", "failed"] = Field(description="`failed` is tried again by itself.")
    url: str
    reason: str | None = None
    retry_at: dt.datetime | None = None


class AssessmentLink(BaseModel):
    """How far the assessment is, and where it will be."""

    status: Literal["queued", "scored", "failed"]
    url: str


class AnswerTaken(BaseModel):
    """The answer is stored; its score comes."""

    answer: AnswerOut
    assessment: AssessmentLink


class FacetOut(_View):
    """The share of one facet that is there; null when nothing asked for it."""

    id: str
    label: str
    share: Share | None


class ReportCriterion(_View):
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


class SourceOut(_View):
    """Something to read."""

    title: str
    url: str | None


class KeptOut(_View):
    """Text that was kept and not scored."""

    text: str
    saved_at: dt.datetime


class ReportItemOut(_View):
    """One question of the report."""

    item_id: uuid.UUID
    position: int
    slug: str
    title: str
    prompt: str
    state: Literal["scored", "waiting", "failed", "unanswered", "unknown"]
    answer_text: str
    submitted_by: Literal["candidate", "finish", "deadline"] | None
    score: Share | None
    band: BandOut | None
    confidence: Share | None
    needs_review: bool
    feedback: list[str]
    notes: list[str] = Field(description="What was not read, and why the score is not what the criteria add up to.")
    facets: list[FacetOut]
    criteria: list[ReportCriterion]
    sentences: list[SentenceWorthOut]
    model_answer: str = Field(default="", description="Only with the scope `rubrics:read`.")
    sources: list[SourceOut]
    late_texts: list[KeptOut] = Field(description="Came after the deadline, or after the answer.")
    conflict_texts: list[KeptOut] = Field(description="Lost against a newer draft.")
    failure: str | None
    receipt: dict[str, Any]


class ReportInterviewOut(_View):
    """The sitting that is reported on."""

    id: uuid.UUID
    title: str
    mode: str
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    finish_reason: Literal["candidate", "deadline"] | None
    minutes_used: int


class SentenceWorthOut(_View):
    """A sentence of the answer, and how many points of 100 would be missing without it."""

    text: str
    points: int


class NextStepOut(_View):
    """Something to do next; `url` is a page for people."""

    text: str
    url: str | None


class _ReportBody(_View):
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


class GradingAccepted(BaseModel):
    """A grading is in the queue."""

    id: uuid.UUID
    status: Literal["queued", "failed"]
    url: str


class GradingOut(BaseModel):
    """A grading and, when it is done, what came of it."""

    id: uuid.UUID
    status: Literal["queued", "done", "failed"]
    url: str
    created_at: dt.datetime
    completed_at: dt.datetime | None
    result: Any = Field(description="One object for one, a list for a list, in the same order; null until done.")


_REQUEST = {
    "type": "object",
    "title": "GradingRequest",
    "description": "`answer`, and one of `references`, `rubric` and `slug`.",
    "required": ["answer"],
    "properties": {
        "id": {"anyOf": [{"type": "string"}, {"type": "integer"}], "description": "Comes back with the result."},
        "question": {"type": "string", "description": "What was asked: echoing it earns nothing."},
        "answer": {"type": "string"},
        "references": {"type": "array", "items": {"type": "string"}, "description": "Model answers."},
        "rubric": {"type": "object", "description": "As in the bank: `approaches`, or bare `criteria` and `groups`."},
        "samples": {
            "type": "array",
            "description": "Answers to the same question that a person has graded: the score follows that bar.",
            "items": {
                "type": "object",
                "required": ["text", "grade"],
                "properties": {"text": {"type": "string"}, "grade": {"type": "number", "minimum": 0, "maximum": 1}},
            },
        },
        "slug": {"type": "string", "description": "A question of the bank, with its rubric and samples."},
    },
    "additionalProperties": False,
}
GradingBody = Annotated[
    Any,
    Body(),
    WithJsonSchema({"oneOf": [_REQUEST, {"type": "array", "items": _REQUEST, "minItems": 1, "maxItems": 100}]}),
]
"""One object or a list, read by hand: a bad object gets an error in its place, and the rest goes on."""


def assessment_out(assessment: Assessment, url: str) -> AssessmentOut:
    """The scorer's report as it was stored, with its band."""
    band = BandOut.model_validate(band_of(assessment.score))
    about = {"status": "scored", "url": url, "created_at": assessment.created_at, "band": band}
    return AssessmentOut.model_validate({**assessment.report, **about})


def report_out(view: ReportView, interview: Interview, *, with_model_answers: bool) -> ReportOut:
    """The report for programs."""
    body = _ReportBody.model_validate(view)
    if not with_model_answers:
        for item in body.items:
            item.model_fields_set.discard("model_answer")
    candidate = CandidateOut(external_id=interview.candidate_external_id, name=interview.candidate_name or None)
    return ReportOut.model_construct(**dict(body), candidate=candidate)


def grading_out(grading: Grading) -> GradingOut:
    """A grading with its result."""
    return GradingOut(
        id=grading.id,
        status=grading.status,
        url=grading_address(grading.id),
        created_at=grading.created_at,
        completed_at=grading.completed_at,
        result=grading_result(grading),
    )


def grading_result(grading: Grading) -> Any:
    """One object for one, a list for a list."""
    if grading.results is None:
        return None
    return grading.results if grading.is_list else grading.results[0]


def grading_address(grading_id: uuid.UUID) -> str:
    """Where a grading is read."""
    return f"/api/v1/gradings/{grading_id}"
