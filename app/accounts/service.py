"""Writes about people: guests, accounts, sign-in, and taking a guest's interviews along."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable

from sqlalchemy import delete, exists, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.models import AccountToken, AuditEvent, BrowserSession, Membership, Organization, User
from app.accounts.passwords import hash_password, verify_password
from app.accounts.tokens import new_token, token_hash
from app.kit import clock
from app.kit.clock import viva_now
from app.kit.errors import Conflict, Invalid
from app.kit.text import clean_text

SESSION_DAYS = 30
_EMAIL = re.compile(r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$")


class EmailTaken(Conflict):
    """Somebody already has an account with this e-mail."""

    type = "email-taken"


class SignInFailed(Invalid):
    """E-mail and password do not belong together; which of them is wrong is not said."""

    type = "sign-in-failed"


def audit(
    session: Session, organization_id: uuid.UUID, actor: str, action: str, subject: str, **detail: object
) -> None:
    """Add one line to the audit trail."""
    session.add(
        AuditEvent(organization_id=organization_id, actor=actor, action=action, subject=subject, detail=dict(detail))
    )


def audit_once_a_day(session: Session, organization_id: uuid.UUID, actor: str, action: str, subject: str) -> None:
    """Add one line to the audit trail, unless the same one was added within a day: for what people look at."""
    day = dt.timedelta(days=1)
    known = exists().where(
        AuditEvent.organization_id == organization_id,
        AuditEvent.subject == subject,
        AuditEvent.action == action,
        AuditEvent.actor == actor,
        AuditEvent.at > viva_now() - day,
    )
    if not session.scalar(select(known)):
        audit(session, organization_id, actor, action, subject)


def forget_expired(session: Session) -> None:
    """Remove browser sessions that are over and counts of attempts whose time has passed."""
    session.execute(delete(BrowserSession).where(BrowserSession.expires_at <= viva_now()))
    session.execute(text("DELETE FROM throttle_counts WHERE expires_at <= viva_now()"))


def create_guest(session: Session) -> User:
    """A person without a name, with a personal organisation."""
    personal = Organization(slug=f"personal-{uuid.uuid4().hex[:20]}", name="Personal", is_personal=True)
    session.add(personal)
    session.flush()
    user = User(personal_organization_id=personal.id)
    session.add(user)
    session.flush()
    session.add(Membership(organization_id=personal.id, user_id=user.id, role="admin"))
    session.flush()
    return user


def start_browser_session(session: Session, user: User) -> str:
    """Sign a browser in; the cookie's token, of which only the hash is stored."""
    token = new_token()
    session.add(
        BrowserSession(
            user_id=user.id,
            token_hash=token_hash(token),
            expires_at=clock.now(session) + dt.timedelta(days=SESSION_DAYS),
        )
    )
    return token


def end_browser_session(session: Session, token: str) -> None:
    """Sign a browser out. Doing it twice is fine."""
    session.execute(delete(BrowserSession).where(BrowserSession.token_hash == token_hash(token)))


def normalise_email(email: str) -> str:
    """An e-mail address as it is stored.

    Raises:
        Invalid: it is none.
    """
    email = clean_text(email, field="email").strip()
    if len(email) > 254 or not _EMAIL.match(email):
        raise Invalid("Write an e-mail address such as ada@example.org.", field="email")
    return email


def create_account(session: Session, guest: User | None, email: str, password: str, name: str = "") -> User:
    """Make an account: of the guest, who keeps everything, or anew.

    Raises:
        Invalid: the e-mail is none, or the password is too short.
        EmailTaken: there is an account already.
    """
    email = normalise_email(email)
    taken = session.scalar(select(User.id).where(func.lower(User.email) == email.lower()))
    if taken is not None:
        raise EmailTaken("There is an account with this e-mail already: sign in instead.", field="email")
    # Everything is checked before anything is written: the page that shows a mistake commits all the same.
    name = clean_text(name, field="name").strip()[:200]
    password_hash = hash_password(password)
    user = guest if guest is not None and guest.is_guest else create_guest(session)
    user.email, user.password_hash, user.name = email, password_hash, name
    try:
        session.flush()
    except IntegrityError:
        raise EmailTaken("There is an account with this e-mail already: sign in instead.", field="email") from None
    audit(session, user.personal_organization_id, f"user:{user.id}", "account.created", f"user:{user.id}")
    return user


def sign_in(
    session: Session, email: str, password: str, guest: User | None, adopt: Callable[[Session, User, User], None]
) -> User:
    """The person with this e-mail and password; a guest's interviews come along (`adopt` moves them).

    Raises:
        SignInFailed: they do not belong together.
    """
    user = session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))
    if not verify_password(password, user.password_hash if user else None) or user is None:
        raise SignInFailed("E-mail and password do not belong together.", field="password")
    adopt_guest_of(session, guest, user, adopt)
    return user


def adopt_guest_of(
    session: Session, viewer: User | None, user: User, adopt: Callable[[Session, User, User], None]
) -> None:
    """Take along what was done in this browser before somebody signed in, if that was as a guest."""
    if viewer is not None and viewer.is_guest and viewer.id != user.id:
        adopt(session, viewer, user)


def change_password(session: Session, user: User, current: str, new: str, keep_token: str) -> None:
    """Set a new password, sign every other browser out, and have links in letters end.

    Raises:
        SignInFailed: the current password is another.
        Invalid: the new one is too short.
    """
    if not verify_password(current, user.password_hash):
        raise SignInFailed("That is not your current password.", field="current_password")
    try:
        user.password_hash = hash_password(new)
    except Invalid as error:
        raise Invalid(error.message, field="new_password") from None
    session.execute(
        delete(BrowserSession).where(
            BrowserSession.user_id == user.id, BrowserSession.token_hash != token_hash(keep_token)
        )
    )
    # Links that somebody else may have asked for meanwhile open nothing any more.
    session.execute(delete(AccountToken).where(AccountToken.user_id == user.id))
    audit(session, user.personal_organization_id, f"user:{user.id}", "password.changed", f"user:{user.id}")
