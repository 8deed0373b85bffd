"""The line on which each value of a JSON text begins, which the standard library does not tell."""

from __future__ import annotations

import bisect
import re
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import cast

from app.kit.yaml_file import Loc

_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN = re.compile(r"[^\s,\]}:]+")


def lines_of(text: str) -> dict[Loc, int]:
    """Lines by path.

    Parameters
    ----------
    text : str
        JSON that the standard library has read already; what is odd here is left out, never an error.

    Returns
    -------
    dict of path to int
    """
    found: dict[Loc, int] = {}
    ends = [match.start() for match in re.finditer("\n", text)]
    # With a stack of its own: a file is as deep as the standard library allows, not as Python's stack here.
    stack: list[tuple[Loc, str, int]] = []  # path, bracket, number of the next item
    at, path = 0, cast(Loc, ())
    try:
        while True:
            at = _skip(text, at)
            found.setdefault(path, bisect.bisect_left(ends, at) + 1)  # a field begins where its name stands
            opened = text[at]
            if opened in "{[":
                stack.append((path, opened, 0))
                at = _skip(text, at + 1)
            else:
                at = _end_of_scalar(text, at)
            # Close what ends here, until something goes on.
            while True:
                at = _skip(text, at)
                if not stack:
                    return found
                owner, bracket, number = stack[-1]
                if text[at] in "}]":
                    stack.pop()
                    at += 1
                    continue
                if text[at] == ",":
                    at = _skip(text, at + 1)
                break
            if bracket == "{":
                line = bisect.bisect_left(ends, at) + 1
                key, at = scanstring(text, at + 1, True)
                path = (*owner, key)
                at = _skip(text, _skip(text, at) + 1)
                found[path] = line
            else:
                path = (*owner, number)
                stack[-1] = (owner, bracket, number + 1)
    except (IndexError, ValueError):
        return found


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _end_of_scalar(text: str, at: int) -> int:
    if text[at] == '"':
        return cast(int, scanstring(text, at + 1, True)[1])
    match = _PLAIN.match(text, at)
    if match is None:
        raise ValueError
    return match.end()
