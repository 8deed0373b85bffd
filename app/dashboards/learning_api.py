"""What reviews teach, over REST: agreement of people and machine, what it would change, and learning it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder
from app.assessments import learning
from app.assessments.models import Lesson
from app.bank.queries import question_by_slug
from app.dashboards.learning import learning_of
from app.kit.rest import Out, Prefer, SlugText, json_response, now_or_waited, problems
from app.kit.web import SessionDep, WaiterDep

router = APIRouter(prefix="/api/v1/reviews/questions", tags=["Reviews"])

Reader = Annotated[KeyHolder, Depends(RequireScope("reviews:read"))]
Writer = Annotated[KeyHolder, Depends(RequireScope("reviews:write"))]


class ReviewedQuestionOut(Out):
    """A question with reviews."""

    slug: str
    title: str
    answers: int = Field(description="Reviewed ones.")
    latest: dt.datetime
    taught: int = Field(description="How many of them later answers are scored by.")


class ReviewedQuestionPage(Out):
    """Questions with reviews, the latest reviewed first; at most 200."""

    items: list[ReviewedQuestionOut]
    next_cursor: str | None = Field(description="Always null: there is one page.")


class AgreementOut(Out):
    """The machine's marks against people's; null where there are too few."""

    answers: int
    r: float | None = Field(description="Correlation.")
    kappa: float | None = Field(description="Cohen's, with quadratic weights.")
    mean_error: float | None
    mean_shift: float | None = Field(description="The machine less people: above 0, it is too kind.")


class CriterionAgreementOut(Out):
    """A criterion's verdicts by people and machine."""

    criterion: str
    answers: int
    same: float = Field(description="Share with the same verdict.")
    kappa: float | None
    mean_error: float


class Move(Out):
    """An answer whose score would move."""

    answer_id: uuid.UUID
    before: float
    after: float


class Summary(Out):
    """How other answers would move in all."""

    answers: int
    up: int = Field(description="By .05 or more.")
    down: int
    same: int
    mean_shift: float


class LessonResult(Out):
    """What was worked out: people and machine without the reviews and with them, and other answers."""

    reviewed: int
    before: AgreementOut
    after: AgreementOut
    others: list[Move] = Field(description="The latest 200 other answers, those that move most first.")
    summary: Summary


class LessonOut(Out):
    """What the reviews would change, worked out by a worker."""

    id: uuid.UUID
    status: Literal["queued", "done", "failed"]
    done: int = Field(description="Of `total` answers.")
    total: int
    requested_at: dt.datetime
    completed_at: dt.datetime | None
    result: LessonResult | None


class LearningOut(Out):
    """How far people and machine agree about a question, and what later answers are scored by."""

    slug: str
    reviewed: int = Field(description="Answers that people judged and do not disagree about; the latest 100.")
    agreement: AgreementOut
    criteria: list[CriterionAgreementOut]
    taught: int = Field(description="Reviewed answers that later ones are scored by.")
    in_use: bool = Field(description="These are just the ones that are reviewed now.")
    lesson: LessonOut | None = Field(description="The newest preview.")
    is_current: bool = Field(description="The preview was worked out with the reviews that there are now.")


class Taught(Out):
    """What later answers are scored by from now on."""

    samples: int


@router.get(
    "",
    operation_id="listReviewedQuestions",
    summary="List questions that were reviewed",
    response_model=ReviewedQuestionPage,
    responses=problems(),
)
def list_questions(holder: Reader, session: SessionDep) -> ReviewedQuestionPage:
    """The questions that people have judged answers to, the latest first. Needs the scope `reviews:read`."""
    found = learning.reviewed_questions(session, holder.organization_id)
    return ReviewedQuestionPage(items=[ReviewedQuestionOut.model_validate(one) for one in found], next_cursor=None)


