"""Course platforms of an organisation: registered, changed, removed."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.service import audit
from app.accounts.tokens import new_token, token_hash
from app.integrations.lti.models import LtiLink, LtiPlatform, LtiRegistration, LtiSitting
from app.kit import clock
from app.kit.clock import viva_now
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.text import clean_text

MAX_PLATFORMS = 50
MAX_IDS = 200
REGISTRATION_HOURS = 24
_ORIGIN = re.compile(r"^https?://[a-z0-9.-]+(:\d{1,5})?$")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class PlatformTaken(Conflict):
    """Another registration has this issuer and client id: a launch could not tell them apart."""

    type = "lti-platform-taken"
    title = "The platform is registered already"


@dataclass(frozen=True)
class PlatformForm:
    """What an administrator types, or a platform says of itself."""

    name: str
    issuer: str
    client_id: str
    auth_login_url: str
    token_url: str
    jwks_url: str
    token_audience: str = ""
    deployment_ids: str = ""
    """One a line."""
    frame_origins: str = ""
    """One a line; the platform's own addresses are there by themselves."""


@dataclass(frozen=True)
class PlatformLine:
    """A platform in the list: what has been launched from it, and grades that do not arrive."""

    platform: LtiPlatform
    links: int
    sittings: int
    failing: int


def platforms_of(session: Session, organization_id: uuid.UUID) -> list[PlatformLine]:
    """The platforms of an organisation, by name."""
    links = (
        select(LtiLink.platform_id, func.count().label("links"))
        .where(LtiLink.organization_id == organization_id)
        .group_by(LtiLink.platform_id)
        .subquery()
    )
    sittings = (
        select(
            LtiLink.platform_id,
            func.count().label("sittings"),
            func.count().filter(LtiSitting.error != "").label("failing"),
        )
        .join(LtiSitting, LtiSitting.link_id == LtiLink.id)
        .where(LtiLink.organization_id == organization_id)
        .group_by(LtiLink.platform_id)
        .subquery()
    )
    rows = session.execute(
        select(LtiPlatform, links.c.links, sittings.c.sittings, sittings.c.failing)
        .outerjoin(links, links.c.platform_id == LtiPlatform.id)
        .outerjoin(sittings, sittings.c.platform_id == LtiPlatform.id)
        .where(LtiPlatform.organization_id == organization_id)
        .order_by(LtiPlatform.name, LtiPlatform.id)
    )
    return [PlatformLine(platform, *(count or 0 for count in counts)) for platform, *counts in rows]


def platform_by_id(session: Session, organization_id: uuid.UUID, platform_id: uuid.UUID) -> LtiPlatform:
    """One platform of an organisation.

    Raises:
        NotFound: the organisation has no such platform.
    """
    found = session.scalar(
        select(LtiPlatform).where(LtiPlatform.id == platform_id, LtiPlatform.organization_id == organization_id)
    )
    if found is None:
        raise NotFound("There is no such platform, or it has been removed.")
    return found


def last_failures(session: Session, platform: LtiPlatform) -> list[LtiSitting]:
    """Sittings whose grades do not arrive, with what the platform said."""
    return list(
        session.scalars(
            select(LtiSitting)
            .join(LtiLink, LtiSitting.link_id == LtiLink.id)
            .where(LtiLink.platform_id == platform.id, LtiSitting.error != "")
            .order_by(LtiSitting.check_at.desc())
            .limit(10)
        )
    )


def add_platform(
    session: Session, organization_id: uuid.UUID, form: PlatformForm, actor: str, by: uuid.UUID | None
) -> LtiPlatform:
    """Register a platform.

    Raises:
        Invalid: a field does not hold what it should.
        PlatformTaken: the issuer and client id are registered.
    """
    count = session.scalar(select(func.count()).where(LtiPlatform.organization_id == organization_id)) or 0
    if count >= MAX_PLATFORMS:
        raise Invalid(f"An organisation has at most {MAX_PLATFORMS} platforms: remove one first.", field="name")
    platform = LtiPlatform(organization_id=organization_id, created_by=by)
    _fill(platform, form)
    try:
        with session.begin_nested():
            session.add(platform)
            session.flush()
    except IntegrityError:
        raise _taken() from None
    audit(session, organization_id, actor, "lti.platform_added", f"lti_platform:{platform.id}", issuer=platform.issuer)
    return platform


def change_platform(session: Session, platform: LtiPlatform, form: PlatformForm, actor: str) -> None:
    """Change a platform's registration.

    Raises:
        Invalid: a field does not hold what it should.
        PlatformTaken: the issuer and client id are registered.
    """
    try:
        with session.begin_nested():
            _fill(platform, form)
            session.flush()
    except IntegrityError:
        raise _taken() from None
    audit(session, platform.organization_id, actor, "lti.platform_changed", f"lti_platform:{platform.id}")


