"""What is done to many open invitations at once: sent again, or given more days."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.interviews.invitation_queries import invitation_rows, invitations_standing_at
from app.interviews.inviting import Inviter, Link, Window, check_window, move_window, resend
from app.kit.errors import Conflict


@dataclass(frozen=True)
class Which:
    """Which invitations: those named, or all that wait (of one template)."""

    ids: tuple[uuid.UUID, ...] = ()
    template: str = ""


@dataclass(frozen=True)
class Many:
    """What was done, and how many more there are to do it to."""

    links: list[Link]
    left: int


NOT_OPENED = ("invited",)
NOT_STARTED = ("invited", "opened")


def resend_many(session: Session, inviter: Inviter, which: Which, *, letters: bool = True) -> Many:
    """New links for all who have not opened theirs, or for those who are named; the old links open nothing any more.

    Raises:
        NotFound: one that is named is not the organisation's.
        Conflict: one that is named was taken back, or its days are over.
    """
    chosen, left = _chosen(session, inviter, which, NOT_OPENED)
    return Many([resend(session, inviter, one, letters=letters) for one in chosen], left)


def extend_many(session: Session, inviter: Inviter, which: Which, closes_at: dt.datetime) -> Many:
    """Another last day for all who have not started, or for those who are named; links stay as they are.

    Raises:
        NotFound: one that is named is not the organisation's.
        Conflict: one that is named was taken back, or its interview has begun; or one would close before it opens.
        Invalid: the day is past.
    """
    chosen, left = _chosen(session, inviter, which, NOT_STARTED)
    moved = []
    for row in invitation_rows(session, inviter.organization.id, chosen):
        window = Window(row.opens_at, closes_at)
        if closes_at <= row.opens_at:
            raise Conflict(f"The invitation of {row.name} opens only after that: choose a later end.", field="closes")
        check_window(session, window)
        moved.append(Link(move_window(session, inviter, row.id, window), ""))
    return Many(moved, left)


def _chosen(session: Session, inviter: Inviter, which: Which, statuses: tuple[str, ...]) -> tuple[list[uuid.UUID], int]:
    if which.ids:
        # In one order, whoever asks: two that come at once wait for each other, and neither is ended.
        return sorted(set(which.ids)), 0
    return invitations_standing_at(session, inviter.organization.id, statuses, which.template)
