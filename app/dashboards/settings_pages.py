"""What an admin decides for an organisation, and its audit trail."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.audit_trail import AuditFilter, audit_trail
from app.accounts.desk import AtAdminDesk, Desk
from app.accounts.organization_settings import read_retention
from app.dashboards.frame import render_desk
from app.interviews.retention import WouldDelete, change_rules
from app.kit.errors import Invalid
from app.kit.web import SessionDep

router = APIRouter(prefix="/organizations/{organization}", include_in_schema=False)


def _page(request: Request, session: SessionDep, desk: Desk, status_code: int = 200, **context: Any) -> Response:
    mine = desk.organization
    values = {"name": mine.name, "retention_days": mine.retention_days or "", "blind": mine.blind}
    return render_desk(
        request,
        "dashboards/settings.html",
        desk,
        status_code,
        deletions=audit_trail(session, desk.organization_id, None, 10, AuditFilter("retention.deleted")).items,
        **({"values": values, "errors": {}, "would_delete": None} | context),
    )


@router.get("/settings")
def settings_page(request: Request, desk: AtAdminDesk, session: SessionDep) -> Response:
    """Name, retention, blind review."""
    return _page(request, session, desk)


@router.post("/settings")
def save_settings(
    request: Request,
    desk: AtAdminDesk,
    session: SessionDep,
    name: Annotated[str, Form()] = "",
    retention_days: Annotated[str, Form()] = "",
    blind: Annotated[str, Form()] = "",
    sure: Annotated[str, Form()] = "",
) -> Response:
    """Keep the settings; a rule that deletes interviews at once is kept when it is confirmed."""
    values = {"name": name, "retention_days": retention_days, "blind": blind == "yes"}
    try:
        days = read_retention(retention_days)
        change_rules(session, desk.organization, desk.doer, name, days, blind == "yes", sure=sure == "yes")
    except WouldDelete as error:
        return _page(request, session, desk, error.status, values=values, would_delete=error.extra["interviews"])
    except Invalid as error:
        errors = {error.extra.get("field", "name"): error.message}
        return _page(request, session, desk, error.status, values=values, errors=errors)
    return RedirectResponse(f"{desk.url}/settings", status_code=303)


@router.get("/audit")
def audit_page(
    request: Request,
    desk: AtAdminDesk,
    session: SessionDep,
    cursor: str | None = None,
    action: Annotated[str, Query(max_length=80)] = "",
    subject: Annotated[str, Query(max_length=120)] = "",
) -> Response:
    """Who did what."""
    page = audit_trail(session, desk.organization_id, cursor, 50, AuditFilter(action, subject))
    return render_desk(request, "dashboards/audit.html", desk, page=page, action=action, subject=subject)
