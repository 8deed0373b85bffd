"""Hostile YAML is refused at once."""

from __future__ import annotations

import time

import pytest

from app.kit.yaml_file import FileError, parse_yaml


def test_nested_brackets_are_refused_before_they_cost_anything() -> None:
    began = time.monotonic()
    with pytest.raises(FileError, match="nested too deeply"):
        parse_yaml("title: ok\nrubric: " + "[" * 200_000, "a file")
    assert time.monotonic() - began < 5


def test_as_many_brackets_as_anybody_needs_are_read() -> None:
    data, _ = parse_yaml("rubric: " + "[" * 30 + "1" + "]" * 30, "a file")
    assert data["rubric"]
