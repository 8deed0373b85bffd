"""Who does something: a person at a desk, or a key in another system's hands."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from app.accounts.models import User


@dataclass(frozen=True)
class Doer:
    """Who does something, as the audit trail names them, and the person whose word or work it is.

    For a person both are the same. A key does things for itself (no person), or in the place of a person whom it names.
    """

    actor: str
    user_id: uuid.UUID | None = None
    name: str = ""

    @classmethod
    def person(cls, user: User) -> Doer:
        """Somebody who does it in person."""
        return cls(f"user:{user.id}", user.id, user.name or user.email or "")

    @property
    def in_place_of(self) -> dict[str, str]:
        """What the audit trail adds where the actor is not the person: whose place it was done in."""
        person = f"user:{self.user_id}"
        return {} if self.user_id is None or person == self.actor else {"in_place_of": person}
