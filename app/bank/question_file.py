"""The files of the bank: one YAML file a question, one a template. See `docs/question-format.md`.

`python -m app.bank.question_file FILE…` checks files without a database.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from app.bank.words import Kind, Topic
from app.kit.errors import Invalid
from app.kit.text import clean_text
from app.kit.yaml_file import FileError, FileProblem, load_yaml
from app.scoring.rubric import Rubric, RubricError

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=20, max_length=8000)]
SampleKind = Literal[
    "strong-short", "strong-long", "what-without-why", "salad", "confidently-wrong", "plain", "off-topic", "review"
]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _clean(cls, data: Any) -> Any:
        return _cleaned(data)


def _cleaned(value: Any) -> Any:
    """Text is checked once, where it comes in: no NUL, no lone surrogates, LF line ends."""
    if isinstance(value, str):
        try:
            return clean_text(value, field="the text")
        except Invalid as error:
            raise ValueError(error.message) from None
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in value.items()}
    return value


class Source(_File):
    """Where a question comes from, or what a candidate can read: a seed id, or a title with an address."""

    seed: str | None = Field(default=None, pattern=r"^S\d\d[a-d]?$")
    title: Line | None = None
    url: str | None = Field(default=None, pattern=r"^https://\S+$", max_length=300)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.seed or self.title):
            raise ValueError("needs a seed or a title")
        return self


class SampleEntry(_File):
    """An answer with the grade it deserves, 0–1."""

    kind: SampleKind
    grade: float = Field(ge=0, le=1)
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000)]

    def digest(self) -> str:
        """SHA-256 over text and grade: the sample's identity."""
        return hashlib.sha256(f"{self.grade:.4f}\n{self.text}".encode()).hexdigest()


class QuestionFile(_File):
    """One question as its author writes it."""

    slug: Slug
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=60)]
    kind: Kind
    topic: Topic
    level: int = Field(ge=1, le=5)
    minutes: int = Field(ge=1, le=60)
    prompt: Prose
    rubric: dict[str, Any]
    model_answer: Prose
    sources: list[Source] = Field(min_length=1)
    related: list[Slug] = []
    prerequisites: list[Slug] = []
    samples: list[SampleEntry] = []

    @field_validator("rubric", mode="after")
    @classmethod
    def _rubric_is_whole(cls, rubric: dict[str, Any]) -> dict[str, Any]:
        # RubricError begins with the path inside the rubric, from which the loader finds the line.
        try:
            return Rubric.from_dict(rubric).to_dict()
        except RubricError as error:
            raise ValueError(str(error)) from None

    def content(self) -> dict[str, Any]:
        """What makes a version: everything but slug and samples (samples are rows of their own)."""
        return self.model_dump(mode="json", exclude={"slug", "samples"})


class Draw(_File):
    """Questions drawn at random among those that match, first those that the candidate has not seen."""

    count: int = Field(ge=1, le=20)
    topics: list[Topic] = []
    kinds: list[Kind] = []
    levels: list[Annotated[int, Field(ge=1, le=5)]] = []


class Section(_File):
    """A part of an interview: exactly these questions, or a draw."""

    id: Slug
    title: Line
    questions: list[Slug] = []
    draw: Draw | None = None
    minutes_each: int | None = Field(default=None, ge=1, le=60)

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if bool(self.questions) == bool(self.draw):
            raise ValueError("needs either questions or draw")
        return self


class TemplateContent(_File):
    """What one kind of interview is, whatever its name."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=80)]
    description: Line
    minutes: int = Field(ge=1, le=480)
    timing: Literal["interview", "question"] = "interview"
    sections: list[Section] = Field(min_length=1, max_length=20)
    candidate_sees: Literal["nothing", "score", "report"] = "report"
    release: Literal["at_once", "by_interviewer"] = "at_once"
    follow_ups: bool = True

    @model_validator(mode="after")
    def _ids_once(self) -> Self:
        ids = [section.id for section in self.sections]
        if len(set(ids)) != len(ids):
            raise ValueError("two sections have the same id")
        return self

    @model_validator(mode="after")
    def _minutes_each_count(self) -> Self:
        if self.timing == "interview" and any(section.minutes_each for section in self.sections):
            raise ValueError("minutes_each of a section needs timing: question")
        return self

    def content(self) -> dict[str, Any]:
        """What makes a version; timing and what candidates see count where not as usual, so that older digests hold."""
        usual = {
            name
            for name in ("timing", "candidate_sees", "release", "follow_ups")
            if getattr(self, name) == _usual(type(self), name)
        }
        content = self.model_dump(mode="json", exclude={"slug", *usual})
        for section in content["sections"]:
            if section["minutes_each"] is None:
                del section["minutes_each"]
        return content


class TemplateFile(TemplateContent):
    """One kind of interview as its author writes it."""

    slug: Slug


def _usual(model: type[BaseModel], field: str) -> Any:
    return model.model_fields[field].default


def content_hash(content: dict[str, Any]) -> str:
    """SHA-256 of canonical JSON: equal content, equal hash, whatever the order of keys in the file."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def read_question(path: Path, root: Path | None = None) -> QuestionFile:
    """One question, its slug and topic checked against where the file lies.

    Raises:
        FileError: with every problem's file, line and field.
    """
    name = str(path.relative_to(root)) if root else str(path)
    question = load_yaml(path, QuestionFile, name)
    _expect_name(path, question.slug, name)
    if path.parent.name != question.topic:
        line = _line_of(path, "topic")
        raise FileError(
            [FileProblem(name, line, "topic", f"says {question.topic!r}, but the folder is {path.parent.name!r}")]
        )
    return question


def read_template(path: Path, root: Path | None = None) -> TemplateFile:
    """One template, its slug checked against the file's name.

    Raises:
        FileError: with every problem's file, line and field.
    """
    name = str(path.relative_to(root)) if root else str(path)
    template = load_yaml(path, TemplateFile, name)
    _expect_name(path, template.slug, name)
    return template


def _expect_name(path: Path, slug: str, name: str) -> None:
    if path.stem != slug:
        raise FileError(
            [FileProblem(name, _line_of(path, "slug"), "slug", f"says {slug!r}, but the file is {path.name!r}")]
        )


def _line_of(path: Path, field: str) -> int | None:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if re.match(rf"{field}\s*:", line):
            return number
    return None


def main(arguments: list[str]) -> int:
    """Check the files named; print every problem; 1 if there is one."""
    bad = 0
    for argument in arguments:
        path = Path(argument)
        try:
            (read_template if path.parent.name == "templates" else read_question)(path)
        except FileError as error:
            bad += 1
            print(error)
    print(f"{len(arguments) - bad} of {len(arguments)} files are good.")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
