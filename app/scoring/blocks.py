"""Which lines of an answer read as one: paragraphs, list items, and lines of code, each alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

_BULLET = re.compile(r"(?:[-*+•‣◦–—·]|\(?\d{1,3}[.)]|\(?[a-zA-Z][)])(?=\s)")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_CODE = re.compile(
    r"^\s*(?:return|break|continue|pass|else|elif|for|while|if|def|class|try|with|except|import|from|#|//|/\*)\b.*[\d():;\[\]]"
    r"|^\s*(?:return|break|continue|pass)\b|\w[(\[]|[-+*/%]=|=.{0,80}[\d(\[+*/.-]|^\s*[{}]"
)
_GOES_ON = frozenset(
    "a an and are as at because but by for from if in is of on or so than that the then to was when which while with"
    .split()
)  # fmt: skip
"""No sentence ends with these, so that a line break after one is only where the line was full."""


def blocks(text: str) -> Iterator[tuple[int, int, bool]]:
    """Runs of lines that read as one.

    Parameters
    ----------
    text : str
        Line ends are LF.

    Yields
    ------
    (start, end, prose)
        Paragraphs and list items; each line of fenced code alone, which is no prose.
    """
    start, previous = -1, ""
    position, fenced = 0, False
    for line in text.split("\n"):
        end = position + len(line)
        if _FENCE.match(line):
            if start >= 0:
                yield start, position, True
            start, fenced = -1, not fenced
        elif fenced:
            yield position, end, False
        elif not line.strip():
            if start >= 0:
                yield start, position, True
            start = -1
        else:
            bullet = _BULLET.match(line.lstrip())
            if start >= 0 and (bullet or _ends_thought(previous, line)):
                yield start, position, True
                start = -1
            if start < 0:
                start = position
                if bullet:
                    start += len(line) - len(line.lstrip()) + bullet.end()
        previous, position = line, end + 1
    if start >= 0:
        yield start, len(text), True


def _ends_thought(previous: str, line: str) -> bool:
    """Whether a single line break ends a sentence: after a full stop, or after a short line when a capital follows."""
    before, after = previous.rstrip(), line.lstrip()
    if before.endswith((".", "!", "?", ":", ";", "…", "。")):
        return True
    if before.endswith(",") or before.split()[-1].lower() in _GOES_ON:
        return False
    return len(before) < 50 and (after[:1].isupper() or after[:1].isdigit())


def code_lines(text: str) -> list[tuple[int, int]]:
    """Lines of fenced code, in order: what holds for sentences does not for them.

    Parameters
    ----------
    text : str
        Line ends are LF.

    Returns
    -------
    list of (start, end)
        Of fences of which half the lines look like code: a fence alone makes none of words.
    """
    fences: list[list[tuple[int, int]]] = []
    for start, end, prose in blocks(text):
        if prose or not text[start:end].strip():
            continue
        if fences and not text[fences[-1][-1][1] : start].strip():
            fences[-1].append((start, end))
        else:
            fences.append([(start, end)])
    found = []
    for lines in fences:
        if sum(_CODE.search(text[start:end]) is not None for start, end in lines) >= len(lines) / 2:
            found += lines
    return found
