"""The report of an interview in the browser, and the history of all of a person's interviews."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.deps import Viewer, require_viewer
from app.assessments.appeals import appeal, can_appeal
from app.assessments.history import history_page
from app.assessments.printed import Reader
from app.assessments.queries import progress_of
from app.assessments.report import build_report
from app.assessments.report_pdf import NotScoredYet, report_document
from app.assessments.seen import as_seen
from app.interviews.access import interview_by_id, interviews_readable_by
from app.interviews.seeing import seeing_of
from app.interviews.service import finish_if_due
from app.kit.errors import Conflict, Invalid
from app.kit.templating import render
from app.kit.waiting import WaitingResponse
from app.kit.web import SessionDep, WaiterDep

router = APIRouter(dependencies=[Depends(require_viewer)], include_in_schema=False)

LONG_POLL_SECONDS = 10.0


@router.get("/interviews")
def history(request: Request, viewer: Viewer, session: SessionDep, cursor: str | None = None) -> Response:
    """All interviews of a person, newest first."""
    return render(request, "interviews/history.html", page=history_page(session, viewer, cursor, limit=20))


@router.get("/interviews/{interview_id}/report")
def report(
    request: Request,
    interview_id: uuid.UUID,
    viewer: Viewer,
    session: SessionDep,
    waiter: WaiterDep,
    fragment: bool = False,
    seen: int | None = None,
) -> Response:
    """The report. With `fragment` only its changing part; with `seen` it is sent when more than that is scored."""
    interview = finish_if_due(session, interview_by_id(session, interviews_readable_by(viewer), interview_id))
    if interview.status != "finished":
        return RedirectResponse(f"/interviews/{interview_id}", status_code=303)
    seeing = seeing_of(session, interview)
    if seeing.what in {"waits", "nothing"}:
        # Nothing of a result is read, let alone sent, before the candidate may see it.
        return render(request, "assessments/not_shown.html", interview=interview, seeing=seeing)
    template = "assessments/_report.html" if fragment else "assessments/report.html"
    # Asked before the report is read: a score that comes between the two is in the report, not lost until later.
    waits = fragment and seen is not None and not _is_news(session, interview_id, seen)
    objecting = seeing.what == "report" and can_appeal(session, interview)
    seen_report = as_seen(build_report(session, interview), seeing)
    as_it_is = render(request, template, report=seen_report, may_appeal=objecting)
    if seen is None or not waits:
        return as_it_is
    sessions = request.app.state.sessions

    def look() -> Response | None:
        with sessions.begin() as own:
            if not _is_news(own, interview_id, seen):
                return None
            fresh = interview_by_id(own, interviews_readable_by(viewer), interview_id)
            return render(request, template, report=as_seen(build_report(own, fresh), seeing), may_appeal=objecting)

    return WaitingResponse(waiter, f"interview:{interview_id}", LONG_POLL_SECONDS, look, as_it_is)


@router.get("/interviews/{interview_id}/report.pdf")
def report_pdf(interview_id: uuid.UUID, viewer: Viewer, session: SessionDep) -> Response:
    """The report as PDF, as far as its candidate may see it; the report's page says so where that is nothing yet."""
    interview = finish_if_due(session, interview_by_id(session, interviews_readable_by(viewer), interview_id))
    seeing = seeing_of(session, interview)
    if interview.status != "finished" or seeing.what in {"waits", "nothing"}:
        return RedirectResponse(f"/interviews/{interview_id}/report", status_code=303)
    reader = Reader(follow_ups=seeing.follow_ups, score_only=seeing.what == "score")
    try:
        document = report_document(session, interview, reader)
    except NotScoredYet:
        return RedirectResponse(f"/interviews/{interview_id}/report", status_code=303)
    return Response(document.content, media_type="application/pdf", headers=document.headers)


@router.post("/interviews/{interview_id}/items/{item_id}/appeal")
def object_to_mark(
    request: Request,
    interview_id: uuid.UUID,
    item_id: uuid.UUID,
    viewer: Viewer,
    session: SessionDep,
    text: Annotated[str, Form()] = "",
) -> Response:
    """Say that one does not agree with the mark of an answer."""
    try:
        appeal(session, viewer, interview_id, item_id, text)
    except (Invalid, Conflict) as error:
        interview = interview_by_id(session, interviews_readable_by(viewer), interview_id)
        refused = {"item_id": item_id, "text": text, "message": error.message}
        return render(
            request,
            "assessments/report.html",
            status_code=error.status,
            report=as_seen(build_report(session, interview), seeing_of(session, interview)),
            may_appeal=True,
            refused=refused,
        )
    interview = interview_by_id(session, interviews_readable_by(viewer), interview_id)
    position = next(item.position for item in interview.items if item.id == item_id)
    return RedirectResponse(f"/interviews/{interview_id}/report#q{position}-appeal", status_code=303)


def _is_news(session: SessionDep, interview_id: uuid.UUID, seen: int) -> bool:
    """Whether the page that has shown so many judgements would show more now."""
    progress = progress_of(session, interview_id)
    return progress.complete or progress.scored + progress.failed > seen
