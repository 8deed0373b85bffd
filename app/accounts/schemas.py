"""What the REST routes about keys and people take and give."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from app.accounts.outside import Named
from app.kit.rest import Cleaned, Out, StrictBody

Email = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254), Cleaned]
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), Cleaned]
ExternalId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Cleaned]


class OrganizationRef(Out):
    """Whose things a key reaches."""

    slug: str
    name: str


class KeyOut(Out):
    """A key without its secret."""

    id: uuid.UUID
    name: str
    prefix: str = Field(description="How the secret begins, to tell keys apart.")
    scopes: list[str]
    created_at: dt.datetime
    expires_at: dt.datetime | None = Field(description="Null: it lasts until it is revoked.")
    last_used_at: dt.datetime | None = Field(description="To within five minutes; null: never.")


class WhoAmI(Out):
    """The key that was used, and its organisation."""

    organization: OrganizationRef
    key: KeyOut


class PersonIn(StrictBody):
    """The person in whose place a key acts: a colleague with an account, or somebody of your own."""

    email: Email | None = Field(None, description="Of an interviewer or admin of your organisation.")
    external_id: ExternalId | None = Field(
        None, description="Your own identifier of somebody without an account here. The same one is the same person."
    )
    name: PersonName = Field("", description="With `external_id`: shown beside what the person says.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.email is None) == (self.external_id is None):
            raise ValueError("name the person by email or by external_id")
        if self.email is not None and self.name:
            raise ValueError("name goes with external_id: a colleague's name stands in their account")
        return self

    def named(self) -> Named:
        """The same for services."""
        return Named(self.email, self.external_id, self.name)
