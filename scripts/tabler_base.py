"""The part of Tabler that every page needs: its variables and what it says about plain elements, without its classes.

The whole sheet is 635 kB, which costs a slow telephone a third of a second before the first paint and a slow line much
more; this part is a few per cent of it. A page that uses Tabler's components links the whole sheet before `viva.css`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# Themes are set by attribute; every other class, id or attribute belongs to a component.
_THEME = re.compile(r"\[data-(?:bs-)?theme=\"?(?:light|dark)\"?\]")
_COMPONENT = re.compile(r"[.#]|\[(?!type|hidden|href|title|role)")
_COMMA = re.compile(r",(?![^(]*\))")


def _blocks(css: str) -> Iterator[tuple[str, str]]:
    """The top-level rules as (what stands before the brace, what stands between the braces)."""
    start, depth, opened, quote = 0, 0, 0, ""
    for at, letter in enumerate(css):
        if quote:
            quote = "" if letter == quote and css[at - 1] != "\\" else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "{":
            depth += 1
            opened = at if depth == 1 else opened
        elif letter == "}":
            depth -= 1
            if depth == 0:
                yield css[start:opened], css[opened + 1 : at]
                start = at + 1
        elif letter == ";" and depth == 0:
            start = at + 1


def _selectors(prelude: str) -> str:
    """Those of a rule's selectors that speak of plain elements or of the theme."""
    kept = [part for part in _COMMA.split(prelude) if not _COMPONENT.search(_THEME.sub("", part))]
    return ",".join(kept)


def base_of(css: str) -> str:
    """The sheet without its components.

    Parameters
    ----------
    css
        Tabler's minified style sheet.

    Returns
    -------
    str
        Its licence comment, its variables, and the rules for plain elements.
    """
    notice = _COMMENT.search(css)
    kept = [notice.group(0) if notice else "", "\n/* Without the components: see scripts/tabler_base.py. */\n"]
    for prelude, body in _blocks(_COMMENT.sub("", css)):
        if prelude.startswith(("@media", "@supports")):
            inner = "".join(
                f"{selectors}{{{rules}}}" for before, rules in _blocks(body) if (selectors := _selectors(before))
            )
            if inner:
                kept.append(f"{prelude}{{{inner}}}")
        elif not prelude.startswith("@") and (selectors := _selectors(prelude)):
            kept.append(f"{selectors}{{{body}}}")
    return "".join(kept) + "\n"
