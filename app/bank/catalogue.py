"""What the bank is held against: the catalogue of the page that Viva began as."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from app.bank.question_file import QuestionFile
from app.kit.yaml_file import load_yaml


class Catalogue(BaseModel):
    """Entries by id: questions, what belongs in the candidate's guide, and what was said about asking."""

    model_config = ConfigDict(extra="forbid")

    questions: dict[str, str]
    guide: dict[str, str]
    principles: dict[str, str]


@dataclass(frozen=True)
class Covered:
    """One entry and the questions made from it."""

    id: str
    text: str
    slugs: tuple[str, ...]


def read_catalogue(seed_dir: Path) -> Catalogue:
    """The catalogue that lies beside the questions.

    Raises:
        FileError: it is not what it should be.
    """
    return load_yaml(seed_dir / "catalogue.yaml", Catalogue, "catalogue.yaml")


def coverage(catalogue: Catalogue, questions: Iterable[QuestionFile]) -> list[Covered]:
    """Every entry with the slugs of the questions made from it."""
    made: dict[str, list[str]] = {}
    for question in questions:
        for source in question.sources:
            if source.seed:
                made.setdefault(source.seed, []).append(question.slug)
    return [Covered(name, text, tuple(sorted(made.get(name, ())))) for name, text in catalogue.questions.items()]


def unknown_seeds(catalogue: Catalogue, questions: Iterable[QuestionFile]) -> list[tuple[str, str]]:
    """(slug, seed id) of sources that the catalogue does not have."""
    return [
        (question.slug, source.seed)
        for question in questions
        for source in question.sources
        if source.seed and source.seed not in catalogue.questions
    ]
