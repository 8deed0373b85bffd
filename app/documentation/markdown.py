"""The documentation's Markdown as HTML: anchors, links between pages, tables and code that scroll by themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from app.kit.markdown_blocks import markdown_parser

Resolve = Callable[[str], str | None]
"""From a link as it is written to its address here; None: it leads to nothing that Viva serves."""


@dataclass
class Heading:
    """A heading, and the text that stands below it until the next one."""

    anchor: str
    title: str
    level: int
    words: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What stands below it, as plain text."""
        return " ".join(" ".join(self.words).split())


@dataclass(frozen=True)
class Document:
    """A rendered file."""

    title: str
    html: Markup
    headings: list[Heading]


_COMMENT = re.compile(r"^<!--.*?-->\n?", re.MULTILINE | re.DOTALL)


def anchor_of(title: str, taken: set[str]) -> str:
    """The anchor of a heading, as GitHub makes it; the same title again gets a number."""
    plain = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
    anchor, count = plain, 0
    while anchor in taken:
        count += 1
        anchor = f"{plain}-{count}"
    taken.add(anchor)
    return anchor


def render_document(source: str, resolve: Resolve) -> Document:
    """A Markdown file as HTML; comments are left out, and raw HTML is shown, not obeyed."""
    parser = _parser()
    tokens = parser.parse(_COMMENT.sub("", source))
    headings, taken = [Heading("", "", 1)], set[str]()
    for position, token in enumerate(tokens):
        if token.type == "heading_open":
            title = _plain(tokens[position + 1])
            headings.append(Heading(anchor_of(title, taken), title, int(token.tag[1])))
            token.attrSet("id", headings[-1].anchor)
        elif token.type == "th_open" and not tokens[position + 1].content:
            # An empty head tells ears of a name that is not there.
            token.tag = tokens[position + 2].tag = "td"
        elif token.type == "inline":
            _resolve_links(token, resolve)
            if tokens[position - 1].type != "heading_open":
                headings[-1].words.append(_plain(token))
        elif token.type == "fence":
            headings[-1].words.append(token.content)
    html: str = parser.renderer.render(tokens, parser.options, {})
    named = headings[1:]
    return Document(named[0].title if named else "", Markup(html), named)  # noqa: S704 - the renderer escapes


def _plain(inline: Token) -> str:
    return "".join(
        " " if child.type in {"softbreak", "hardbreak"} else child.content
        for child in inline.children or []
        if child.type in {"text", "code_inline", "softbreak", "hardbreak"}
    )


def _resolve_links(inline: Token, resolve: Resolve) -> None:
    """Lead links and pictures to their addresses here; a link to what is not served stays as its words."""
    kept: list[Token] = []
    open_links: list[bool] = []
    for child in inline.children or []:
        if child.type == "link_open":
            address = resolve(str(child.attrGet("href")))
            open_links.append(address is not None)
            if address is None:
                continue
            child.attrSet("href", address)
        elif child.type == "link_close" and not open_links.pop():
            continue
        elif child.type == "image":
            child.attrSet("src", resolve(str(child.attrGet("src"))) or "")
            child.attrSet("loading", "lazy")
        kept.append(child)
    inline.children = kept


def _parser() -> MarkdownIt:
    # Pictures are the documentation's own: `resolve` gives no address for any other.
    parser = markdown_parser().enable("image")
    parser.add_render_rule("table_open", _table_open)
    parser.add_render_rule("table_close", _table_close)
    parser.add_render_rule("fence", _fence)
    return parser


# What may be wider than a telephone scrolls by itself, and can be reached by keyboard to do so.


def _table_open(_: Any, tokens: list[Token], position: int, options: Any, env: Any) -> str:
    return '<div class="scrolls" role="group" aria-label="Table" tabindex="0"><table>\n'


def _table_close(_: Any, tokens: list[Token], position: int, options: Any, env: Any) -> str:
    return "</table></div>\n"


def _fence(_: Any, tokens: list[Token], position: int, options: Any, env: Any) -> str:
    return str(Markup('<pre tabindex="0"><code>{}</code></pre>\n').format(tokens[position].content))
