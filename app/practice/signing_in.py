"""What all ways of signing in end with: a new token in the browser, and a way on."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.accounts import service
from app.accounts.deps import session_token, set_session_cookie
from app.accounts.models import User
from app.kit.config import Settings


def safe_next(address: str) -> str:
    """A path of our own to go to, never another site."""
    parts = urlsplit(address)
    ours = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return address if ours and "\n" not in address else "/"


def signed_in(request: Request, session: Session, settings: Settings, user: User, target: str) -> Response:
    """Sign the browser in, and send it on."""
    # The token is a new one after every sign-in: one that was planted before is worth nothing.
    old = session_token(request, settings)
    if old:
        service.end_browser_session(session, old)
    response = RedirectResponse(target, status_code=303)
    set_session_cookie(response, settings, service.start_browser_session(session, user))
    return response
