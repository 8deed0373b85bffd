"""How far a long command is, on standard error: rewritten on a terminal, a line each tenth elsewhere."""

from __future__ import annotations

import sys
import time


class Progress:
    """Call it with how many more are done; `end` it."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._total = self._done = self._told = 0
        self._began = time.monotonic()

    def start(self, total: int) -> Progress:
        """Say how many there are."""
        self._total = total
        return self

    def __call__(self, done: int = 1) -> None:
        """So many more are done."""
        self._done += done
        tenth = 10 * self._done // max(1, self._total)
        terminal = sys.stderr.isatty()
        if not terminal and tenth == self._told:
            return
        self._told = tenth
        speed = self._done / max(time.monotonic() - self._began, 1e-6)
        left = (self._total - self._done) / max(speed, 1e-6)
        text = f"{self._done:,} of {self._total:,} {self._what}, {speed:.0f} a second, {left:.0f} s left"
        print(f"\r\x1b[K{text}" if terminal else text, end="" if terminal else "\n", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line."""
        if sys.stderr.isatty() and self._done:
            print(file=sys.stderr)
