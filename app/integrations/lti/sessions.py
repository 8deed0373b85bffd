"""The browser that came from a platform: a cookie of its own, good for what it was launched into and nothing else."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from dataclasses import dataclass

from fastapi import Request
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.models import User
from app.accounts.tokens import new_token, token_hash
from app.integrations.lti.models import LtiGrant, LtiLink, LtiPlatform, LtiSession, LtiSitting, LtiUser
from app.kit import clock
from app.kit.clock import viva_now
from app.kit.config import Settings
from app.kit.errors import NotFound

HOURS = 24
_INTERVIEW = re.compile(r"^/interviews/([0-9a-f-]{36})(?:/|$)")


def _cookie(settings: Settings, name: str) -> str:
    return f"__Host-{name}" if settings.secure_cookies else name


def set_cookie(response: Response, settings: Settings, name: str, value: str, seconds: int) -> None:
    """A cookie that also works in a frame, where it is kept apart for each site whose page has the frame (CHIPS)."""
    # By hand: http.cookies knows `Partitioned` only from Python 3.14.
    attributes = f"Max-Age={seconds}; Path=/; Secure; HttpOnly; SameSite=None; Partitioned"
    response.headers.append("set-cookie", f"{_cookie(settings, name)}={value}; {attributes}")


def read_cookie(request: Request, settings: Settings, name: str) -> str | None:
    """What was kept, if it can be one of ours."""
    value = request.cookies.get(_cookie(settings, name))
    return value if value and len(value) <= 200 else None


def login_cookie(state: str) -> str:
    """The name of the cookie of one login: launches side by side must not overwrite each other's."""
    return f"viva-lti-login-{token_hash(state)[:16]}"


SESSION = "viva-lti"


def open_session(session: Session, user: LtiUser, token: str | None) -> tuple[LtiSession, str]:
    """The session of a token if it is this user's, else a new one; and its token."""
    ends = clock.now(session) + dt.timedelta(hours=HOURS)
    found = _session_of(session, token)
    if found is not None and token is not None and found.lti_user_id == user.id:
        found.expires_at = ends
        return found, token
    token = new_token()
    found = LtiSession(
        organization_id=user.organization_id, lti_user_id=user.id, token_hash=token_hash(token), expires_at=ends
    )
    session.add(found)
    session.flush()
    return found, token


def _session_of(session: Session, token: str | None) -> LtiSession | None:
    if token is None:
        return None
    return session.scalar(
        select(LtiSession).where(LtiSession.token_hash == token_hash(token), LtiSession.expires_at > viva_now())
    )


def grant_results(session: Session, opened: LtiSession, link: LtiLink) -> None:
    """Let a browser see the results of a link."""
    session.execute(
        insert(LtiGrant)
        .values(session_id=opened.id, link_id=link.id, organization_id=link.organization_id)
        .on_conflict_do_nothing()
    )


def lti_viewer(request: Request, session: Session, settings: Settings) -> User | None:
    """The learner, at the addresses of the interviews that they were launched into, and nowhere else.

    Such a page may stand in a frame of the platform that it was launched from.
    """
    match = _INTERVIEW.match(request.url.path)
    token = read_cookie(request, settings, SESSION) if match else None
    if match is None or token is None:
        return None
    try:
        interview_id = uuid.UUID(match[1])
    except ValueError:
        return None
    row = session.execute(
        select(User, LtiPlatform.frame_origins)
        .join(LtiUser, LtiUser.user_id == User.id)
        .join(LtiSession, LtiSession.lti_user_id == LtiUser.id)
        .join(LtiSitting, LtiSitting.lti_user_id == LtiUser.id)
        .join(LtiPlatform, LtiPlatform.id == LtiUser.platform_id)
        .where(
            LtiSession.token_hash == token_hash(token),
            LtiSession.expires_at > viva_now(),
            LtiSitting.interview_id == interview_id,
        )
    ).first()
    if row is None:
        return None
    allow_frame(request, row.frame_origins)
    user: User = row[0]
    return user


def allow_frame(request: Request, origins: list[str]) -> None:
    """Let the page of this request stand in a frame of these sites."""
    request.state.embedded = True
    request.state.frame_ancestors = tuple(origins)


@dataclass(frozen=True)
class Staff:
    """Somebody who teaches, at a page they were launched into."""

    session_id: uuid.UUID
    user: LtiUser
    platform: LtiPlatform

    @property
    def actor(self) -> str:
        """Their name in the audit trail."""
        return f"user:{self.user.user_id}"


def staff_of(session: Session, token: str | None) -> Staff:
    """Who a browser's session belongs to.

    Raises:
        NotFound: nobody, or no longer.
    """
    row = session.execute(
        select(LtiSession.id, LtiUser, LtiPlatform)
        .join(LtiUser, LtiUser.id == LtiSession.lti_user_id)
        .join(LtiPlatform, LtiPlatform.id == LtiUser.platform_id)
        .where(LtiSession.token_hash == token_hash(token or ""), LtiSession.expires_at > viva_now())
    ).first()
    if row is None:
        raise not_yours()
    return Staff(row[0], row[1], row[2])


def not_yours() -> NotFound:
    """The same words whether it is not there or not theirs."""
    return NotFound("There is nothing here for you, or no longer: open it again from your course.")


def forget_sessions(session: Session) -> None:
    """Remove sessions that are over."""
    session.execute(delete(LtiSession).where(LtiSession.expires_at <= viva_now()))
