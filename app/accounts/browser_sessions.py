"""The browsers that a person is signed in with: seen, listed, signed out."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.accounts.models import BrowserSession, User
from app.accounts.service import audit
from app.accounts.tokens import token_hash
from app.kit.clock import viva_now
from app.kit.errors import NotFound

SEEN_SECONDS = 300
"""A browser that comes again within this time is not noted again, so that reading pages writes nothing."""
MAX_SHOWN = 100

# What browsers call themselves, the more particular first: Edge says that it is Chrome, and Chrome that it is Safari.
_BROWSERS = (
    ("Edge", r"Edg[A-Z]?\w*/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Safari/"),
)
_SYSTEMS = (
    ("Android", r"Android"),
    ("iOS", r"iPhone|iPad"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux|X11"),
)


@dataclass(frozen=True)
class SignedIn:
    """A browser as the account page shows it."""

    id: uuid.UUID
    browser: str
    address: str
    created_at: dt.datetime
    last_used_at: dt.datetime
    is_this: bool


def browser_name(user_agent: str) -> str:
    """What people call a browser: “Firefox on Linux”."""
    browser = next((name for name, pattern in _BROWSERS if re.search(pattern, user_agent)), "")
    system = next((name for name, pattern in _SYSTEMS if re.search(pattern, user_agent)), "")
    return " on ".join(filter(None, [browser or "Unknown browser", system]))


def note_use(session: Session, session_id: uuid.UUID, user_agent: str, address: str) -> None:
    """Note that a browser was here. Who finds its row held by another request leaves it to that one."""
    free = (
        select(BrowserSession.id)
        .where(BrowserSession.id == session_id)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    session.execute(
        update(BrowserSession)
        .where(BrowserSession.id == free)
        .values(last_used_at=viva_now(), user_agent=_storable(user_agent)[:200], address=_storable(address)[:45])
        .execution_options(synchronize_session=False)
    )


def browsers_of(session: Session, user: User, token: str | None) -> list[SignedIn]:
    """Where a person is signed in, this browser first, then by last use."""
    here = token_hash(token or "")
    rows = session.scalars(
        select(BrowserSession)
        .where(BrowserSession.user_id == user.id, BrowserSession.expires_at > viva_now())
        .order_by((BrowserSession.token_hash == here).desc(), BrowserSession.last_used_at.desc())
        .limit(MAX_SHOWN)
        .execution_options(populate_existing=True)
    )
    return [
        SignedIn(
            row.id,
            browser_name(row.user_agent),
            row.address,
            row.created_at,
            row.last_used_at,
            row.token_hash == here,
        )
        for row in rows
    ]


def end_browser(session: Session, user: User, session_id: uuid.UUID) -> None:
    """Sign one browser of a person out.

    Raises:
        NotFound: the person is not (or no longer) signed in there.
    """
    ended = session.scalar(
        delete(BrowserSession)
        .where(BrowserSession.id == session_id, BrowserSession.user_id == user.id)
        .returning(BrowserSession.id)
    )
    if ended is None:
        raise NotFound("That browser is not signed in (any more).")
    audit(session, user.personal_organization_id, f"user:{user.id}", "browser.signed_out", f"user:{user.id}")


def end_other_browsers(session: Session, user: User, keep_token: str) -> int:
    """Sign all browsers of a person out but this; how many."""
    ended = session.scalars(
        delete(BrowserSession)
        .where(BrowserSession.user_id == user.id, BrowserSession.token_hash != token_hash(keep_token))
        .returning(BrowserSession.id)
    ).all()
    if ended:
        subject = f"user:{user.id}"
        audit(session, user.personal_organization_id, subject, "browser.signed_out", subject, browsers=len(ended))
    return len(ended)


def _storable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
