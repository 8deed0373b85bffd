"""The list of an organisation's interviews, the page of one, and what interviewers do to it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.desk import AtDesk, Desk
from app.accounts.service import audit_once_a_day
from app.assessments.decisions import DECISIONS, decide, decisions_of
from app.assessments.marks import Mark, marks_of
from app.assessments.report import build_report
from app.assessments.seen import as_seen_by_interviewer
from app.dashboards.frame import render_desk
from app.dashboards.interview_list import STATUSES, Filters, Rows, list_rows, templates_of
from app.dashboards.names import shown_name, shows_names
from app.dashboards.timeline import timeline
from app.interviews import control
from app.interviews.access import interview_by_id, interviews_of
from app.interviews.clock import remaining_ms
from app.interviews.models import Interview
from app.interviews.queries import account_name, template_rules
from app.interviews.service import finish_if_due
from app.kit import clock
from app.kit.errors import Conflict, Invalid
from app.kit.web import SessionDep

router = APIRouter(prefix="/organizations/{organization}/interviews", include_in_schema=False)


@router.get("")
def interviews_page(
    request: Request,
    desk: AtDesk,
    session: SessionDep,
    status: str = "",
    template: str = "",
    candidate: str = "",
    since: str = "",
    until: str = "",
    names: bool = False,
    cursor: str | None = None,
) -> Response:
    """Interviews, newest first."""
    filters = Filters(status, template, candidate, since, until, names)
    named = shows_names(session, desk, names)
    page, error = Rows([], None), None
    try:
        page = list_rows(session, desk.organization_id, filters, cursor, names=named)
    except Invalid as found:
        error = found
    return render_desk(
        request,
        "dashboards/interviews/list.html",
        desk,
        status_code=error.status if error else 200,
        page=page,
        error=error.message if error else None,
        error_field=error.extra.get("field") if error else None,
        filters=filters,
        filtered=bool(filters.query().removesuffix("names=1")),
        names=named,
        statuses=STATUSES,
        templates=templates_of(session, desk.organization_id),
    )


@router.get("/{interview_id}")
def interview_page(
    request: Request, desk: AtDesk, session: SessionDep, interview_id: uuid.UUID, names: bool = False
) -> Response:
    """Everything an interviewer may see of one interview."""
    return _page(request, desk, session, interview_id, names=names)


def _page(
    request: Request,
    desk: Desk,
    session: SessionDep,
    interview_id: uuid.UUID,
    *,
    names: bool = False,
    problem: Invalid | Conflict | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    interview = finish_if_due(session, interview_by_id(session, interviews_of(desk.organization_id), interview_id))
    subject = f"interview:{interview.id}"
    named = shows_names(session, desk, names, subject)
    audit_once_a_day(session, desk.organization_id, desk.actor, "interview.seen", subject)
    return render_desk(
        request,
        "dashboards/interviews/interview.html",
        desk,
        status_code=problem.status if problem else 200,
        interview=interview,
        name=shown_name(interview, account_name(session, interview), names=named),
        names=named,
        report=as_seen_by_interviewer(build_report(session, interview), _marks(session, interview), desk.user.id),
        drafts={item.position: item for item in interview.items if item.answer is None and item.draft_text.strip()},
        remaining_ms=remaining_ms(interview, clock.now(session)),
        rules=template_rules(session, interview),
        happenings=timeline(session, interview),
        decisions=decisions_of(session, desk.organization_id, interview.id),
        decision_words=DECISIONS,
        problem=problem.message if problem else None,
        problem_field=problem.extra.get("field") if problem else None,
        typed=typed or {},
        back="",
    )


def _marks(session: SessionDep, interview: Interview) -> dict[uuid.UUID, Mark]:
    items = {item.answer.id: item.id for item in interview.items if item.answer is not None}
    found = marks_of(session, interview.organization_id, list(items))
    return {items[answer_id]: mark for answer_id, mark in found.items()}


def _done(desk: Desk, interview_id: uuid.UUID, back: str) -> RedirectResponse:
    where = f"{desk.url}/live#live-{interview_id}" if back == "live" else f"{desk.url}/interviews/{interview_id}"
    return RedirectResponse(where, status_code=303)


def _change(
    request: Request, desk: Desk, session: SessionDep, interview_id: uuid.UUID, change: Callable[[], Any], **typed: str
) -> Response:
    """Make a change; what is refused is said on the interview's page, with all that was typed."""
    back = typed.pop("back", "")
    try:
        change()
    except (Invalid, Conflict) as error:
        return _page(request, desk, session, interview_id, problem=error, typed=typed)
    return _done(desk, interview_id, back)


