"""What is remembered is made once, also when many ask at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.kit.remembered import Remembered


def test_many_at_once_make_it_once() -> None:
    remembered = Remembered(60)
    made: list[int] = []
    go = threading.Event()

    def make() -> int:
        go.wait(5)
        made.append(1)
        return len(made)

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(remembered.get, "key", make) for _ in range(8)]
        go.set()
        assert {one.result(5) for one in asked} == {1}
    assert remembered.peek("key") == 1
    assert remembered.peek("other") is None


def test_a_failure_is_the_callers_and_the_next_one_tries_again() -> None:
    remembered = Remembered(60)

    def fail() -> int:
        raise LookupError

    with pytest.raises(LookupError):
        remembered.get("key", fail)
    assert remembered.get("key", lambda: 2) == 2


def test_it_is_forgotten_in_time_and_when_there_is_too_much() -> None:
    brief = Remembered(0)
    assert [brief.get("key", lambda: 1), brief.get("key", lambda: 2)] == [1, 2]
    assert brief.peek("key") is None
    small = Remembered(60, most=2)
    for key in "abc":
        small.get(key, lambda key=key: key)  # type: ignore[misc]
    assert [small.peek(key) for key in "abc"] == [None, "b", "c"]
