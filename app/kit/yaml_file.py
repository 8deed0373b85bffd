"""YAML from people: safe loader, byte cap, no aliases or tags, and every mistake with its file, line and field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

MAX_BYTES = 256 * 1024
MAX_BRACKETS = 40

Loc = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class FileProblem:
    """One mistake in one file."""

    file: str
    line: int | None
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{place}{f', field {self.field}' if self.field else ''}: {self.message}"


class FileError(Exception):
    """A file cannot be used; `problems` says why, each with its place."""

    def __init__(self, problems: list[FileProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class _TextKeys(yaml.constructor.SafeConstructor):
    """Safe, and without duplicate keys or such as are no text: nobody can hide a silent overwrite in a file."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is not text: quote it", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands here twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


class _Loader(_TextKeys, yaml.SafeLoader):
    """Without anchors and aliases either: nobody can hide a bomb."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.composer.ComposerError(
                None, None, "anchors and aliases (& and *) are not allowed", event.start_mark
            )
        return super().compose_node(parent, index)

    def fetch_flow_collection_start(self, token: Any) -> None:
        # At each token PyYAML goes through all brackets that are open: a few kilobytes of them would take minutes.
        if self.flow_level >= MAX_BRACKETS:
            raise yaml.scanner.ScannerError(None, None, "is nested too deeply", self.get_mark())
        super().fetch_flow_collection_start(token)


class _FastLoader(_TextKeys, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads ten times as fast, by libyaml; what it must not be given is kept from it by `_by_libyaml`."""


# Dates and the like stay text: `2014-06-01` in a source is a string to us.
_Loader.yaml_implicit_resolvers = _FastLoader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _lines(node: yaml.Node | None, at: Loc, into: dict[Loc, int]) -> None:
    """The line on which each field begins."""
    if node is None:
        return
    into.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            into[(*at, key_node.value)] = key_node.start_mark.line + 1
            _lines(value_node, (*at, key_node.value), into)
    elif isinstance(node, yaml.SequenceNode):
        for index, value_node in enumerate(node.value):
            _lines(value_node, (*at, index), into)


def field_path(loc: Loc) -> str:
    """`("criteria", 2, "weight")` as `criteria[2].weight`."""
    out = ""
    for part in loc:
        out += f"[{part}]" if isinstance(part, int) else f".{part}" if out else str(part)
    return out


def load_yaml(path: Path, model: type[Model], name: str | None = None) -> Model:
    """Read one file into a model.

    Raises:
        FileError: it cannot be read, is no YAML, or does not fit; each problem names file, line and field.
    """
    shown = name or str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FileError([FileProblem(shown, None, "", f"is over {MAX_BYTES // 1024} KiB")])
        source = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileError([FileProblem(shown, None, "", f"is not UTF-8 (byte {error.start})")]) from None
    except OSError as error:
        raise FileError([FileProblem(shown, None, "", f"cannot be read: {error.strerror}")]) from None
    return read_yaml(source, model, shown)


def read_yaml(source: str, model: type[Model], shown: str) -> Model:
    """Read a text into a model.

    Raises:
        FileError: it is no YAML, or does not fit; each problem names file, line and field.
    """
    data, lines = parse_yaml(source, shown)
    if not isinstance(data, dict):
        raise FileError([FileProblem(shown, 1, "", "must be a mapping of fields, such as `slug: …`")])
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise FileError([_problem(shown, lines, item) for item in error.errors()]) from None


Parsed = tuple[Any, yaml.Node | None]


def _read(loader: Any) -> Parsed:
    try:
        node = loader.get_single_node()
        return (loader.construct_document(node) if node is not None else None), node
    finally:
        loader.dispose()


def _by_libyaml(source: str) -> Parsed | None:
    """What a text says; None where there is a mistake in it, an anchor or an alias, or it is nested deeply."""
    if not yaml.__with_libyaml__:
        return None
    depth = 0
    try:
        # As events first: putting nodes together takes libyaml's binding a frame a level, which no error would end.
        for event in yaml.parse(source, yaml.CSafeLoader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) or depth > MAX_BRACKETS:
                return None
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
        return _read(_FastLoader(source))  # type: ignore[call-arg]
    except (yaml.YAMLError, ValueError):
        return None


def parse_yaml(source: str, shown: str) -> tuple[Any, dict[Loc, int]]:
    """What a text says, and the line on which each field begins.

    Raises:
        FileError: it is no YAML, or uses what is not allowed here.
    """
    lines: dict[Loc, int] = {}
    source = source.replace("\r\n", "\n")
    try:
        # Where libyaml has anything to say, the other one says it: in its words, and at its place.
        data, node = _by_libyaml(source) or _read(_Loader(source))
        _lines(node, (), lines)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "is not readable YAML"
        raise FileError([FileProblem(shown, mark.line + 1 if mark else None, "", str(problem))]) from None
    return data, lines


_INNER_PATH = re.compile(r"^(?P<path>[a-z_]+(?:\[\d+\]|\.[a-z_]+)*): (?P<rest>.+)$", re.DOTALL)


def _parts(path: str) -> Loc:
    """`criteria[2].weight` as `("criteria", 2, "weight")`."""
    return tuple(int(part) if part.isdigit() else part for part in re.findall(r"[a-z_]+|\d+", path))


def _problem(shown: str, lines: dict[Loc, int], item: Any) -> FileProblem:
    loc: Loc = tuple(item["loc"])
    text = str(item["msg"]).removeprefix("Value error, ")
    # A validator of a whole part (such as a rubric) begins its message with the path inside that part.
    if (inner := _INNER_PATH.match(text)) and (*loc, *_parts(inner["path"])) in lines:
        loc, text = (*loc, *_parts(inner["path"])), inner["rest"]
    known = loc
    while known and known not in lines:
        known = known[:-1]
    messages = {
        "missing": "is missing",
        "extra_forbidden": "is not a field that is known here: remove it or correct its name",
    }
    message = messages.get(item["type"], text)
    return FileProblem(shown, lines.get(known), field_path(loc), message)
