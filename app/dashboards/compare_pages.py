"""Candidates on the same template version, side by side; their names hidden while the organisation wants it so."""

from __future__ import annotations

import uuid
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.desk import AtDesk
from app.dashboards import comparison
from app.dashboards.compare_queries import DECISIONS, MAX_NOTE, decide
from app.dashboards.compared import AT_ONCE
from app.dashboards.compared import compare as made_comparison
from app.dashboards.frame import render_desk
from app.kit.errors import Invalid, NotFound
from app.kit.web import SessionDep

router = APIRouter(prefix="/organizations", include_in_schema=False)


def _ids(values: list[str]) -> list[uuid.UUID]:
    try:
        return list(dict.fromkeys(uuid.UUID(value) for value in values if value))
    except ValueError:
        raise NotFound("There is no such interview.") from None


def _page(
    request: Request,
    desk: AtDesk,
    session: SessionDep,
    version: str,
    interview: list[str],
    names: str,
    typed: dict[str, str] | None = None,
    problem: str = "",
) -> Response:
    chosen = _ids(interview)
    if len(chosen) > AT_ONCE:
        problem = f"At most {AT_ONCE} candidates at once: these are the first {AT_ONCE} that you chose."
        chosen = chosen[:AT_ONCE]
    wanted = _ids([version])
    shown = names == "shown"
    found = made_comparison(session, desk.organization, desk.actor, wanted[0] if wanted else None, chosen, names=shown)
    columns = found.columns
    query = [("version", str(found.version_id)), *(("interview", str(one.id)) for one in columns)]
    return render_desk(
        request,
        "dashboards/compare.html",
        desk,
        422 if problem else 200,
        versions=found.versions,
        version_id=found.version_id,
        listed=[(one, comparison.letters(one.place)) for one in found.listed],
        chosen={one.id for one in columns},
        columns=columns,
        verdict=comparison.verdict(columns),
        groups=[
            ("By facet", "What answers say of what is asked: the machine’s credit.", comparison.facet_rows(columns)),
            ("By topic", "Marks as they count: people’s where there is one.", comparison.topic_rows(columns)),
        ],
        questions=comparison.question_rows(columns),
        hidden=found.hidden,
        names="shown" if shown else "",
        at_once=AT_ONCE,
        here=f"{desk.url}/compare?{urlencode(query)}",
        decisions=DECISIONS,
        max_note=MAX_NOTE,
        typed=typed or {},
        problem=problem,
    )


@router.get("/{organization}/compare")
def compare(
    request: Request,
    desk: AtDesk,
    session: SessionDep,
    version: str = "",
    interview: Annotated[list[str] | None, Query()] = None,
    names: str = "",
) -> Response:
    """Candidates side by side: in all, by facet, topic, question and criterion."""
    return _page(request, desk, session, version, interview or [], names)


@router.post("/{organization}/compare/{interview_id}")
def note_decision(
    request: Request,
    interview_id: uuid.UUID,
    desk: AtDesk,
    session: SessionDep,
    decision: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    version: Annotated[str, Form()] = "",
    interview: Annotated[list[str] | None, Form()] = None,
    names: Annotated[str, Form()] = "",
) -> Response:
    """Note a decision of one candidate, and come back to the same comparison."""
    chosen = interview or [str(interview_id)]
    try:
        decide(session, desk, interview_id, decision, note)
    except Invalid as error:
        typed = {"id": str(interview_id), "decision": decision, "note": note}
        return _page(request, desk, session, version, chosen, names, typed, error.message)
    query = [("version", version), *(("interview", str(one)) for one in _ids(chosen))]
    if names == "shown":
        query.append(("names", "shown"))
    url = f"{desk.url}/compare?{urlencode(query)}#decision-{interview_id}"
    return RedirectResponse(url, status_code=303)
