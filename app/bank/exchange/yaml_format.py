"""Questions as YAML: one document each, separated by `---`; the same text as the files of the bank, without loss."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import yaml
from yaml.reader import Reader
from yaml.scanner import Scanner

from app.bank.exchange.fields import checked
from app.bank.exchange.result import (
    MAX_QUESTION_BYTES,
    FileError,
    Imported,
    ImportResult,
    Reading,
    text_of,
    too_many,
)
from app.bank.question_file import QuestionFile
from app.bank.question_text import WIDTH, write_question
from app.kit.yaml_file import FileProblem, parse_yaml

NAME = "yaml"
LOSES: list[str] = []
MAX_DEPTH = 40
"""Of brackets in brackets; a rubric in one line has 8."""

# Line breaks and marks that a block in YAML would read back as something else.
_FRAGILE = re.compile("[\x80-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def write_yaml(questions: Sequence[QuestionFile]) -> bytes:
    """The questions, a document each."""
    return "".join(f"---\n{_written(question)}" for question in questions).encode()


def _written(question: QuestionFile) -> str:
    text = write_question(question)
    if _FRAGILE.search(json.dumps(question.model_dump(mode="json"), ensure_ascii=False)) is None:
        return text
    # They are harmless in most places; whether they are here is seen by reading.
    try:
        if read_one(text) == question:
            return text
    except FileError:
        pass
    plain = question.model_dump(mode="json", exclude_none=True)
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=False, width=WIDTH)


def read_one(text: str) -> QuestionFile | None:
    """The question that one document says, or None."""
    data, _ = parse_yaml(text, NAME)
    return checked(data, Reading(NAME)).question


def read_yaml_file(data: bytes, reading: Reading) -> ImportResult:
    """Every document that is not empty.

    Raises:
        FileError: nothing of it can be read.
    """
    result = ImportResult(NAME, reading.name)
    pieces = list(_documents(text_of(data, reading)))
    if error := too_many(len(pieces), reading):
        raise error
    for first, piece in pieces:
        result.questions.append(_read_piece(first, piece, reading))
    return result


def _read_piece(first: int, piece: str, reading: Reading) -> Imported:
    size = len(piece.encode())
    if size > MAX_QUESTION_BYTES:
        message = f"this question is over {MAX_QUESTION_BYTES // 1024} KiB ({size // 1024} KiB): is a `---` missing?"
        return Imported(None, {}, [reading.problem(message, first)])
    try:
        _expect_shallow(piece)
        data, lines = parse_yaml(piece, reading.name)
    except FileError as error:
        moved = [FileProblem(reading.name, (p.line or 1) + first - 1, p.field, p.message) for p in error.problems]
        return Imported(None, {}, moved)
    moved_lines = {path: line + first - 1 for path, line in lines.items()}
    if not isinstance(data, dict):
        return Imported(None, {}, [reading.problem("must be a mapping of fields, such as `slug: …`", first)])
    return checked(data, reading, moved_lines)


class _Shallow(Reader, Scanner):
    """Looks at tokens only, and no deeper than any question is.

    At each token PyYAML goes through all brackets that are open, so a few kilobytes of them take seconds.
    """

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)

    def fetch_flow_collection_start(self, token: Any) -> None:
        if self.flow_level >= MAX_DEPTH:
            raise yaml.scanner.ScannerError(None, None, "is nested too deeply", self.get_mark())
        super().fetch_flow_collection_start(token)


def _expect_shallow(piece: str) -> None:
    depth = deepest = 0
    for bracket in re.finditer(r"[\[\]{}]", piece):
        depth = depth + 1 if bracket[0] in "[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    if deepest < MAX_DEPTH:
        return
    # They may stand in prose, such as half-open intervals; whether they are YAML's is seen by its own scanner.
    scanner = _Shallow(piece)
    try:
        while scanner.check_token():
            scanner.get_token()  # type: ignore[no-untyped-call]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        message = str(getattr(error, "problem", None) or "is not readable YAML")
        raise FileError([FileProblem(NAME, mark.line + 1 if mark else None, "", message)]) from None


def _documents(text: str) -> Iterator[tuple[int, str]]:
    """Line and text of each document. `---` at the beginning of a line separates wherever it stands (YAML, 9.1.2)."""
    first, kept = 1, list[str]()
    for number, line in enumerate(text.split("\n"), start=1):
        if re.match(r"---(\s|$)", line):
            if _says_something(kept):
                yield first, "\n".join(kept) + "\n"
            first, kept = number, []
        kept.append(line)
    if _says_something(kept):
        yield first, "\n".join(kept) + "\n"


def _says_something(lines: list[str]) -> bool:
    return any(line.strip() and not re.match(r"\s*#|%|---\s*$|\.\.\.\s*$", line) for line in lines)
