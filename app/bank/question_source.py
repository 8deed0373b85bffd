"""A question as text, and text as a question: what the editor's two halves exchange."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from app.bank.models import Question, QuestionVersion, Sample
from app.bank.queries import live_samples
from app.bank.question_file import QuestionFile
from app.bank.question_text import write_question
from app.bank.words import REVIEW
from app.kit.config import ROOT
from app.kit.errors import Invalid
from app.kit.text import clean_text
from app.kit.yaml_file import MAX_BYTES, FileError, FileProblem, Loc, field_path, parse_yaml, read_yaml

MAX_SOURCE_CHARS = MAX_BYTES // 4
"""Characters of up to four bytes each."""

NAME = "the question"


@dataclass(frozen=True)
class Read:
    """What a text says: the question if it is one, its plain data if it is YAML at all, and what is wrong with it."""

    question: QuestionFile | None
    data: dict[str, Any]
    problems: list[FileProblem] = field(default_factory=list)


def read_source(source: str) -> Read:
    """Read a working copy; whatever is wrong is a problem with its line and field, never an error."""
    try:
        data, lines = parse_yaml(source, NAME)
    except FileError as error:
        return Read(None, {}, error.problems)
    plain = data if isinstance(data, dict) else {}
    if bad := list(_unstorable(plain, (), lines)):
        return Read(None, {}, bad)
    try:
        return Read(read_yaml(source, QuestionFile, NAME), plain)
    except FileError as error:
        return Read(None, plain, error.problems)


def _unstorable(value: Any, at: Loc, lines: dict[Loc, int]) -> Iterator[FileProblem]:
    """Where an escape such as "\\0" makes what no page can show and no database store."""
    if isinstance(value, dict):
        for name, entry in value.items():
            where = at if _is_unstorable(name) else (*at, name)
            yield from _unstorable(name, where, lines)
            yield from _unstorable(entry, where, lines)
    elif isinstance(value, list):
        for number, entry in enumerate(value):
            yield from _unstorable(entry, (*at, number), lines)
    elif isinstance(value, str) and _is_unstorable(value):
        message = "holds a character that cannot be stored (a NUL, or half of a surrogate pair): remove it"
        yield FileProblem(NAME, lines.get(at), field_path(at), message)


def _is_unstorable(text: str) -> bool:
    try:
        clean_text(text)
    except Invalid:
        return True
    return False


def question_source(session: Session, question: Question, organization_id: Any) -> str:
    """The published question with its samples, as its author would write it."""
    version = question.current_version
    assert version is not None
    return write_question(question_file(session, version, question.slug, organization_id))


def question_file(session: Session, version: QuestionVersion, slug: str, organization_id: Any) -> QuestionFile:
    """A version with the samples that count for an organisation, as its author would write it."""
    return file_of(version, slug, live_samples(session, version.question_id, organization_id))


def file_of(version: QuestionVersion, slug: str, samples: Iterable[Sample] = ()) -> QuestionFile:
    """A version as its author would write it, with these samples."""
    names = [name for name in QuestionFile.model_fields if name not in {"slug", "samples"}]
    content = {name: getattr(version, name) for name in names}
    # What candidates wrote and people graded is no part of the question: it is not shown to authors, nor exported.
    written = [
        {"kind": sample.kind, "grade": sample.grade, "text": sample.text} for sample in samples if sample.kind != REVIEW
    ]
    return QuestionFile.model_validate({"slug": slug, **content, "samples": written})


@functools.cache
def starter_source() -> str:
    """What a new question begins with: every field once, with what belongs into it."""
    return (ROOT / "app" / "bank" / "starter.yaml").read_text(encoding="utf-8")
