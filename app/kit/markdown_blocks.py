"""Markdown of the bank as plain data, for what is not HTML: blocks of runs of text, with nothing left to interpret."""

from __future__ import annotations

from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.tree import SyntaxTreeNode

Block = dict[str, Any]
Run = dict[str, Any]


def markdown_parser() -> MarkdownIt:
    """The Markdown that Viva reads: no raw HTML, no pictures from elsewhere, tables."""
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").disable("image")
    parser.core.ruler.push("aligned_cells", _align_by_class)
    return parser


def _align_by_class(state: StateCore) -> None:
    """Columns are aligned by a class: the style attribute that Markdown-it writes is one that no page may carry."""
    for token in state.tokens:
        if style := token.attrs.pop("style", None):
            token.attrSet("class", f"align-{str(style).rpartition(':')[2]}")


_parser = markdown_parser()


def markdown_blocks(source: str) -> list[Block]:
    """Blocks (`p h code quote ul ol table hr`), with runs of text that may be bold, italic, code, or lead somewhere."""
    return _blocks(SyntaxTreeNode(_parser.parse(source)).children)


def _blocks(nodes: list[SyntaxTreeNode]) -> list[Block]:
    return [block for node in nodes if (block := _block(node)) is not None]


def _block(node: SyntaxTreeNode) -> Block | None:
    match node.type:
        case "paragraph" | "heading" | "inline":
            runs: list[Run] = []
            _collect(node, {}, runs)
            return {"kind": "h" if node.type == "heading" else "p", "runs": runs}
        case "fence" | "code_block":
            return {"kind": "code", "text": node.content.rstrip("\n")}
        case "blockquote":
            return {"kind": "quote", "blocks": _blocks(node.children)}
        case "bullet_list":
            return {"kind": "ul", "items": [_blocks(item.children) for item in node.children]}
        case "ordered_list":
            first = int(node.attrs.get("start", 1))
            return {"kind": "ol", "start": first, "items": [_blocks(item.children) for item in node.children]}
        case "table":
            rows = [row for part in node.children for row in part.children]
            return {"kind": "table", "rows": [[_cell(cell) for cell in row.children] for row in rows]}
        case "hr":
            return {"kind": "hr"}
    return None


def _cell(node: SyntaxTreeNode) -> list[Run]:
    runs: list[Run] = []
    _collect(node, {}, runs)
    return runs


def _collect(node: SyntaxTreeNode, style: Run, runs: list[Run]) -> None:
    for child in node.children:
        match child.type:
            case "text":
                runs.append({"text": child.content, **style})
            case "code_inline":
                runs.append({"text": child.content, **style, "code": True})
            case "softbreak":
                runs.append({"text": " ", **style})
            case "hardbreak":
                runs.append({"text": "\n", **style})
            case "strong":
                _collect(child, style | {"bold": True}, runs)
            case "em":
                _collect(child, style | {"italic": True}, runs)
            case "link":
                _collect(child, style | {"url": str(child.attrs.get("href", ""))}, runs)
            case _:
                _collect(child, style, runs)
