"""Interviews over REST: make, read, start, draft, finish. Answers and what becomes of them: `assessments.api`."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder
from app.accounts.service import audit
from app.bank.queries import template_by_slug
from app.interviews import service
from app.interviews.access import interview_by_id, interviews_of
from app.interviews.clock import remaining_ms
from app.interviews.creation import Candidate, interview_from_slugs, interview_from_template
from app.interviews.item_schemas import DraftSaved, ItemOut
from app.interviews.problems import draft_problem
from app.interviews.queries import Made, interviews_matching, list_interviews
from app.interviews.questions import open_question
from app.interviews.schemas import (
    DraftIn,
    InterviewIn,
    InterviewOut,
    InterviewPage,
    Status,
    interview_summary,
)
from app.interviews.whole import whole_interview, whole_item
from app.interviews.writing import save_draft
from app.kit import clock
from app.kit.problems import problem_response
from app.kit.rest import Cleaned, Cursor, Limit, Moment, SlugText, json_response, link_next, problems
from app.kit.web import SessionDep, SettingsDep

router = APIRouter(prefix="/api/v1/interviews", tags=["Interviews"])

Reader = Annotated[KeyHolder, Depends(RequireScope("interviews:read"))]
Writer = Annotated[KeyHolder, Depends(RequireScope("interviews:write"))]


@router.post(
    "",
    operation_id="createInterview",
    summary="Make an interview",
    status_code=201,
    response_model=InterviewOut,
    responses={**problems(400, 404, 409, 413), 201: {"headers": {"Location": {"schema": {"type": "string"}}}}},
)
def create_interview(body: InterviewIn, holder: Writer, session: SessionDep) -> Response:
    """Make an interview from a template, or of exactly the questions named, and start its clock.

    Draws are made now, and each question is pinned to its version: later changes of the bank do not touch it. The clock
    starts at once unless `start` is false; then `POST …/start` starts it. The deadline is the server's: after it, what
    was drafted is submitted by itself. Needs the scope `interviews:write`.
    """
    named = body.candidate
    candidate = Candidate(external_id=named.external_id, name=named.name) if named else Candidate()
    if body.template is not None:
        template = template_by_slug(session, holder.organization_id, body.template)
        interview = interview_from_template(session, holder.organization_id, candidate, template)
    else:
        interview = interview_from_slugs(
            session,
            holder.organization_id,
            candidate,
            body.questions or [],
            title=body.title,
            duration_seconds=body.minutes * 60 if body.minutes else None,
            by_question=body.timing == "question",
            minutes_each=body.minutes_each,
        )
    audit(session, holder.organization_id, holder.actor, "interview.created", f"interview:{interview.id}")
    if body.time_multiplier != 1:
        service.set_time_multiplier(session, interview.id, body.time_multiplier, holder.actor)
    mine = interviews_of(holder.organization_id)
    if body.start:
        interview = service.start_interview(session, mine, interview.id, consent=True)
    else:
        session.flush()
        interview = interview_by_id(session, mine, interview.id)
    return json_response(whole_interview(session, interview), 201, location=f"/api/v1/interviews/{interview.id}")


@router.get(
    "",
    operation_id="listInterviews",
    summary="List interviews",
    response_model=InterviewPage,
    responses=problems(),
)
def list_all_interviews(
    request: Request,
    response: Response,
    holder: Reader,
    session: SessionDep,
    external_id: Annotated[str | None, Query(max_length=200, description="Only this candidate's."), Cleaned] = None,
    status: Annotated[Status | None, Query(description="Only those that are like this now.")] = None,
    template: Annotated[SlugText | None, Query(description="Only those made from this template.")] = None,
    name: Annotated[str, Query(max_length=200, description="Only of candidates whose name holds this."), Cleaned] = "",
    since: Annotated[Moment | None, Query(description="Made then or later.")] = None,
    until: Annotated[Moment | None, Query(description="Made before then.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> InterviewPage:
    """Your organisation's interviews, newest first, without their questions.

    When there is another page, `next_cursor` and the header `Link: <…>; rel="next"` lead to it. Needs the scope
    `interviews:read`.
    """
    wanted = interviews_matching(
        interviews_of(holder.organization_id), external_id, status, template, name, Made(since, until)
    )
    page = list_interviews(session, wanted, cursor, limit)
    now = clock.now(session)
    items = []
    for interview, questions, answers in page.items:
        # Time is up although nobody has come by to finish it: it is finished now, so that the list is true.
        if interview.status == "running" and remaining_ms(interview, now) == 0:
            interview = service.finish_if_due(session, interview)
            answers = sum(item.answer is not None for item in interview.items)
        items.append(interview_summary(interview, questions, answers, now))
    link_next(response, request, page.next_cursor)
    return InterviewPage(items=items, next_cursor=page.next_cursor)


@router.get(
    "/{interview_id}",
    operation_id="readInterview",
    summary="Read an interview",
    response_model=InterviewOut,
    responses=problems(404),
)
def read_interview(interview_id: uuid.UUID, holder: Reader, session: SessionDep) -> Response:
    """The interview with its questions, newest drafts and answers, and how much time is left.

    Before the start (`ready`) the questions are here already: do not show them to the candidate yet, nor a question
    with a time of its own (`duration_seconds`) before it is opened; reading opens nothing. Needs the scope
    `interviews:read`.
    """
    interview = interview_by_id(session, interviews_of(holder.organization_id), interview_id)
    return json_response(whole_interview(session, service.finish_if_due(session, interview)))


@router.post(
    "/{interview_id}/start",
    operation_id="startInterview",
    summary="Start the clock",
    response_model=InterviewOut,
    responses=problems(404),
)
def start_interview(interview_id: uuid.UUID, holder: Writer, session: SessionDep) -> Response:
    """Start the clock of an interview that was made with `"start": false`; it has no body.

    By starting you vouch that the candidate agreed to scoring by a machine. Starting twice gives the first start. Needs
    the scope `interviews:write`.
    """
    mine = interviews_of(holder.organization_id)
    interview = service.start_interview(session, mine, interview_id, consent=True)
    return json_response(whole_interview(session, service.finish_if_due(session, interview)))


@router.post(
    "/{interview_id}/items/{item_id}/open",
    operation_id="openQuestion",
    summary="Start a question's clock",
    response_model=ItemOut,
    responses=problems(404, 409),
)
def open_item(interview_id: uuid.UUID, item_id: uuid.UUID, holder: Writer, session: SessionDep) -> Response:
    """Start the clock of a question that has a time of its own, when you show it to the candidate; it has no body.

    Its `deadline_at` is the server's: after it, what was drafted is submitted by itself. Opening twice gives the first
    opening; a question without a time of its own stays as it is. An interview that was not begun is 409 `not-started`,
    one that stands 409 `interview-paused`, and one that is over 409 `time-is-up`. Needs the scope `interviews:write`.
    """
    mine = interviews_of(holder.organization_id)
    open_question(session, mine, interview_id, item_id)
    interview = service.finish_if_due(session, interview_by_id(session, mine, interview_id))
    return json_response(whole_item(session, interview, item_id))


@router.put(
    "/{interview_id}/items/{item_id}/draft",
    operation_id="saveDraft",
    summary="Save a draft",
    response_model=DraftSaved,
    responses=problems(400, 404, 409, 413),
)
def put_draft(
    request: Request,
    interview_id: uuid.UUID,
    item_id: uuid.UUID,
    body: DraftIn,
    holder: Writer,
    session: SessionDep,
    settings: SettingsDep,
) -> Response:
    """Keep what the candidate has typed so far; an acknowledged draft is never lost.

    `base_revision` is the revision that the text was made from. If somebody else saved a newer one, the answer is 409
    `draft-conflict` with both texts, `yours` and `theirs`; both are kept. After the deadline, the question's own (then
    `item` names it) or the interview's, and 10 seconds' grace, it is 409 `time-is-up`: the text is kept and shown on
    the report, but not scored. A question with a time of its own that was not opened is 409 `not-opened`. Sending the
    same text again is safe. Needs the scope `interviews:write`.
    """
    mine = interviews_of(holder.organization_id)
    limit = settings.max_answer_chars
    outcome = save_draft(
        session, mine, interview_id, item_id, body.text, body.base_revision, limit, input_mode=body.input_mode
    )
    if outcome.kind != "saved":
        # Returned, not raised: raising would roll back the keeping of the text.
        return problem_response(request, draft_problem(outcome))
    saved_at = outcome.saved_at or clock.now(session)
    return json_response(DraftSaved(revision=outcome.revision, saved_at=saved_at, remaining_ms=outcome.remaining_ms))


@router.post(
    "/{interview_id}/finish",
    operation_id="finishInterview",
    summary="Finish an interview",
    response_model=InterviewOut,
    responses=problems(404, 409),
)
def finish(interview_id: uuid.UUID, holder: Writer, session: SessionDep) -> Response:
    """End the interview; it has no body. What is drafted, not blank and not submitted yet is submitted now.

    Finishing twice gives the same result. One that was never started is 409 `not-started`. Needs the scope
    `interviews:write`.
    """
    mine = interviews_of(holder.organization_id)
    return json_response(whole_interview(session, service.finish_interview(session, mine, interview_id)))
