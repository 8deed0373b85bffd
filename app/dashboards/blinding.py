"""Exports without candidates' names: what stands for them is the same in every file, and on pages that hide names."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from app.dashboards.comparison import letter_sign
from app.dashboards.names import code_of

IDENTIFYING = frozenset({"candidate_name", "candidate_external_id", "candidate_email"})
COMPARED_AS = "compared_as"
"""The last column of a blind file: what the comparison calls the candidate, where it does."""

# The comparison gives its letters in the order of finishing, for each template version from A on.
_PLACES = """
SELECT id, row_number() OVER (PARTITION BY template_version_id ORDER BY finished_at, id) - 1
FROM interviews WHERE organization_id = :o AND template_version_id IS NOT NULL AND finished_at IS NOT NULL
"""


@dataclass(frozen=True)
class Blinding:
    """Rows of an export with signs in place of names; `places` are those of the comparison, by interview."""

    names: list[str]
    places: dict[uuid.UUID, int]

    @property
    def columns(self) -> list[str]:
        """The file's columns."""
        return [*self.names, COMPARED_AS]

    def hidden(self, rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
        """Rows with signs instead of what tells who somebody is."""
        return [self._hidden(row) for row in rows]

    def _hidden(self, row: Sequence[Any]) -> list[Any]:
        named = dict(zip(self.names, row, strict=True))
        # An invitation that nobody has opened has no interview: its own id gives the sign.
        interview = named.get("interview_id") or named["id"]
        sign, place = code_of(interview), self.places.get(interview)
        # A name is always replaced, also an empty one; whether there was an address or an external id may be seen.
        found = [
            sign if name == "candidate_name" or (name in IDENTIFYING and value) else value
            for name, value in named.items()
        ]
        return [*found, None if place is None else letter_sign(place)]


def blinding_of(connection: Connection, organization_id: uuid.UUID, names: list[str]) -> Blinding:
    """What hides names in an organisation's export of these columns."""
    places = connection.execute(text(_PLACES), {"o": organization_id})
    return Blinding(names, {row[0]: row[1] for row in places})
