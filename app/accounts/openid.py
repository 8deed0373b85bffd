"""Signing in with an OpenID Connect provider: what is asked, what comes back, and which provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from app.kit.config import Settings
from app.kit.errors import Invalid, OperatorError


class SignInElsewhereFailed(Invalid):
    """The provider said no, or what came back does not belong to what was asked."""

    type = "sign-in-elsewhere-failed"
    title = "Signing in did not work"


@dataclass(frozen=True)
class Ask:
    """What the browser keeps while its person is at the provider; the secrets tie the answer to this browser."""

    state: str
    nonce: str
    code_verifier: str
    next: str


@dataclass(frozen=True)
class Identity:
    """Who somebody is, as the provider says."""

    issuer: str
    subject: str
    email: str | None
    is_email_verified: bool
    name: str


class OpenId(Protocol):
    """The one provider that is set."""

    def ask(self, redirect_uri: str, next_page: str) -> tuple[str, Ask]:
        """The address at the provider to send somebody to, and what their browser keeps meanwhile.

        Raises:
            Unavailable: the provider does not answer.
        """

    def answer(self, asked: Ask | None, given: dict[str, str], redirect_uri: str) -> Identity:
        """Who came back from the provider.

        Raises:
            SignInElsewhereFailed: nobody, or not in answer to what this browser asked.
            Unavailable: the provider does not answer.
        """


def provider_name(settings: Settings) -> str | None:
    """What pages call the provider; None where none is set."""
    return settings.oidc_name if settings.oidc_issuer and settings.oidc_client_id else None


def make_openid(settings: Settings) -> OpenId | None:
    """The provider that is set, or None. Nothing is asked of it yet.

    Raises:
        OperatorError: half of what it takes is set.
    """
    if settings.oidc_issuer and not settings.oidc_client_id:
        raise OperatorError("VIVA_OIDC_ISSUER is set and VIVA_OIDC_CLIENT_ID is not: set both, or none.")
    if provider_name(settings) is None:
        return None
    # Its libraries take a third of a second to load, which only those who use them should spend.
    from app.accounts.openid_client import OpenIdClient

    return OpenIdClient(settings)
