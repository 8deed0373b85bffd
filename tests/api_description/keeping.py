"""What of a recorded answer is written otherwise: secrets, hosts, and what would differ from run to run."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from dataclasses import dataclass
from typing import Any

from .walk import HOOKS, Walk

SECRETS = re.compile(r"\b(viva|whsec)_[\w+/=-]{16,}")
LINKS = re.compile(r"/(invited|join|confirm-email|reset-password)/[\w-]{16,}")
IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
HOST = re.compile(r"http://127\.0\.0\.1:\d+")
TIMES = re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
DAYS = re.compile(r'"\d{4}-\d\d-\d\d"')
STAND_INS = re.compile(r"\bCandidate [0-9A-Fa-f]{4,6}\b")
UNNAMED = re.compile(r"\buntitled-[0-9a-f]{10}\b")
MOST, MOST_PLAIN = 2, 12
"""So many entries of a list are kept: the third thing teaches nothing; of plain words and numbers more."""
EPOCH = dt.datetime(2026, 9, 1, 9, tzinfo=dt.UTC)
"""When everything was that happened during a test."""
STEP = dt.timedelta(seconds=15)
STEPS = {"remaining_seconds": 15, "remaining_ms": 15_000, "duration_ms": 50, "size": 500}
"""Numbers that differ a little each time go up to a multiple of these."""
OPAQUE = {"next_cursor": "WyJvcGFxdWUiXQ", "prefix": "viva_00000", "token": "0000000000000000"}
"""Words without a meaning of their own."""


@dataclass
class Keeping:
    """Writes the answers of one walk down."""

    walk: Walk

    def kept(self, body: Any) -> Any:
        """An answer as it is kept."""
        known: dict[str, str] = {}
        text = json.dumps(evened(body), ensure_ascii=False)
        text = SECRETS.sub(lambda match: f"{match[1]}_0000-shown-once", text)
        text = UNNAMED.sub("untitled-0000000000", STAND_INS.sub("Candidate 7F3A", text))
        text = text.replace(self.walk.receiver, HOOKS)
        text = LINKS.sub(r"/\1/a-token-of-its-own", HOST.sub("https://viva.example.org", text))
        text = text.replace(f"{self.walk.slug}-", "").replace(self.walk.slug, "example")
        text = IDS.sub(lambda match: known.setdefault(match[0], f"0b5f0000-0000-4000-8000-{len(known) + 1:012d}"), text)
        text = DAYS.sub(self.day, TIMES.sub(self.time, text))
        return json.loads(text)

    def time(self, match: re.Match[str]) -> str:
        """A time, counted from the beginning of the story; what was before it was the day before."""
        at = dt.datetime.fromisoformat(match[0])
        if (said := self.walk.sent_times.get(at)) is not None:
            return written(said.astimezone(dt.UTC))
        passed = at - self.walk.began
        if passed < dt.timedelta():
            return written(EPOCH - dt.timedelta(days=1))
        if passed < dt.timedelta(minutes=1):  # in the story itself
            return written(EPOCH)
        return written(EPOCH + passed // STEP * STEP)

    def day(self, match: re.Match[str]) -> str:
        """Today, or the month that it is."""
        today = self.walk.began.date()
        for now, then in ((today, EPOCH.date()), (today.replace(day=1), EPOCH.date().replace(day=1))):
            if match[0] == f'"{now}"':
                return f'"{then}"'
        return match[0]


def written(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def evened(value: Any, name: str = "") -> Any:
    """Lists with their first entries alone, and numbers that differ each time made even."""
    if isinstance(value, list):
        is_plain = not any(isinstance(one, dict | list) for one in value)
        return [evened(one) for one in value[: MOST_PLAIN if is_plain else MOST]]
    if isinstance(value, dict):
        return {key: evened(one, key) for key, one in value.items()}
    if isinstance(value, str) and name in OPAQUE:
        return OPAQUE[name]
    if isinstance(value, int | float) and name in STEPS:
        return type(value)(math.ceil(value / STEPS[name]) * STEPS[name])
    return value
