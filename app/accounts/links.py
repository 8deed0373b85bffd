"""Links that work once: to confirm an address, to choose a new password, to become the first admin."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.letters import address_changed_letter, confirmation_letter, reset_letter
from app.accounts.models import AccountToken, BrowserSession, ExternalIdentity, User
from app.accounts.passwords import hash_password
from app.accounts.service import EmailTaken, audit, normalise_email
from app.accounts.tokens import new_token, token_hash
from app.kit import clock
from app.kit.clock import viva_now
from app.kit.errors import Invalid, NotFound
from app.kit.jobs import JobName

ANSWER_RESET = JobName("answer_reset", queue="mail")
CONFIRM_HOURS = 72
RESET_HOURS = 1
_OVER = "This link is not (or no longer) good: it works once, and for a limited time. Ask for a new one."


def make_token(session: Session, kind: str, hours: float, user: User | None = None, email: str | None = None) -> str:
    """A link's secret, of which only the hash is stored."""
    token = new_token()
    expires_at = clock.now(session) + dt.timedelta(hours=hours)
    session.add(
        AccountToken(
            kind=kind,
            user_id=user.id if user else None,
            email=email,
            token_hash=token_hash(token),
            expires_at=expires_at,
        )
    )
    session.flush()
    return token


def good_token(session: Session, kind: str, token: str) -> AccountToken:
    """The link's row, locked, so that it works once also for two who open it at the same moment.

    Raises:
        NotFound: unknown, expired or used: the same words for all.
    """
    found = session.scalar(
        select(AccountToken)
        .where(
            AccountToken.kind == kind,
            AccountToken.token_hash == token_hash(token),
            AccountToken.used_at.is_(None),
            AccountToken.expires_at > viva_now(),
        )
        .with_for_update()
    )
    if found is None:
        raise NotFound(_OVER)
    return found


# E-mail addresses


@dataclass(frozen=True)
class Confirmation:
    """What a link confirms: the address of an account, or the one that it is to have instead."""

    email: str
    is_change: bool


def ask_to_confirm(session: Session, user: User, base_url: str) -> None:
    """Send a link to the account's address; an older one works no more. Nothing happens once it is confirmed."""
    if user.email is None or user.email_confirmed_at is not None:
        return
    session.execute(
        delete(AccountToken).where(
            AccountToken.kind == "confirm_email", AccountToken.user_id == user.id, AccountToken.email == user.email
        )
    )
    token = make_token(session, "confirm_email", CONFIRM_HOURS, user, user.email)
    confirmation_letter(session, user.email, f"{base_url}/confirm-email/{token}")


def ask_to_change_email(session: Session, user: User, email: str, base_url: str) -> str:
    """Send a link to a new address, which counts once the link was opened; older links die. The address.

    Whether somebody else has the address is not said here, but to whoever opens the link.

    Raises:
        Invalid: it is no address, or the account's own.
    """
    email = normalise_email(email)
    if user.email is not None and email.lower() == user.email.lower():
        raise Invalid("This is your address already.", field="new_email")
    forget_email_change(session, user)
    token = make_token(session, "confirm_email", CONFIRM_HOURS, user, email)
    confirmation_letter(session, email, f"{base_url}/confirm-email/{token}")
    audit(session, user.personal_organization_id, f"user:{user.id}", "email.change_asked", f"user:{user.id}")
    return email


def forget_email_change(session: Session, user: User) -> None:
    """Links to addresses that are not the account's work no more."""
    session.execute(
        delete(AccountToken).where(
            AccountToken.kind == "confirm_email", AccountToken.user_id == user.id, AccountToken.email != user.email
        )
    )


def pending_email(session: Session, user: User) -> str | None:
    """The address that an account is to have once it is confirmed."""
    return session.scalar(
        select(AccountToken.email).where(
            AccountToken.kind == "confirm_email",
            AccountToken.user_id == user.id,
            AccountToken.email != user.email,
            AccountToken.used_at.is_(None),
            AccountToken.expires_at > viva_now(),
        )
    )


def what_is_confirmed(session: Session, token: str) -> Confirmation:
    """What a link would confirm.

    Raises:
        NotFound: the link is not good (any more).
    """
    found, user = _confirmed(session, token)
    return Confirmation(found.email or "", found.email != user.email)


