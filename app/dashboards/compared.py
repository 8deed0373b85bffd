"""Putting a comparison together: whose interviews of which template version, and whether with their names."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.accounts.models import Organization
from app.accounts.service import audit
from app.dashboards import comparison
from app.dashboards.compare_queries import Sitter, compared_versions, results, sitters
from app.kit.errors import NotFound

AT_ONCE = 12
AT_FIRST = 4
"""So many of the newest are shown where nobody has been chosen."""


@dataclass(frozen=True)
class Compared:
    """Candidates side by side, and what else there would be to compare."""

    versions: list[tuple[uuid.UUID, str, int, int]]
    version_id: uuid.UUID | None
    listed: list[Sitter]
    columns: list[comparison.Column]
    hidden: bool


def compare(
    session: Session,
    organization: Organization,
    actor: str,
    version_id: uuid.UUID | None,
    chosen: list[uuid.UUID],
    *,
    names: bool,
) -> Compared:
    """The chosen interviews of a version, or the newest; who asks for hidden names stands in the audit trail.

    Raises:
        NotFound: the organisation holds no interviews by this version.
    """
    versions = compared_versions(session, organization.id)
    if version_id is not None and version_id not in {one[0] for one in versions}:
        raise NotFound("There is nothing to compare at this address.")
    version_id = version_id or (versions[0][0] if versions else None)
    listed = sitters(session, organization.id, version_id, chosen) if version_id else []
    people = [one for one in listed if one.id in set(chosen)] or listed[:AT_FIRST]
    if organization.blind and names and people:
        audit(
            session,
            organization.id,
            actor,
            "compare.names_shown",
            f"template-version:{version_id}",
            interviews=[str(one.id) for one in people],
        )
    hidden = organization.blind and not names
    found = results(session, organization.id, [one.id for one in people])
    return Compared(versions, version_id, listed, comparison.columns_of(people, found, hidden), hidden)
