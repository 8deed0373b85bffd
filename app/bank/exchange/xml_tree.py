"""XML from strangers: no document type, so no entities and nothing fetched; bounded depth and size; every line known.

`defusedxml` does the same by subclassing the standard library's parsers; its last final release is from 2021, and what
is needed here are three handlers of expat, so it is no dependency.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from app.bank.exchange.result import Reading

MAX_DEPTH = 100
MAX_NODES = 200_000


@dataclass
class Node:
    """An element. Names carry no namespace and are written as in QTI 2: `qti-simple-choice` is `simpleChoice`.

    Attributes
    ----------
    name : str
    attributes : dict of str to str
    children : list of Node or str
    line : int
    """

    name: str
    attributes: dict[str, str]
    line: int
    children: list[Node | str] = field(default_factory=list)

    def get(self, name: str) -> str:
        """An attribute, or an empty text."""
        return self.attributes.get(name, "")

    def elements(self, *names: str) -> Iterator[Node]:
        """The child elements of these names, or all."""
        for child in self.children:
            if isinstance(child, Node) and (not names or child.name in names):
                yield child

    def every(self, *names: str) -> Iterator[Node]:
        """The elements of these names at any depth, itself included, in the order of the file."""
        stack: list[Node] = [self]
        while stack:
            node = stack.pop()
            if not names or node.name in names:
                yield node
            stack.extend(reversed(list(node.elements())))

    def raw_text(self) -> str:
        """All text in it, as it stands."""
        return "".join(child if isinstance(child, str) else child.raw_text() for child in self.children)


def parse_xml(data: bytes, reading: Reading) -> Node:
    """The root element.

    Raises:
        FileError: it is not well-formed, has a document type, or is deeper or larger than any question.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    top = Node("", {}, 1)
    stack = [top]
    count = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > MAX_NODES:
            raise reading.error(f"has over {MAX_NODES:,} elements", parser.CurrentLineNumber)
        if len(stack) > MAX_DEPTH:
            raise reading.error(f"is nested over {MAX_DEPTH} deep", parser.CurrentLineNumber)
        node = Node(_named(name), {_named(key): value for key, value in attributes.items()}, parser.CurrentLineNumber)
        stack[-1].children.append(node)
        stack.append(node)

    def end(name: str) -> None:
        stack.pop()

    def text(data: str) -> None:
        stack[-1].children.append(data)

    def refuse(*_: object) -> int:
        raise reading.error(
            "has a document type (<!DOCTYPE …>), which is not read: remove it", parser.CurrentLineNumber
        )

    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        message = expat.ErrorString(error.code)
        raise reading.error(f"is not well-formed XML: {message}", error.lineno) from None
    except (LookupError, ValueError, UnicodeError) as error:
        raise reading.error(f"is in an encoding that cannot be read ({error})", 1) from None
    root = next(top.elements(), None)
    if root is None:
        raise reading.error("is empty", 1)
    return root


def _named(name: str) -> str:
    local = name.rsplit(" ", 1)[-1]
    if not local.startswith("qti-") and not name.startswith("http://www.imsglobal.org") and " " in name:
        return local
    local = local.removeprefix("qti-")
    return re.sub(r"-([a-z])", lambda match: match[1].upper(), local)
