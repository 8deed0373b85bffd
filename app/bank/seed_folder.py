"""The seed folder, read whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from app.bank.question_file import QuestionFile, read_question
from app.kit.yaml_file import FileError, FileProblem


@dataclass
class SeedQuestions:
    """The questions that can be read, by slug, and what is wrong with the others."""

    questions: dict[str, QuestionFile] = field(default_factory=dict)
    problems: list[FileProblem] = field(default_factory=list)


def read_questions(seed_dir: Path) -> SeedQuestions:
    """Every question file; a bad one is reported, and the rest is read."""
    found = SeedQuestions()
    for path in sorted((seed_dir / "questions").glob("*/*.yaml")):
        try:
            question = read_question(path, seed_dir)
            if question.slug in found.questions:
                where = str(path.relative_to(seed_dir))
                raise FileError([FileProblem(where, 1, "slug", f"{question.slug!r} stands in another file as well")])
            found.questions[question.slug] = question
        except FileError as error:
            found.problems.extend(error.problems)
    if not found.questions and not found.problems:
        found.problems.append(FileProblem(str(seed_dir), None, "", "no questions found in questions/*/*.yaml"))
    return found
