"""GIFT, the text format of Moodle: Viva's questions written as essay questions, and what others wrote read.

What GIFT has no place for stands in a comment before the question, `// viva: {…}`, which other tools skip.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from app.bank.exchange.carried import carried
from app.bank.exchange.derive import Deriving
from app.bank.exchange.fields import checked
from app.bank.exchange.foreign import as_free_text
from app.bank.exchange.gift_answers import read_answers
from app.bank.exchange.gift_blocks import Block, blocks_of, escaped, parts_of
from app.bank.exchange.json_format import load_json
from app.bank.exchange.result import (
    FileError,
    Imported,
    ImportResult,
    Reading,
    text_of,
    too_many,
)
from app.bank.question_file import QuestionFile

NAME = "gift"
LOSES = [
    "Other tools see title, prompt and the model answer (as general feedback) of an essay question; rubric, samples,"
    " sources, topic, level, minutes and links stand in a comment that only Viva reads, and are lost when another tool"
    " writes the file again.",
]
MARK = "// viva: "


def write_gift(questions: Sequence[QuestionFile]) -> bytes:
    """The questions as essay questions."""
    return "\n".join(_written(question) for question in questions).encode()


def _written(question: QuestionFile) -> str:
    whole = question.model_dump(mode="json", exclude_none=True)
    # In ASCII: no line separator that some tool takes for the end of the comment.
    return (
        f"{MARK}{json.dumps(whole, ensure_ascii=True, separators=(',', ':'))}\n"
        f"::{escaped(question.title)}::[markdown]{escaped(question.prompt)} {{\n"
        f"####{escaped(question.model_answer)}\n}}\n"
    )


def read_gift(data: bytes, reading: Reading) -> ImportResult:
    """Every question; descriptions and categories become notes.

    Raises:
        FileError: nothing of it can be read.
    """
    result = ImportResult(NAME, reading.name)
    blocks = blocks_of(text_of(data, reading))
    if error := too_many(len(blocks), reading):
        raise error
    deriving = Deriving(reading, "GIFT")
    category = ""
    for block in blocks:
        if block.category is not None:
            category = block.category
            continue
        try:
            one = _read(block, reading, deriving, category, result)
        except FileError as error:
            one = Imported(None, {}, error.problems, is_draft=True, line=block.line)
        if one is not None:
            result.questions.append(one)
    return result


def _read(
    block: Block, reading: Reading, deriving: Deriving, category: str, result: ImportResult
) -> Imported | None:  # fmt: skip
    parts = parts_of(block, reading)
    for line, comment in block.comments:
        if comment.startswith(MARK.strip()):
            whole = load_json(comment[len(MARK) - 1 :], reading, line)
            return carried(checked(whole, reading, line=line), parts.title, parts.text)
    if parts.answers is None:
        result.notes.append(f"Line {block.line}: a description without a question was left out: “{parts.text[:60]}”.")
        return None
    one = read_answers(parts, reading, block.line)
    if category:
        one.notes.append(f"Its category was {category}.")
    return deriving.question(as_free_text(one), block.line)