def confirm_email(session: Session, token: str) -> User:
    """Confirm the account's address, or give it the new one.

    Raises:
        NotFound: the link is not good (any more).
        EmailTaken: somebody else has the address by now.
    """
    found, user = _confirmed(session, token)
    now = clock.now(session)
    old = user.email
    if found.email != old:
        try:
            with session.begin_nested():
                user.email = found.email
        except IntegrityError:
            session.refresh(user)
            raise EmailTaken("Another account has this address by now.", field="email") from None
        session.execute(delete(AccountToken).where(AccountToken.user_id == user.id, AccountToken.id != found.id))
        if old is not None:
            address_changed_letter(session, old, user.email or "")
    found.used_at = user.email_confirmed_at = now
    action = "email.confirmed" if found.email == old else "email.changed"
    audit(session, user.personal_organization_id, f"user:{user.id}", action, f"user:{user.id}")
    return user


def _confirmed(session: Session, token: str) -> tuple[AccountToken, User]:
    found = good_token(session, "confirm_email", token)
    user = session.get(User, found.user_id)
    if user is None:
        raise NotFound(_OVER)
    return found, user


# Passwords


def ask_for_reset(session: Session, email: str) -> None:
    """Put down that somebody forgot the password of an address.

    The same is done for every address: a worker looks whether there is an account, so neither the answer nor the
    time that it takes tells.

    Raises:
        Invalid: it is no e-mail address.
    """
    # The secret of this row is thrown away: the link's own is made when the letter is written.
    make_token(session, "reset_password", RESET_HOURS, email=normalise_email(email))
    ANSWER_RESET.enqueue(session)


def answer_reset_requests(session: Session, base_url: str) -> int:
    """Write the letters that were asked for; how many. Requests for addresses that nobody has are forgotten."""
    asked = session.scalars(
        select(AccountToken)
        .where(AccountToken.kind == "reset_password", AccountToken.user_id.is_(None))
        .order_by(AccountToken.created_at)
        .limit(100)
        .with_for_update(skip_locked=True)
    ).all()
    written = 0
    for request in asked:
        user = session.scalar(select(User).where(func.lower(User.email) == (request.email or "").lower()))
        session.delete(request)
        if user is None or user.email is None:
            continue
        _forget_resets(session, user)
        token = make_token(session, "reset_password", RESET_HOURS, user, user.email)
        reset_letter(session, user.email, f"{base_url}/reset-password/{token}")
        audit(session, user.personal_organization_id, "viva", "password.reset_asked", f"user:{user.id}")
        written += 1
    return written


def require_reset_link(session: Session, token: str) -> None:
    """Whether a new password can be chosen with the link.

    Raises:
        NotFound: the link is not good (any more).
    """
    _reset(session, token)


def reset_password(session: Session, token: str, password: str) -> User:
    """Set a new password and sign every browser out. Who opens the letter owns the address, so it is confirmed.

    Raises:
        NotFound: the link is not good (any more).
        Invalid: the password is too short or too long.
    """
    found, user = _reset(session, token)
    user.password_hash = hash_password(password)
    now = clock.now(session)
    found.used_at = now
    if user.email_confirmed_at is None:
        # Whoever made the account may not have been the owner of its address: nothing of theirs opens it any more.
        session.execute(delete(ExternalIdentity).where(ExternalIdentity.user_id == user.id))
        user.email_confirmed_at = now
    session.execute(delete(BrowserSession).where(BrowserSession.user_id == user.id))
    session.execute(delete(AccountToken).where(AccountToken.user_id == user.id, AccountToken.id != found.id))
    session.flush()
    audit(session, user.personal_organization_id, f"user:{user.id}", "password.reset", f"user:{user.id}")
    return user


def _reset(session: Session, token: str) -> tuple[AccountToken, User]:
    found = good_token(session, "reset_password", token)
    user = session.get(User, found.user_id) if found.user_id else None
    if user is None or user.email != found.email:
        raise NotFound(_OVER)
    return found, user


def _forget_resets(session: Session, user: User) -> None:
    session.execute(delete(AccountToken).where(AccountToken.kind == "reset_password", AccountToken.user_id == user.id))
