"""Organisations: made, and whose members somebody is."""

from __future__ import annotations

import re
import unicodedata
import uuid

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.models import Membership, Organization, User
from app.accounts.service import audit
from app.kit.errors import Conflict, Forbidden, Invalid
from app.kit.text import clean_text

MAX_SLUG = 60


class OrganizationTaken(Conflict):
    """Another organisation has this address."""

    type = "organization-taken"


def slug_of(name: str) -> str:
    """An address made of a name: “Ada & Söhne” becomes `ada-sohne`; empty when no letter or digit is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:MAX_SLUG].strip("-")


def create_organization(session: Session, user: User, name: str) -> Organization:
    """An organisation, of which the person is the first admin.

    Raises:
        Invalid: the name is empty, too long, or has neither letter nor digit of the Latin alphabet.
        Forbidden: a guest.
        OrganizationTaken: its address is another's.
    """
    if user.is_guest:
        raise Forbidden("Make an account first: an organisation needs an admin who can come back.")
    name = clean_text(name, field="name").strip()
    if not 1 <= len(name) <= 200:
        raise Invalid("Give the organisation a name of at most 200 characters.", field="name")
    slug = slug_of(name)
    if not slug or slug.startswith("personal-"):
        raise Invalid("Use at least one letter from a to z or a digit: the address is made of the name.", field="name")
    taken = OrganizationTaken(f"There is an organisation at “{slug}” already: choose another name.", field="name")
    if session.scalar(select(Organization.id).where(Organization.slug == slug)) is not None:
        raise taken
    organization = Organization(slug=slug, name=name)
    try:
        # A savepoint: the page that shows the mistake commits all the same.
        with session.begin_nested():
            session.add(organization)
    except IntegrityError:
        raise taken from None
    session.add(Membership(organization_id=organization.id, user_id=user.id, role="admin"))
    session.flush()
    audit(session, organization.id, f"user:{user.id}", "organization.created", f"organization:{organization.id}")
    return organization


def organization_by_id(session: Session, organization_id: uuid.UUID, *, for_write: bool = False) -> Organization:
    """An organisation that is known to be there, as it is now; `for_write` locks it until the transaction ends."""
    return session.get_one(
        Organization, organization_id, with_for_update=for_write or None, populate_existing=for_write
    )


def organizations_of(session: Session, user: User) -> list[tuple[Organization, str]]:
    """(organisation, role) of those that the person works for, by name; the personal one is not among them."""
    rows = session.execute(
        select(Organization, Membership.role)
        .join(Membership, Membership.organization_id == Organization.id)
        .where(Membership.user_id == user.id, Organization.is_personal.is_(False))
        .order_by(Organization.name, Organization.slug)
        .limit(200)
    )
    return [(organization, role) for organization, role in rows]