@router.get(
    "/{slug}",
    operation_id="readLearning",
    summary="See what a question's reviews teach",
    response_model=LearningOut,
    responses=problems(404),
)
def read_learning(slug: SlugText, holder: Reader, session: SessionDep) -> Response:
    """How far people and machine agree about a question, and the newest preview of what its reviews would change.

    Needs the scope `reviews:read`.
    """
    return json_response(_learning(session, holder, slug))


@router.post(
    "/{slug}/preview",
    operation_id="previewLearning",
    summary="Work out what reviews would change",
    status_code=202,
    response_model=LessonOut,
    responses={
        **problems(404, 409),
        200: {"model": LessonOut, "description": "Worked out while waiting."},
        202: {"headers": {"Location": {"schema": {"type": "string"}}}},
    },
)
def preview_learning(
    request: Request,
    slug: SlugText,
    holder: Writer,
    session: SessionDep,
    waiter: WaiterDep,
    prefer: Prefer = None,
) -> Response:
    """Work out how later answers would be scored by the reviewed ones as well; it has no body, and changes nothing.

    202 with the preview that a worker makes; with `Prefer: wait=10` the response waits for it. 409 where nobody has
    judged an answer to the question. Needs the scope `reviews:write`.
    """
    question_id = _question_id(session, holder, slug)
    lesson = learning.request_lesson(session, holder.organization_id, holder.doer, question_id)
    session.refresh(lesson)
    lesson_id, url = lesson.id, f"/api/v1/reviews/questions/{slug}"
    accepted = json_response(LessonOut.model_validate(lesson), 202, location=url)

    def look(own: SessionDep) -> Response | None:
        found = learning.latest_lesson(own, holder.organization_id, question_id)
        if found is None or found.id != lesson_id or found.status == "queued":
            return None
        return json_response(LessonOut.model_validate(found), content_location=url)

    return now_or_waited(request, waiter, f"lesson:{lesson_id}", prefer, look, accepted)


@router.post(
    "/{slug}/apply",
    operation_id="applyLearning",
    summary="Score later answers by reviews",
    response_model=Taught,
    responses=problems(404, 409),
)
def apply_learning(slug: SlugText, holder: Writer, session: SessionDep) -> Response:
    """Score later answers by the reviewed ones as well; it has no body. Scores that were given stay as they are.

    What it changes must have been worked out with the reviews that there are now (409 else). Needs the scope
    `reviews:write`.
    """
    question_id = _question_id(session, holder, slug)
    return json_response(
        Taught(samples=learning.apply_lesson(session, holder.organization_id, holder.doer, question_id))
    )


@router.post(
    "/{slug}/take-back",
    operation_id="takeLearningBack",
    summary="Score later answers without reviews again",
    response_model=Taught,
    responses=problems(404),
)
def take_learning_back(slug: SlugText, holder: Writer, session: SessionDep) -> Response:
    """Score later answers without the reviewed ones again; it has no body. Needs the scope `reviews:write`."""
    learning.take_back(session, holder.organization_id, holder.doer, _question_id(session, holder, slug))
    return json_response(Taught(samples=0))


def _question_id(session: SessionDep, holder: KeyHolder, slug: str) -> uuid.UUID:
    return question_by_slug(session, holder.organization_id, slug).question_id


def _learning(session: SessionDep, holder: KeyHolder, slug: str) -> LearningOut:
    found = learning_of(session, holder.organization_id, _question_id(session, holder, slug))
    return LearningOut(
        slug=slug,
        reviewed=len(found.reviewed),
        agreement=AgreementOut.model_validate(found.agreement),
        criteria=[
            CriterionAgreementOut(
                criterion=criterion,
                answers=one.answers,
                same=one.same,
                kappa=one.kappa,
                mean_error=one.mean_error,
            )
            for criterion, one in found.criteria.items()
        ],
        taught=len(found.taught),
        in_use=found.in_use,
        lesson=_lesson(found.lesson),
        is_current=found.is_current,
    )


def _lesson(lesson: Lesson | None) -> Any:
    return LessonOut.model_validate(lesson) if lesson is not None else None
