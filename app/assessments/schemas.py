"""What the REST routes of answers, reports and gradings give."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

from fastapi import Body
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from app.assessments.models import Assessment, Grading
from app.assessments.words import band_of
from app.interviews.item_schemas import AnswerOut

Verdict = Literal["met", "partial", "missed", "contradicted", "unsure"]
Share = Annotated[float, AfterValidator(lambda value: round(value, 4))]


class View(BaseModel):
    """What is read from a page's view, by its names."""

    model_config = ConfigDict(from_attributes=True)


class _Stored(BaseModel):
    # Reports are kept as the engine of their day made them: what another engine adds is passed on.
    model_config = ConfigDict(extra="allow")


class BandOut(View):
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


"""What comes of a grading: one object for one, a list for a list, in the same order."""


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


class GradingAccepted(BaseModel):
    """A grading is in the queue."""

    id: uuid.UUID
    status: Literal["queued", "failed"]
    url: str


class GradingFailed(BaseModel):
    """What stands in the place of a score where an object cannot be graded."""

    id: str | int | None = Field(None, description="The id that was sent.")
    error: str = Field(description="The field, and what is wrong with it: for people, may change.")


class GradingOut(BaseModel):
    """A grading and, when it is done, what came of it."""

    id: uuid.UUID
    status: Literal["queued", "done", "failed"]
    url: str
    created_at: dt.datetime
    completed_at: dt.datetime | None
    result: ScoreOut | GradingFailed | list[ScoreOut | GradingFailed] | None = Field(
        description="One object for one, a list for a list, in the same order; null until done."
    )


GRADING_REQUEST = {
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
_BY_REFERENCE = {
    "id": "a1",
    "question": "Why does a network need a non-linear activation?",
    "answer": "Without one, several layers are together only one linear map.",
    "references": [
        "Stacked linear layers collapse into a single linear map. A non-linear activation between them lets the network"
        " bend its decision boundary."
    ],
}
_BY_SLUG = {"id": "b1", "slug": "what-learning-is", "answer": "It adjusts its weights so that the error shrinks."}
SEVERAL_GRADINGS = [_BY_SLUG, _BY_SLUG | {"id": "b2", "answer": "I would have to look that up."}]
GradingBody = Annotated[
    Any,
    Body(),
    WithJsonSchema(
        {
            "oneOf": [GRADING_REQUEST, {"type": "array", "items": GRADING_REQUEST, "minItems": 1, "maxItems": 100}],
            "examples": [_BY_REFERENCE, SEVERAL_GRADINGS],
        }
    ),
]
"""One object or a list, read by hand: a bad object gets an error in its place, and the rest goes on."""


def assessment_out(assessment: Assessment, url: str) -> AssessmentOut:
    """The scorer's report as it was stored, with its band."""
    band = BandOut.model_validate(band_of(assessment.score))
    about = {"status": "scored", "url": url, "created_at": assessment.created_at, "band": band}
    return AssessmentOut.model_validate({**assessment.report, **about})


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
