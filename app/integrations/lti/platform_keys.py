"""The keys that platforms sign with: kept for a while, and fetched again when one is not among them."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from app.integrations.lti.outgoing import PlatformAway, ask_json
from app.kit.outward import Outward

KEPT_SECONDS = 3600.0
ASK_AGAIN_SECONDS = 20.0
"""Whoever sends tokens with made-up key ids must not make Viva ask the platform each time."""


@dataclass
class _Kept:
    url: str
    keys: KeySet
    at: float


class PlatformKeys:
    """One process's copies of the platforms' key sets."""

    def __init__(self, outward: Outward) -> None:
        self._outward = outward
        self._kept: dict[uuid.UUID, _Kept] = {}
        self._lock = threading.Lock()

    def find(self, platform_id: uuid.UUID, jwks_url: str, kid: str) -> RSAKey | ECKey | None:
        """The key of a platform with an id; None where the platform publishes no such key.

        Raises:
            PlatformAway: the platform does not answer, and nothing is known from before.
        """
        kept = self._kept.get(platform_id)
        now = time.monotonic()
        if kept is None or kept.url != jwks_url:
            kept = self._fetch(platform_id, jwks_url)
        else:
            age, found = now - kept.at, _by_kid(kept.keys, kid)
            if age > KEPT_SECONDS or (found is None and age > ASK_AGAIN_SECONDS):
                try:
                    kept = self._fetch(platform_id, jwks_url)
                except PlatformAway:
                    # A known key is good for as long as the platform cannot say otherwise.
                    if found is None:
                        raise
        return _by_kid(kept.keys, kid)

    def _fetch(self, platform_id: uuid.UUID, jwks_url: str) -> _Kept:
        given = ask_json(self._outward, "GET", jwks_url)
        try:
            keys = KeySet.import_key_set(given)  # type: ignore[arg-type]
        except (JoseError, KeyError, TypeError, ValueError, AttributeError):
            raise PlatformAway(f"{jwks_url} does not answer with a key set") from None
        kept = _Kept(jwks_url, keys, time.monotonic())
        with self._lock:
            self._kept[platform_id] = kept
        return kept


def _by_kid(keys: KeySet, kid: str) -> RSAKey | ECKey | None:
    found = next((key for key in keys.keys if key.kid == kid), None)
    # A secret in a public key set could be used by anybody to sign with.
    return found if isinstance(found, RSAKey | ECKey) else None
