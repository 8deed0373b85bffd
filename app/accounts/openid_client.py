"""Talking with an OpenID Connect provider: Authlib speaks the protocol, this says what of its answers counts."""

from __future__ import annotations

import hmac
from typing import Any

import httpx2
from authlib.integrations.base_client import BaseApp, OAuth2Mixin, OAuthError, OpenIDMixin
from authlib.integrations.httpx_client import OAuth2Client
from joserfc.errors import JoseError

from app.accounts.openid import Ask, Identity, SignInElsewhereFailed
from app.kit.config import Settings
from app.kit.errors import Unavailable
from app.kit.logging import get_logger

TIMEOUT_SECONDS = 5.0
# Signed by the provider's own key; what needs no key, or one that Viva has too, is not taken.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")

log = get_logger("viva.openid")


class _Client(OAuth2Mixin, OpenIDMixin, BaseApp):  # type: ignore[misc]
    client_cls = OAuth2Client

    def load_server_metadata(self) -> dict[str, Any]:
        metadata: dict[str, Any] = super().load_server_metadata()
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = [name for name in offered if name in _ALGORITHMS]
        return metadata


class OpenIdClient:
    """The one provider that is set."""

    def __init__(self, settings: Settings) -> None:
        self._name = settings.oidc_name
        self._client_id = settings.oidc_client_id
        self._issuer = (settings.oidc_issuer or "").rstrip("/")
        secret = settings.oidc_client_secret
        self._client: Any = _Client(
            None,
            "openid",
            client_id=self._client_id,
            client_secret=secret.get_secret_value() if secret else None,
            server_metadata_url=f"{self._issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid email profile",
                "code_challenge_method": "S256",
                "timeout": TIMEOUT_SECONDS,
                "follow_redirects": False,
            },
        )

    def ask(self, redirect_uri: str, next_page: str) -> tuple[str, Ask]:
        """The address at the provider to send somebody to, and what their browser keeps meanwhile.

        Raises:
            Unavailable: the provider does not answer.
        """
        try:
            self._check_issuer()
            made = self._client.create_authorization_url(redirect_uri)
        except (httpx2.HTTPError, ValueError, KeyError, RuntimeError) as error:
            log.warning("provider away", reason=type(error).__name__)
            raise Unavailable(
                f"{self._name} does not answer right now: try again soon, or sign in by password.",
                retry_after_seconds=10,
            ) from None
        return made["url"], Ask(made["state"], made["nonce"], made["code_verifier"], next_page)

    def answer(self, asked: Ask | None, given: dict[str, str], redirect_uri: str) -> Identity:
        """Who came back from the provider.

        Raises:
            SignInElsewhereFailed: nobody, or not in answer to what this browser asked.
            Unavailable: the provider does not answer.
        """
        again = f"Signing in with {self._name} did not work: try again from Viva’s sign-in page."
        if asked is None or not hmac.compare_digest(asked.state.encode(), given.get("state", "").encode()):
            raise SignInElsewhereFailed(again)
        if "code" not in given:
            log.info("provider refused", reason=given.get("error", "")[:60])
            raise SignInElsewhereFailed(again)
        try:
            self._check_issuer()
            token = self._client.fetch_access_token(
                redirect_uri, code=given["code"], code_verifier=asked.code_verifier, grant_type="authorization_code"
            )
            claims = self._client.parse_id_token(token, asked.nonce)
            return self._identity(dict(claims or {}), token)
        except httpx2.HTTPError as error:
            log.warning("provider away", reason=type(error).__name__)
            raise Unavailable(
                f"{self._name} does not answer right now: try again soon.", retry_after_seconds=10
            ) from None
        except (OAuthError, JoseError, ValueError, KeyError, RuntimeError) as error:
            log.warning("provider's answer refused", reason=type(error).__name__)
            raise SignInElsewhereFailed(again) from None

    def _identity(self, claims: dict[str, Any], token: dict[str, Any]) -> Identity:
        audience = claims["aud"]
        if self._client_id not in ([audience] if isinstance(audience, str) else audience):
            raise ValueError("the token is for somebody else")
        subject = str(claims["sub"])
        if "email" not in claims and self._client.load_server_metadata().get("userinfo_endpoint"):
            more = dict(self._client.userinfo(token=token))
            if more.get("sub") == subject:
                claims = more | claims
        email = claims.get("email")
        return Identity(
            issuer=self._issuer,
            subject=subject,
            email=email if isinstance(email, str) else None,
            # Some providers say it as text.
            is_email_verified=claims.get("email_verified") in (True, "true"),
            name=str(claims.get("name") or ""),
        )

    def _check_issuer(self) -> None:
        """The provider must be who the operator named: its answers are believed for that name alone."""
        if str(self._client.load_server_metadata().get("issuer", "")).rstrip("/") != self._issuer:
            self._client.server_metadata.pop("_loaded_at", None)
            raise ValueError("the provider calls itself something else")
