"""What Viva asks of platforms over HTTP: by `kit.outward`, in short, at public addresses alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from app.kit.outward import Answered, CallFailed, CallRefused, Outward

SECONDS = 8.0
MAX_BYTES = 256 * 1024


class PlatformAway(Exception):
    """The platform did not answer, or not with what was asked for; the words are for an administrator."""


def ask(
    outward: Outward,
    method: str,
    url: str,
    *,
    body: Any = None,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answered:
    """One request, with JSON (`body`), a form, or neither.

    Raises:
        PlatformAway: no answer, one that is too large, or an address that must not be asked.
    """
    sent: bytes | None = None
    kinds: dict[str, str] = {}
    if form is not None:
        sent, kinds = urlencode(form).encode(), {"content-type": "application/x-www-form-urlencoded"}
    elif body is not None:
        sent, kinds = json.dumps(body).encode(), {"content-type": "application/json"}
    try:
        answered = outward.call(
            method,
            url,
            body=sent,
            headers=kinds | {"accept": "application/json"} | dict(headers or {}),
            total_seconds=SECONDS,
            max_bytes=MAX_BYTES + 1,
        )
    except (CallRefused, CallFailed) as error:
        raise PlatformAway(f"{url}: {str(error).rstrip('.')}") from None
    if len(answered.body) > MAX_BYTES:
        raise PlatformAway(f"{url} answers with more than {MAX_BYTES // 1024} KiB")
    return answered


def ask_json(outward: Outward, method: str, url: str, **more: Any) -> dict[str, Any]:
    """One request whose answer is a JSON object.

    Raises:
        PlatformAway: no such answer.
    """
    answered = ask(outward, method, url, **more)
    if not is_success(answered):
        raise PlatformAway(f"{url} answers {answered.status}: {said_in(answered)}".rstrip(": "))
    try:
        found = json.loads(answered.body)
    except (ValueError, RecursionError):
        raise PlatformAway(f"{url} does not answer with JSON") from None
    if not isinstance(found, dict):
        raise PlatformAway(f"{url} answers with JSON that is no object")
    return found


def is_success(answered: Answered) -> bool:
    """Whether the platform took it."""
    return 200 <= answered.status < 300


def said_in(answered: Answered) -> str:
    """The beginning of an answer, to be shown to an administrator."""
    text = answered.body[:600].decode("utf-8", "replace")
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:160]
