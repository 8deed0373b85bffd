"""The key that schemathesis sends. It may find and revoke its own key, as any admin may: then it gets another one."""

from __future__ import annotations

import os
from typing import Any

import fuzz_bodies  # noqa: F401 - what it registers is used
import schemathesis

from app.accounts.keys import SCOPES, create_key
from app.kit.db import make_engine, make_sessions

DATABASE = "FUZZ_DATABASE"


def new_key(database_url: str) -> str:
    """The secret of a key of all scopes."""
    engine = make_engine(database_url)
    try:
        with make_sessions(engine).begin() as session:
            return create_key(session, "fuzz", None, list(SCOPES))
    finally:
        engine.dispose()


@schemathesis.auth(refresh_interval=None, retry_on=[401])
class Key:
    """All scopes."""

    def get(self, case: Any, context: Any) -> str:
        """A new secret, at first and after a 401."""
        return new_key(os.environ[DATABASE])

    def set(self, case: Any, data: str, context: Any) -> None:
        """Send it."""
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"
