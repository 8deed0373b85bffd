"""API keys: made, checked, rotated, revoked."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select, text
from sqlalchemy.orm import Session

from app.accounts.doer import Doer
from app.accounts.models import ApiKey, Organization
from app.accounts.service import audit
from app.accounts.tokens import new_token, token_hash
from app.kit import clock
from app.kit.clock import viva_now
from app.kit.errors import Forbidden, Invalid, NotFound, Unauthenticated
from app.kit.paging import Page, encode_cursor, newest_first
from app.kit.text import clean_text

SCOPES = {
    "bank:read": "Read questions and templates",
    "bank:write": "Write questions and templates, check, publish, retire and import them",
    "rubrics:read": "Read rubrics, model answers and graded samples",
    "interviews:read": "Read invitations, interviews, answers, reports, statistics and exports",
    "interviews:write": "Invite, make interviews, send drafts and answers, change their time, release results",
    "gradings:write": "Have answers scored without an interview",
    "reviews:read": "Read what people judged, the review queue and appeals",
    "reviews:write": "Judge answers in a person's place, settle disagreements, answer appeals",
    "webhooks:write": "Say where events go, and look at deliveries",
    "greenhouse": "Serve as assessment partner of Greenhouse: list tests, send one, say how it stands",
    "admin": "Everything: also members, keys, settings and the audit trail",
}
"""What a key can be allowed to do, and the words for it."""

# Built once: it is asked with every call.
_GOOD_KEY = select(
    ApiKey.id,
    ApiKey.organization_id,
    ApiKey.scopes,
    func.coalesce(ApiKey.last_used_at < viva_now() - dt.timedelta(minutes=5), True).label("is_stale"),
).where(
    ApiKey.secret_hash == bindparam("secret_hash"),
    ApiKey.revoked_at.is_(None),
    or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > viva_now()),
)
# Skips a row that is locked: calls that come at once must not wait for each other to note the same moment.
_USED = text(
    "UPDATE api_keys SET last_used_at = viva_now()"
    " WHERE id = (SELECT id FROM api_keys WHERE id = :key_id FOR NO KEY UPDATE SKIP LOCKED)"
)
MAX_KEYS = 200
LONGEST_DAYS = 3650
OVERLAP_HOURS = 24
"""How long a key still works after it was rotated: time enough to bring the new one everywhere."""
DEFAULT_SCOPES = tuple(scope for scope in SCOPES if scope not in {"admin", "greenhouse"})
"""What a key can do when nobody says otherwise: all that programs of one's own need."""


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

    @property
    def doer(self) -> Doer:
        """The key, as services know who does something."""
        return Doer(self.actor)

    def allows(self, scope: str) -> bool:
        """Whether the key carries the scope; `admin` carries all."""
        return scope in self.scopes or "admin" in self.scopes


class MissingScope(Forbidden):
    """The key is good, but not for this."""

    type = "missing-scope"


def refuse_more_than(holder: KeyHolder, scopes: Collection[str]) -> None:
    """A key cannot give what it does not have.

    Raises:
        MissingScope: one of the scopes is not the holder's.
    """
    for scope in scopes:
        if not holder.allows(scope):
            raise MissingScope(f"This key lacks the scope {scope!r}, so it cannot give it.", scope=scope)


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
    """A new key's secret for the operator, which is shown once.

    Raises:
        NotFound: no such organisation.
        Invalid: an unknown scope, or no name.
    """
    organization = organization_named(session, org)
    return make_key(session, organization.id, name, list(scopes or DEFAULT_SCOPES), "operator")[1]


def organization_named(session: Session, org: str | None) -> Organization:
    """The organisation with a slug; without one the first.

    Raises:
        NotFound: no such organisation.
    """
    if org is None:
        return first_organization(session)
    found = session.scalar(select(Organization).where(Organization.slug == org))
    if found is None:
        raise NotFound(f"There is no organisation {org!r}: leave --org out for the first one.")
    return found


