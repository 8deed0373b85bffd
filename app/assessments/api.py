"""Answers, assessments, reports and gradings over REST."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.accounts.call_limits import count_gradings
from app.accounts.deps import RequireScope, ThrottleDep
from app.accounts.keys import KeyHolder
from app.assessments.grading_input import read_gradings, with_bank_questions
from app.assessments.models import Assessment, ScoringFailure
from app.assessments.queries import assessment_of, failures_of_interview, grading_by_id, progress_of
from app.assessments.report import build_report
from app.assessments.report_schemas import ReportOut, report_out
from app.assessments.schemas import (
    AnswerTaken,
    AssessmentLink,
    AssessmentOut,
    AssessmentPending,
    GradingAccepted,
    GradingBody,
    GradingFailed,
    GradingOut,
    ScoreOut,
    assessment_out,
    grading_address,
    grading_out,
    grading_result,
)
from app.assessments.service import request_grading
from app.interviews.access import interview_by_id, interviews_of, item_by_id
from app.interviews.item_schemas import answer_out, item_address
from app.interviews.models import Interview
from app.interviews.problems import answer_problem
from app.interviews.schemas import AnswerIn
from app.interviews.service import finish_if_due
from app.interviews.writing import submit_answer
from app.kit.errors import Conflict, NotFound
from app.kit.problems import problem_response
from app.kit.rest import Prefer, json_response, now_or_waited, problems
from app.kit.web import ApiJSONResponse, SessionDep, SettingsDep, WaiterDep

router = APIRouter(prefix="/api/v1")

Reader = Annotated[KeyHolder, Depends(RequireScope("interviews:read"))]
Writer = Annotated[KeyHolder, Depends(RequireScope("interviews:write"))]
Grader = Annotated[KeyHolder, Depends(RequireScope("gradings:write"))]


class NotFinished(Conflict):
    """There is no report of an interview that is not over."""

    title = "Not finished"
    type = "not-finished"


@router.post(
    "/interviews/{interview_id}/items/{item_id}/answer",
    operation_id="submitAnswer",
    summary="Submit an answer",
    tags=["Interviews"],
    status_code=202,
    response_model=AnswerTaken,
    responses={**problems(400, 404, 409, 413), 200: {"model": AssessmentOut, "description": "Scored while waiting."}},
)
def post_answer(
    request: Request,
    interview_id: uuid.UUID,
    item_id: uuid.UUID,
    body: AnswerIn,
    holder: Writer,
    session: SessionDep,
    settings: SettingsDep,
    waiter: WaiterDep,
    prefer: Prefer = None,
) -> Response:
    """Submit the one answer of a question; it is scored in the background.

    202 says that the answer is stored and where its assessment will be. With `Prefer: wait=10` the response waits for
    the score: 200 with the whole assessment, or 202 as without when the time is over.

    The same answer again is answered as the first time (what was said of `input_mode` then stays); another one is 409
    `already-answered`, and its text is kept. After the deadline, the question's own (then `item` names it) or the
    interview's, and 10 seconds' grace, it is 409 `time-is-up`: the text is kept and shown, but not scored. A question
    with a time of its own that was not opened is 409 `not-opened`. Needs the scope `interviews:write`.
    """
    outcome = submit_answer(
        session,
        interviews_of(holder.organization_id),
        interview_id,
        item_id,
        body.text,
        does_not_know=body.does_not_know,
        max_chars=settings.max_answer_chars,
        input_mode=body.input_mode,
    )
    answer = outcome.answer
    if answer is None or outcome.kind not in {"submitted", "same-again"}:
        # Returned, not raised: raising would roll back the keeping of the text.
        return problem_response(request, answer_problem(outcome))
    url = f"{item_address(interview_id, item_id)}/assessment"
    judged, failure = (None, None)
    if outcome.kind == "same-again":
        judged, failure = _judgement(session, interview_id, answer.id)
    status = AssessmentLink(status="scored" if judged else "failed" if failure else "queued", url=url)
    taken = json_response(AnswerTaken(answer=answer_out(answer), assessment=status), 202, location=url)

    def look(own: SessionDep) -> Response | None:
        return _settled(*_judgement(own, interview_id, answer.id), url)

    again = session if outcome.kind == "same-again" else None
    return now_or_waited(request, waiter, f"answer:{answer.id}", prefer, look, taken, again)


@router.get(
    "/interviews/{interview_id}/items/{item_id}/assessment",
    operation_id="readAssessment",
    summary="Read an assessment",
    tags=["Interviews"],
    response_model=AssessmentOut,
    responses={**problems(404), 202: {"model": AssessmentPending, "description": "There is no score yet."}},
)
def read_assessment(
    request: Request,
    interview_id: uuid.UUID,
    item_id: uuid.UUID,
    holder: Reader,
    session: SessionDep,
    waiter: WaiterDep,
    prefer: Prefer = None,
) -> Response:
    """What the machine thinks of the answer: 200 when it is scored, 202 with `status` `queued` or `failed` before.

    With `Prefer: wait=10` the response waits for the score. A question without an answer has no assessment: 404. Needs
    the scope `interviews:read`.
    """
    answer = item_by_id(session, interviews_of(holder.organization_id), interview_id, item_id).answer
    if answer is None:
        raise NotFound("This question has no answer yet, so there is nothing to assess.")
    url = f"{item_address(interview_id, item_id)}/assessment"
    judged, failure = _judgement(session, interview_id, answer.id)
    now = _settled(judged, failure, url)
    if now is not None:
        return now

    def look(own: SessionDep) -> Response | None:
        return _settled(*_judgement(own, interview_id, answer.id), url)

    queued = json_response(AssessmentPending(status="queued", url=url), 202)
    return now_or_waited(request, waiter, f"answer:{answer.id}", prefer, look, queued)


def _judgement(
    session: SessionDep, interview_id: uuid.UUID, answer_id: uuid.UUID
) -> tuple[Assessment | None, ScoringFailure | None]:
    judged = assessment_of(session, answer_id)
    return judged, None if judged else failures_of_interview(session, interview_id).get(answer_id)


def _settled(judged: Assessment | None, failure: ScoringFailure | None, url: str) -> Response | None:
    """The response of an assessment, or of its failure; None while it is in the queue."""
    if judged is not None:
        return json_response(assessment_out(judged, url), content_location=url)
    if failure is not None:
        reason = "Scoring failed and is tried again by itself; the answer is safe."
        pending = AssessmentPending(status="failed", url=url, reason=reason, retry_at=failure.retry_at)
        return json_response(pending, 202)
    return None


@router.get(
    "/interviews/{interview_id}/report",
    operation_id="readReport",
    summary="Read a report",
    tags=["Interviews"],
    response_model=ReportOut,
    responses=problems(404, 409),
)
def read_report(
    request: Request,
    interview_id: uuid.UUID,
    holder: Reader,
    session: SessionDep,
    waiter: WaiterDep,
    prefer: Prefer = None,
) -> Response:
    """The report of a finished interview: the score, each criterion with its verdict and words, what to do next.

    While answers wait for their score, `status` is `scoring` and the totals are null; `Prefer: wait=10` waits for
    `complete`. `model_answer` is there only with the scope `rubrics:read`. An interview that is not over is 409
    `not-finished`. Needs the scope `interviews:read`.
    """
    mine = interviews_of(holder.organization_id)
    interview = finish_if_due(session, interview_by_id(session, mine, interview_id))
    if interview.status != "finished":
        raise NotFinished(
            "The interview is not over: there is a report when it is finished or its time is up.",
            interview_status=interview.status,
        )
    with_model_answers = holder.allows("rubrics:read")

    def whole(own: SessionDep, fresh: Interview) -> Response:
        return json_response(report_out(build_report(own, fresh), fresh, with_model_answers=with_model_answers))

    def look(own: SessionDep) -> Response | None:
        if not progress_of(own, interview_id).complete:
            return None
        return whole(own, interview_by_id(own, mine, interview_id))

    key = f"interview:{interview_id}"
    return now_or_waited(request, waiter, key, prefer, look, whole(session, interview), session)


@router.post(
    "/gradings",
    operation_id="createGrading",
    summary="Grade answers without an interview",
    tags=["Gradings"],
    status_code=202,
    response_model=GradingAccepted,
    responses={
        **problems(400, 413),
        200: {
            "model": ScoreOut | GradingFailed | list[ScoreOut | GradingFailed],
            "description": "Graded while waiting: the result, or all of them.",
        },
    },
)
def create_grading(
    request: Request,
    body: GradingBody,
    holder: Grader,
    session: SessionDep,
    settings: SettingsDep,
    throttle: ThrottleDep,
    waiter: WaiterDep,
    prefer: Prefer = None,
) -> Response:
    """Score answers that belong to no interview: one object of `viva grade`, or a list of up to 100.

    An object has an `answer` and one of `references` (model answers), `rubric` (with `samples` if you have some) or
    `slug` (a question of the bank, taken as it stands now). 202 says where the result will be; with `Prefer: wait=10`
    the response is 200 with the bare result, one for one and a list for a list, in the same order. An object that
    cannot be graded gets `{"id": …, "error": "…"}` in its place, and the rest goes on. Needs the scope
    `gradings:write`.
    """
    requests = with_bank_questions(session, holder.organization_id, read_gradings(body))
    grading = request_grading(session, holder.organization_id, requests, is_list=isinstance(body, list))
    count_gradings(request, throttle, settings, holder, len(requests))
    grading_id, url = grading.id, grading_address(grading.id)
    accepted = json_response(GradingAccepted(id=grading_id, status="queued", url=url), 202, location=url)

    def look(own: SessionDep) -> Response | None:
        found = grading_by_id(own, holder.organization_id, grading_id)
        if found.status == "done":
            return ApiJSONResponse(grading_result(found), headers={"Content-Location": url})
        if found.status == "failed":
            return json_response(GradingAccepted(id=grading_id, status="failed", url=url), 202, location=url)
        return None

    return now_or_waited(request, waiter, f"grading:{grading_id}", prefer, look, accepted)


@router.get(
    "/gradings/{grading_id}",
    operation_id="readGrading",
    summary="Read a grading",
    tags=["Gradings"],
    response_model=GradingOut,
    responses=problems(404),
)
def read_grading(
    request: Request,
    grading_id: uuid.UUID,
    holder: Grader,
    session: SessionDep,
    waiter: WaiterDep,
    prefer: Prefer = None,
) -> Response:
    """A grading: `status` `queued`, `done` with its `result`, or `failed` (after five attempts: send it again).

    With `Prefer: wait=10` the response waits until it is no longer `queued`. Needs the scope `gradings:write`.
    """
    grading = grading_by_id(session, holder.organization_id, grading_id)

    def look(own: SessionDep) -> Response | None:
        found = grading_by_id(own, holder.organization_id, grading_id)
        return json_response(grading_out(found)) if found.status != "queued" else None

    as_it_is = json_response(grading_out(grading))
    return now_or_waited(request, waiter, f"grading:{grading_id}", prefer, look, as_it_is, session)
