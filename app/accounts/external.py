"""Whose account it is when somebody signs in elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.links import ask_to_confirm
from app.accounts.models import AccountToken, BrowserSession, ExternalIdentity, User
from app.accounts.openid import Identity, SignInElsewhereFailed
from app.accounts.service import adopt_guest_of, audit, create_guest, normalise_email
from app.kit import clock
from app.kit.errors import Conflict, Invalid


class AddressNotVouched(Conflict):
    """There is an account with this address, and the provider does not say that the address is this person's."""

    type = "address-not-vouched"


def sign_in_as(
    session: Session,
    identity: Identity,
    viewer: User | None,
    base_url: str,
    adopt: Callable[[Session, User, User], None],
) -> User:
    """The person that a provider vouches for: known to it, or by a verified address, or new.

    What was done in this browser as a guest comes along.

    Raises:
        SignInElsewhereFailed: the provider gave no e-mail address, or two came at once.
        AddressNotVouched: the address is another account's, and the provider does not say that it was verified.
    """
    user = session.scalar(
        select(User)
        .join(ExternalIdentity, ExternalIdentity.user_id == User.id)
        .where(ExternalIdentity.issuer == identity.issuer, ExternalIdentity.subject == identity.subject)
    )
    if user is not None:
        adopt_guest_of(session, viewer, user, adopt)
        return user
    email = _email_of(identity)
    try:
        with session.begin_nested():
            user = session.scalar(select(User).where(func.lower(User.email) == email.lower()))
            is_new = user is None
            if user is None:
                user = _new_account(session, identity, email, viewer, base_url)
            elif identity.is_email_verified:
                _take_over_if_unconfirmed(session, user)
            else:
                raise AddressNotVouched(
                    "There is an account with this e-mail already, and nobody has said that the address is yours: "
                    "sign in by password.",
                )
            session.add(ExternalIdentity(user_id=user.id, issuer=identity.issuer, subject=identity.subject))
            session.flush()
    except IntegrityError:
        raise SignInElsewhereFailed("Two sign-ins met at the same moment: try again.") from None
    actor, organization_id = f"user:{user.id}", user.personal_organization_id
    if is_new:
        audit(session, organization_id, actor, "account.created", actor)
    audit(session, organization_id, actor, "identity.linked", actor, issuer=identity.issuer)
    adopt_guest_of(session, viewer, user, adopt)
    return user


def _email_of(identity: Identity) -> str:
    try:
        return normalise_email(identity.email or "")
    except Invalid:
        raise SignInElsewhereFailed(
            "No e-mail address came along, and an account needs one: allow it there, or make an account by password."
        ) from None


def _new_account(session: Session, identity: Identity, email: str, viewer: User | None, base_url: str) -> User:
    user = viewer if viewer is not None and viewer.is_guest else create_guest(session)
    user.email = email
    user.name = "".join(character for character in identity.name if character.isprintable()).strip()[:200]
    session.flush()
    if identity.is_email_verified:
        user.email_confirmed_at = clock.now(session)
    else:
        ask_to_confirm(session, user, base_url)
    return user


def _take_over_if_unconfirmed(session: Session, user: User) -> None:
    """Whoever made an account without owning its address must not share it with the owner: all their ways in end."""
    if user.email_confirmed_at is not None:
        return
    user.password_hash = None
    user.email_confirmed_at = clock.now(session)
    for model in (BrowserSession, ExternalIdentity, AccountToken):
        session.execute(delete(model).where(model.user_id == user.id))
