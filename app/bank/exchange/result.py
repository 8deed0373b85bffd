"""What reading a file of questions gives, and how much of one is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.bank.question_file import QuestionFile
from app.bank.words import Topic
from app.kit.yaml_file import MAX_BYTES as MAX_QUESTION_BYTES
from app.kit.yaml_file import FileError, FileProblem, Loc

MAX_BYTES = 10 * 1024 * 1024
"""Of a file, packed or not."""
MAX_QUESTIONS = 2_000

__all__ = [
    "MAX_BYTES",
    "MAX_QUESTIONS",
    "MAX_QUESTION_BYTES",
    "FileError",
    "FileProblem",
    "ImportResult",
    "Imported",
    "Loc",
    "Reading",
]


@dataclass(frozen=True)
class Imported:
    """One question of a file.

    Attributes
    ----------
    question : QuestionFile or None
        None where it has problems, or where a draft lacks what nobody but its author can say.
    draft : dict
        The same as plain data, as far as it goes.
    problems : list of FileProblem
        What is wrong, with line and field; empty if it can be imported.
    notes : list of str
        What a person should know: what was made up, what was left out.
    is_draft : bool
        Whether another tool wrote it, so that somebody has to complete it before it can be asked.
    line : int or None
        Where it begins in the file.
    """

    question: QuestionFile | None
    draft: dict[str, Any]
    problems: list[FileProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_draft: bool = False
    line: int | None = None

    @property
    def slug(self) -> str:
        """Its name, or an empty text."""
        slug = self.question.slug if self.question else self.draft.get("slug", "")
        return slug if isinstance(slug, str) else ""


@dataclass
class ImportResult:
    """Everything a file says, or what is wrong with it."""

    format: str
    name: str
    questions: list[Imported] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)
    """Of the file as a whole."""
    notes: list[str] = field(default_factory=list)

    @property
    def all_problems(self) -> list[FileProblem]:
        """Those of the file and of each question."""
        return [*self.problems, *(problem for one in self.questions for problem in one.problems)]


@dataclass(frozen=True)
class Reading:
    """What a reader is told besides the bytes.

    Attributes
    ----------
    name : str
        Of the file, as problems name it.
    topic : Topic
        What a question of another tool is filed under.
    """

    name: str
    topic: Topic = "foundations"

    def problem(self, message: str, line: int | None = None, field: str = "") -> FileProblem:
        """A mistake in this file."""
        return FileProblem(self.name, line, field, message)

    def error(self, message: str, line: int | None = None, field: str = "") -> FileError:
        """A mistake after which nothing of the file can be read."""
        return FileError([self.problem(message, line, field)])


def text_of(data: bytes, reading: Reading) -> str:
    """The text of a file in UTF-8, with or without a byte order mark; line ends become LF.

    Raises:
        FileError: it is not UTF-8, or holds a NUL.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise reading.error(f"is not UTF-8 (byte {error.start}): save it as UTF-8", line) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if (at := text.find("\0")) >= 0:
        raise reading.error("holds a NUL character (U+0000): remove it", text.count("\n", 0, at) + 1)
    return text


def too_many(count: int, reading: Reading) -> FileError | None:
    """The error to raise when there are more questions than one file may have."""
    if count > MAX_QUESTIONS:
        return reading.error(f"has {count:,} questions; at most {MAX_QUESTIONS:,} are read at once: split it")
    return None
