"""Throttling of sign-in and of whatever else is counted in a request: the counts are the same in all web processes."""

from __future__ import annotations

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import Engine

from app.accounts.tokens import token_hash
from app.kit.counts import PostgresStorage, Standing
from app.kit.errors import TooMany

SIGN_IN_PER_PERSON = RateLimitItemPerMinute(8, namespace="sign-in-person")
SIGN_IN_PER_ADDRESS = RateLimitItemPerMinute(40, namespace="sign-in-address")
RESETS_PER_EMAIL = RateLimitItemPerMinute(3, 15, namespace="reset-email")
LETTERS_PER_PERSON = RateLimitItemPerMinute(5, 15, namespace="letters-person")
EXPORTS_PER_PERSON = RateLimitItemPerMinute(6, namespace="export-person")
GUESTS_PER_ADDRESS = RateLimitItemPerMinute(60, namespace="guest-address")


class Throttle:
    """Refuses what is tried too often."""

    def __init__(self, engine: Engine) -> None:
        self._storage = PostgresStorage(engine)
        self._limiter = FixedWindowRateLimiter(self._storage)

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

    def take(self, name: str, limit: RateLimitItem, who: str, amount: int) -> Standing:
        """Count so many things at once, all or none; where the caller stands then."""
        key = limit.key_for(who)
        count, seconds_left = self._storage.add(key, limit.get_expiry(), amount)
        standing = Standing(name, limit, count, seconds_left)
        if standing.is_over:
            self._storage.give_back(key, amount)
        return standing
