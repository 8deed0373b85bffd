"""The key that Greenhouse calls with: noted whenever it comes with another, and opened to call back."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.keys import KeyHolder
from app.integrations.greenhouse.models import GreenhouseLink
from app.kit import clock
from app.kit.clock import viva_now
from app.kit.sealing import Sealing

SEEN_SECONDS = 300


def note_key(session: Session, sealing: Sealing, holder: KeyHolder, secret: str) -> None:
    """Remember that Greenhouse came, and with which key. So a rotated key is known as soon as Greenhouse uses it."""
    known = session.execute(
        select(GreenhouseLink.key_id, GreenhouseLink.last_seen_at).where(
            GreenhouseLink.organization_id == holder.organization_id
        )
    ).first()
    if known is not None and known.key_id == holder.key_id:
        if known.last_seen_at < clock.now(session) - dt.timedelta(seconds=SEEN_SECONDS):
            session.execute(
                update(GreenhouseLink)
                .where(GreenhouseLink.organization_id == holder.organization_id)
                .values(last_seen_at=viva_now())
            )
        return
    made = insert(GreenhouseLink).values(
        organization_id=holder.organization_id, key_id=holder.key_id, sealed_key=sealing.seal(secret)
    )
    session.execute(
        made.on_conflict_do_update(
            index_elements=["organization_id"],
            set_={
                "key_id": made.excluded.key_id,
                "sealed_key": made.excluded.sealed_key,
                "last_seen_at": viva_now(),
            },
        )
    )


def link_of(session: Session, organization_id: uuid.UUID) -> GreenhouseLink | None:
    """How Greenhouse came last, if ever."""
    return session.get(GreenhouseLink, organization_id)
