"""Plain text of HTML, as other tools keep it in their questions.

Tags are found by one expression, in time that grows with the text only: the standard library's parser takes its square
for some texts, and what is wanted here is a few kinds of breaks.
"""

from __future__ import annotations

import html
import re

_BLOCKS = frozenset("p div li ul ol table tr blockquote pre h1 h2 h3 h4 h5 h6 hr section dl dt dd".split())
_SILENT = frozenset({"script", "style"})
_MEDIA = frozenset("img audio video object".split())
_KNOWN = (
    _BLOCKS
    | _SILENT
    | _MEDIA
    | frozenset(
        "a b br big cite code em font i kbd label math mark s samp small span strike strong sub sup td th tbody thead"
        " tt u var source".split()
    )
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)\b([^<>]*)>")
_ALT = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_ENTITY = re.compile(r"&(#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,10}\d{0,2});")


def plain_text(source: str) -> tuple[str, list[str]]:
    """The text, paragraphs apart, and what was left out."""
    source = _without_comments(source)
    parts: list[str] = []
    lost: dict[str, None] = {}
    at, silent = 0, 0
    for tag in _TAG.finditer(source):
        if not silent:
            parts.append(html.unescape(source[at : tag.start()]))
        at = tag.end()
        name, is_end = tag[2].lower(), bool(tag[1])
        if name in _SILENT:
            silent = max(0, silent - 1) if is_end else silent + 1
        elif not silent:
            parts.append(_said(tag, name, is_end, lost))
    if not silent:
        parts.append(html.unescape(source[at:]))
    return tidy("".join(parts)), list(lost)


def _said(tag: re.Match[str], name: str, is_end: bool, lost: dict[str, None]) -> str:
    if name == "br":
        return "\n"
    if name == "li":
        return "" if is_end else "\n- "
    if name in _MEDIA:
        if is_end:
            return ""
        lost["a picture" if name == "img" else f"a part of the kind {name}"] = None
        alt = _ALT.search(tag[3])
        words = html.unescape((alt[1] or alt[2] or "") if alt else "")
        return f" [picture: {words}] " if words else ""
    if name in _BLOCKS:
        return "\n\n"
    if name in ("td", "th"):
        return " "
    # What no browser knows is code, such as vector<int>; names with a colon are leftovers of word processors.
    return "" if name in _KNOWN or ":" in name else html.unescape(tag[0])


def _without_comments(source: str) -> str:
    kept, at = [], 0
    while (begins := source.find("<!--", at)) >= 0:
        kept.append(source[at:begins])
        ends = source.find("-->", begins + 4)
        if ends < 0:
            return "".join(kept)
        at = ends + 3
    return "".join([*kept, source[at:]])


def looks_like_html(text: str) -> bool:
    """Whether it holds tags that are known; `a < b` and `vector<int>` are none."""
    return any(match[2].lower() in _KNOWN for match in _TAG.finditer(text)) or _ENTITY.search(text) is not None


def tidy(text: str) -> str:
    """Without blanks at the ends of lines, and with at most one empty line in a row."""
    lines = "\n".join(re.sub(r"[ \t\u00a0]+", " ", line).strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip()
