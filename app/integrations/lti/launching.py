"""The way in: a login that a platform begins, and the launch that must come back from it.

What a launch must show, before a word of it is believed (1EdTech Security Framework 1.0, 5.1.3; LTI 1.3, 5.3 and 6.1):
the state of a login that began here, in this browser, and was not used; a signature by a key that the platform
publishes; issuer, audience, times and nonce; a deployment that the organisation registered; version, message and roles.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.tokens import new_token, token_hash
from app.integrations.lti import claims as words_of
from app.integrations.lti.claims import Role, mapping
from app.integrations.lti.models import LtiLogin, LtiPlatform
from app.integrations.lti.outgoing import PlatformAway
from app.integrations.lti.platform_keys import PlatformKeys
from app.kit import clock
from app.kit.errors import Invalid, Unavailable
from app.kit.logging import get_logger

LOGIN_MINUTES = 10
LEEWAY_SECONDS = 60
OLDEST_SECONDS = 600
"""A token that was issued longer ago was kept by somebody."""
ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
MAX_TOKEN = 100_000
_KEPT = ("iss", "login_hint", "lti_message_hint", "client_id", "target_link_uri", "lti_deployment_id")

log = get_logger("viva.lti")


class LaunchRefused(Invalid):
    """A launch that is not believed, or leads nowhere; the words are for whoever has to mend it."""

    type = "lti-launch-refused"
    title = "This launch cannot be opened"


class LostBrowser(LaunchRefused):
    """The browser that comes back kept nothing of the login: it blocks cookies in frames, or is another one.

    `asked` is what the platform began the login with, to begin it again from a window of its own.
    """

    def __init__(self, asked: Mapping[str, str]) -> None:
        super().__init__("Your browser keeps nothing for Viva inside this page.")
        self.asked = dict(asked)


@dataclass(frozen=True)
class Begun:
    """Where the browser goes, and what it has to keep meanwhile."""

    url: str
    state: str
    browser_secret: str


@dataclass(frozen=True)
class Launch:
    """A launch that is believed."""

    platform: LtiPlatform
    claims: dict[str, Any]
    message: str
    deployment_id: str
    subject: str
    role: Role

    @property
    def template_slug(self) -> str:
        """The interview template that the link names by its custom parameter."""
        return words_of.words(mapping(self.claims, words_of.CLAIM + "custom").get("template"), 80)


def platform_of(session: Session, issuer: str, client_id: str | None) -> LtiPlatform:
    """The registration that a login is for.

    Raises:
        LaunchRefused: there is none, or more than one could be meant.
    """
    query = select(LtiPlatform).where(LtiPlatform.issuer == _storable(issuer))
    if client_id:
        query = query.where(LtiPlatform.client_id == _storable(client_id))
    found = list(session.scalars(query.limit(2)))
    if len(found) == 1:
        return found[0]
    if found:
        raise LaunchRefused("Several tools are registered for this platform: it has to send client_id with its login.")
    raise LaunchRefused(
        "Viva does not know this platform: an admin registers it under “Course platforms”, "
        "with exactly this issuer and client id.",
        issuer=issuer[:255],
        client_id=(client_id or "")[:255],
    )


def begin_login(session: Session, platform: LtiPlatform, given: Mapping[str, str], launch_url: str) -> Begun:
    """Begin a launch: what the platform has to answer is kept here, hashed, for some minutes.

    Raises:
        LaunchRefused: the platform left out what the answer takes.
    """
    login_hint = given.get("login_hint", "")
    if not login_hint:
        raise LaunchRefused("The platform began a login without login_hint.")
    asked = {name: _storable(value) for name in _KEPT if (value := given.get(name))}
    state, nonce, browser_secret = new_token(), new_token(), new_token()
    session.add(
        LtiLogin(
            organization_id=platform.organization_id,
            platform_id=platform.id,
            state_hash=token_hash(state),
            nonce_hash=token_hash(nonce),
            browser_hash=token_hash(browser_secret),
            asked=asked,
            expires_at=clock.now(session) + dt.timedelta(minutes=LOGIN_MINUTES),
        )
    )
    query = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": launch_url,
        "login_hint": login_hint,
        "state": state,
        "nonce": nonce,
    }
    if hint := given.get("lti_message_hint"):
        query["lti_message_hint"] = hint
    return Begun(_with_query(platform.auth_login_url, query), state, browser_secret)


def platform_of_state(session: Session, state: str) -> LtiPlatform | None:
    """The platform that a login was begun with, while it waits for its answer."""
    return session.scalar(
        select(LtiPlatform)
        .join(LtiLogin, LtiLogin.platform_id == LtiPlatform.id)
        .where(LtiLogin.state_hash == token_hash(_storable(state)))
    )


def accept_launch(session: Session, keys: PlatformKeys, given: Mapping[str, str], browser_secret: str | None) -> Launch:
    """The launch that came back, checked. Its login is used up with it.

    Raises:
        LaunchRefused: something about it is not as it must be.
        LostBrowser: it may be good, but not in this browser.
        Unavailable: the platform's keys cannot be had.
    """
    login = session.execute(
        delete(LtiLogin)
        .where(LtiLogin.state_hash == token_hash(_storable(given.get("state", ""))))
        .returning(
            LtiLogin.platform_id, LtiLogin.nonce_hash, LtiLogin.browser_hash, LtiLogin.asked, LtiLogin.expires_at
        )
    ).first()
    again = "Open it again from your course."
    if login is None:
        raise LaunchRefused(f"This launch was used before, or did not begin here. {again}")
    if login.expires_at <= clock.now(session):
        raise LaunchRefused(f"The platform took too long to answer. {again}")
    if browser_secret is None or not hmac.compare_digest(token_hash(browser_secret), login.browser_hash):
        raise LostBrowser(login.asked)
    if given.get("error"):
        reason = words_of.words(given.get("error_description") or given["error"], 200)
        raise LaunchRefused(f"The platform refused to sign you in ({reason}). {again}")
    platform = session.get_one(LtiPlatform, login.platform_id)
    claims = _verified(keys, platform, given.get("id_token", ""))
    now = int(clock.now(session).timestamp())
    _check_token(claims, platform, now)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(token_hash(_storable(nonce)), login.nonce_hash):
        raise _wrong("nonce", "is not the one that was asked with")
    return _launch(platform, claims)


def _verified(keys: PlatformKeys, platform: LtiPlatform, token: str) -> dict[str, Any]:
    if not token or len(token) > MAX_TOKEN:
        raise LaunchRefused("The platform sent no id_token, or one that is too long.")
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    registry.max_header_length = 8192
    try:
        header = jws.extract_compact(token.encode(), registry=registry).headers()
        kid, algorithm = header.get("kid"), header.get("alg")
        if algorithm not in ALGORITHMS or not isinstance(kid, str):
            raise LaunchRefused("The id_token names no key (kid), or is not signed as LTI asks for (RS256).")
        key = keys.find(platform.id, platform.jwks_url, kid)
        if key is None:
            raise LaunchRefused("The id_token is signed with a key that the platform does not publish.")
        return dict(jwt.decode(token, key, algorithms=list(ALGORITHMS), registry=registry).claims)
    except PlatformAway as error:
        log.warning("platform keys away", platform_id=str(platform.id), reason=str(error))
        raise Unavailable(
            "The platform’s keys cannot be fetched right now: open it again from your course in a minute.",
            retry_after_seconds=30,
        ) from None
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        log.info("launch refused", platform_id=str(platform.id), reason=type(error).__name__)
        raise LaunchRefused("The id_token is not signed by the platform, or cannot be read.") from None


def _wrong(claim: str, words: str) -> LaunchRefused:
    return LaunchRefused(f"The launch is not good: {claim} {words}.", claim=claim)


def _check_token(claims: Mapping[str, Any], platform: LtiPlatform, now: int) -> None:
    """Who says it, to whom, and when."""
    if claims.get("iss") != platform.issuer:
        raise _wrong("iss", "is not the registered issuer")
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience if isinstance(audience, list) else []
    if platform.client_id not in audiences:
        raise _wrong("aud", "is not the registered client id")
    party = claims.get("azp")
    if (len(audiences) > 1 or party is not None) and party != platform.client_id:
        raise _wrong("azp", "is not the registered client id")
    if _moment(claims, "exp") <= now - LEEWAY_SECONDS:
        raise _wrong("exp", "is past: are the clocks of both servers right?")
    if not now - OLDEST_SECONDS <= _moment(claims, "iat") <= now + LEEWAY_SECONDS:
        raise _wrong("iat", "is not now: are the clocks of both servers right?")


def _moment(claims: Mapping[str, Any], name: str) -> float:
    moment = claims.get(name)
    # A boolean is a number in Python.
    if isinstance(moment, bool) or not isinstance(moment, int | float) or not 0 <= moment < 2**40:
        raise _wrong(name, "is missing or no time")
    return moment


def _launch(platform: LtiPlatform, claims: dict[str, Any]) -> Launch:
    """What LTI asks of a message."""
    deployment_id = claims.get(words_of.CLAIM + "deployment_id")
    if not isinstance(deployment_id, str) or deployment_id not in platform.deployment_ids:
        raise LaunchRefused(
            f"This deployment ({words_of.words(deployment_id, 255) or 'none named'}) is not registered with Viva: "
            "an admin adds it to the platform under “Course platforms”.",
            claim="deployment_id",
        )
    if claims.get(words_of.CLAIM + "version") != words_of.VERSION:
        raise _wrong("version", f"is not {words_of.VERSION}")
    message = claims.get(words_of.CLAIM + "message_type")
    if message not in {words_of.RESOURCE_LINK, words_of.DEEP_LINK}:
        raise _wrong("message_type", "is none that Viva takes")
    roles = claims.get(words_of.CLAIM + "roles")
    if not isinstance(roles, list):
        raise _wrong("roles", "is missing")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject or len(subject) > 255 or _storable(subject) != subject:
        raise LaunchRefused(
            "The platform does not say who you are (sub), and an interview needs somebody.", claim="sub"
        )
    if message == words_of.RESOURCE_LINK:
        link_id = mapping(claims, words_of.CLAIM + "resource_link").get("id")
        if not isinstance(link_id, str) or not 0 < len(link_id) <= 255 or _storable(link_id) != link_id:
            raise _wrong("resource_link", "has no id")
    if not isinstance(claims.get(words_of.CLAIM + "target_link_uri"), str) and message == words_of.RESOURCE_LINK:
        raise _wrong("target_link_uri", "is missing")
    return Launch(platform, claims, str(message), deployment_id, subject, words_of.role_of(roles))


def forget_logins(session: Session) -> None:
    """Remove logins that were never answered."""
    session.execute(delete(LtiLogin).where(LtiLogin.expires_at <= clock.now(session)))


def _with_query(url: str, query: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, urlencode(query)))), fragment=""))


def _storable(value: str) -> str:
    return "".join(character for character in value if character != "\0" and not "\ud800" <= character <= "\udfff")
