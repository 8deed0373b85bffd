"""The rows of many tasks, read on all cores with one adapter."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.training.material import OWN, Task
from app.training.rows import Row, rows

_state: dict[str, Any] = {}


def _open(adapter: str, folder: str, most: int) -> None:
    from app.embedding.files import find_model
    from app.embedding.local import LocalEncoder
    from app.training.rows import unfitted

    encoder = LocalEncoder.load(find_model(None), threads=1, adapter=Path(adapter))
    _state.update(encode=lru_cache(maxsize=2048)(encoder.encode), learnt=unfitted(Path(folder)), most=most)


def _read(pair: tuple[Task, Task]) -> list[Row]:
    return list(rows([pair], _state["encode"], _state["learnt"], _state["most"]))


def read_rows(
    tasks: Sequence[Task], adapter: Path, folder: Path, most: int, told: Callable[[int, int], None]
) -> list[Row]:
    """Rows in the order of the tasks; `told` hears how many tasks of how many are done."""
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = "1"
    by_source: dict[str, list[Task]] = {}
    for task in tasks:
        by_source.setdefault(task.source, []).append(task)
    # The right answer to another question: of Viva's own, where neighbours share a subject, to a near one.
    pairs = [
        (task, mine[(number + (3 if source == OWN else max(1, len(mine) // 2))) % len(mine)])
        for source, mine in by_source.items()
        for number, task in enumerate(mine)
    ]
    found: list[Row] = []
    with multiprocessing.get_context("spawn").Pool(
        os.cpu_count() or 1, _open, (str(adapter), str(folder), most)
    ) as pool:
        for number, one in enumerate(pool.imap(_read, pairs), start=1):
            found += one
            told(number, len(pairs))
    return found
