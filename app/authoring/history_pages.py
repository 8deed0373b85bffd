"""The pages about a question's versions, and about what its working copy would change."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.authoring.deps import Me
from app.authoring.impact import latest_impact, request_impact
from app.authoring.responses import waited
from app.authoring.versions import version_page
from app.authoring.views import editor_view
from app.bank.drafts import draft_of
from app.kit.templating import render
from app.kit.web import SessionDep, WaiterDep

router = APIRouter(include_in_schema=False)


@router.get("/{question_id}/versions")
def versions(request: Request, question_id: uuid.UUID, me: Me, session: SessionDep) -> Response:
    """What was published when, by whom, and what each version changed."""
    return render(request, "authoring/versions.html", page=version_page(session, me, question_id))


@router.post("/{question_id}/impact")
def ask_impact(question_id: uuid.UUID, me: Me, session: SessionDep) -> Response:
    """Ask what publishing the working copy would do to past answers."""
    request_impact(session, me, question_id)
    return RedirectResponse(f"/author/{question_id}/impact", status_code=303)


@router.get("/{question_id}/impact")
def impact(
    request: Request, question_id: uuid.UUID, me: Me, session: SessionDep, waiter: WaiterDep, wait: bool = False
) -> Response:
    """Who would move, by how much, and whether people's grades are met better; fills itself while it is worked out."""
    draft = draft_of(session, me, question_id)
    found = latest_impact(session, me, question_id)
    template = "authoring/_impact.html" if wait else "authoring/impact.html"
    shown = editor_view(draft)

    def page(own: SessionDep) -> Response:
        return render(request, template, q=shown, impact=latest_impact(own, me, question_id))

    def look(own: SessionDep) -> Response | None:
        fresh = latest_impact(own, me, question_id)
        return page(own) if fresh.status != "queued" or fresh.done != found.done else None

    if not wait or found.status != "queued":
        return page(session)
    return waited(request, waiter, f"impact:{found.id}", look, page(session))
