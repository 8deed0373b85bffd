"""Secrets that are shown once and kept as hashes."""

from __future__ import annotations

import hashlib
import secrets


def new_token(prefix: str = "") -> str:
    """256 random bits, URL-safe."""
    return prefix + secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """SHA-256, as hex. Enough for random tokens, which nobody can guess by dictionary."""
    return hashlib.sha256(token.encode()).hexdigest()