def make_key(
    session: Session,
    organization_id: uuid.UUID,
    name: str,
    scopes: list[str],
    actor: str,
    days: int | None = None,
    by: uuid.UUID | None = None,
) -> tuple[ApiKey, str]:
    """A new key, and its secret, which is shown once.

    Raises:
        Invalid: no name, no scope, an unknown one, or a time that is none.
    """
    name = clean_text(name, field="name").strip()
    if not 1 <= len(name) <= 200:
        raise Invalid("Name the key after what uses it, in at most 200 characters.", field="name")
    if not scopes:
        raise Invalid("Choose at least one scope: a key without any could do nothing.", field="scopes")
    for scope in scopes:
        if scope not in SCOPES:
            raise Invalid(f"{scope!r} is no scope: choose among {', '.join(SCOPES)}.", field="scopes")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise Invalid(f"A key lasts from 1 to {LONGEST_DAYS:,} days, or until it is revoked.", field="days")
    secret = new_token("viva_")
    key = ApiKey(
        organization_id=organization_id,
        name=name,
        prefix=secret[:10],
        secret_hash=token_hash(secret),
        scopes=[scope for scope in SCOPES if scope in scopes],
        created_by=by,
        expires_at=None if days is None else clock.now(session) + dt.timedelta(days=days),
    )
    session.add(key)
    session.flush()
    audit(session, organization_id, actor, "key.created", f"key:{key.id}", name=name, scopes=key.scopes)
    return key, secret


def keys_of(session: Session, organization_id: uuid.UUID) -> list[ApiKey]:
    """The keys of an organisation that still open something, newest first."""
    return list(
        session.scalars(
            select(ApiKey)
            .where(ApiKey.organization_id == organization_id, _opens_something())
            .order_by(ApiKey.created_at.desc(), ApiKey.id)
            .limit(MAX_KEYS)
        )
    )


def keys_page(session: Session, organization_id: uuid.UUID, cursor: str | None, limit: int) -> Page[ApiKey]:
    """A page of the keys that still open something, newest first.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    query = select(ApiKey).where(ApiKey.organization_id == organization_id, _opens_something())
    found = list(session.scalars(newest_first(query, ApiKey.created_at, ApiKey.id, cursor, limit)))
    page = found[:limit]
    return Page(page, encode_cursor(page[-1].created_at, page[-1].id) if len(found) > limit else None)


def _opens_something() -> ColumnElement[bool]:
    return and_(ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > viva_now()))


def rotate_key(
    session: Session, organization_id: uuid.UUID, key_id: uuid.UUID, actor: str, by: uuid.UUID | None = None
) -> tuple[ApiKey, str]:
    """A new key with the same name and scopes, and its secret; the old one works for another day, then no more.

    Raises:
        NotFound: the organisation has no such key.
    """
    old = key_by_id(session, organization_id, key_id)
    now = clock.now(session)
    left = None if old.expires_at is None else max(1, (old.expires_at - now).days)
    new, secret = make_key(session, organization_id, old.name, old.scopes, actor, left, by)
    ends = now + dt.timedelta(hours=OVERLAP_HOURS)
    old.expires_at = ends if old.expires_at is None else min(old.expires_at, ends)
    audit(session, organization_id, actor, "key.rotated", f"key:{old.id}", new=str(new.id))
    return new, secret


def revoke_key(session: Session, organization_id: uuid.UUID, key_id: uuid.UUID, actor: str) -> None:
    """End a key at once.

    Raises:
        NotFound: the organisation has no such key.
    """
    key = key_by_id(session, organization_id, key_id)
    key.revoked_at = clock.now(session)
    audit(session, organization_id, actor, "key.revoked", f"key:{key.id}", name=key.name)


def key_by_id(session: Session, organization_id: uuid.UUID, key_id: uuid.UUID) -> ApiKey:
    """A key that has not been revoked.

    Raises:
        NotFound: the organisation has no such key.
    """
    key = session.scalar(
        select(ApiKey).where(
            ApiKey.id == key_id, ApiKey.organization_id == organization_id, ApiKey.revoked_at.is_(None)
        )
    )
    if key is None:
        raise NotFound("There is no such key, or it has been revoked.")
    return key


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
    if key is not None and key.is_stale:
        session.execute(_USED, {"key_id": key.id})
    if key is None:
        raise Unauthenticated("This API key is not known, expired or revoked. `viva key create NAME` makes a new one.")
    return KeyHolder(key.id, key.organization_id, frozenset(key.scopes))
