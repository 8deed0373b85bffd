"""How often the API may be called: per key, and per address where there is no good key; equal in all web processes."""

from __future__ import annotations

import ipaddress

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.accounts.keys import KeyHolder
from app.accounts.throttle import Throttle
from app.accounts.tokens import token_hash
from app.kit.config import Settings
from app.kit.counts import COUNT_ON, Standing
from app.kit.errors import TooMany, Unauthenticated
from app.kit.gathering import Away, Gatherer
from app.kit.problems import problem_response

WINDOW_SECONDS = 60
PER_KEY, PER_ADDRESS, GRADINGS = "calls-per-key", "calls-per-address", "gradings-per-key"

# Whose key it is and how often it called, in one: a key that is not good counts for its caller's address, so that
# nobody gets new calls by inventing keys. Of calls that come at once each gets a number of its own, so the limit is
# exact. Counts are raised in the order of their names, so that two processes never wait for each other.
COUNT_CALL = f"""
WITH asked AS (
    SELECT a.place, k.id IS NOT NULL AS has_key, coalesce('{PER_KEY}/' || k.id, '{PER_ADDRESS}/' || a.address) AS who
    FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS a (secret_hash, address, place)
    LEFT JOIN api_keys k ON k.secret_hash = a.secret_hash AND k.revoked_at IS NULL
        AND (k.expires_at IS NULL OR k.expires_at > viva_now())
), counted AS (
    INSERT INTO throttle_counts AS t (key, count, expires_at)
    SELECT who, count(*), viva_now() + interval '{WINDOW_SECONDS} seconds' FROM asked GROUP BY who ORDER BY who
    ON CONFLICT (key) DO UPDATE SET {COUNT_ON}
    RETURNING key, count, extract(epoch FROM expires_at - viva_now())::float AS seconds
)
SELECT place, has_key, counted.count - count(*) OVER (PARTITION BY who)
    + row_number() OVER (PARTITION BY who ORDER BY place), seconds
FROM asked JOIN counted ON counted.key = who
"""  # noqa: S608 - built of constants of ours


class CallLimits:
    """Counts each call of the API, refuses those over the limit, and says in headers how many are left.

    It stands outside `BodyCap`: a call that is refused is not even read. When the database does not count, calls go on:
    they fail by themselves if they need it.

    Args:
        only_with_key: addresses that take bodies too large to be read for anybody.
    """

    def __init__(self, app: ASGIApp, counter: Gatherer, settings: Settings, only_with_key: frozenset[str]) -> None:
        self.app = app
        self.counter = counter
        self.per_key = RateLimitItemPerMinute(settings.calls_per_minute)
        self.per_address = RateLimitItemPerMinute(settings.calls_per_minute_without_key)
        self.only_with_key = only_with_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call, or refuse it with 429."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        standings: list[Standing] = scope.setdefault("state", {}).setdefault("rate_limits", [])

        async def send_with_limits(message: Message) -> None:
            if message["type"] == "http.response.start" and standings:
                headers = MutableHeaders(scope=message)
                headers["ratelimit-policy"] = ", ".join(one.policy for one in standings)
                headers["ratelimit"] = ", ".join(one.state for one in standings)
            await send(message)

        secret = _bearer(scope)
        try:
            has_key, count, seconds = await self.counter.ask(secret and token_hash(secret), _address(scope))
        except Away:
            await self.app(scope, receive, send)
            return
        name, limit = (PER_KEY, self.per_key) if has_key else (PER_ADDRESS, self.per_address)
        standing = Standing(name, limit, count, seconds)
        standings.append(standing)
        if standing.is_over:
            await problem_response(Request(scope), _too_many(standing))(scope, receive, send_with_limits)
        elif not has_key and scope["path"] in self.only_with_key and scope["method"] not in {"GET", "HEAD"}:
            error = Unauthenticated("Send a good API key as “Authorization: Bearer viva_…”.")
            await problem_response(Request(scope), error)(scope, receive, send_with_limits)
        else:
            await self.app(scope, receive, send_with_limits)


def count_gradings(request: Request, throttle: Throttle, settings: Settings, holder: KeyHolder, amount: int) -> None:
    """Count answers that are to be scored: all that were sent, or none.

    Raises:
        TooMany: more than may come in an hour.
    """
    limit: RateLimitItem = RateLimitItemPerHour(settings.gradings_per_hour)
    standing = throttle.take(GRADINGS, limit, f"{GRADINGS}/{holder.key_id}", amount)
    # What was refused is not counted: the header tells what is left.
    told = Standing(GRADINGS, limit, standing.count - amount, standing.seconds_left) if standing.is_over else standing
    request.state.rate_limits.append(told)
    if standing.is_over:
        left = max(0, limit.amount - told.count)
        raise TooMany(
            f"This key may have {limit.amount:,} answers an hour scored, and {left:,} are left: send no more than"
            f" these, or wait {standing.retry_after} seconds.",
            retry_after_seconds=standing.retry_after,
            limit=GRADINGS,
        )


def _too_many(standing: Standing) -> TooMany:
    whose = "This key" if standing.name == PER_KEY else "This address, without a good key,"
    return TooMany(
        f"{whose} may call {standing.limit.amount:,} times a minute: wait {standing.retry_after} seconds.",
        retry_after_seconds=standing.retry_after,
        limit=standing.name,
    )


def _bearer(scope: Scope) -> str | None:
    scheme, _, secret = Headers(scope=scope).get("authorization", "").partition(" ")
    return secret.strip() or None if scheme.lower() == "bearer" else None


def _address(scope: Scope) -> str:
    """The caller's address, hashed: it is nobody's business a minute later. Of IPv6, one subscriber's /64."""
    given = scope["client"][0] if scope.get("client") else "unknown"
    try:
        address = ipaddress.ip_address(given)
    except ValueError:
        return token_hash(given)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return token_hash(str(ipaddress.ip_network((address, 64), strict=False)))
    return token_hash(given)
