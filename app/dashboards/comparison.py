"""Candidates side by side: from marks to the rows of a table, with what chance alone could have done."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass

from app.bank.words import FACET_LABELS, TOPIC_LABELS
from app.dashboards.compare_queries import DECISIONS, Mark, Sat, Sitter
from app.dashboards.statistics import Estimate, bootstrap_mean


@dataclass(frozen=True)
class Cell:
    """A share of one person in one row; `sure` says in words how much it rests on."""

    points: int | None
    detail: str = ""


@dataclass(frozen=True)
class Row:
    """One thing that all are compared by."""

    name: str
    cells: list[Cell]


@dataclass(frozen=True)
class Column:
    """One candidate."""

    id: uuid.UUID
    label: str
    total: Estimate
    points: int | None
    words: str
    sat: Sat
    decision: str


def letters(place: int) -> str:
    """0 is A, 25 is Z, 26 is AA."""
    found = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(65 + rest) + found
    return found


def letter_sign(place: int) -> str:
    """What stands for a name: “Candidate C”."""
    return f"Candidate {letters(place)}"


def points_of(share: float | None) -> int | None:
    """A share as points of a hundred."""
    return None if share is None else round(100 * share)


def _column(sitter: Sitter, sat: Sat, hidden: bool) -> Column:
    known = [one.mark for one in sat.marks if one.mark is not None]
    total = bootstrap_mean(known)
    words = ""
    if len(known) < len(sat.marks):
        words = f"{len(sat.marks) - len(known)} of {len(sat.marks)} questions not scored yet. "
    if total.low is None or total.high is None:
        words += "Too few questions to say how sure this is."
    else:
        words += f"With other questions of this kind: between {points_of(total.low)} and {points_of(total.high)}."
    unsure = sum(1 for one in sat.marks if not one.by_people and one.confidence is not None and one.confidence < 0.6)
    if unsure:
        words += f" The machine is unsure of {unsure} of {len(sat.marks)} answers that no person has looked at."
    label = letter_sign(sitter.place) if hidden else sitter.name or letter_sign(sitter.place)
    decision = DECISIONS.get(sat.decision or "", "")
    return Column(sitter.id, label, total, points_of(total.value), words, sat, decision)


def columns_of(people: list[Sitter], results: dict[uuid.UUID, Sat], hidden: bool) -> list[Column]:
    """One column a candidate, in the order of their letters."""
    return [_column(one, results[one.id], hidden) for one in sorted(people, key=lambda one: one.place)]


def verdict(columns: list[Column]) -> str:
    """What may be said of the difference between the two highest totals."""
    ranked = sorted((one for one in columns if one.total.value is not None), key=lambda one: -(one.total.value or 0))
    if len(ranked) < 2:
        return ""
    first, second = ranked[0], ranked[1]
    theirs = {mark.question_id: mark.mark for mark in second.sat.marks if mark.mark is not None}
    shared = [
        mark.mark - theirs[mark.question_id]
        for mark in first.sat.marks
        if mark.mark is not None and mark.question_id in theirs
    ]
    gap = bootstrap_mean(shared)
    names = f"{first.label} and {second.label}"
    if gap.low is None:
        return f"{names} have too few questions in common to say whether their difference means anything."
    if gap.low <= 0:
        return f"The difference between the two highest, {names}, could be chance: other questions could turn it round."
    return (
        f"{first.label} is ahead of {second.label} by {points_of(gap.low)} to {points_of(gap.high)} points on the "
        f"{len(shared)} questions that both answered: more than chance would do."
    )


def _table(columns: list[Column], values: list[dict[str, list[float]]], names: dict[str, str], of: str) -> list[Row]:
    keys = sorted({key for one in values for key in one}, key=lambda key: names.get(key, key))
    rows = []
    for key in keys:
        cells = []
        for one in values:
            marks = one.get(key, [])
            detail = f"{len(marks)} {of if len(marks) == 1 else of + 's'}" if marks else "not asked"
            cells.append(Cell(points_of(sum(marks) / len(marks)) if marks else None, detail))
        rows.append(Row(names.get(key, key), cells))
    return rows


def _collect(column: Column, part: str) -> dict[str, list[float]]:
    found = defaultdict[str, list[float]](list)
    for mark in column.sat.marks:
        if part == "facets":
            for facet, share in mark.facets.items():
                found[facet].append(float(share))
        elif mark.mark is not None:
            found[mark.topic if part == "topics" else str(mark.question_id)].append(mark.mark)
    return dict(found)


def facet_rows(columns: list[Column]) -> list[Row]:
    """By facet, as the machine credits them."""
    return _table(columns, [_collect(one, "facets") for one in columns], FACET_LABELS, "answer")


def topic_rows(columns: list[Column]) -> list[Row]:
    """By topic."""
    return _table(columns, [_collect(one, "topics") for one in columns], TOPIC_LABELS, "question")


@dataclass(frozen=True)
class Question:
    """A question with the marks of all, and its criteria."""

    title: str
    row: Row
    criteria: list[Row]


def _mark_cell(mark: Mark | None) -> Cell:
    if mark is None:
        return Cell(None, "not asked")
    if not mark.answered:
        return Cell(0, "no answer")
    if mark.mark is None:
        return Cell(None, "not scored yet")
    if mark.by_people:
        return Cell(points_of(mark.mark), "by people")
    return Cell(points_of(mark.mark), f"{points_of(mark.confidence)} % sure")


def question_rows(columns: list[Column]) -> list[Question]:
    """Question by question with its criteria; those that most were asked come first."""
    asked: dict[uuid.UUID, str] = {mark.question_id: mark.title for one in columns for mark in one.sat.marks}
    by_person = [{mark.question_id: mark for mark in one.sat.marks} for one in columns]
    found = []
    for key, title in asked.items():
        marks = [one.get(key) for one in by_person]
        said = [{str(c.get("id")): c for c in mark.criteria} if mark else {} for mark in marks]
        rows = []
        for criterion in dict.fromkeys(name for one in said for name in one):
            cells = [
                Cell(points_of(one[criterion].get("credit")), str(one[criterion].get("verdict", "")))
                if criterion in one
                else Cell(None, "")
                for one in said
            ]
            rows.append(Row(criterion.replace("-", " ").replace("_", " "), cells))
        found.append(Question(title, Row(title, [_mark_cell(mark) for mark in marks]), rows))
    found.sort(key=lambda one: -sum(cell.detail != "not asked" for cell in one.row.cells))
    return found
