"""An organisation's learning record store: set, looked at, removed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.service import audit
from app.integrations.models import EventHandover
from app.integrations.xapi.models import XapiEndpoint
from app.kit.errors import Invalid
from app.kit.outward import CallRefused, Outward
from app.kit.sealing import Sealing
from app.kit.text import clean_text

XAPI = "xapi"
"""The consumer's name."""


@dataclass(frozen=True)
class Standing:
    """How an organisation's statements stand: how many wait, and what went wrong last."""

    endpoint: XapiEndpoint | None
    waiting: int
    error: str


def standing_of(session: Session, organization_id: uuid.UUID) -> Standing:
    """The store of an organisation, and what has not reached it."""
    mine = (EventHandover.organization_id == organization_id, EventHandover.consumer == XAPI)
    count = session.scalar(select(func.count()).where(*mine)) or 0
    error = session.scalar(
        select(EventHandover.error).where(*mine, EventHandover.attempts > 0).order_by(EventHandover.retry_at).limit(1)
    )
    return Standing(session.get(XapiEndpoint, organization_id), count, error or "")


def set_endpoint(
    session: Session,
    outward: Outward,
    sealing: Sealing,
    organization_id: uuid.UUID,
    url: str,
    username: str,
    password: str,
    actor: str,
) -> None:
    """Have statements sent from now on; without a password the one that is kept stays.

    Raises:
        Invalid: a field does not hold what it should.
    """
    url, username = (clean_text(value, field=name).strip() for value, name in ((url, "url"), (username, "username")))
    url = url.rstrip("/")
    found = session.get(XapiEndpoint, organization_id)
    try:
        parts = outward.check(url)
    except CallRefused as error:
        raise Invalid(str(error), field="url") from None
    if parts.query:
        raise Invalid("Write the store’s address without what follows a question mark.", field="url")
    if not 1 <= len(username) <= 200 or ":" in username:
        raise Invalid("Write the key’s name, which the store shows, without a colon.", field="username")
    if (not password and found is None) or len(clean_text(password, field="password")) > 1000:
        raise Invalid("Write the key’s secret, which the store shows.", field="password")
    if found is None:
        found = XapiEndpoint(organization_id=organization_id)
        session.add(found)
    elif not password and url != found.url:
        # A secret goes nowhere but where it was given for.
        raise Invalid("Write the secret again: it was given for another address.", field="password")
    found.url, found.username = url, username
    if password:
        found.sealed = sealing.seal(password)
    session.flush()
    audit(session, organization_id, actor, "xapi.endpoint_set", f"organization:{organization_id}", url=found.url)


def remove_endpoint(session: Session, organization_id: uuid.UUID, actor: str) -> None:
    """Send no statement any more."""
    found = session.get(XapiEndpoint, organization_id)
    if found is not None:
        session.delete(found)
        audit(session, organization_id, actor, "xapi.endpoint_removed", f"organization:{organization_id}")
