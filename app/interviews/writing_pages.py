"""What the room sends: a question is opened, drafts, flags, the answer. JSON from its script, forms without one."""

from __future__ import annotations

import json
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse, Response

from app.accounts.deps import Viewer, require_viewer
from app.interviews import service, views
from app.interviews.access import interview_by_id, interviews_readable_by, item_by_id
from app.interviews.input_mode import Said, note_said, said_in_form
from app.interviews.models import Interview
from app.interviews.pages import see_other
from app.interviews.problems import answer_problem, draft_problem
from app.interviews.questions import open_question
from app.interviews.states import InterviewPaused
from app.interviews.writing import save_draft, submit_answer
from app.kit import clock
from app.kit.errors import Conflict, Invalid, Malformed
from app.kit.problems import problem_response
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


@router.post("/{interview_id}/items/{item_id}/open")
def open_item(interview_id: uuid.UUID, item_id: uuid.UUID, viewer: Viewer, session: SessionDep) -> Response:
    """Start a question's own clock, and show it."""
    mine = interviews_readable_by(viewer)
    position = item_by_id(session, mine, interview_id, item_id).position
    here = views.item_url(interview_id, position)
    try:
        open_question(session, mine, interview_id, item_id)
    except InterviewPaused:
        return see_other(f"{here}?notice=stands")
    except Conflict:
        # Not begun, or over: its page leads to the lobby or the report.
        return see_other(f"/interviews/{interview_id}")
    return see_other(here)


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
    """Submit the answer. Practice of one question ends with it, and so do questions with clocks of their own."""
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
            ends_interview=interview.mode == "practice" or interview.timing == "question",
        )
    except Invalid as error:
        if is_json or body.text.strip():
            raise
        del error
        return see_other(f"{here}?notice=empty")
    if outcome.kind in {"submitted", "same-again"}:
        next_url = _after_answer(session, interview_by_id(session, mine, interview_id), position)
        return JSONResponse({"next_url": next_url}) if is_json else see_other(next_url)
    if is_json:
        return problem_response(request, answer_problem(outcome))
    notice = "paused" if outcome.kind == "paused" else "over" if outcome.question else "answered"
    return see_other(f"{here}?notice={notice}")


def _after_answer(session: SessionDep, interview: Interview, position: int) -> str:
    """The next open question, then the finish; practice goes straight to its report."""
    open_positions = [item.position for item in views.open_items(interview, clock.now(session))]
    if open_positions:
        later = [number for number in open_positions if number > position]
        return views.item_url(interview.id, (later or open_positions)[0])
    if interview.mode == "practice":
        service.finish_interview(session, Interview.id == interview.id, interview.id)
        return f"/interviews/{interview.id}/report"
    if interview.timing == "question":
        interview = service.finish_if_due(session, interview)
    return views.interview_url(interview, after="/finish")
