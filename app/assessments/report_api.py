"""The report as PDF, and what interviewers decide, over REST."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field, StringConstraints

from app.accounts.deps import RequireScope
from app.accounts.doer import Doer
from app.accounts.keys import KeyHolder
from app.accounts.organizations import organization_by_id
from app.accounts.outside import named_person
from app.accounts.schemas import PersonIn
from app.accounts.service import audit
from app.assessments.decisions import MAX_NOTE, Decided, decide, decisions_of
from app.assessments.printed import Reader as PrintedFor
from app.assessments.report_pdf import report_document
from app.interviews.access import interview_by_id, interviews_of
from app.interviews.service import finish_if_due
from app.kit.rest import Cleaned, Out, StrictBody, json_response, problems
from app.kit.web import SessionDep

router = APIRouter(prefix="/api/v1/interviews")

Reader = Annotated[KeyHolder, Depends(RequireScope("interviews:read"))]
ReviewReader = Annotated[KeyHolder, Depends(RequireScope("reviews:read"))]
ReviewWriter = Annotated[KeyHolder, Depends(RequireScope("reviews:write"))]


class DecisionIn(StrictBody):
    """A decision, a note, or both."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "decision": "advance",
                    "note": "Explains in plain words. Ask about regularisation in the next round.",
                    "reviewer": {"external_id": "staff-17", "name": "Rita"},
                }
            ]
        }
    )

    decision: Literal["advance", "hold", "decline", "none"] = "none"
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_NOTE), Cleaned] = Field(
        "", description="The candidate does not see it."
    )
    reviewer: PersonIn | None = Field(None, description="Whose decision it is.")


class DecisionOut(Out):
    """What was decided or noted; it never changes, and the newest counts."""

    id: uuid.UUID
    decision: Literal["advance", "hold", "decline", "none"]
    note: str
    by: str | None = Field(description="Null: a key, in nobody's place.")
    created_at: dt.datetime


class DecisionPage(Out):
    """All of an interview, newest first."""

    items: list[DecisionOut]
    next_cursor: str | None = Field(description="Always null: there is one page.")


@router.get(
    "/{interview_id}/report.pdf",
    operation_id="printReport",
    summary="Fetch a report as PDF",
    tags=["Interviews"],
    response_class=Response,
    responses={**problems(404, 409), 200: {"description": "The document.", "content": {"application/pdf": {}}}},
)
def print_report(
    interview_id: uuid.UUID,
    holder: Reader,
    session: SessionDep,
    names: Annotated[
        bool | None, Query(description="Whether the candidate's name is on it; else as the organisation shows names.")
    ] = None,
) -> Response:
    """The report of a finished interview as a PDF/UA document: the machine's marks and people's, with reasons.

    One that is not over, or not all scored, is 409 `not-scored-yet`. Needs the scope `interviews:read`.
    """
    interview = finish_if_due(session, interview_by_id(session, interviews_of(holder.organization_id), interview_id))
    organization = organization_by_id(session, holder.organization_id)
    shows_name = names if names is not None else not organization.blind
    document = report_document(session, interview, PrintedFor(is_candidate=False, shows_name=shows_name))
    audit(session, organization.id, holder.actor, "report.printed", f"interview:{interview_id}", names=shows_name)
    return Response(document.content, media_type="application/pdf", headers=document.headers)


@router.post(
    "/{interview_id}/decisions",
    operation_id="decide",
    summary="Note or decide something",
    tags=["Reviews"],
    status_code=201,
    response_model=DecisionOut,
    responses=problems(400, 404, 413),
)
def write_decision(interview_id: uuid.UUID, body: DecisionIn, holder: ReviewWriter, session: SessionDep) -> Response:
    """Add a decision on the candidate, a note, or both; earlier ones stay. Needs the scope `reviews:write`."""
    interview = interview_by_id(session, interviews_of(holder.organization_id), interview_id)
    by = holder.doer
    if body.reviewer is not None:
        by = Doer(holder.actor, *named_person(session, holder.organization_id, body.reviewer.named(), holder.actor))
    made = decide(session, interview, by, body.decision, body.note)
    session.refresh(made)
    return json_response(_decision(Decided(made, made.decision, by.name)), 201)


@router.get(
    "/{interview_id}/decisions",
    operation_id="listDecisions",
    summary="Read what was decided",
    tags=["Reviews"],
    response_model=DecisionPage,
    responses=problems(404),
)
def list_decisions(interview_id: uuid.UUID, holder: ReviewReader, session: SessionDep) -> Response:
    """All decisions and notes on the candidate, newest first: the first one counts. Needs the scope `reviews:read`."""
    interview = interview_by_id(session, interviews_of(holder.organization_id), interview_id)
    found = decisions_of(session, holder.organization_id, interview.id)
    return json_response(DecisionPage(items=[_decision(one) for one in found], next_cursor=None))


def _decision(one: Decided) -> DecisionOut:
    return DecisionOut(
        id=one.decision.id,
        decision=one.decision.decision,
        note=one.decision.note,
        by=one.by if one.decision.user_id is not None else None,
        created_at=one.decision.created_at,
    )
