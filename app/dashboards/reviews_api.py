"""Reviews over REST: the queue, an answer as a reviewer sees it, judgements, and appeals."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from app.accounts.deps import RequireScope
from app.accounts.doer import Doer
from app.accounts.keys import KeyHolder
from app.accounts.organizations import organization_by_id
from app.accounts.outside import Named, find_named, named_person
from app.accounts.schemas import PersonIn
from app.assessments.appeal_schemas import AppealPage, AppealRecordOut, ReplyIn, appeal_out
from app.assessments.appeals import reply
from app.assessments.marks import Mark
from app.assessments.review_order import Filter, Wanted
from app.assessments.review_queue import review_queue
from app.assessments.review_queue_schemas import WaitingPage, waiting_out
from app.assessments.review_records import appeal_by_id, external_ids_of, list_appeals, list_reviews
from app.assessments.review_schemas import (
    MarkOut,
    ReviewIn,
    ReviewPage,
    ToReview,
    mark_out,
    record_out,
    to_review,
)
from app.assessments.review_views import ReviewView, review_view
from app.assessments.reviewing import Judgement, record_look, save_review
from app.dashboards.names import name_in_review
from app.kit.errors import Invalid
from app.kit.rest import Cleaned, Cursor, Limit, SlugText, json_response, link_next, problems
from app.kit.web import SessionDep

router = APIRouter(prefix="/api/v1", tags=["Reviews"])

Reader = Annotated[KeyHolder, Depends(RequireScope("reviews:read"))]
Writer = Annotated[KeyHolder, Depends(RequireScope("reviews:write"))]
NOBODY = uuid.UUID(int=0)


def reviewer_asked_for(
    reviewer_email: Annotated[
        str, Query(max_length=254, description="The reviewer: an interviewer or admin of yours …"), Cleaned
    ] = "",
    reviewer_external_id: Annotated[
        str, Query(max_length=200, description="… or somebody whom you name by your own identifier."), Cleaned
    ] = "",
) -> Named | None:
    """The person for whom something is read; None: for nobody by name.

    Raises:
        Invalid: both are given.
    """
    if reviewer_email and reviewer_external_id:
        raise Invalid("Name the reviewer by reviewer_email or by reviewer_external_id.", field="reviewer_email")
    if not reviewer_email and not reviewer_external_id:
        return None
    return Named(reviewer_email or None, reviewer_external_id or None)


ReviewerAsked = Annotated[Named | None, Depends(reviewer_asked_for)]


def acting_for(session: SessionDep, holder: KeyHolder, person: PersonIn) -> Doer:
    """The key in a person's place."""
    user_id, name = named_person(session, holder.organization_id, person.named(), holder.actor)
    return Doer(holder.actor, user_id, name)


@router.get(
    "/reviews/queue",
    operation_id="readReviewQueue",
    summary="See what a person should look at next",
    response_model=WaitingPage,
    responses=problems(),
)
def read_queue(
    request: Request,
    response: Response,
    holder: Reader,
    session: SessionDep,
    reviewer: ReviewerAsked,
    show: Annotated[
        Filter,
        Query(
            description="`next`: appeals, disagreements, then where a look would tell most; or one of these alone;"
            " `second`: reviewed by others only; `mine`: by this reviewer."
        ),
    ] = "next",
    template: Annotated[SlugText | None, Query(description="Only of interviews made from this template.")] = None,
    question: Annotated[SlugText | None, Query(description="Only answers to this question.")] = None,
    limit: Limit = 30,
    cursor: Cursor = None,
) -> WaitingPage:
    """The answers of finished interviews in the order in which a person's look is worth most.

    `show=second` and `show=mine` go by the reviewer whom you name. Needs the scope `reviews:read`.
    """
    viewer = find_named(session, holder.organization_id, reviewer) if reviewer else None
    wanted = Wanted(show, template or "", question or "")
    page = review_queue(session, holder.organization_id, viewer or NOBODY, wanted, cursor, limit)
    organization = organization_by_id(session, holder.organization_id)
    link_next(response, request, page.next_cursor)
    items = [waiting_out(one, name_in_review(organization, one.interview_id, one.candidate)) for one in page.items]
    return WaitingPage(items=items, next_cursor=page.next_cursor)


@router.get(
    "/reviews/answers/{answer_id}",
    operation_id="readAnswerToReview",
    summary="Read an answer to judge it",
    response_model=ToReview,
    responses=problems(404),
)
def read_answer(answer_id: uuid.UUID, holder: Reader, session: SessionDep, reviewer: ReviewerAsked) -> Response:
    """An answer as a reviewer sees it: the question, what a good answer says, the answer, and what the machine thinks.

    What other people said, and the mark that counts, are there only when the reviewer whom you name has judged the
    answer: a second reviewer is not led by the first. Show `machine` when the reviewer has chosen, and say in
    `saw_machine` if they saw it before. An answer of an interview that is not finished is 404. Needs the scope
    `reviews:read`.
    """
    viewer = find_named(session, holder.organization_id, reviewer) if reviewer else None
    view = review_view(session, holder.organization_id, viewer, answer_id)
    record_look(session, holder.organization_id, Doer(holder.actor, viewer), answer_id)
    organization = organization_by_id(session, holder.organization_id)
    candidate = name_in_review(organization, view.interview_id, view.candidate)
    known = _external_ids(session, holder, view.mark)
    return json_response(to_review(view, candidate, known, with_rubric=holder.allows("rubrics:read")))


