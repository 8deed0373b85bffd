"""The interview in the browser: lobby, room, finish; and the small JSON calls of the room's script."""

from __future__ import annotations

import json
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.accounts.deps import Viewer, require_viewer
from app.interviews import service, views
from app.interviews.access import interview_by_id, interviews_readable_by
from app.interviews.claiming import refuse_start_outside_window
from app.interviews.clock import remaining_ms
from app.interviews.input_mode import Said, note_said, said_in_form
from app.interviews.models import Interview
from app.interviews.presence import note_presence
from app.interviews.problems import answer_problem, draft_problem
from app.interviews.queries import read_clock
from app.interviews.seeing import seeing_of
from app.interviews.writing import save_draft, submit_answer
from app.kit import clock
from app.kit.errors import Conflict, Invalid, Malformed, NotFound
from app.kit.problems import problem_response
from app.kit.templating import render
from app.kit.web import SessionDep, SettingsDep

router = APIRouter(prefix="/interviews", dependencies=[Depends(require_viewer)], include_in_schema=False)


class DraftIn(BaseModel):
    """A draft, made on top of a revision."""

    model_config = ConfigDict(extra="forbid")
    text: str
    base_revision: int = Field(ge=0, le=2**31 - 1)


class AnswerIn(BaseModel):
    """The one answer of a question."""

    model_config = ConfigDict(extra="forbid")
    text: str = ""
    does_not_know: bool = False
    input_mode: Said | None = None


class FlagIn(BaseModel):
    """Whether to come back to a question."""

    model_config = ConfigDict(extra="forbid")
    flagged: bool


def _see_other(url: str) -> RedirectResponse:
    return RedirectResponse(url, status_code=303)


@router.get("/{interview_id}")
def interview_page(request: Request, interview_id: uuid.UUID, viewer: Viewer, session: SessionDep) -> Response:
    """Lobby before the start; else on to the room or the report."""
    interview = interview_by_id(session, interviews_readable_by(viewer), interview_id)
    interview = service.finish_if_due(session, interview)
    if interview.status == "finished":
        return _see_other(f"/interviews/{interview.id}/report")
    if interview.status == "running":
        return _see_other(views.item_url(interview.id, _first_open(interview)))
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


def _first_open(interview: Interview) -> int:
    return next((item.position for item in interview.items if item.answer is None), 1)


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
    return _see_other(f"/interviews/{interview_id}")


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
    """One question of the room."""
    interview = service.finish_if_due(session, interview_by_id(session, interviews_readable_by(viewer), interview_id))
    if interview.status != "running":
        return _see_other(f"/interviews/{interview.id}")
    item = next((item for item in interview.items if item.position == position), None)
    if item is None:
        raise NotFound("This interview has no such question.")
    now = clock.now(session)
    note_presence(session, interview, now, position)
    return render(
        request,
        "interviews/room.html",
        interview=views.room_interview(interview, now),
        sections=views.outline(interview, position),
        item=views.room_item(interview, item),
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
}


@router.get("/{interview_id}/clock")
def clock_state(interview_id: uuid.UUID, viewer: Viewer, session: SessionDep) -> Response:
    """How much time is left, by the server's clock."""
    interview, now = read_clock(session, interviews_readable_by(viewer), interview_id)
    note_presence(session, interview, now)
    left = remaining_ms(interview, now)
    if interview.status == "running" and interview.paused_at is not None:
        return JSONResponse({"remaining_ms": left, "status": "paused"})
    over = interview.status == "running" and left == 0
    return JSONResponse({"remaining_ms": left, "status": "finishing" if over else interview.status})


@router.put("/{interview_id}/items/{item_id}/draft")
def put_draft(
    request: Request,
    interview_id: uuid.UUID,
    item_id: uuid.UUID,
    body: DraftIn,
    viewer: Viewer,
    session: SessionDep,
    settings: SettingsDep,
) -> Response:
    """Save a draft."""
    outcome = save_draft(
        session,
        interviews_readable_by(viewer),
        interview_id,
        item_id,
        body.text,
        body.base_revision,
        settings.max_answer_chars,
    )
    if outcome.kind != "saved":
        return problem_response(request, draft_problem(outcome))
    saved: dict[str, Any] = {
        "revision": outcome.revision,
        "saved_at": outcome.saved_at.isoformat() if outcome.saved_at else None,
        "remaining_ms": outcome.remaining_ms,
    }
    return JSONResponse(saved)


