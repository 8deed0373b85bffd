"""The interview in the browser: lobby, room, clock and finish. What the room sends is in `writing_pages`."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.accounts.deps import Viewer, require_viewer
from app.interviews import service, views
from app.interviews.access import interview_by_id, interviews_readable_by
from app.interviews.claiming import refuse_start_outside_window
from app.interviews.clock import remaining_ms
from app.interviews.models import Interview
from app.interviews.presence import note_presence
from app.interviews.queries import has_open_question, read_clock
from app.interviews.seeing import seeing_of
from app.kit import clock
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.templating import render
from app.kit.web import SessionDep, SettingsDep

router = APIRouter(prefix="/interviews", dependencies=[Depends(require_viewer)], include_in_schema=False)


def see_other(url: str) -> RedirectResponse:
    """Go there with a GET."""
    return RedirectResponse(url, status_code=303)


@router.get("/{interview_id}")
def interview_page(request: Request, interview_id: uuid.UUID, viewer: Viewer, session: SessionDep) -> Response:
    """Lobby before the start; else on to the room or the report."""
    interview = interview_by_id(session, interviews_readable_by(viewer), interview_id)
    interview = service.finish_if_due(session, interview)
    if interview.status == "finished":
        return see_other(f"/interviews/{interview.id}/report")
    if interview.status == "running":
        at_hand = [*views.open_items(interview, clock.now(session)), *interview.items]
        return see_other(views.item_url(interview.id, at_hand[0].position))
    return _lobby(request, session, interview)


def _lobby(
    request: Request, session: SessionDep, interview: Interview, error: Invalid | Conflict | None = None
) -> Response:
    seeing = seeing_of(session, interview)
    return render(
        request,
        "interviews/lobby.html",
        status_code=error.status if error else 200,
        interview=views.lobby_view(interview),
        # Who invites, and what the candidate gets to see; nobody where a person practises.
        organization=seeing.organization,
        afterwards=seeing.afterwards,
        error=error.message if error else None,
    )


@router.post("/{interview_id}/start")
def start(
    request: Request,
    interview_id: uuid.UUID,
    viewer: Viewer,
    session: SessionDep,
    consent: Annotated[str, Form()] = "",
) -> Response:
    """Start the clock."""
    mine = interviews_readable_by(viewer)
    try:
        refuse_start_outside_window(session, interview_by_id(session, mine, interview_id))
        service.start_interview(session, mine, interview_id, consent=consent == "yes")
    except (Invalid, Conflict) as error:
        return _lobby(request, session, interview_by_id(session, mine, interview_id), error)
    return see_other(f"/interviews/{interview_id}")


@router.get("/{interview_id}/items/{position}")
def room(
    request: Request,
    interview_id: uuid.UUID,
    position: int,
    viewer: Viewer,
    session: SessionDep,
    settings: SettingsDep,
    notice: str = "",
) -> Response:
    """One question of the room. Looking starts no clock: a question with its own is opened by a press of a button."""
    interview = service.finish_if_due(session, interview_by_id(session, interviews_readable_by(viewer), interview_id))
    if interview.status != "running":
        return see_other(f"/interviews/{interview.id}")
    item = next((item for item in interview.items if item.position == position), None)
    if item is None:
        raise NotFound("This interview has no such question.")
    now = clock.now(session)
    note_presence(session, interview, now, position)
    return render(
        request,
        "interviews/room.html",
        interview=views.room_interview(interview, now, item),
        sections=views.outline(interview, now, position),
        item=views.room_item(interview, item, now),
        max_chars=settings.max_answer_chars,
        # Who practises alone is asked nothing that only an organisation's figures use.
        asks_input_mode=interview.organization_id != viewer.personal_organization_id,
        notice=_NOTICES.get(notice),
    )


# Only these words can come by the address, so that nobody can put his own onto the page.
_NOTICES = {
    "empty": "The answer is empty: write something, or say “I do not know”.",
    "answered": "This question is answered already and cannot be changed. Your new text was kept.",
    "paused": "The interview is paused, so nothing was submitted. Your text was kept; submit it when it goes on.",
    "stands": "The interview is paused: the question can be opened when it goes on.",
    "over": "The time for this question is up. What came later was kept and will be shown, but not scored.",
}


@router.get("/{interview_id}/clock")
def clock_state(
    interview_id: uuid.UUID, viewer: Viewer, session: SessionDep, item: uuid.UUID | None = None
) -> Response:
    """How much time is left by the server's clock: of the interview, or of a question that has its own (`item`)."""
    interview, question, now = read_clock(session, interviews_readable_by(viewer), interview_id, item)
    note_presence(session, interview, now)
    ends_at = question.deadline_at if question is not None else None
    left = remaining_ms(interview, now, ends_at)
    status = interview.status
    if status == "running" and interview.paused_at is not None:
        status = "paused"
    elif status == "running" and left == 0:
        # The last question ends the interview: then that is what is waited for.
        goes_on = remaining_ms(interview, now) != 0 and has_open_question(session, interview)
        status = "question-over" if goes_on else "finishing"
    return JSONResponse({"remaining_ms": left, "status": status})


@router.get("/{interview_id}/finish")
def finish_page(request: Request, interview_id: uuid.UUID, viewer: Viewer, session: SessionDep) -> Response:
    """What is open, before finishing."""
    interview = service.finish_if_due(session, interview_by_id(session, interviews_readable_by(viewer), interview_id))
    if interview.status != "running":
        return see_other(f"/interviews/{interview.id}")
    now = clock.now(session)
    items = [item for section in views.outline(interview, now) for item in section.items]
    return render(
        request,
        "interviews/finish.html",
        interview=views.room_interview(interview, now),
        unanswered=[item for item in items if item.state in {"empty", "draft"}],
        flagged=[item for item in items if item.flagged],
        answered_count=sum(item.state in {"answered", "unknown"} for item in items),
        sees_report=seeing_of(session, interview).what == "report",
        total=len(items),
    )


@router.post("/{interview_id}/finish")
def finish(interview_id: uuid.UUID, viewer: Viewer, session: SessionDep) -> Response:
    """End the interview. Doing it twice gives the same result."""
    service.finish_interview(session, interviews_readable_by(viewer), interview_id)
    return see_other(f"/interviews/{interview_id}/report")
