"""Answers that people have graded: the public sets, read where they lie, and the bank's own samples."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.bank.question_file import QuestionFile, read_question
from app.kit.errors import OperatorError

SETS = {
    "mohler": "mohler2011.jsonl",
    "saf": "saf_en.jsonl",
    "digiklausur": "digiklausur17.jsonl",
    "semeval": "semeval2013_3way.jsonl",
}
"""Short names of the public sets, and their files."""

SCALES: dict[str, tuple[float, ...]] = {
    "mohler": tuple(step / 10 for step in range(11)),
    "saf": tuple(step / 4 for step in range(5)),
    "digiklausur": (0.0, 0.5, 1.0),
}
"""Grades that a set's graders gave, on 0-1. SemEval's are classes, so that it has none."""


@dataclass(frozen=True)
class GradedAnswer:
    """One answer and what a person gave it."""

    source: str
    question_id: str
    question: str
    references: tuple[str, ...]
    text: str
    grade: float
    """In [0, 1]."""


def read_sets(folder: Path, only: tuple[str, ...] = tuple(SETS)) -> dict[str, list[GradedAnswer]]:
    """The public sets, without answers that repeat the reference and without blank ones.

    Raises:
        OperatorError: a file is not there.
    """
    found = {}
    for name in only:
        path = folder / SETS[name]
        if not path.is_file():
            raise OperatorError(
                f"There is no {SETS[name]} in {folder}: name the folder of the graded sets with --data."
            )
        with path.open(encoding="utf-8") as lines:
            rows = [_row(name, json.loads(line)) for line in lines]
        found[name] = [row for row in rows if row.text.strip() and row.text.strip() not in row.references]
    return found


def blank_grades(folder: Path) -> list[float]:
    """The grades of digiklausur's blank answers: with and without them, its figures differ."""
    with (folder / SETS["digiklausur"]).open(encoding="utf-8") as lines:
        rows = [_row("digiklausur", json.loads(line)) for line in lines]
    return [row.grade for row in rows if not row.text.strip()]


def _row(name: str, line: dict[str, Any]) -> GradedAnswer:
    # Of several references one is used, as in the figures that others report.
    return GradedAnswer(
        source=name,
        question_id=f"{name}/{line['dataset']}/{line['qid']}",
        question=line["question"],
        references=(line["reference"].strip(),),
        text=line["answer"],
        grade=float(line["score01"]),
    )


def alternative_references(folder: Path) -> dict[str, tuple[str, tuple[str, ...]]]:
    """SemEval's questions with several references: the question, and its references in order. They are paraphrases."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    with (folder / SETS["semeval"]).open(encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            references = tuple(dict.fromkeys(text.strip() for text in line.get("all_references") or () if text.strip()))
            if len(references) > 1:
                found.setdefault(f"semeval/{line['dataset']}/{line['qid']}", (line["question"], references))
    return found


def read_bank(seed: Path) -> list[QuestionFile]:
    """The seed's questions that have samples, in the order of their slugs."""
    questions = [read_question(path) for path in seed.glob("questions/*/*.yaml")]
    return sorted((one for one in questions if one.samples), key=lambda one: one.slug)
