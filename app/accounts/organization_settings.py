"""What an organisation decides: its name, how long it keeps interviews, and whether names are hidden in review."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.accounts.doer import Doer
from app.accounts.models import Organization
from app.accounts.service import audit
from app.kit.errors import Invalid
from app.kit.text import clean_text

LONGEST_RETENTION_DAYS = 3650


def read_retention(days: str) -> int | None:
    """A rule as typed: empty keeps for ever.

    Raises:
        Invalid: not a whole number from 1 to 3650.
    """
    days = days.strip()
    if not days:
        return None
    if not days.isascii() or not days.isdigit() or not 1 <= int(days[:9]) <= LONGEST_RETENTION_DAYS:
        raise Invalid(
            f"Write a number of days from 1 to {LONGEST_RETENTION_DAYS:,}, or nothing to keep interviews for ever.",
            field="retention_days",
        )
    return int(days)


def change_settings(
    session: Session, organization: Organization, by: Doer, name: str, retention_days: int | None, blind: bool
) -> None:
    """Keep what an admin decided; the audit trail holds what it was.

    Raises:
        Invalid: the name is empty or too long.
    """
    name = clean_text(name, field="name").strip()
    if not 1 <= len(name) <= 200:
        raise Invalid("Give the organisation a name of at most 200 characters.", field="name")
    wanted = {"name": name, "retention_days": retention_days, "blind": blind}
    changed = {
        key: [getattr(organization, key), value] for key, value in wanted.items() if getattr(organization, key) != value
    }
    if not changed:
        return
    organization.name, organization.retention_days, organization.blind = name, retention_days, blind
    subject = f"organization:{organization.id}"
    audit(session, organization.id, by.actor, "organization.settings_changed", subject, **changed)
