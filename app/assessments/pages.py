"""The report of an interview in the browser, and the history of all of a person's interviews."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.deps import Viewer, require_viewer
from app.assessments.history import history_page
from app.assessments.queries import progress_of
from app.assessments.report import build_report
from app.interviews.access import interview_by_id, interviews_readable_by
from app.interviews.service import finish_if_due
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
    template = "assessments/_report.html" if fragment else "assessments/report.html"
    # Asked before the report is read: a score that comes between the two is in the report, not lost until later.
    waits = fragment and seen is not None and not _is_news(session, interview_id, seen)
    as_it_is = render(request, template, report=build_report(session, interview))
    if seen is None or not waits:
        return as_it_is
    sessions = request.app.state.sessions

    def look() -> Response | None:
        with sessions.begin() as own:
            if not _is_news(own, interview_id, seen):
                return None
            fresh = interview_by_id(own, interviews_readable_by(viewer), interview_id)
            return render(request, template, report=build_report(own, fresh))

    return WaitingResponse(waiter, f"interview:{interview_id}", LONG_POLL_SECONDS, look, as_it_is)


def _is_news(session: SessionDep, interview_id: uuid.UUID, seen: int) -> bool:
    """Whether the page that has shown so many judgements would show more now."""
    progress = progress_of(session, interview_id)
    return progress.complete or progress.scored + progress.failed > seen