@router.post("/{interview_id}/items/{item_id}/flag", status_code=204)
def flag(interview_id: uuid.UUID, item_id: uuid.UUID, body: FlagIn, viewer: Viewer, session: SessionDep) -> None:
    """Mark a question to come back to, or unmark it."""
    service.set_flag(session, interviews_readable_by(viewer), interview_id, item_id, body.flagged)


def _is_json(request: Request) -> bool:
    """Whether the page's script sent it, and not a plain form."""
    return request.headers.get("content-type", "").startswith("application/json")


async def _read_json(request: Request) -> AnswerIn:
    """The body, refused in the words that FastAPI's own reading leads to."""
    try:
        data = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise Malformed("The body cannot be read: it is not JSON.") from None
    try:
        return AnswerIn.model_validate(data)
    except ValidationError as error:
        raise RequestValidationError([{**e, "loc": ("body", *e["loc"])} for e in error.errors()]) from None


async def read_answer(request: Request) -> AnswerIn:
    """The answer from JSON (the page's script) or from a plain form (no script)."""
    if _is_json(request):
        return await _read_json(request)
    async with request.form() as form:
        text = form.get("text", "")
        if not isinstance(text, str):
            raise Invalid("text: must be text, not a file.", field="text")
        return AnswerIn(
            text=text,
            does_not_know=form.get("does_not_know") in {"yes", "true", "1"},
            input_mode=said_in_form(form.get("input_mode")),
        )


@router.post("/{interview_id}/items/{item_id}/answer")
def post_answer(
    request: Request,
    interview_id: uuid.UUID,
    item_id: uuid.UUID,
    body: Annotated[AnswerIn, Depends(read_answer)],
    viewer: Viewer,
    session: SessionDep,
    settings: SettingsDep,
) -> Response:
    """Submit the answer; practice of one question ends with it."""
    mine = interviews_readable_by(viewer)
    is_json = _is_json(request)
    interview = interview_by_id(session, mine, interview_id)
    position = next((item.position for item in interview.items if item.id == item_id), 1)
    here = views.item_url(interview_id, position)
    note_said(session, mine, interview, item_id, body.input_mode)
    try:
        outcome = submit_answer(
            session,
            mine,
            interview_id,
            item_id,
            body.text,
            does_not_know=body.does_not_know,
            max_chars=settings.max_answer_chars,
            ends_interview=interview.mode == "practice",
        )
    except Invalid as error:
        if is_json or body.text.strip():
            raise
        del error
        return _see_other(f"{here}?notice=empty")
    if outcome.kind in {"submitted", "same-again"}:
        next_url = _after_answer(session, interview_by_id(session, mine, interview_id), position)
        return JSONResponse({"next_url": next_url}) if is_json else _see_other(next_url)
    if is_json:
        return problem_response(request, answer_problem(outcome))
    return _see_other(f"{here}?notice={'paused' if outcome.kind == 'paused' else 'answered'}")


def _after_answer(session: SessionDep, interview: Interview, position: int) -> str:
    """The next open question, then the finish; practice goes straight to its report."""
    open_positions = [item.position for item in interview.items if item.answer is None]
    if open_positions:
        later = [number for number in open_positions if number > position]
        return views.item_url(interview.id, (later or open_positions)[0])
    if interview.mode == "practice":
        service.finish_interview(session, Interview.id == interview.id, interview.id)
        return f"/interviews/{interview.id}/report"
    return f"/interviews/{interview.id}/finish"


@router.get("/{interview_id}/finish")
def finish_page(request: Request, interview_id: uuid.UUID, viewer: Viewer, session: SessionDep) -> Response:
    """What is open, before finishing."""
    interview = service.finish_if_due(session, interview_by_id(session, interviews_readable_by(viewer), interview_id))
    if interview.status != "running":
        return _see_other(f"/interviews/{interview.id}")
    items = [item for section in views.outline(interview) for item in section.items]
    return render(
        request,
        "interviews/finish.html",
        interview=views.room_interview(interview, clock.now(session)),
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
    return _see_other(f"/interviews/{interview_id}/report")
