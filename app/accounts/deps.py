"""Who is asking: the person behind a cookie, or the organisation behind an API key."""

from __future__ import annotations

import datetime as dt
import inspect
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts import keys
from app.accounts.browser_sessions import SEEN_SECONDS, note_use
from app.accounts.models import BrowserSession, User
from app.accounts.service import SESSION_DAYS
from app.accounts.throttle import Throttle
from app.accounts.tokens import token_hash
from app.kit.clock import viva_now
from app.kit.config import Settings
from app.kit.errors import Unauthenticated
from app.kit.web import SessionDep, SettingsDep

# Built once: it is asked with every page.
_USER_OF_TOKEN = (
    select(
        User,
        BrowserSession.id,
        # A browser that was never here has no address yet.
        or_(
            BrowserSession.last_used_at < viva_now() - dt.timedelta(seconds=SEEN_SECONDS), BrowserSession.address == ""
        ),
    )
    .join(BrowserSession, BrowserSession.user_id == User.id)
    .where(BrowserSession.token_hash == bindparam("token_hash"), BrowserSession.expires_at > viva_now())
)


def cookie_name(settings: Settings) -> str:
    """`__Host-` binds the cookie to this host over HTTPS; plain HTTP on loopback cannot carry the prefix."""
    return "__Host-viva" if settings.secure_cookies else "viva"


def set_session_cookie(response: Response, settings: Settings, token: str) -> None:
    """Keep the browser signed in."""
    response.set_cookie(
        cookie_name(settings),
        token,
        max_age=SESSION_DAYS * 86400,
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies,
        path="/",
    )


def clear_session_cookie(response: Response, settings: Settings) -> None:
    """Forget the browser, and have it forget the drafts that it keeps (its script does so too, if it had come)."""
    response.delete_cookie(cookie_name(settings), path="/", secure=settings.secure_cookies, httponly=True)
    response.headers["clear-site-data"] = '"storage"'


def session_token(request: Request, settings: Settings) -> str | None:
    """The token in the cookie."""
    return request.cookies.get(cookie_name(settings))


def user_of_request(request: Request, session: Session, settings: Settings) -> User | None:
    """Whose browser it is; now and then it is noted that it was here."""
    token = session_token(request, settings)
    if not token or len(token) > 200:
        return None
    row = session.execute(_USER_OF_TOKEN, {"token_hash": token_hash(token)}).first()
    if row is None:
        return None
    user, session_id, is_news = row
    if is_news:
        note_use(session, session_id, request.headers.get("user-agent", ""), client_address(request))
    return user


@dataclass(frozen=True)
class ShownViewer:
    """What pages say of the person who looks at them."""

    name: str
    email: str | None
    is_guest: bool


def maybe_viewer(request: Request, session: SessionDep, settings: SettingsDep) -> User | None:
    """The person, or None; pages read it as `viewer`.

    Integrations can sign a browser in for a few addresses alone (`app.state.narrow_sign_ins`); there, that goes first.
    """
    signed_in_here = (look(request, session, settings) for look in request.app.state.narrow_sign_ins)
    user = next((user for user in signed_in_here if user is not None), None)
    user = user or user_of_request(request, session, settings)
    # Plain values: an error page is rendered after the transaction, and all that it loaded, is gone.
    request.state.viewer = ShownViewer(user.name, user.email, user.is_guest) if user else None
    return user


def require_viewer(user: Annotated[User | None, Depends(maybe_viewer)]) -> User:
    """The person.

    Raises:
        Unauthenticated: nobody, or no longer.
    """
    if user is None:
        raise Unauthenticated("You are not signed in, or your session is over: sign in and go on.")
    return user


MaybeViewer = Annotated[User | None, Depends(maybe_viewer)]
Viewer = Annotated[User, Depends(require_viewer)]

_bearer = HTTPBearer(auto_error=False, scheme_name="ApiKey", description="An API key, from `viva key create NAME`.")


class RequireScope:
    """The key's holder, who must carry the scope; without one any good key will do."""

    def __init__(self, scope: str | None = None) -> None:
        self.scope = scope
        # What FastAPI reads: so the scope stands in the API's description (a requirement of OpenAPI 3.1 may name roles
        # for any kind of scheme), and no route has to say it twice.
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer, scopes=[scope] if scope else [])]
        self.__signature__ = inspect.Signature(
            [
                inspect.Parameter("session", kind, annotation=SessionDep),
                inspect.Parameter("bearer", kind, annotation=bearer),
            ]
        )

    def __call__(self, session: SessionDep, bearer: HTTPAuthorizationCredentials | None) -> keys.KeyHolder:
        """The holder.

        Raises:
            Unauthenticated: no good key.
            MissingScope: a good key, not for this.
        """
        holder = keys.holder_of(session, bearer.credentials if bearer else None)
        if self.scope is not None and not holder.allows(self.scope):
            raise keys.MissingScope(f"This key lacks the scope {self.scope!r}.", scope=self.scope)
        return holder


async def get_throttle(request: Request) -> Throttle:
    """The process's throttle."""
    return cast(Throttle, request.app.state.throttle)


ThrottleDep = Annotated[Throttle, Depends(get_throttle)]


def client_address(request: Request) -> str:
    """The caller's address, as the trusted proxies tell it."""
    return request.client.host if request.client else "unknown"
