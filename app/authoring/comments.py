"""Comments of a text kept while its form is saved: the form rewrites the text, and knows nothing of them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from app.kit.yaml_file import FileError, parse_yaml

Path = tuple[str | int, ...]

_BREAK = re.compile("[\n\x85\u2028\u2029]")
"""What ends a line in YAML."""
_MARK = re.compile(r"(?:^|(?<=[ \t]))#")


@dataclass(frozen=True)
class _Entry:
    """A field or a list's entry, by what it is called (`name`) and by where it stands (`place`)."""

    name: Path
    place: Path
    line: int
    one_line: bool
    """Whether a comment may stand behind it."""


@dataclass(frozen=True)
class _Comment:
    text: str
    entry: _Entry | None
    """What it stands before, or behind; None at the end of the text."""
    behind: bool
    at_head: bool
    """Whether it stands before everything."""


def keep_comments(old: str, new: str) -> str:
    """The new text with the comments of the old one, each at the field or entry that it stood at.

    What has gone leaves its comments to the part round it, so that none is lost. A text that cannot be read has none.
    """
    comments = list(_comments(old)) if "#" in old and _data(old) is not None else []
    if not comments:
        return new
    # Comments never become content: a place where they would is not used.
    kept = _with(new, comments)
    if _data(kept) == _data(new):
        return kept
    return new.rstrip("\n") + "\n" + "".join(f"{one.text}\n" for one in comments)


def _data(text: str) -> Any:
    try:
        return parse_yaml(text, "")[0]
    except FileError:
        return None


def _comments(text: str) -> Iterator[_Comment]:
    root = yaml.compose(text, yaml.SafeLoader)
    words = sorted(_extent(node, text) for node in _nodes(root) if isinstance(node, yaml.ScalarNode))
    starts = [start for start, _ in words]
    entries = list(_entries(root))
    offset = 0
    for number, line in enumerate(_BREAK.split(text)):
        for mark in _MARK.finditer(line):
            at = bisect_right(starts, offset + mark.start()) - 1
            if at >= 0 and offset + mark.start() < words[at][1]:
                continue  # a hash inside a text
            behind = bool(line[: mark.start()].strip())
            near = [one for one in entries if one.line == number] if behind else []
            after = [one for one in entries if one.line > number]
            # A field comes after the entry that it is the first of: the comment is about the entry.
            entry = near[-1] if near else after[0] if after else None
            at_head = bool(entries) and not behind and entry is entries[0]
            yield _Comment(line[mark.start() :].rstrip(), entry, bool(near), at_head)
            break
        offset += len(line) + 1


def _with(text: str, comments: list[_Comment]) -> str:
    entries = list(_entries(yaml.compose(text, yaml.SafeLoader)))
    by_name = {one.name: one for one in reversed(entries)}
    by_place = {one.place: one for one in reversed(entries)}
    lines = text.rstrip("\n").split("\n")
    before: dict[int, list[str]] = {}
    for comment in comments:
        found = _find(comment.entry, by_name, by_place)
        if found is None or comment.at_head:
            before.setdefault(0 if comment.at_head else len(lines), []).append(comment.text)
        elif comment.behind and found.one_line and comment.entry and len(found.place) == len(comment.entry.place):
            lines[found.line] += f"  {comment.text}"
        else:
            line = lines[found.line]
            before.setdefault(found.line, []).append(line[: len(line) - len(line.lstrip())] + comment.text)
    out: list[str] = []
    for number, line in enumerate([*lines, ""]):
        out += before.get(number, [])
        out.append(line)
    return "\n".join(out)


def _find(entry: _Entry | None, by_name: dict[Path, _Entry], by_place: dict[Path, _Entry]) -> _Entry | None:
    if entry is None:
        return None
    for end in range(len(entry.name), 0, -1):
        found = by_name.get(entry.name[:end]) or by_place.get(entry.place[:end])
        if found is not None:
            return found
    return None


def _entries(node: yaml.Node | None, name: Path = (), place: Path = ()) -> Iterator[_Entry]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield _Entry((*name, key.value), (*place, key.value), key.start_mark.line, _ends_there(value))
            yield from _entries(value, (*name, key.value), (*place, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            called = _called(value, number)
            yield _Entry((*name, called), (*place, number), value.start_mark.line, _ends_there(value))
            yield from _entries(value, (*name, called), (*place, number))


def _called(node: yaml.Node, number: int) -> str | int:
    """What a list's entry is known by when it moves: its id, its text, else its number."""
    if isinstance(node, yaml.ScalarNode):
        return f"= {node.value}"
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value in ("id", "text") and isinstance(value, yaml.ScalarNode):
                return f"{key.value} {value.value.strip()}"
    return number


def _ends_there(node: yaml.Node) -> bool:
    """Whether the line on which it begins can carry a comment: inside a text of several lines it would be a word."""
    if isinstance(node, yaml.ScalarNode):
        return node.style in ("|", ">") or node.start_mark.line == node.end_mark.line
    return True


def _extent(node: yaml.ScalarNode, text: str) -> tuple[int, int]:
    """From where to where a hash belongs to the scalar; the first line of a block may carry a comment."""
    start, end = node.start_mark.index, node.end_mark.index
    return (text.find("\n", start) if node.style in ("|", ">") else start), end


def _nodes(node: yaml.Node | None) -> Iterator[yaml.Node]:
    if node is None:
        return
    yield node
    for part in node.value if isinstance(node, yaml.CollectionNode) else ():
        for one in part if isinstance(part, tuple) else (part,):
            yield from _nodes(one)
