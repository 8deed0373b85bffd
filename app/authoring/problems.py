"""Errors of the editor."""

from __future__ import annotations

from app.accounts.models import User
from app.kit.errors import Forbidden


class AccountNeeded(Forbidden):
    """Writing questions takes an account: a guest's browser may forget them."""

    title = "An account is needed"
    type = "account-needed"


def require_author(user: User) -> None:
    """Only who has an account writes questions.

    Raises:
        AccountNeeded: the person is a guest.
    """
    if user.is_guest:
        raise AccountNeeded("Make an account first: then your questions are there on any device.")
