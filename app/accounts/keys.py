"""API keys: made, checked, revoked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from app.accounts.models import ApiKey, Organization
from app.accounts.service import audit
from app.accounts.tokens import new_token, token_hash
from app.kit.clock import viva_now
from app.kit.errors import Forbidden, Invalid, NotFound, Unauthenticated

SCOPES = ("bank:read", "rubrics:read", "interviews:read", "interviews:write", "gradings:write", "admin")
# Built once: it is asked with every call.
_GOOD_KEY = select(ApiKey.id, ApiKey.organization_id, ApiKey.scopes).where(
    ApiKey.secret_hash == bindparam("secret_hash"),
    ApiKey.revoked_at.is_(None),
    or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > viva_now()),
)
DEFAULT_SCOPES = tuple(scope for scope in SCOPES if scope != "admin")


@dataclass(frozen=True)
class KeyHolder:
    """Who calls: an organisation's key, and what it may."""

    key_id: uuid.UUID
    organization_id: uuid.UUID
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        """The key's name in the audit trail."""
        return f"key:{self.key_id}"

    def allows(self, scope: str) -> bool:
        """Whether the key carries the scope; `admin` carries all."""
        return scope in self.scopes or "admin" in self.scopes


class MissingScope(Forbidden):
    """The key is good, but not for this."""

    type = "missing-scope"


def first_organization(session: Session) -> Organization:
    """The oldest organisation that is no person's own; a fresh installation gets one."""
    found = session.scalar(
        select(Organization).where(Organization.is_personal.is_(False)).order_by(Organization.created_at).limit(1)
    )
    if found is None:
        found = Organization(slug="main", name="Main")
        session.add(found)
        session.flush()
    return found


def create_key(session: Session, name: str, org: str | None = None, scopes: list[str] | None = None) -> str:
    """A new key's secret, which is shown once.

    Raises:
        NotFound: no such organisation.
        Invalid: an unknown scope.
    """
    if org is None:
        organization = first_organization(session)
    else:
        found = session.scalar(select(Organization).where(Organization.slug == org))
        if found is None:
            raise NotFound(f"There is no organisation {org!r}: leave --org out for the first one.")
        organization = found
    chosen = list(scopes or DEFAULT_SCOPES)
    for scope in chosen:
        if scope not in SCOPES:
            raise Invalid(f"{scope!r} is no scope: choose among {', '.join(SCOPES)}.", field="scopes")
    secret = new_token("viva_")
    key = ApiKey(
        organization_id=organization.id,
        name=name,
        prefix=secret[:10],
        secret_hash=token_hash(secret),
        scopes=chosen,
    )
    session.add(key)
    session.flush()
    audit(session, organization.id, "operator", "key.created", f"key:{key.id}", name=name, scopes=chosen)
    return secret


def holder_of(session: Session, secret: str | None) -> KeyHolder:
    """Whose key this is.

    Raises:
        Unauthenticated: there is none, or it is not (or no longer) good.
    """
    if not secret or not secret.strip():
        raise Unauthenticated(
            "Send an API key as “Authorization: Bearer viva_…”. `viva key create NAME` makes one.",
        )
    key = session.execute(_GOOD_KEY, {"secret_hash": token_hash(secret.strip())}).first()
    if key is None:
        raise Unauthenticated("This API key is not known, expired or revoked. `viva key create NAME` makes a new one.")
    return KeyHolder(key.id, key.organization_id, frozenset(key.scopes))
