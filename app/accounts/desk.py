"""Who works for an organisation: the way in to everything that interviewers see."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import bindparam, select

from app.accounts.deps import Viewer
from app.accounts.doer import Doer
from app.accounts.members import DESK_ROLES
from app.accounts.models import Membership, Organization, User
from app.kit.errors import Forbidden, NotFound
from app.kit.web import SessionDep

# Built once: it is asked with every page of a dashboard.
_DESK = (
    select(Organization, Membership.role)
    .join(Membership, Membership.organization_id == Organization.id)
    .where(
        Organization.slug == bindparam("slug"),
        Membership.user_id == bindparam("user_id"),
        Membership.role.in_(DESK_ROLES),
    )
)


class NotAdmin(Forbidden):
    """A member of the organisation, but not one of its admins."""

    type = "not-admin"


@dataclass(frozen=True)
class Desk:
    """A person at work for an organisation, as interviewer or admin."""

    user: User
    organization: Organization
    role: str

    @property
    def organization_id(self) -> uuid.UUID:
        """What every query of a dashboard is scoped by."""
        return self.organization.id

    @property
    def is_admin(self) -> bool:
        """Whether the person may change members and settings."""
        return self.role == "admin"

    @property
    def actor(self) -> str:
        """The person's name in the audit trail."""
        return f"user:{self.user.id}"

    @property
    def doer(self) -> Doer:
        """The person, as services know who does something."""
        return Doer.person(self.user)

    @property
    def url(self) -> str:
        """Where the organisation's pages begin."""
        return f"/organizations/{self.organization.slug}"


def require_desk(request: Request, organization: str, viewer: Viewer, session: SessionDep) -> Desk:
    """The person's desk in the organisation that the address names.

    Raises:
        NotFound: there is no such organisation, or the person does not work for it: the same words for both.
    """
    row = session.execute(_DESK, {"slug": organization, "user_id": viewer.id}).first()
    if row is None:
        raise NotFound("There is no such organisation, or you do not work for it.")
    return Desk(viewer, row[0], row[1])


def require_admin(desk: Annotated[Desk, Depends(require_desk)]) -> Desk:
    """The desk of an admin.

    Raises:
        NotAdmin: an interviewer of the organisation.
    """
    if not desk.is_admin:
        raise NotAdmin("Only an admin of the organisation can do this: ask one.")
    return desk


AtDesk = Annotated[Desk, Depends(require_desk)]
AtAdminDesk = Annotated[Desk, Depends(require_admin)]
