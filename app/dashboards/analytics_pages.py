"""The analytics of an organisation, and each picture's table as CSV."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts.desk import AtDesk
from app.dashboards.analytics import PICTURES, picture_named, read_months
from app.dashboards.analytics_queries import Figures, figures
from app.dashboards.csv_text import csv_text
from app.dashboards.frame import render_desk
from app.kit.errors import Invalid
from app.kit.web import SessionDep

router = APIRouter(prefix="/organizations", include_in_schema=False)


def _template(value: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if value else None
    except ValueError:
        raise Invalid("template: choose one of the list.", field="template") from None


def _figures(session: SessionDep, desk: AtDesk, template: str, first: str, last: str) -> Figures:
    return figures(session, desk.organization_id, _template(template), *read_months(first, last))


@router.get("/{organization}/analytics")
def analytics(
    request: Request, desk: AtDesk, session: SessionDep, template: str = "", first: str = "", last: str = ""
) -> Response:
    """What interviews say together: of candidates, questions and the machine."""
    problem, status = "", 200
    try:
        found = _figures(session, desk, template, first, last)
    except Invalid as error:
        problem, status = error.message, error.status
        found = _figures(session, desk, "", "", "")
    chosen = {"template": template, "first": first, "last": last}
    query = urlencode({name: value for name, value in chosen.items() if value})
    return render_desk(
        request,
        "dashboards/analytics.html",
        desk,
        status,
        figures=found,
        pictures=[make(found) for make in PICTURES.values()] if found.kinds and not problem else [],
        chosen=chosen,
        query=f"?{query}" if query else "",
        problem=problem,
    )


@router.get("/{organization}/analytics/{picture}.csv")
def picture_csv(
    picture: str, desk: AtDesk, session: SessionDep, template: str = "", first: str = "", last: str = ""
) -> Response:
    """The table of one picture."""
    made = picture_named(picture)(_figures(session, desk, template, first, last))
    return Response(
        csv_text([made.columns, *made.rows]),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{desk.organization.slug}-{picture}.csv"'},
    )
