"""Plain text of an item's body."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from app.bank.exchange.html_text import tidy
from app.bank.exchange.xml_tree import Node

_BLOCKS = frozenset(
    "p div li ul ol table tr blockquote pre h1 h2 h3 h4 h5 h6 hr dl dt dd section prompt itemBody contentBody".split()
)
_SILENT = frozenset(
    "rubricBlock stylesheet catalogInfo feedbackInline feedbackBlock modalFeedback templateInline templateBlock"
    " script style simpleChoice simpleAssociableChoice inlineChoice gapText gapImg".split()
)
_GAPS = frozenset({"textEntryInteraction", "inlineChoiceInteraction", "gap"})
_PICTURES = frozenset("img object audio video picture math".split())


@dataclass
class Seen:
    """What stands for a gap, and what was left out so far."""

    gap: str
    lost: list[str] = field(default_factory=list)


def text_of_node(node: Node, seen: Seen) -> str:
    """The text in an element as a reader would see it, without choices and notes for scorers inside it."""
    parts: list[str] = []
    for child in node.children:
        _add(child, seen, parts, is_pre=node.name == "pre")
    return re.sub(rf"({re.escape(seen.gap)}) ([.,;:?!])", r"\1\2", tidy("".join(parts)))


def _add(child: Node | str, seen: Seen, parts: list[str], *, is_pre: bool) -> None:
    if isinstance(child, str):
        parts.append(child if is_pre else re.sub(r"\s+", " ", child))
        return
    if child.name in _SILENT:
        return
    if child.name in _GAPS:
        parts.append(f" {seen.gap} ")
        return
    if child.name == "br":
        parts.append("\n")
        return
    if child.name in _PICTURES:
        _picture(child, seen, parts)
        return
    is_block = child.name in _BLOCKS or child.name.endswith("Interaction")
    if is_block:
        parts.append("\n- " if child.name == "li" else "\n\n")
    for inner in child.children:
        _add(inner, seen, parts, is_pre=is_pre or child.name == "pre")
    if child.name in ("td", "th"):
        parts.append(" ")
    elif is_block and child.name != "li":
        parts.append("\n\n")


def _picture(node: Node, seen: Seen, parts: list[str]) -> None:
    if node.name == "math":
        # Tools put what the author typed, such as TeX, beside the layout; it reads better than symbols in a row.
        typed = next((one.raw_text() for one in node.every("annotation")), "")
        words, lost = typed or node.get("alttext") or node.raw_text(), "the layout of a formula"
    else:
        words, lost = node.get("alt") or node.raw_text(), "a picture" if node.name == "img" else "a recording or object"
    if lost not in seen.lost:
        seen.lost.append(lost)
    words = " ".join(words.split())
    parts.append(f" {words if node.name == 'math' else f'[picture: {words}]'} " if words else "")
