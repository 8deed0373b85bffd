"""A GIFT file taken apart: blocks between empty lines, and the name, text and answers of each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from app.bank.exchange.foreign import GAP
from app.bank.exchange.html_text import looks_like_html, plain_text, tidy
from app.bank.exchange.result import Reading

_FORMAT = re.compile(r"\s*\[(html|markdown|plain|moodle)\]", re.IGNORECASE)


@dataclass
class Block:
    """Lines that belong together, without comments.

    Attributes
    ----------
    line : int
        Where it begins.
    text : str
        Comment lines are empty, so that lines can be counted.
    comments : list of (int, str)
        With their lines.
    category : str or None
        Of a `$CATEGORY:` line, which is a block of its own.
    """

    line: int
    text: str = ""
    comments: list[tuple[int, str]] = field(default_factory=list)
    category: str | None = None


@dataclass
class Parts:
    """A question's parts; texts are unescaped and plain, `answers` is as it stands."""

    title: str
    text: str
    answers: str | None
    is_gap: bool
    """Whether the text goes on after the answers, which are then a missing word."""
    format: str
    answers_line: int
    notes: list[str]


def escaped(text: str) -> str:
    """Text as GIFT wants it: an empty line would end the question."""
    return re.sub(r"([\\~=#{}:])", r"\\\1", text).replace("\n", "\\n")


def unescaped(text: str) -> str:
    """What `escaped` was given; a backslash before anything else stays, as in formulas."""
    return re.sub(r"\\([\\~=#{}:n])", lambda match: "\n" if match[1] == "n" else match[1], text)


def plain(text: str, format: str, notes: list[str]) -> str:
    """A piece of a question as plain text; line breaks in the file are only its layout.

    What is left out is added to `notes`.
    """
    if marker := _FORMAT.match(text):
        format, text = marker[1].lower(), text[marker.end() :]
    if format in ("plain", "markdown"):
        return unescaped(text.strip())
    line = unescaped(re.sub(r"\s*\n\s*", " ", text.strip()))
    if format == "html" or looks_like_html(line):
        line, lost = plain_text(line)
        notes += [note for what in lost if (note := f"Left out: {what}.") not in notes]
    return tidy(line)


def blocks_of(text: str) -> list[Block]:
    """The blocks of a file. An empty line inside braces does not end one, as long as the brace is closed later."""
    found: list[Block] = []
    current: Block | None = None
    kept: list[str] = []

    def close() -> None:
        nonlocal current
        if current is not None and "".join(kept).strip():
            current.text = "\n".join(kept)
            found.append(current)
        current = None
        kept.clear()

    lines = text.split("\n")
    closed_at = 0
    for number, line in enumerate(lines, start=1):
        stripped = line.strip()
        if stripped.startswith("$CATEGORY:"):
            close()
            found.append(Block(number, category=stripped.removeprefix("$CATEGORY:").strip()))
            continue
        if not stripped:
            if current is not None and number > closed_at and _is_open("\n".join(kept)):
                closed_at = _closing_line(lines, number)
            if current is not None and number < closed_at:
                kept.append("")
            else:
                close()
            continue
        if current is None:
            current = Block(number)
        if stripped.startswith("//"):
            current.comments.append((number, stripped))
            kept.append("")
            if len(kept) == len(current.comments):
                current.line = number + 1  # the question begins after the comments above it
        else:
            kept.append(line)
    close()
    for block in found:
        if block.category is None:
            lead = len(block.text) - len(block.text.lstrip("\n"))
            block.text = block.text[lead:]
    return found


def _is_open(text: str) -> bool:
    depth = 0
    for match in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        depth = 1 if match[0] == "{" else 0 if match[0] == "}" else depth
    return bool(depth)


def _closing_line(lines: list[str], number: int) -> int:
    """Where a brace that is open before an empty line is closed, or 0 if another one opens before, or none closes."""
    for at in range(number + 1, len(lines) + 1):
        line = lines[at - 1]
        if line.strip().startswith(("//", "::", "$CATEGORY:")):
            continue
        for match in re.finditer(r"\\.|[{}]", line):
            if match[0] in "{}":
                return at if match[0] == "}" else 0
    return 0


def parts_of(block: Block, reading: Reading) -> Parts:
    """Name, text and answers of a block.

    Raises:
        FileError: a brace is not closed, or there are two pairs of them.
    """
    text, notes = block.text, list[str]()
    title = ""
    if match := re.match(r"\s*::((?:\\.|[^\\])*?)::", text, re.DOTALL):
        title = tidy(unescaped(" ".join(match[1].split("\n"))))
        body_at = match.end()
    else:
        body_at = 0
    format = "moodle"
    if marker := _FORMAT.match(text, body_at):
        format, body_at = marker[1].lower(), marker.end()
    braces = [match for match in re.finditer(r"\\.|[{}]", text[body_at:], re.DOTALL) if match[0] in "{}"]

    def line_at(offset: int) -> int:
        return block.line + text.count("\n", 0, body_at + offset)

    if not braces:
        return Parts(title, plain(text[body_at:], format, notes), None, False, format, block.line, notes)
    opened, closed = braces[0], braces[1] if len(braces) > 1 else None
    if opened[0] == "}":
        raise reading.error(
            "a } stands without a { before it: write \\} where it belongs to the text", line_at(opened.start())
        )
    if closed is None or closed[0] == "{":
        raise reading.error(
            "the { is not closed by a }: write \\{ where it belongs to the text", line_at(opened.start())
        )
    if len(braces) > 2:
        message = (
            "has a second pair of braces: GIFT knows one a question; is an empty line missing between two questions?"
        )
        raise reading.error(message, line_at(braces[2].start()))
    before, after = text[body_at : body_at + opened.start()], text[body_at + closed.end() :]
    answers = text[body_at + opened.end() : body_at + closed.start()]
    goes_on = after.strip()
    # A full stop after the braces of a whole question is only punctuation; after half a sentence it shows the gap.
    is_gap = bool(goes_on) and (
        re.search(r"\w", goes_on) is not None or not before.rstrip().endswith((".", "?", "!", ":"))
    )
    close_up = "" if goes_on[:1] in tuple(".,;:?!") else " "
    asked = f"{before.rstrip()} {GAP}{close_up}{goes_on}" if is_gap else before.rstrip()
    seen = plain(asked, format, notes)
    return Parts(title, seen, answers, is_gap, format, line_at(opened.start()), notes)
