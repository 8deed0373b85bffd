"""The first admin of a fresh installation, by a link that `viva serve` prints."""

from __future__ import annotations

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from app.accounts.links import good_token, make_token
from app.accounts.models import AccountToken, Membership, Organization, User
from app.accounts.organizations import create_organization
from app.kit import clock
from app.kit.errors import NotFound
from app.kit.locks import Lock

LINK_HOURS = 24


def is_needed(session: Session) -> bool:
    """Whether nobody with an account is admin of an organisation yet."""
    found = session.scalar(
        select(Membership.id)
        .join(Organization, Membership.organization_id == Organization.id)
        .join(User, Membership.user_id == User.id)
        .where(Membership.role == "admin", Organization.is_personal.is_(False), User.email.is_not(None))
        .limit(1)
    )
    return found is None


def make_first_admin_link(session: Session, base_url: str) -> str | None:
    """A new link, with which older ones die; None when there is an admin already."""
    session.execute(delete(AccountToken).where(AccountToken.kind == "first_admin"))
    if not is_needed(session):
        return None
    return f"{base_url}/first-admin/{make_token(session, 'first_admin', LINK_HOURS)}"


def require_first_admin_link(session: Session, token: str) -> AccountToken:
    """The link's row.

    Raises:
        NotFound: the link is not good (any more), or there is an admin by now.
    """
    # Two who open links at the same moment come one after the other.
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": Lock.FIRST_ADMIN})
    try:
        found = good_token(session, "first_admin", token)
    except NotFound:
        raise NotFound(
            "This link is not (or no longer) good: it works once, and until Viva is started again. "
            "The newest stands in what `viva serve` printed."
        ) from None
    if not is_needed(session):
        raise NotFound("There is an admin already: ask them to invite you.")
    return found


def become_first_admin(session: Session, token: str, user: User, organization_name: str) -> Organization:
    """Make the first organisation; the person is its admin, and of those that nobody belongs to (made for API keys).

    Raises:
        NotFound: the link is not good (any more), or there is an admin by now.
        Invalid: the name is no good.
        OrganizationTaken: its address is another's.
    """
    found = require_first_admin_link(session, token)
    organization = create_organization(session, user, organization_name)
    nobodys = session.scalars(
        select(Organization.id).where(
            Organization.is_personal.is_(False),
            ~select(Membership.id).where(Membership.organization_id == Organization.id).exists(),
        )
    )
    for organization_id in nobodys:
        session.add(Membership(organization_id=organization_id, user_id=user.id, role="admin"))
    found.used_at = clock.now(session)
    session.flush()
    return organization
