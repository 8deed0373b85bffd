"""The page that connects an organisation with Greenhouse."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts import keys
from app.accounts.audit_trail import AuditFilter, audit_trail
from app.accounts.desk import AtAdminDesk, Desk
from app.dashboards.frame import render_desk
from app.integrations.greenhouse.linking import link_of
from app.integrations.greenhouse.sent import sent_tests
from app.kit.web import SessionDep, base_url

router = APIRouter(prefix="/organizations/{organization}/greenhouse", include_in_schema=False)

CALLS = (
    ("List tests", "list_tests"),
    ("Send test", "send_test"),
    ("Test status", "test_status"),
    ("Response error", "response_error"),
)
KEY_NAME = "Greenhouse"
SHOWN = 20


def _page(request: Request, session: SessionDep, desk: Desk, **context: Any) -> Response:
    base = base_url(request)
    return render_desk(
        request,
        "integrations/greenhouse.html",
        desk,
        calls=[(words, f"{base}/api/greenhouse/{name}") for words, name in CALLS],
        is_https=base.startswith("https://"),
        keys=[key for key in keys.keys_of(session, desk.organization_id) if "greenhouse" in key.scopes],
        link=link_of(session, desk.organization_id),
        tests=sent_tests(session, desk.organization_id, SHOWN),
        refusals=audit_trail(session, desk.organization_id, None, 5, AuditFilter("greenhouse.answer_refused")).items,
        **({"secret": None} | context),
    )


@router.get("")
def greenhouse_page(request: Request, desk: AtAdminDesk, session: SessionDep) -> Response:
    """How to connect Greenhouse, and what came of it."""
    return _page(request, session, desk)


@router.post("/key")
def make_key(request: Request, desk: AtAdminDesk, session: SessionDep) -> Response:
    """Make a key that can do what Greenhouse does, and nothing else; its secret is on this page alone."""
    _, secret = keys.make_key(session, desk.organization_id, KEY_NAME, ["greenhouse"], desk.actor, by=desk.user.id)
    return _page(request, session, desk, secret=secret)
