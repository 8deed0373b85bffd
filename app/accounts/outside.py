"""People whom another system names: reviewers who judge over the API, known by that system's own identifier."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.members import DESK_ROLES
from app.accounts.models import Membership, OutsidePerson, User
from app.accounts.service import audit, create_guest
from app.kit.errors import Invalid


@dataclass(frozen=True)
class Named:
    """A person as a caller names them: a colleague by `email`, or somebody of the caller's own by `external_id`."""

    email: str | None = None
    external_id: str | None = None
    name: str = ""


def find_named(session: Session, organization_id: uuid.UUID, named: Named) -> uuid.UUID | None:
    """The user who is meant; None: nobody has been named so before.

    Raises:
        Invalid: no interviewer or admin of the organisation has the e-mail.
    """
    if named.email is None:
        return session.scalar(
            select(OutsidePerson.user_id).where(
                OutsidePerson.organization_id == organization_id, OutsidePerson.external_id == named.external_id
            )
        )
    found = session.scalar(
        select(User.id)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.organization_id == organization_id,
            Membership.role.in_(DESK_ROLES),
            func.lower(User.email) == named.email.strip().lower(),
        )
    )
    if found is None:
        raise Invalid("No interviewer or admin of your organisation has this e-mail.", field="email")
    return found


def named_person(session: Session, organization_id: uuid.UUID, named: Named, actor: str) -> tuple[uuid.UUID, str]:
    """The user who is meant, and their name; somebody new by `external_id` is remembered from now on.

    Raises:
        Invalid: no interviewer or admin of the organisation has the e-mail.
    """
    user_id = find_named(session, organization_id, named) or _remembered(session, organization_id, named, actor)
    user = session.get_one(User, user_id)
    if named.external_id is not None and named.name and user.name != named.name:
        user.name = named.name
        session.flush()
    return user_id, user.name or user.email or ""


def _remembered(session: Session, organization_id: uuid.UUID, named: Named, actor: str) -> uuid.UUID:
    try:
        # A savepoint: of two calls that name the same new person at once, one finds the other's.
        with session.begin_nested():
            person = create_guest(session)
            person.name = named.name or str(named.external_id)
            session.add(
                OutsidePerson(organization_id=organization_id, external_id=named.external_id, user_id=person.id)
            )
    except IntegrityError:
        found = find_named(session, organization_id, named)
        assert found is not None
        return found
    audit(session, organization_id, actor, "person.named", f"user:{person.id}", external_id=named.external_id)
    return person.id
