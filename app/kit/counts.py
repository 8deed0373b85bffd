"""Counts of calls and attempts: `limits` does the arithmetic, PostgreSQL keeps the counts, so all processes agree.

A window is fixed: it begins with the first thing that is counted in it, and what is over is forgotten at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from limits import RateLimitItem
from limits.storage import Storage
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

COUNT_ON = (
    "count = CASE WHEN t.expires_at <= viva_now() THEN excluded.count ELSE t.count + excluded.count END,"
    " expires_at = CASE WHEN t.expires_at <= viva_now() THEN excluded.expires_at ELSE t.expires_at END"
)
"""What a conflict sets: the same window goes on, or a new one begins."""

_ADD = text(
    "INSERT INTO throttle_counts AS t (key, count, expires_at)"  # noqa: S608 - built of constants of ours
    " VALUES (:key, :amount, viva_now() + make_interval(secs => :expiry))"
    f" ON CONFLICT (key) DO UPDATE SET {COUNT_ON}"
    " RETURNING count AS counted, extract(epoch FROM expires_at - viva_now()) AS seconds"
)


@dataclass(frozen=True)
class Standing:
    """How far a caller is within one limit: what the `RateLimit` headers say.

    `name` is the policy's, for programs; `count` is with the call that is answered now.
    """

    name: str
    limit: RateLimitItem
    count: int
    seconds_left: float

    @property
    def is_over(self) -> bool:
        """Whether this call is one too many."""
        return self.count > self.limit.amount

    @property
    def retry_after(self) -> int:
        """Whole seconds after which there is a new window."""
        return max(1, math.ceil(self.seconds_left))

    @property
    def policy(self) -> str:
        """A member of `RateLimit-Policy`."""
        return f'"{self.name}";q={self.limit.amount};w={self.limit.get_expiry()}'

    @property
    def state(self) -> str:
        """A member of `RateLimit`."""
        return f'"{self.name}";r={max(0, self.limit.amount - self.count)};t={self.retry_after}'


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
        return self.add(key, expiry, amount)[0]

    def add(self, key: str, expiry: int, amount: int = 1) -> tuple[int, float]:
        """As `incr`: the count, and the seconds that are left of its window."""
        with self.engine.begin() as connection:
            row = connection.execute(_ADD, {"key": key, "amount": amount, "expiry": expiry}).one()
        return int(row.counted), float(row.seconds)

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

    def give_back(self, key: str, amount: int) -> None:
        """Take back what was counted and refused: it leaves the rest of the window to smaller requests."""
        statement = text(
            "UPDATE throttle_counts SET count = greatest(0, count - :amount)"
            " WHERE key = :key AND expires_at > viva_now()"
        )
        with self.engine.begin() as connection:
            connection.execute(statement, {"key": key, "amount": amount})

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
