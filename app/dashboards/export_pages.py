"""Exports of an organisation: a page that explains each, and the files."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from app.accounts.desk import AtDesk
from app.accounts.service import audit
from app.dashboards.compare_queries import finished_templates
from app.dashboards.exports import EXPORTS, file_name, names_said, stream
from app.dashboards.frame import render_desk
from app.kit.errors import Invalid, NotFound
from app.kit.web import SessionDep

router = APIRouter(prefix="/organizations", include_in_schema=False)
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


def _day(value: str, name: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value) if value else None
    except ValueError:
        raise Invalid(f"{name}: write a day as 2026-03-31.", field=name) from None


@router.get("/{organization}/exports")
def exports_page(request: Request, desk: AtDesk, session: SessionDep) -> Response:
    """What can be taken out, and how."""
    templates = finished_templates(session, desk.organization_id)
    return render_desk(request, "dashboards/exports.html", desk, exports=EXPORTS, templates=templates)


@router.get("/{organization}/exports/{what}")
def export(
    request: Request,
    what: str,
    desk: AtDesk,
    session: SessionDep,
    form: Literal["csv", "json"] = "csv",
    template: str = "",
    first: str = "",
    last: str = "",
    bom: bool = False,
    blind: bool = False,
) -> Response:
    """One export, as a file; with names, or without."""
    if what not in EXPORTS:
        raise NotFound("There is no such export.")
    try:
        template_id = uuid.UUID(template) if template else None
    except ValueError:
        raise Invalid("template: choose one of the list.", field="template") from None
    begin, end = _day(first, "first"), _day(last, "last")
    if begin and end and begin > end:
        raise Invalid("The first day comes after the last: choose them the other way round.", field="first")
    engine = request.app.state.engine
    body = stream(engine, desk.organization_id, what, form, template_id, begin, end, bom, blind=blind)
    chosen = {"template": template, "first": first, "last": last}
    audit(
        session,
        desk.organization_id,
        desk.actor,
        "exported",
        f"export:{what}",
        form=form,
        names=names_said(blind=blind),
        **{name: value for name, value in chosen.items() if value},
    )
    name = f"{desk.organization.slug}-{file_name(what, form, blind=blind)}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return StreamingResponse(body, media_type=TYPES[form], headers=headers)
