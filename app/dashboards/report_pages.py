"""A candidate's report as PDF, for the interviewers of the organisation."""

from __future__ import annotations

import uuid

from fastapi import APIRouter
from starlette.responses import Response

from app.accounts.desk import AtDesk
from app.accounts.service import audit
from app.assessments.printed import Reader
from app.assessments.report_pdf import report_document
from app.interviews.access import interview_by_id, interviews_of
from app.interviews.service import finish_if_due
from app.kit.web import SessionDep

router = APIRouter(prefix="/organizations", include_in_schema=False)


@router.get("/{organization}/interviews/{interview_id}/report.pdf")
def report_pdf(desk: AtDesk, interview_id: uuid.UUID, session: SessionDep, names: bool | None = None) -> Response:
    """The report with machine's and people's marks; the candidate's name as the organisation shows names, or as asked.

    Marks of others are left out at answers that the interviewer has not marked, as in the review.
    """
    interview = finish_if_due(session, interview_by_id(session, interviews_of(desk.organization_id), interview_id))
    shows_name = names if names is not None else not desk.organization.blind
    document = report_document(
        session, interview, Reader(is_candidate=False, shows_name=shows_name, seen_by=desk.user.id)
    )
    subject = f"interview:{interview_id}"
    audit(session, desk.organization_id, desk.actor, "report.printed", subject, names=shows_name)
    return Response(document.content, media_type="application/pdf", headers=document.headers)
