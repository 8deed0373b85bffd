"""Hostile YAML is refused at once."""

from __future__ import annotations

import time

import pytest

from app.kit.config import ROOT
from app.kit.yaml_file import FileError, Loc, _by_libyaml, _lines, _Loader, _read, parse_yaml


def test_nested_brackets_are_refused_before_they_cost_anything() -> None:
    began = time.monotonic()
    with pytest.raises(FileError, match="nested too deeply"):
        parse_yaml("title: ok\nrubric: " + "[" * 200_000, "a file")
    assert time.monotonic() - began < 5


def test_as_many_brackets_as_anybody_needs_are_read() -> None:
    data, _ = parse_yaml("rubric: " + "[" * 30 + "1" + "]" * 30, "a file")
    assert data["rubric"]


def test_both_readers_find_the_same_in_every_file_of_the_bank() -> None:
    """Which of them reads a text must not be seen."""
    for path in sorted((ROOT / "seed").glob("**/*.yaml")):
        source = path.read_text(encoding="utf-8")
        fast, slow = _by_libyaml(source), _read(_Loader(source))
        assert fast is not None, path
        assert fast[0] == slow[0], path
        places: list[dict[Loc, int]] = [{}, {}]
        for (_, node), into in zip((fast, slow), places, strict=True):
            _lines(node, (), into)
        assert places[0] == places[1], path


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("a: 1\nb: &x 2\n", 2, "anchors and aliases (& and *) are not allowed"),
        ("a: 1\nb: *x\n", 2, "anchors and aliases (& and *) are not allowed"),
        ("a: 1\nb: 2\na: 3\n", 3, "the key 'a' stands here twice"),
        ("a: 1\n2: b\n", 2, "the key 2 is not text: quote it"),
        ("a: [1\nb: 2\n", 2, "expected ',' or ']', but got ':'"),
        ("a: 1\n---\nb: 2\n", 2, "but found another document"),
        ("a: !!python/object:os.system {}\n", 1, "could not determine a constructor for the tag"),
        ("- " * 100_000, None, "is not readable YAML"),
    ],
)
def test_what_is_wrong_is_said_at_its_line(source: str, line: int | None, message: str) -> None:
    with pytest.raises(FileError) as caught:
        parse_yaml(source, "a file")
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.line == line


def test_a_date_stays_text() -> None:
    assert parse_yaml("published: 2014-06-01\n", "a file")[0] == {"published": "2014-06-01"}
