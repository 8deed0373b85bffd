"""What is worked out once and then remembered for a while, by one process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")
MOST_WAITED_SECONDS = 5.0
"""Then a caller makes the value for itself alone."""


class Remembered:
    """Values by key, each for so many seconds; the least recently used go first when there are too many."""

    def __init__(self, seconds: float, most: int = 2_000) -> None:
        self._seconds, self._most = seconds, most
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[float, object]] = OrderedDict()
        self._making: dict[Hashable, threading.Event] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value, made now where none is remembered. Of several callers at once one makes it; the others wait."""
        while True:
            with self._lock:
                kept = self._kept.get(key)
                if kept is not None and time.monotonic() - kept[0] < self._seconds:
                    self._kept.move_to_end(key)
                    return cast(T, kept[1])
                others = self._making.get(key)
                if others is None:
                    mine = self._making[key] = threading.Event()
            if others is None:
                return self._make(key, make, mine)
            if not others.wait(MOST_WAITED_SECONDS):
                return make()

    def peek(self, key: Hashable) -> Any:
        """The value, if one is remembered."""
        with self._lock:
            kept = self._kept.get(key)
            return kept[1] if kept is not None and time.monotonic() - kept[0] < self._seconds else None

    def _make(self, key: Hashable, make: Callable[[], T], mine: threading.Event) -> T:
        try:
            made = make()
            with self._lock:
                self._kept[key] = (time.monotonic(), made)
                self._kept.move_to_end(key)
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
            return made
        finally:
            # Also when it failed: whoever waits tries it then.
            with self._lock:
                del self._making[key]
            mine.set()
