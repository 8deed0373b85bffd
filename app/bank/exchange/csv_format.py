"""Questions as a table, a row each: for spreadsheets. What has no flat form stands in its cell as JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from app.bank.exchange.derive import Asked, Deriving
from app.bank.exchange.fields import checked
from app.bank.exchange.json_format import load_json
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

NAME = "csv"
LOSES = [
    "Everything is held, but rubric, sources and samples stand in their cells as JSON, which a spreadsheet cannot edit"
    " comfortably.",
    "Excel cuts cells at 32,767 characters: do not save a file from Excel in which a rubric or samples are longer.",
]

FLAT = ("slug", "title", "kind", "topic", "level", "minutes", "prompt", "model_answer")
JOINED = ("related", "prerequisites")
AS_JSON = ("rubric", "sources", "samples")
COLUMNS = (*FLAT, *JOINED, *AS_JSON)
JOIN = " "
"""Slugs hold no spaces."""

# What a spreadsheet takes for a formula, and what it skips before looking for one. The last four are full-width.
_TRIGGERS = "=+\\-@\t\r\n＝＋－＠"
_DANGEROUS = re.compile(f"^'*[{_TRIGGERS}]")
_DEFUSED = re.compile(f"^'+[{_TRIGGERS}]")


def defused(cell: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe before what begins like a formula, or like a defused one."""
    return f"'{cell}" if _DANGEROUS.match(cell) else cell


def restored(cell: str) -> str:
    """What `defused` was given."""
    return cell[1:] if _DEFUSED.match(cell) else cell


def write_csv(questions: Sequence[QuestionFile]) -> bytes:
    """The questions, with a byte order mark, without which Excel does not read UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for question in questions:
        plain = question.model_dump(mode="json", exclude_none=True)
        cells = [str(plain[name]) for name in FLAT]
        cells += [JOIN.join(plain[name]) for name in JOINED]
        cells += [json.dumps(plain[name], ensure_ascii=False) for name in AS_JSON]
        writer.writerow([defused(cell) for cell in cells])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def read_csv_file(data: bytes, reading: Reading) -> ImportResult:
    """Every row that is not empty. With rubric, sources and samples a row is whole; without one it is a draft.

    Raises:
        FileError: nothing of it can be read.
    """
    text = text_of(data, reading)
    rows = _rows(text, reading)
    first = next(rows, None)
    if first is None:
        raise reading.error("is empty", 1)
    header = [name.strip().lower().replace(" ", "_") for name in first[1]]
    for needed in ("title", "prompt"):
        if needed not in header:
            raise reading.error(f"has no column {needed!r}; the first line names the columns", 1, needed)
    for name in set(header):
        if name and header.count(name) > 1:
            raise reading.error(f"has two columns {name!r}", 1, name)
    result = ImportResult(NAME, reading.name)
    result.notes += [f"The column {name!r} is not known and was left out." for name in header if name not in COLUMNS]
    deriving = Deriving(reading, "a table")
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        result.questions.append(_read_row(line, header, cells, reading, deriving))
        if error := too_many(len(result.questions), reading):
            raise error
    return result


def _rows(text: str, reading: Reading) -> Iterator[tuple[int, list[str]]]:
    """The line on which each row begins, and its cells."""
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    limit = csv.field_size_limit(MAX_QUESTION_BYTES)  # the module's own limit is less than a question may have
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        line = 1
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise reading.error(f"is not readable as a table: {error}", reader.line_num) from None
    finally:
        csv.field_size_limit(limit)


def _read_row(line: int, header: list[str], cells: list[str], reading: Reading, deriving: Deriving) -> Imported:
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        return Imported(None, {}, [reading.problem(f"has {len(cells)} cells for {len(header)} columns", line)])
    row = {name: restored(cell) for name, cell in zip(header, cells, strict=False) if name in COLUMNS and cell.strip()}
    data: dict[str, Any] = dict(row)
    try:
        for name in ("level", "minutes"):
            if name in row:
                data[name] = _whole_number(row[name], name, line, reading)
        for name in JOINED:
            data[name] = row.get(name, "").replace(",", " ").split()
        for name in AS_JSON:
            if name in row:
                data[name] = _json_cell(row[name], name, line, reading)
    except FileError as error:
        return Imported(None, row, error.problems, line=line)
    if "rubric" in row:
        if "samples" in header:
            return checked({"samples": [], **data}, reading, line=line)
        # Without the column nothing is said of samples, and importing must not withdraw those that there are.
        return Imported(None, data, [reading.problem("has a rubric, so a column 'samples' is needed", 1, "samples")])
    asked = Asked(prompt=row.get("prompt", ""), title=row.get("title", ""), model_answer=row.get("model_answer", ""))
    said = {
        name: value for name, value in data.items() if value != [] and name not in ("title", "prompt", "model_answer")
    }
    return deriving.question(asked, line, said)


def _whole_number(cell: str, name: str, line: int, reading: Reading) -> int:
    try:
        return int(cell)
    except ValueError:
        raise reading.error(f"must be a whole number, not {cell[:40]!r}", line, name) from None


def _json_cell(cell: str, name: str, line: int, reading: Reading) -> Any:
    try:
        return load_json(cell, reading)
    except FileError as error:
        raise reading.error(f"the cell {error.problems[0].message}", line, name) from None
