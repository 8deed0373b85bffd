"""Questions as JSON, without loss: `{"format": "viva-questions", "version": 1, "questions": […]}`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from app.bank.exchange.fields import checked
from app.bank.exchange.json_lines import lines_of
from app.bank.exchange.result import ImportResult, Loc, Reading, text_of, too_many
from app.bank.question_file import QuestionFile

NAME = "json"
LOSES: list[str] = []
FORMAT = "viva-questions"
VERSION = 1


def write_json(questions: Sequence[QuestionFile]) -> bytes:
    """The questions in one object."""
    plain = [question.model_dump(mode="json", exclude_none=True) for question in questions]
    whole = {"format": FORMAT, "version": VERSION, "questions": plain}
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()


def read_json_file(data: bytes, reading: Reading) -> ImportResult:
    """The questions of such an object, of a bare list, or the one question that the file is.

    Raises:
        FileError: nothing of it can be read.
    """
    text = text_of(data, reading)
    whole = load_json(text, reading)
    items: Any = whole
    at: Loc = ()
    paths: list[Loc]
    if isinstance(whole, dict) and ("questions" in whole or "format" in whole):
        _expect_header(whole, text, reading)
        items, at = whole["questions"], ("questions",)
    elif isinstance(whole, dict):
        items = None  # the one question that the file is
    if items is None:
        items, paths = [whole], [()]
    elif not isinstance(items, list):
        raise reading.error("must be a list of questions", lines_of(text).get(at), "questions")
    else:
        paths = [(*at, number) for number in range(len(items))]
    if error := too_many(len(items), reading):
        raise error
    result = ImportResult(NAME, reading.name)
    lines = lines_of(text)
    for item, path in zip(items, paths, strict=True):
        result.questions.append(checked(item, reading, lines, path))
    return result


def load_json(text: str, reading: Reading, line: int = 1) -> Any:
    """JSON without what would be silently lost or cannot be stored: keys given twice, NaN and infinity.

    Raises:
        FileError: it is no such JSON; the problem names the line, counted from `line`.
    """
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise reading.error(f"is not readable JSON: {error.msg}", error.lineno + line - 1) from None
    except RecursionError:
        raise reading.error("is not readable JSON: nested too deeply", line) from None
    except ValueError as error:
        raise reading.error(f"is not usable JSON: {error}", line) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number that can be stored")


def _expect_header(whole: dict[str, Any], text: str, reading: Reading) -> None:
    lines = lines_of(text)
    if whole.get("format", FORMAT) != FORMAT:
        raise reading.error(
            f"is {whole['format']!r}, and {FORMAT!r} is what can be read", lines.get(("format",)), "format"
        )
    if whole.get("version", VERSION) != VERSION:
        message = f"is {whole['version']!r}; this Viva reads version {VERSION}: a newer Viva may have written the file"
        raise reading.error(message, lines.get(("version",)), "version")
    if "questions" not in whole:
        raise reading.error("is missing", 1, "questions")