@router.post(
    "/reviews/answers/{answer_id}",
    operation_id="reviewAnswer",
    summary="Judge an answer",
    status_code=201,
    response_model=MarkOut,
    responses=problems(400, 404, 409, 413),
)
def review_answer(answer_id: uuid.UUID, body: ReviewIn, holder: Writer, session: SessionDep) -> Response:
    """Hand in a person's judgement: verdicts on criteria, a mark, or both; what counts from now on comes back.

    Reviews are kept for ever beside the machine's score; each person's newest counts, and the mark is the mean of what
    people said last. Where they are more than .25 apart, one who has judged already ends it with `settles` and a
    `reason`; 409 when there is nothing to settle. Needs the scope `reviews:write`.
    """
    reviewer = acting_for(session, holder, body.reviewer)
    view = review_view(session, holder.organization_id, reviewer.user_id, answer_id)
    judgement = Judgement(
        score=body.score,
        verdicts=_verdicts(view, body),
        reason=body.reason,
        comment=body.comment,
        settles=body.settles,
        saw_machine=body.saw_machine,
    )
    mark = save_review(session, holder.organization_id, reviewer, answer_id, judgement)
    return json_response(mark_out(mark, _external_ids(session, holder, mark)), 201)


@router.get(
    "/reviews",
    operation_id="listReviews",
    summary="List reviews",
    response_model=ReviewPage,
    responses=problems(),
)
def list_all_reviews(
    request: Request,
    response: Response,
    holder: Reader,
    session: SessionDep,
    answer_id: Annotated[uuid.UUID | None, Query(description="Only of this answer.")] = None,
    interview_id: Annotated[uuid.UUID | None, Query(description="Only of this interview.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ReviewPage:
    """What people judged, newest first: the record, for systems.

    Do not show it to somebody who is about to judge the same answer. Needs the scope `reviews:read`.
    """
    page = list_reviews(session, holder.organization_id, cursor, limit, answer_id, interview_id)
    known = external_ids_of(session, holder.organization_id, [one.review.reviewer_id for one in page.items])
    link_next(response, request, page.next_cursor)
    return ReviewPage(items=[record_out(one, known) for one in page.items], next_cursor=page.next_cursor)


@router.get(
    "/appeals",
    operation_id="listAppeals",
    summary="List appeals",
    response_model=AppealPage,
    responses=problems(),
)
def list_all_appeals(
    request: Request,
    response: Response,
    holder: Reader,
    session: SessionDep,
    status: Annotated[Literal["open", "replied"] | None, Query(description="`open`: without a reply.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AppealPage:
    """Candidates who do not agree with a mark, newest first. Needs the scope `reviews:read`."""
    wanted = None if status is None else status == "open"
    page = list_appeals(session, holder.organization_id, cursor, limit, wanted)
    link_next(response, request, page.next_cursor)
    return AppealPage(items=[appeal_out(one) for one in page.items], next_cursor=page.next_cursor)


@router.post(
    "/appeals/{appeal_id}/reply",
    operation_id="replyToAppeal",
    summary="Reply to an appeal",
    response_model=AppealRecordOut,
    responses=problems(400, 404, 409, 413),
)
def reply_to_appeal(appeal_id: uuid.UUID, body: ReplyIn, holder: Writer, session: SessionDep) -> Response:
    """Tell the candidate what became of it; judge the answer anew first, where the mark should change.

    There is one reply; an appeal that has its reply is 409. Needs the scope `reviews:write`.
    """
    found = appeal_by_id(session, holder.organization_id, appeal_id)
    person = acting_for(session, holder, body.reviewer) if body.reviewer else holder.doer
    reply(session, holder.organization_id, person, found.appeal.answer_id, body.text)
    return json_response(appeal_out(appeal_by_id(session, holder.organization_id, appeal_id)))


def _verdicts(view: ReviewView, body: ReviewIn) -> dict[int, dict[str, str]]:
    """The verdicts by number of the approach, as judgements have them."""
    ids = [one.id for one in view.approaches]
    if body.approach is not None and body.approach not in ids:
        raise Invalid(f"approach: the rubric has {', '.join(ids)}.", field="approach")
    number = ids.index(body.approach) if body.approach is not None else 0
    known = [one.id for one in view.approaches[number].criteria]
    for criterion in body.verdicts:
        if criterion not in known:
            raise Invalid(f"verdicts.{criterion}: the criteria are {', '.join(known)}.", field=f"verdicts.{criterion}")
    return {number: dict(body.verdicts)} if body.verdicts else {}


def _external_ids(session: SessionDep, holder: KeyHolder, mark: Mark) -> dict[uuid.UUID | None, str]:
    return external_ids_of(session, holder.organization_id, [one.reviewer_id for one in mark.reviews])
