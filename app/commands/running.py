"""Which Viva runs on a data folder: written by `viva serve`, read by a second start and by `viva doctor`."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from app.kit.data_folder import FolderLock, give_to_owner
from app.kit.orphans import wait_for_end

_SAME_START_SECONDS = 2.0


class Running:
    """The state file beside the lock. The lock says whether Viva runs; the file only says where, so it may be lost."""

    def __init__(self, data_dir: Path) -> None:
        self.lock_path = data_dir / "viva.lock"
        self.path = data_dir / "viva.json"
        self._written: dict[str, Any] = {}
        self._started_at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")

    def write(self, address: str, children: Sequence[tuple[str, int | None]]) -> None:
        """Write down who runs, where, and as which processes; nothing is done if that is known already."""
        known = [
            {"name": name, "pid": pid, "started": started}
            for name, pid in children
            if pid is not None and (started := _start_of(pid)) is not None
        ]
        state = {"pid": os.getpid(), "address": address, "started_at": self._started_at, "children": known}
        if state == self._written:
            return
        with suppress(OSError):  # a full disk must not stop what runs
            fresh = self.path.with_suffix(".new")  # one name: only the holder of the lock writes
            with fresh.open("w") as file:
                give_to_owner(file.fileno(), self.path.parent)
                json.dump(state, file)
            fresh.replace(self.path)
            self._written = state

    def read(self) -> dict[str, Any]:
        """What was written last; empty if nothing can be read."""
        with suppress(OSError, ValueError):
            state = json.loads(self.path.read_text())
            if isinstance(state, dict):
                return state
        return {}

    def forget(self) -> None:
        """Remove the file: nothing runs any more."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def is_running(self) -> bool:
        """Whether a `viva serve` holds the lock."""
        if not self.lock_path.exists():
            return False
        lock = FolderLock(self.lock_path)
        free = lock.acquire(shared=True)
        lock.release()
        return not free

    def describe(self) -> str:
        """Where it runs: “http://127.0.0.1:8000 (process 123)”."""
        state = self.read()
        return f"{state.get('address', 'its address is not known')} (process {state.get('pid', 'unknown')})"

    def end_left_over_children(self) -> None:
        """End children that outlived a killed `viva serve`, so that they do not keep the port from the new ones."""
        left = []
        for child in self.read().get("children", []):
            with suppress(psutil.Error, TypeError, KeyError, ValueError):
                process = psutil.Process(int(child["pid"]))
                # The number alone proves nothing, as it may have been given to another program by now.
                same = abs(process.create_time() - float(child["started"])) < _SAME_START_SECONDS
                if same and "app.cli" in process.cmdline():
                    process.terminate()
                    left.append(process)
        for process in wait_for_end(left, 10):
            with suppress(psutil.Error):
                process.kill()
        wait_for_end(left, 5)


def _start_of(pid: int) -> float | None:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None
