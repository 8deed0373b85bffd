"""Greenhouse at the door: HTTP Basic with the organisation's key as the user's name, and no password."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Security
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from app.accounts import keys
from app.integrations.greenhouse.linking import note_key
from app.kit.errors import Unauthenticated
from app.kit.sealing import Sealing
from app.kit.web import SessionDep, SettingsDep

SCOPE = "greenhouse"


class BadKey(Unauthenticated):
    """There is no good key in the request."""

    challenge = 'Basic realm="viva", charset="UTF-8"'


class _Basic(HTTPBasic):
    def make_not_authenticated_error(self) -> Exception:  # type: ignore[override]
        return BadKey("Send the organisation's key as the user name of HTTP Basic, with an empty password.")


_basic = _Basic(auto_error=True, scheme_name="Greenhouse")


def require_greenhouse(
    session: SessionDep, settings: SettingsDep, given: Annotated[HTTPBasicCredentials, Security(_basic)]
) -> keys.KeyHolder:
    """The organisation whose Greenhouse calls; the key is kept, to call back with.

    Raises:
        BadKey: no good key.
        MissingScope: a good key, made for something else.
    """
    try:
        holder = keys.holder_of(session, given.username)
    except Unauthenticated as error:
        raise BadKey(error.message) from None
    # Not even an admin's key will do: this one's secret is kept, and passes through others' hands.
    if SCOPE not in holder.scopes:
        raise keys.MissingScope(f"This key lacks the scope {SCOPE!r}.", scope=SCOPE)
    note_key(session, Sealing.of(settings), holder, given.username.strip())
    return holder


AsGreenhouse = Annotated[keys.KeyHolder, Depends(require_greenhouse)]
