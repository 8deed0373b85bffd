"""What the letters about an account say."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.accounts.mail import queue_mail

_NOT_YOU = "If this was not you, do nothing: nothing changes."


def confirmation_letter(session: Session, email: str, link: str) -> None:
    """Ask the owner of an address to say that it is theirs."""
    queue_mail(
        session,
        email,
        "Confirm your e-mail address for Viva",
        f"Somebody gave this address for an account on Viva. If it was you, confirm it here:\n\n{link}\n\n"
        f"The link works once, for three days. {_NOT_YOU}\n",
    )


def reset_letter(session: Session, email: str, link: str) -> None:
    """The way to a new password."""
    queue_mail(
        session,
        email,
        "A new password for Viva",
        f"Somebody asked for a new password for this account. If it was you, choose one here:\n\n{link}\n\n"
        f"The link works once, for an hour. {_NOT_YOU}\n",
    )


def address_changed_letter(session: Session, old: str, new: str) -> None:
    """Tell the old address that it counts no more: a thief would not."""
    queue_mail(
        session,
        old,
        "Your e-mail address on Viva has changed",
        f"The account on Viva that had this address now has {new}.\n\n"
        "If this was not you, ask whoever runs this Viva for help at once.\n",
    )
