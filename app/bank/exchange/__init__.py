"""Questions as files of other programs, and back: bytes in, questions and notes out; no database.

See “Import and export” in docs/question-format.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from app.bank.exchange import csv_format, gift, json_format, qti, yaml_format
from app.bank.exchange.result import (
    MAX_BYTES,
    MAX_QUESTIONS,
    FileError,
    FileProblem,
    Imported,
    ImportResult,
    Reading,
)
from app.bank.exchange.sniff import find_format
from app.bank.question_file import QuestionFile
from app.bank.words import Topic
from app.kit.errors import Invalid

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "MAX_QUESTIONS",
    "FileProblem",
    "Format",
    "ImportResult",
    "Imported",
    "loses",
    "read",
    "write",
]


@dataclass(frozen=True)
class Format:
    """A way of writing questions down."""

    name: str
    title: str
    suffix: str
    media_type: str
    loses: tuple[str, ...]
    read: Callable[[bytes, Reading], ImportResult]
    write: Callable[[Sequence[QuestionFile]], bytes]


def _formats(*formats: Format) -> dict[str, Format]:
    return {one.name: one for one in formats}


FORMATS: dict[str, Format] = _formats(
    Format("yaml", "YAML", ".yaml", "application/yaml", (), yaml_format.read_yaml_file, yaml_format.write_yaml),
    Format("json", "JSON", ".json", "application/json", (), json_format.read_json_file, json_format.write_json),
    Format(
        "csv",
        "CSV (spreadsheets)",
        ".csv",
        "text/csv; charset=utf-8",
        tuple(csv_format.LOSES),
        csv_format.read_csv_file,
        csv_format.write_csv,
    ),
    Format(
        "gift",
        "GIFT (Moodle)",
        ".gift",
        "text/plain; charset=utf-8",
        tuple(gift.LOSES),
        gift.read_gift,
        gift.write_gift,
    ),
    Format("qti", "QTI 3 (a package)", ".zip", "application/zip", tuple(qti.LOSES), qti.read_qti, qti.write_qti),
)


def loses(format: str) -> list[str]:
    """What a format cannot hold, or what other tools will not see of it, a sentence each.

    Raises:
        Invalid: there is no such format.
    """
    return list(_format(format).loses)


def write(questions: Iterable[QuestionFile], format: str) -> bytes:
    """The questions as one file.

    Raises:
        Invalid: there is no such format.
    """
    return _format(format).write(list(questions))


def read(data: bytes, name: str, format: str | None = None, *, topic: Topic = "foundations") -> ImportResult:
    """Read a file that somebody gives us; whatever is wrong with it is a problem with its place, never an error.

    Parameters
    ----------
    data : bytes
    name : str
        Of the file; tells the format where `format` is None and names the file in problems.
    format : str or None
        One of `FORMATS`, or None to find it by name and content.
    topic : Topic
        What questions of other tools are filed under.

    Raises
    ------
    Invalid
        There is no such format.
    """
    reading = Reading(name, topic)
    if format is not None:
        _format(format)
    if len(data) > MAX_BYTES:
        size = f"is over {MAX_BYTES // 1024 // 1024} MiB ({len(data) / 1024 / 1024:.1f} MiB): split it"
        return ImportResult(format or "", name, problems=[reading.problem(size)])
    try:
        found = format or find_format(data, reading)
        result = _format(found).read(data, reading)
    except FileError as error:
        return ImportResult(format or "", name, problems=error.problems)
    if not result.questions and not result.problems:
        result.problems.append(reading.problem("holds no questions"))
    _names_once(result, reading)
    return result


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise Invalid(f"There is no format {name!r}; choose one of {', '.join(FORMATS)}.", field="format")
    return FORMATS[name]


def _names_once(result: ImportResult, reading: Reading) -> None:
    first: dict[str, int | None] = {}
    for number, one in enumerate(result.questions):
        if not one.slug or one.problems:
            continue
        if one.slug in first:
            where = f" (line {first[one.slug]})" if first[one.slug] else ""
            problem = reading.problem(f"{one.slug!r} stands in this file already{where}", one.line, "slug")
            result.questions[number] = replace(one, question=None, problems=[problem])
        else:
            first[one.slug] = one.line
