"""One's organisations, and the overview of one of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.deps import Viewer
from app.accounts.desk import AtDesk
from app.accounts.organizations import create_organization, organizations_of
from app.dashboards.frame import render_desk
from app.dashboards.queries import overview
from app.kit.errors import Conflict, Forbidden, Invalid
from app.kit.templating import render
from app.kit.web import SessionDep

router = APIRouter(prefix="/organizations", include_in_schema=False)


@router.get("")
def organizations(request: Request, viewer: Viewer, session: SessionDep) -> Response:
    """The organisations that a person belongs to."""
    return render(
        request,
        "dashboards/organizations.html",
        organizations=organizations_of(session, viewer),
        name="",
        error=None,
    )


@router.post("")
def make_organization(
    request: Request, viewer: Viewer, session: SessionDep, name: Annotated[str, Form()] = ""
) -> Response:
    """Make an organisation; its maker is its first admin."""
    try:
        organization = create_organization(session, viewer, name)
    except (Invalid, Conflict, Forbidden) as error:
        return render(
            request,
            "dashboards/organizations.html",
            status_code=error.status,
            organizations=organizations_of(session, viewer),
            name=name,
            error=error.message,
        )
    return RedirectResponse(f"/organizations/{organization.slug}", status_code=303)


@router.get("/{organization}")
def overview_page(request: Request, desk: AtDesk, session: SessionDep) -> Response:
    """What is going on in an organisation, and what waits for somebody."""
    return render_desk(request, "dashboards/overview.html", desk, overview=overview(session, desk.organization_id))
