"""Secrets that must be read again (to sign with), sealed by a key of the operator's.

With `VIVA_SECRET_KEYS` they are stored encrypted (Fernet: AES-128-CBC with HMAC-SHA256), so that a copy of the database
gives none away; without it as they are, guarded by the database's own access control.
"""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from app.kit.config import Settings

_SEALED, _PLAIN = "sealed:", "plain:"


class NotOpened(Exception):
    """A secret was sealed with a key that is not set any more."""


class Sealing:
    """Seals with the first key, and opens with all."""

    def __init__(self, keys: str) -> None:
        fernets = [Fernet(_fernet_key(key.strip())) for key in keys.split(",") if key.strip()]
        self._keys = MultiFernet(fernets) if fernets else None

    @classmethod
    def of(cls, settings: Settings) -> Sealing:
        """As the settings have it."""
        return cls(settings.secret_keys.get_secret_value() if settings.secret_keys else "")

    def seal(self, secret: str) -> str:
        """The secret as it is stored."""
        return _PLAIN + secret if self._keys is None else _SEALED + self._keys.encrypt(secret.encode()).decode()

    def open(self, stored: str) -> str:
        """The secret.

        Raises:
            NotOpened: none of the keys is the one that it was sealed with.
        """
        if stored.startswith(_PLAIN):
            return stored.removeprefix(_PLAIN)
        try:
            if self._keys is None:
                raise InvalidToken
            return self._keys.decrypt(stored.removeprefix(_SEALED)).decode()
        except InvalidToken:
            raise NotOpened("The secret was sealed with a key that VIVA_SECRET_KEYS does not hold any more.") from None


def _fernet_key(key: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"viva sealing 1:" + key.encode()).digest())
