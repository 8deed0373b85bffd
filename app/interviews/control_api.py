"""What interviewers do to a running interview, over REST; and the release of results."""

from __future__ import annotations

import uuid
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Response
from pydantic import ConfigDict, Field, StringConstraints, model_validator

from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder
from app.interviews import control
from app.interviews.access import interview_by_id, interviews_of
from app.interviews.invitation_queries import MANY, waiting_for_release
from app.interviews.models import Interview
from app.interviews.releasing import release_results
from app.interviews.schemas import InterviewOut
from app.interviews.whole import whole_interview
from app.kit.rest import Cleaned, Out, SlugText, StrictBody, json_response, problems
from app.kit.web import SessionDep

router = APIRouter(prefix="/api/v1/interviews", tags=["Interviews"])

Writer = Annotated[KeyHolder, Depends(RequireScope("interviews:write"))]
InterviewId = Annotated[uuid.UUID, Field(strict=False)]


class ExtraTimeIn(StrictBody):
    """More time for one candidate: some minutes, or a factor for the whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"minutes": 10}, {"time_multiplier": 1.5}]})

    minutes: int | None = Field(None, ge=1, le=control.MAX_MINUTES, description="So many more than there were.")
    time_multiplier: float | None = Field(
        None, ge=1, le=10, allow_inf_nan=False, description="Of the usual time, in place of what it was: 1.25."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.minutes is None) == (self.time_multiplier is None):
            raise ValueError("give either minutes or time_multiplier")
        return self


class PauseIn(StrictBody):
    """Why the clock is stopped."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "The network at the candidate's place is down."}]}
    )

    reason: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=control.MAX_REASON), Cleaned
    ] = Field(description="It is kept, and shown to interviewers.")


class ReleaseIn(StrictBody):
    """Whose results: of these interviews, or of all that wait (of one template)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"interview_ids": ["0b5f0000-0000-4000-8000-000000000001"]},
                {"template": "warm-up"},
            ]
        }
    )

    interview_ids: list[InterviewId] | None = Field(None, min_length=1, max_length=MANY)
    template: SlugText | None = Field(None, description="Of all that wait, only those of this template.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.interview_ids is not None and self.template is not None:
            raise ValueError("give interview_ids or a template")
        return self


class ReleasedInterviews(Out):
    """What was released by this call."""

    released: list[uuid.UUID] = Field(description="Not those that were released before, run still, or are unknown.")


@router.post(
    "/{interview_id}/extra-time",
    operation_id="giveExtraTime",
    summary="Give more time",
    response_model=InterviewOut,
    responses=problems(400, 404, 409, 413),
)
def give_extra_time(interview_id: uuid.UUID, body: ExtraTimeIn, holder: Writer, session: SessionDep) -> Response:
    """More time for one candidate, before or while the clock runs: `minutes` are added, `time_multiplier` is set.

    Both are kept as the multiplier, at most ten times the usual time. Where each question has a clock of its own
    (`timing`), minutes go to those that are open, and to the whole; 409 when none is. An interview that is over is 409.
    Needs the scope `interviews:write`.
    """
    mine = interviews_of(holder.organization_id)
    if body.minutes is not None:
        control.add_minutes(session, mine, interview_id, body.minutes, holder.actor)
    elif body.time_multiplier is not None:
        control.change_multiplier(session, mine, interview_id, body.time_multiplier, holder.actor)
    return _now(session, holder, interview_id)


@router.post(
    "/{interview_id}/pause",
    operation_id="pauseInterview",
    summary="Stop the clock for a while",
    response_model=InterviewOut,
    responses=problems(400, 404, 409, 413),
)
def pause(interview_id: uuid.UUID, body: PauseIn, holder: Writer, session: SessionDep) -> Response:
    """Stop the clock after a technical failure: no time runs, and what is sent meanwhile is kept aside.

    Pausing twice gives the first pause. One that is over, or whose time is up, is 409; one that was not begun is 409
    `not-started`. Needs the scope `interviews:write`.
    """
    control.pause_interview(session, interviews_of(holder.organization_id), interview_id, body.reason, holder.actor)
    return _now(session, holder, interview_id)


@router.post(
    "/{interview_id}/resume",
    operation_id="resumeInterview",
    summary="Let the clock run again",
    response_model=InterviewOut,
    responses=problems(404),
)
def resume(interview_id: uuid.UUID, holder: Writer, session: SessionDep) -> Response:
    """Let the clock run again; it has no body. Deadlines move by as much as the pause was long.

    One that is not paused stays as it is. Needs the scope `interviews:write`.
    """
    control.resume_interview(session, interviews_of(holder.organization_id), interview_id, holder.actor)
    return _now(session, holder, interview_id)


@router.post(
    "/{interview_id}/stop",
    operation_id="stopInterview",
    summary="End an interview for its candidate",
    response_model=InterviewOut,
    responses=problems(404, 409),
)
def stop(interview_id: uuid.UUID, holder: Writer, session: SessionDep) -> Response:
    """End it now, in an interviewer's name; it has no body. What is drafted is submitted.

    It cannot be undone. Stopping twice gives the same result; one that was not begun is 409 `not-started`. (The
    candidate's own end is `finish`.) Needs the scope `interviews:write`.
    """
    control.stop_interview(session, interviews_of(holder.organization_id), interview_id, holder.actor)
    return _now(session, holder, interview_id)


@router.post(
    "/release",
    operation_id="releaseResults",
    summary="Release results to candidates",
    response_model=ReleasedInterviews,
    responses=problems(400, 413),
)
def release(body: ReleaseIn, holder: Writer, session: SessionDep) -> Response:
    """Let candidates see their results, as far as the template says: of the interviews named, or of all that wait.

    All that wait are finished interviews by invitation whose template releases results by a person; the first 500 at
    once. Of those named, what is not finished (or not yours) is left alone. Needs the scope `interviews:write`.
    """
    wanted = body.interview_ids or waiting_for_release(session, holder.organization_id, template=body.template or "")
    return json_response(
        ReleasedInterviews(released=release_results(session, holder.organization_id, wanted, holder.actor))
    )


def _now(session: SessionDep, holder: KeyHolder, interview_id: uuid.UUID) -> Response:
    session.flush()
    fresh: Interview = interview_by_id(session, interviews_of(holder.organization_id), interview_id)
    return json_response(whole_interview(session, fresh))
