"""What the REST routes of reviews take and give."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from app.accounts.schemas import PersonIn
from app.assessments.appeal_schemas import AppealOut
from app.assessments.marks import Mark, Said
from app.assessments.review_records import ReviewRecord
from app.assessments.review_views import ApproachToJudge, ReviewView, ToJudge
from app.assessments.reviewing import MAX_WORDS
from app.assessments.schemas import BandOut, Share, Verdict
from app.assessments.words import band_of
from app.kit.rest import Cleaned, Out, StrictBody

PersonsVerdict = Literal["met", "partial", "missed", "contradicted"]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_WORDS), Cleaned]


class ReviewIn(StrictBody):
    """A person's judgement of an answer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "reviewer": {"external_id": "staff-17", "name": "Rita"},
                    "score": 0.75,
                    "verdicts": {"weights-change": "met", "error-measured": "met", "new-examples": "missed"},
                    "reason": "Says what changes and what it goes by; not how one finds out whether it has learned.",
                    "comment": "Clear and to the point. How would you test it on something new?",
                }
            ]
        }
    )

    reviewer: PersonIn = Field(description="Whose judgement it is: each person's newest counts.")
    score: float | None = Field(
        None, ge=0, le=1, allow_inf_nan=False, description="The mark; null: what the verdicts add up to."
    )
    approach: Annotated[str, StringConstraints(max_length=80), Cleaned] | None = Field(
        None, description="Which of the rubric's approaches the verdicts are on; null: the first."
    )
    verdicts: dict[Annotated[str, StringConstraints(max_length=200), Cleaned], PersonsVerdict] = Field(
        default_factory=dict, description="By the criterion's id; those that nobody looked at may be left out."
    )
    reason: Words = Field(
        "",
        description="Why; the candidate may read it. It must be there where the mark is more than .25 from the"
        " machine's, and where it settles a disagreement.",
    )
    comment: Words = Field("", description="For the candidate: shown on the report.")
    settles: bool = Field(False, description="Ends a disagreement: what people said before no longer counts.")
    saw_machine: bool = Field(False, description="Whether the reviewer saw the machine's judgement first.")


class ReviewerOut(Out):
    """Who judged."""

    id: uuid.UUID | None = Field(description="The same for all that a person judged; null: their account is gone.")
    name: str
    external_id: str | None = Field(description="Where another system named the person.")


class ReviewOut(Out):
    """One review; it never changes."""

    id: uuid.UUID
    reviewer: ReviewerOut
    score: Share
    verdicts: dict[str, PersonsVerdict]
    reason: str
    comment: str
    settles: bool
    created_at: dt.datetime


class ReviewRecordOut(ReviewOut):
    """A review in a list."""

    answer_id: uuid.UUID
    interview_id: uuid.UUID


class ReviewPage(Out):
    """One page of reviews, newest first."""

    items: list[ReviewRecordOut]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


class MarkOut(Out):
    """What counts for an answer, and what it comes from."""

    score: Share | None
    band: BandOut | None
    source: Literal["machine", "person", "people", "settled", "none"]
    machine_score: Share | None = Field(description="The machine's, whatever people have said since.")
    people: int = Field(description="How many people's reviews the score is the mean of; 0: it is the machine's.")
    disagreement: bool = Field(description="They are more than .25 apart: somebody should settle it.")
    reviews: list[ReviewOut] = Field(description="All of them, oldest first.")


class MachineVerdict(Out):
    """What the machine found of a criterion; `start` and `end` are code points of the answer."""

    verdict: Verdict
    because: str
    quote: str | None
    start: int | None
    end: int | None


class CriterionToJudge(Out):
    """One thing that a good answer says."""

    id: str
    facet: str
    share: int = Field(description="Percent of the whole mark.")
    statements: list[str] = Field(description="Any of them will do.")
    false_twins: list[str] = Field(default=[], description="Misconceptions; only with the scope `rubrics:read`.")
    group: str = Field(description="Where some of several are enough, which; else empty.")
    machine: MachineVerdict | None


class ApproachOut(Out):
    """One complete way of answering."""

    id: str
    name: str
    criteria: list[CriterionToJudge]


class MachineOut(Out):
    """The machine's judgement: show it when the reviewer has chosen, so that it does not lead them."""

    score: Share
    band: BandOut
    confidence: float
    needs_review: bool
    feedback: str


