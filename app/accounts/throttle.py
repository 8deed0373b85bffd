"""Throttling of sign-in: `limits` does the arithmetic, PostgreSQL keeps the counts, so all web processes agree."""

from __future__ import annotations

from typing import Any

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from app.accounts.tokens import token_hash
from app.kit.errors import TooMany

SIGN_IN_PER_PERSON = RateLimitItemPerMinute(8, namespace="sign-in-person")
SIGN_IN_PER_ADDRESS = RateLimitItemPerMinute(40, namespace="sign-in-address")
GUESTS_PER_ADDRESS = RateLimitItemPerMinute(60, namespace="guest-address")


class PostgresStorage(Storage):
    """Fixed-window counters in `throttle_counts`, each change in a short transaction of its own.

    (A request that fails rolls its own transaction back; the attempt must count all the same.)
    """

    STORAGE_SCHEME = ["viva-postgres"]  # noqa: RUF012 - the base class declares it so

    def __init__(self, engine: Engine, **options: Any) -> None:
        super().__init__(None, wrap_exceptions=False)
        self.engine = engine

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the storage may raise."""
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, beginning a new window when the old one is over."""
        statement = text(
            "INSERT INTO throttle_counts AS t (key, count, expires_at)"
            " VALUES (:key, :amount, viva_now() + make_interval(secs => :expiry))"
            " ON CONFLICT (key) DO UPDATE SET"
            " count = CASE WHEN t.expires_at <= viva_now() THEN :amount ELSE t.count + :amount END,"
            " expires_at = CASE WHEN t.expires_at <= viva_now() THEN excluded.expires_at ELSE t.expires_at END"
            " RETURNING count"
        )
        with self.engine.begin() as connection:
            return int(connection.execute(statement, {"key": key, "amount": amount, "expiry": expiry}).scalar_one())

    def get(self, key: str) -> int:
        """The count of the window that runs."""
        statement = text("SELECT count FROM throttle_counts WHERE key = :key AND expires_at > viva_now()")
        with self.engine.begin() as connection:
            return int(connection.execute(statement, {"key": key}).scalar() or 0)

    def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds since 1970."""
        statement = text("SELECT extract(epoch FROM expires_at) FROM throttle_counts WHERE key = :key")
        with self.engine.begin() as connection:
            return float(connection.execute(statement, {"key": key}).scalar() or 0)

    def check(self) -> bool:
        """Whether the database answers."""
        with self.engine.begin() as connection:
            return bool(connection.execute(text("SELECT true")).scalar())

    def reset(self) -> int | None:
        """Forget all counts."""
        with self.engine.begin() as connection:
            return connection.execute(text("DELETE FROM throttle_counts")).rowcount

    def clear(self, key: str) -> None:
        """Forget one count."""
        with self.engine.begin() as connection:
            connection.execute(text("DELETE FROM throttle_counts WHERE key = :key"), {"key": key})


class Throttle:
    """Refuses what is tried too often."""

    def __init__(self, engine: Engine) -> None:
        self._limiter = FixedWindowRateLimiter(PostgresStorage(engine))

    def hit(self, limit: RateLimitItem, who: str) -> None:
        """Count one attempt.

        Raises:
            TooMany: there were too many in this window.
        """
        # Hashed: it can be an e-mail address, which must not outlive its account here.
        who = token_hash(who.lower())
        if not self._limiter.hit(limit, who):
            seconds = limit.get_expiry()
            raise TooMany(f"That was tried too often: wait {seconds} seconds.", retry_after_seconds=seconds)
