"""The keys that Viva signs with as a tool: made, published, changed.

They are rows of the database, so that all web replicas and workers have the same ones. The private halves are sealed
with the operator's key where there is one (`VIVA_SECRET_KEYS`, see `kit.sealing`); without it, whoever reads the
database or a backup of it can speak for this installation to its platforms. They are on no page, in no export
and in no log.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from app.integrations.lti.models import LtiKey
from app.kit import clock
from app.kit.clock import viva_now
from app.kit.locks import Lock
from app.kit.logging import get_logger
from app.kit.sealing import NotOpened, Sealing

ALGORITHM = "RS256"
AGE = dt.timedelta(days=90)
"""When a key gets a successor."""
AHEAD = dt.timedelta(days=1)
"""A successor is published for so long before it signs: platforms keep what they fetched for a while."""
AFTER = dt.timedelta(days=7)
"""So long a key is still published after its successor began to sign: nothing that it signed lives longer."""

log = get_logger("viva.lti")


def published_keys(session: Session, sealing: Sealing) -> dict[str, Any]:
    """The public halves, as a JSON Web Key Set. The first one is made when somebody first asks."""
    signing_key(session, sealing)
    return {"keys": list(session.scalars(select(LtiKey.public_jwk).order_by(LtiKey.signs_from.desc())))}


def signing_key(session: Session, sealing: Sealing) -> RSAKey:
    """The key to sign with now: the newest whose time has come, and that can be opened; else a new one."""
    found = _usable(session, sealing)
    if found is None:
        # Two who need the first key at once get the same one.
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": Lock.LTI_KEYS})
        found = _usable(session, sealing) or _make(session, sealing, dt.timedelta(0))
    return found


def sign(session: Session, sealing: Sealing, claims: dict[str, Any]) -> str:
    """A JWT of these claims, signed by the tool."""
    key = signing_key(session, sealing)
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid, "typ": "JWT"}, claims, key)


def rotate_keys(session: Session, sealing: Sealing, *, at_once: bool = False) -> str:
    """Make a successor: published now, signing in a day. `at_once` (a key is known to others) ends all older ones now.

    Returns the new key's id.
    """
    if at_once:
        session.execute(delete(LtiKey))
    return str(_make(session, sealing, dt.timedelta(0) if at_once else AHEAD).kid)


def tend_keys(session: Session, sealing: Sealing) -> None:
    """Give an old key a successor, and forget those whose time is over. Without any key there is nothing to tend."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": Lock.LTI_KEYS})
    rows = list(session.scalars(select(LtiKey).order_by(LtiKey.signs_from.desc())))
    now = clock.now(session)
    if rows and rows[0].signs_from + AGE <= now:
        rotate_keys(session, sealing)
    for newer, older in itertools.pairwise(rows):
        if newer.signs_from + AFTER <= now:
            session.delete(older)


def _usable(session: Session, sealing: Sealing) -> RSAKey | None:
    query = select(LtiKey).where(LtiKey.signs_from <= viva_now()).order_by(LtiKey.signs_from.desc())
    for row in session.scalars(query):
        try:
            return RSAKey.import_key(json.loads(sealing.open(row.sealed)))
        except NotOpened:
            log.warning("key not opened", kid=row.kid, reason="VIVA_SECRET_KEYS holds no key that it was sealed with")
    return None


def _make(session: Session, sealing: Sealing, ahead: dt.timedelta) -> RSAKey:
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
    session.add(
        LtiKey(
            kid=str(key.kid),
            public_jwk=key.as_dict(private=False),
            sealed=sealing.seal(json.dumps(key.as_dict(private=True))),
            signs_from=clock.now(session) + ahead,
        )
    )
    session.flush()
    return key
