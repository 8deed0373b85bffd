"""No orphans: children that the kernel tells of their parent's end, even by `kill -9`, and the ends of processes."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import psutil

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def start_child(
    command: Sequence[str | Path], signal_if_orphaned: signal.Signals, **options: Any
) -> subprocess.Popen[bytes]:
    """`subprocess.Popen`; on Linux the child gets the signal when the thread that started it has ended.

    So call this from a thread that lives as long as the child should.
    """
    return subprocess.Popen(command, preexec_fn=_die_with_parent(signal_if_orphaned), **options)


def wait_for_end(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until the processes have ended; those that have not in time are returned.

    One that has ended and that nobody has asked for its exit code (a zombie: in containers they can stay for ever)
    counts as ended.
    """
    end = time.monotonic() + seconds
    left = list(processes)
    while (left := [process for process in left if is_alive(process)]) and time.monotonic() < end:
        time.sleep(0.02)
    return left


def is_alive(process: psutil.Process) -> bool:
    """Whether it is still this process that has the number, and it is not a zombie."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _die_with_parent(wanted: signal.Signals) -> Callable[[], None] | None:
    if _libc is None:
        return None
    parent, prctl = os.getpid(), _libc.prctl

    def arrange() -> None:  # between fork and exec: nothing here may import or take a lock
        prctl(_PR_SET_PDEATHSIG, int(wanted), 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return arrange