class ToReview(Out):
    """An answer as a reviewer sees it."""

    answer_id: uuid.UUID
    interview_id: uuid.UUID
    candidate: str = Field(description="The name, or what stands for it while names are hidden.")
    interview: str
    question: str
    prompt: str
    model_answer: str = Field(default="", description="Only with the scope `rubrics:read`.")
    answer_text: str
    does_not_know: bool
    submitted_at: dt.datetime
    approaches: list[ApproachOut]
    machine: MachineOut | None = Field(description="Null until it is scored.")
    mark: MarkOut | None = Field(
        description="What people said and what counts: only when this reviewer has judged the answer, so that nobody"
        " is led by the first."
    )
    appeal: AppealOut | None


def mark_out(mark: Mark, external_ids: Mapping[uuid.UUID | None, str]) -> MarkOut:
    """A mark with all reviews."""
    return MarkOut(
        score=mark.score,
        band=BandOut.model_validate(band_of(mark.score)) if mark.score is not None else None,
        source=mark.source,
        machine_score=mark.machine,
        people=len(mark.counting),
        disagreement=mark.disagreement,
        reviews=[_said(one, external_ids) for one in mark.reviews],
    )


def _said(one: Said, external_ids: Mapping[uuid.UUID | None, str]) -> ReviewOut:
    return ReviewOut(
        id=one.id,
        reviewer=ReviewerOut(id=one.reviewer_id, name=one.reviewer, external_id=external_ids.get(one.reviewer_id)),
        score=one.score,
        verdicts=one.verdicts,
        reason=one.reason,
        comment=one.comment,
        settles=one.settles,
        created_at=one.created_at,
    )


def record_out(record: ReviewRecord, external_ids: Mapping[uuid.UUID | None, str]) -> ReviewRecordOut:
    """A review in a list."""
    review = record.review
    who = ReviewerOut(id=review.reviewer_id, name=record.reviewer, external_id=external_ids.get(review.reviewer_id))
    return ReviewRecordOut(
        id=review.id,
        reviewer=who,
        score=review.score,
        verdicts=review.verdicts,
        reason=review.reason,
        comment=review.comment,
        settles=review.settles,
        created_at=review.created_at,
        answer_id=review.answer_id,
        interview_id=record.interview_id,
    )


def to_review(
    view: ReviewView, candidate: str, external_ids: Mapping[uuid.UUID | None, str], *, with_rubric: bool
) -> ToReview:
    """An answer for one reviewer; what the rubric keeps to itself only `with_rubric`."""
    judged = view.assessment
    more = {"model_answer": view.model_answer} if with_rubric else {}
    appeal = view.appeal
    return ToReview(
        answer_id=view.answer_id,
        interview_id=view.interview_id,
        candidate=candidate,
        interview=view.interview,
        question=view.question,
        prompt=view.prompt,
        answer_text=view.answer_text,
        does_not_know=view.does_not_know,
        submitted_at=view.submitted_at,
        approaches=[_approach(one, with_rubric) for one in view.approaches],
        machine=MachineOut(
            score=judged.score,
            band=BandOut.model_validate(band_of(judged.score)),
            confidence=judged.confidence,
            needs_review=judged.needs_review,
            feedback=view.feedback,
        )
        if judged is not None
        else None,
        mark=mark_out(view.mark, external_ids) if view.may_see_others else None,
        appeal=AppealOut(
            text=appeal.text,
            created_at=appeal.made_at,
            reply=appeal.reply if appeal.replied_at else None,
            replied_by=appeal.replied_by or None,
            replied_at=appeal.replied_at,
        )
        if appeal is not None
        else None,
        **more,
    )


def _approach(one: ApproachToJudge, with_rubric: bool) -> ApproachOut:
    criteria = [_criterion(criterion, with_rubric) for criterion in one.criteria]
    return ApproachOut(id=one.id, name=one.name, criteria=criteria)


def _criterion(one: ToJudge, with_rubric: bool) -> CriterionToJudge:
    more = {"false_twins": one.false_twins} if with_rubric else {}
    machine = MachineVerdict.model_validate(one.machine) if one.machine is not None else None
    return CriterionToJudge(
        id=one.id,
        facet=one.facet,
        share=one.share,
        statements=one.statements,
        group=one.group,
        machine=machine,
        **more,
    )
