"""When a request is sent again, and after how long."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

SAFE = {"GET", "HEAD", "OPTIONS"}
PASSING = {408, 425, 500, 502, 503, 504}
"""Answers after which the same request may do better, if it does no harm to send it twice."""

# The request has not even reached Viva, whatever it was.
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


@dataclass(frozen=True)
class Retries:
    """How patient a client is. The pauses double, and are drawn at random so that many clients do not come at once."""

    times: int = 4
    first_seconds: float = 0.5
    longest_seconds: float = 8.0
    obeyed_seconds: float = 60.0
    """A `Retry-After` beyond it is not waited for: the problem is raised at once."""

    def pause(
        self, method: str, tried: int, *, has_key: bool, response: httpx2.Response | None, error: Exception | None
    ) -> float | None:
        """How long to wait before sending again; None: do not.

        Sent again is what is safe (`GET`) or carries an `Idempotency-Key`; anything, where Viva certainly did not do
        it: no connection, or 429.
        """
        if tried >= self.times or not self._may_repeat(method, has_key, response, error):
            return None
        drawn = min(self.longest_seconds, self.first_seconds * 2.0**tried) * random.uniform(0.5, 1)  # noqa: S311
        wanted = _retry_after(response)
        if wanted is None:
            return drawn
        return None if wanted > self.obeyed_seconds else wanted + min(drawn, 1.0) * 0.5

    @staticmethod
    def _may_repeat(method: str, has_key: bool, response: httpx2.Response | None, error: Exception | None) -> bool:
        harmless = method in SAFE or has_key
        if response is None:
            return isinstance(error, _NEVER_SENT) or (harmless and isinstance(error, httpx2.TransportError))
        if response.status_code == 429:
            return True
        if response.status_code == 409:
            return has_key and "idempotency-in-flight" in response.text
        return harmless and response.status_code in PASSING


def _retry_after(response: httpx2.Response | None) -> float | None:
    given = "" if response is None else response.headers.get("retry-after", "").strip()
    if not given:
        return None
    try:
        return max(0.0, float(given))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(given) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
