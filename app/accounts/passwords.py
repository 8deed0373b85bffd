"""Password hashing: argon2 by pwdlib, a bounded number at once, and equal work for unknown people."""

from __future__ import annotations

import functools
import threading

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.kit.errors import Invalid

MIN_LENGTH = 10
MAX_LENGTH = 200

# Each hash takes 64 MiB and some 50 ms of a core: two at once, or a crowd at the door would stop everybody's clock.
_slots = threading.BoundedSemaphore(2)
_hasher = PasswordHash((Argon2Hasher(),))


@functools.lru_cache(maxsize=1)
def _dummy() -> str:
    return _hasher.hash("nobody's password")


def hash_password(password: str) -> str:
    """The argon2id hash of a password.

    Raises:
        Invalid: too short or too long.
    """
    if len(password) < MIN_LENGTH:
        raise Invalid(f"Choose a password of at least {MIN_LENGTH} characters: a few words do well.", field="password")
    if len(password) > MAX_LENGTH:
        raise Invalid(f"Choose a password of at most {MAX_LENGTH} characters.", field="password")
    with _slots:
        return _hasher.hash(password)


def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether it is the password; for nobody's hash the same work is done and the answer is no."""
    with _slots:
        good = _hasher.verify(password[:MAX_LENGTH], password_hash or _dummy())
    return good and password_hash is not None