@router.post("/{interview_id}/minutes")
def give_minutes(
    request: Request,
    desk: AtDesk,
    session: SessionDep,
    interview_id: uuid.UUID,
    minutes: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Some minutes more for one candidate."""
    mine = interviews_of(desk.organization_id)

    def change() -> Interview:
        number = int(minutes) if minutes.strip().isdecimal() and len(minutes) < 6 else 0
        return control.add_minutes(session, mine, interview_id, number, desk.actor)

    return _change(request, desk, session, interview_id, change, minutes=minutes, back=back)


@router.post("/{interview_id}/multiplier")
def set_multiplier(
    request: Request,
    desk: AtDesk,
    session: SessionDep,
    interview_id: uuid.UUID,
    multiplier: Annotated[str, Form()] = "",
) -> Response:
    """A multiplier for one candidate's time, before or while it runs."""
    mine = interviews_of(desk.organization_id)

    def change() -> Interview:
        try:
            number = float(multiplier.strip().replace(",", "."))
        except ValueError:
            number = 0.0
        return control.change_multiplier(session, mine, interview_id, number, desk.actor)

    return _change(request, desk, session, interview_id, change, multiplier=multiplier)


@router.post("/{interview_id}/pause")
def pause(
    request: Request,
    desk: AtDesk,
    session: SessionDep,
    interview_id: uuid.UUID,
    reason: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Stop the clock after a technical failure."""
    mine = interviews_of(desk.organization_id)
    return _change(
        request,
        desk,
        session,
        interview_id,
        lambda: control.pause_interview(session, mine, interview_id, reason, desk.actor),
        reason=reason,
        back=back,
    )


@router.post("/{interview_id}/resume")
def resume(
    request: Request, desk: AtDesk, session: SessionDep, interview_id: uuid.UUID, back: Annotated[str, Form()] = ""
) -> Response:
    """Let the clock run again."""
    mine = interviews_of(desk.organization_id)
    return _change(
        request,
        desk,
        session,
        interview_id,
        lambda: control.resume_interview(session, mine, interview_id, desk.actor),
        back=back,
    )


@router.post("/{interview_id}/stop")
def stop(
    request: Request, desk: AtDesk, session: SessionDep, interview_id: uuid.UUID, confirm: Annotated[str, Form()] = ""
) -> Response:
    """End one candidate's interview; what is drafted is submitted."""
    mine = interviews_of(desk.organization_id)

    def change() -> Interview:
        if confirm != "yes":
            raise Invalid("Tick that you want to end it: this cannot be undone.", field="confirm")
        return control.stop_interview(session, mine, interview_id, desk.actor)

    return _change(request, desk, session, interview_id, change)


@router.post("/{interview_id}/decision")
def write_decision(
    request: Request,
    desk: AtDesk,
    session: SessionDep,
    interview_id: uuid.UUID,
    decision: Annotated[str, Form()] = "none",
    note: Annotated[str, Form()] = "",
) -> Response:
    """Add a note, a decision, or both."""
    interview = interview_by_id(session, interviews_of(desk.organization_id), interview_id)
    return _change(
        request,
        desk,
        session,
        interview_id,
        lambda: decide(session, interview, desk.doer, decision, note),
        decision=decision,
        note=note,
    )
