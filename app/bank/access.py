"""Who may write questions: written once, used in every query and write of working copies."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.accounts.keys import KeyHolder
from app.accounts.models import Membership, Organization, User
from app.bank.models import Question
from app.kit.errors import NotFound

WRITERS = ("interviewer", "admin")
"""Roles that write questions. Everybody is admin of the personal organisation."""
MAX_WORKPLACES = 100


@dataclass(frozen=True)
class Author:
    """Who writes questions: a person, for whichever organisation they work for, or the key of one organisation."""

    organization_id: uuid.UUID
    """Whose a new question is, and whose bank is looked at."""
    user_id: uuid.UUID | None = None
    key_id: uuid.UUID | None = None

    @classmethod
    def person(cls, user: User, organization_id: uuid.UUID | None = None) -> Author:
        """A person, at work for an organisation of theirs (see `workplace`) or for themselves."""
        return cls(organization_id or user.personal_organization_id, user_id=user.id)

    @classmethod
    def key(cls, holder: KeyHolder) -> Author:
        """An organisation's key: it writes what is the organisation's, and nothing else."""
        return cls(holder.organization_id, key_id=holder.key_id)

    @property
    def actor(self) -> str:
        """The author's name in the audit trail."""
        return f"user:{self.user_id}" if self.user_id else f"key:{self.key_id}"


def questions_editable_by(author: Author) -> ColumnElement[bool]:
    """What a key's organisation owns, or the organisations where a person works; never the public questions."""
    if author.user_id is None:
        return Question.organization_id == author.organization_id
    mine = select(Membership.organization_id).where(Membership.user_id == author.user_id, Membership.role.in_(WRITERS))
    return Question.organization_id.in_(mine)


def workplaces_of(session: Session, user: User) -> list[Organization]:
    """The organisations that a person writes questions for, beside their own; by name."""
    return list(
        session.scalars(
            select(Organization)
            .join(Membership, Membership.organization_id == Organization.id)
            .where(
                Membership.user_id == user.id,
                Membership.role.in_(WRITERS),
                Organization.id != user.personal_organization_id,
            )
            .order_by(Organization.name, Organization.slug)
            .limit(MAX_WORKPLACES)
        )
    )


def banks_of(session: Session, user: User | None) -> tuple[uuid.UUID, ...]:
    """Whose questions a person sees beside those of everybody: their own, and those of whom they work for."""
    if user is None:
        return ()
    if user.is_guest:
        return (user.personal_organization_id,)
    return (user.personal_organization_id, *(one.id for one in workplaces_of(session, user)))


def author_at(session: Session, user: User, slug: str) -> Author:
    """A person as author for the organisation with a slug; for themselves when it is empty.

    Raises:
        NotFound: there is no such organisation, or the person does not write for it.
    """
    if not slug:
        return Author.person(user)
    found = next((one for one in workplaces_of(session, user) if one.slug == slug), None)
    if found is None:
        raise NotFound("There is no such organisation, or you do not work for it.")
    return Author.person(user, found.id)
