"""Leaving organisations: one of them, or all with the account."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.accounts.members import LastAdmin, keep_an_admin
from app.accounts.models import Membership, Organization, User
from app.accounts.service import audit
from app.kit.errors import NotFound


def leave_organization(session: Session, user: User, slug: str) -> str:
    """Give up one's place in an organisation; what one did there stays. The organisation's name.

    Raises:
        NotFound: there is no such organisation, or the person does not belong to it.
        LastAdmin: nobody else could change members any more.
    """
    row = session.execute(
        select(Membership, Organization)
        .join(Organization, Membership.organization_id == Organization.id)
        .where(Membership.user_id == user.id, Organization.slug == slug, Organization.is_personal.is_(False))
    ).first()
    if row is None:
        raise NotFound("There is no such organisation, or you do not belong to it.")
    member, organization = row
    keep_an_admin(session, member)
    session.delete(member)
    session.flush()
    audit(session, organization.id, f"user:{user.id}", "member.left", f"user:{user.id}", role=member.role)
    return str(organization.name)


def places_to_give_up(session: Session, user: User) -> tuple[list[Organization], list[Organization]]:
    """(those that others go on with, those that nobody else belongs to) of the person's organisations.

    Raises:
        LastAdmin: in one of them others would be left without an admin.
    """
    # Two admins who leave at the same moment come one after the other.
    mine = select(Membership.organization_id).where(Membership.user_id == user.id)
    session.execute(
        select(Membership.id)
        .where(Membership.organization_id.in_(mine), Membership.role == "admin")
        .order_by(Membership.id)
        .with_for_update()
    )
    other = aliased(Membership)
    rows = session.execute(
        select(Organization, Membership, func.count(other.id), func.count(other.id).filter(other.role == "admin"))
        .join(Membership, Membership.organization_id == Organization.id)
        .outerjoin(other, (other.organization_id == Organization.id) & (other.user_id != user.id))
        .where(Membership.user_id == user.id, Organization.is_personal.is_(False))
        .group_by(Organization.id, Membership.id)
        .order_by(Organization.name)
    ).all()
    stuck = [one.name for one, member, others, admins in rows if member.role == "admin" and others and not admins]
    if stuck:
        names = " and ".join(f"“{name}”" for name in stuck)
        raise LastAdmin(f"You are the only admin of {names}: make somebody else admin there first.", field="confirm")
    return [row[0] for row in rows if row[2]], [row[0] for row in rows if not row[2]]
