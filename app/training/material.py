"""What is trained on: questions with answers that people graded, from the public sets, Viva's own file and the bank."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from app.evaluation.graded import SETS, read_bank, read_sets
from app.scoring.rubric import Rubric

MARKS = {"met": 1.0, "partial": 0.5, "missed": 0.0, "contradicted": -1.0}
"""Verdicts as numbers."""
OWN = "own"
BANK = "bank"


@dataclass(frozen=True)
class Point:
    """A criterion: the same claim in several words, and claims that sound like it and are wrong."""

    statements: tuple[str, ...]
    twins: tuple[str, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True)
class Marked:
    """An answer with its grade in [0, 1] and, where they are known, the marks of its criteria (see `MARKS`)."""

    text: str
    grade: float
    marks: tuple[float, ...] = ()
    kind: str = "real"
    contradicts: bool | None = None
    """Whether it contradicts the reference, where the graders said so."""


@dataclass(frozen=True)
class Task:
    """A question with everything that is known of it."""

    source: str
    id: str
    question: str
    references: tuple[str, ...]
    points: tuple[Point, ...]
    answers: tuple[Marked, ...]


def own_tasks(folder: Path) -> list[Task]:
    """The graded answers that come with Viva (`seed/graded_answers/*.jsonl`)."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            names = [one["id"] for one in entry["criteria"]]
            found.append(
                Task(
                    source=OWN,
                    id=f"{path.stem}/{entry['id']}",
                    question=entry["question"],
                    references=(entry["reference"],),
                    points=tuple(
                        Point(tuple(c["statements"]), tuple(c.get("false_twins", ())), float(c.get("weight", 1)))
                        for c in entry["criteria"]
                    ),
                    answers=tuple(
                        Marked(a["text"], a["grade"], tuple(MARKS[a["verdicts"][n]] for n in names), a["kind"])
                        for a in entry["answers"]
                    ),
                )
            )
    return found


def public_tasks(folder: Path, names: Iterable[str] = SETS) -> list[Task]:
    """The public sets, a task a question."""
    labels = _contradictions(folder)
    tasks = []
    for name, rows in read_sets(folder, tuple(names)).items():
        by_question: dict[str, list[Marked]] = {}
        about = {}
        for row in rows:
            about[row.question_id] = row
            wrong = labels.get((row.question_id, row.text)) if name == "semeval" else None
            by_question.setdefault(row.question_id, []).append(Marked(row.text, row.grade, contradicts=wrong))
        tasks += [
            Task(name, key, about[key].question, about[key].references, (), tuple(answers))
            for key, answers in by_question.items()
        ]
    return tasks


def _contradictions(folder: Path) -> dict[tuple[str, str], bool]:
    with (folder / SETS["semeval"]).open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return {(f"semeval/{row['dataset']}/{row['qid']}", row["answer"]): row["label"] == "contradictory" for row in rows}


def bank_tasks(seed: Path) -> list[Task]:
    """The bank's questions with their samples; criteria of the first approach, marks unknown."""
    tasks = []
    for one in read_bank(seed):
        approach = Rubric.from_dict(one.rubric).approaches[0]
        points = tuple(Point(tuple(c.statements), tuple(c.false_twins), float(c.weight)) for c in approach.criteria)
        answers = tuple(Marked(s.text, float(s.grade), kind=s.kind) for s in one.samples)
        tasks.append(Task(BANK, one.slug, one.prompt, (" ".join(one.model_answer.split()),), points, answers))
    return tasks