def remove_platform(session: Session, platform: LtiPlatform, actor: str) -> None:
    """Forget a platform: nothing is launched from it or sent to it any more. Interviews stay."""
    subject = f"lti_platform:{platform.id}"
    audit(session, platform.organization_id, actor, "lti.platform_removed", subject, issuer=platform.issuer)
    session.delete(platform)
    session.flush()


def make_registration_token(
    session: Session, organization_id: uuid.UUID, platform_url: str, actor: str, by: uuid.UUID | None
) -> str:
    """The secret of a link with which a platform can register itself, once, within a day.

    Raises:
        Invalid: the platform's address is none.
    """
    origin = origin_of(_url(platform_url, "platform_url", "The platform’s address"))
    token = new_token()
    expires = clock.now(session) + dt.timedelta(hours=REGISTRATION_HOURS)
    session.add(
        LtiRegistration(
            organization_id=organization_id,
            token_hash=token_hash(token),
            frame_origin=origin,
            created_by=by,
            expires_at=expires,
        )
    )
    audit(session, organization_id, actor, "lti.registration_link_made", f"organization:{organization_id}")
    return token


def good_registration(session: Session, token: str) -> LtiRegistration:
    """The link behind a secret; locked, as it works once.

    Raises:
        NotFound: it is not (or no longer) good.
    """
    found = session.scalar(
        select(LtiRegistration)
        .where(LtiRegistration.token_hash == token_hash(token), LtiRegistration.expires_at > viva_now())
        .with_for_update()
    )
    if found is None:
        raise NotFound("This registration link is not (or no longer) good: make a new one on Viva’s page.")
    return found


def _taken() -> PlatformTaken:
    return PlatformTaken("This issuer and client id are registered already.", field="client_id")


def _fill(platform: LtiPlatform, form: PlatformForm) -> None:
    """Everything is checked before anything is set."""
    name = _line(form.name, "name", "Name", 120)
    issuer = _url(form.issuer, "issuer", "The issuer", 255)
    client_id = _line(form.client_id, "client_id", "The client id", 255)
    auth = _url(form.auth_login_url, "auth_login_url", "The authentication address")
    token = _url(form.token_url, "token_url", "The token address")
    jwks = _url(form.jwks_url, "jwks_url", "The keyset address")
    audience = _line(form.token_audience, "token_audience", "The audience", 2000, required=False)
    deployments = _lines(form.deployment_ids, "deployment_ids", 255)
    given = [_as_origin(line) for line in _lines(form.frame_origins, "frame_origins", 300)]
    platform.name, platform.issuer, platform.client_id = name, issuer, client_id
    platform.auth_login_url, platform.token_url, platform.jwks_url = auth, token, jwks
    platform.token_audience, platform.deployment_ids = audience, deployments
    platform.frame_origins = _unique([origin_of(issuer), origin_of(auth), *given])


def origin_of(url: str) -> str:
    """Scheme and host of an address, as CSP wants them.

    Raises:
        Invalid: it has none.
    """
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc.lower()}"
    if not _ORIGIN.match(origin):
        raise Invalid(f"{url!r} is no address of a web site: write https://moodle.example.org.", field="frame_origins")
    return origin


def _as_origin(line: str) -> str:
    _url(line, "frame_origins", "A page that shows Viva in a frame")
    return origin_of(line)


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _line(value: str, field: str, what: str, limit: int, *, required: bool = True) -> str:
    value = clean_text(value, field=field).strip()
    if required and not value:
        raise Invalid(f"{what} is missing: the platform shows it where the tool is registered.", field=field)
    if len(value) > limit or "\n" in value:
        raise Invalid(f"{what} is one line of at most {limit} characters.", field=field)
    return value


def _lines(value: str, field: str, limit: int) -> list[str]:
    found = _unique(line.strip() for line in clean_text(value, field=field).splitlines() if line.strip())
    if len(found) > MAX_IDS or any(len(line) > limit for line in found):
        raise Invalid(f"At most {MAX_IDS} lines of at most {limit} characters each.", field=field)
    return found


def _url(value: str, field: str, what: str, limit: int = 2000) -> str:
    value = _line(value, field, what, limit)
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    safe = host and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))
    if not safe or parts.username is not None or any(character.isspace() for character in value):
        raise Invalid(f"{what} must be an https:// address.", field=field)
    origin_of(value)
    return value
