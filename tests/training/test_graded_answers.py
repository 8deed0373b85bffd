"""Viva's own graded answers: whole, consistent, and apart from the bank."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from app.evaluation.graded import read_bank
from app.kit.config import ROOT
from app.training.material import MARKS, own_tasks

FOLDER = ROOT / "seed" / "graded_answers"


@pytest.fixture(scope="module")
def tasks():
    return own_tasks(FOLDER)


def test_every_line_is_whole():
    for path in sorted(FOLDER.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            where, entry = f"{path.name}:{number}", json.loads(line)
            assert set(entry) == {"id", "topic", "question", "reference", "criteria", "answers"}, where
            names = [criterion["id"] for criterion in entry["criteria"]]
            assert 2 <= len(set(names)) == len(names), where
            for criterion in entry["criteria"]:
                assert set(criterion) <= {"id", "statements", "false_twins", "weight"}, where
                assert len(set(criterion["statements"])) >= 3, where
            for answer in entry["answers"]:
                assert set(answer) == {"kind", "text", "grade", "verdicts"}, where
                assert set(answer["verdicts"]) == set(names), where
                assert set(answer["verdicts"].values()) <= set(MARKS), where


def test_grades_follow_from_the_marks(tasks):
    assert len(tasks) >= 400
    for task in tasks:
        weights = np.array([point.weight for point in task.points])
        for answer in task.answers:
            by_marks = float(np.clip(answer.marks, 0, 1) @ weights / weights.sum())
            assert 0 <= answer.grade <= 1
            assert abs(by_marks - answer.grade) <= 0.3, (task.id, answer.text)


def test_no_question_stands_twice_and_none_is_in_the_bank(tasks):
    questions = Counter(" ".join(task.question.lower().split()) for task in tasks)
    assert [text for text, count in questions.items() if count > 1] == []
    bank = read_bank(ROOT / "seed")
    theirs = {" ".join(sample.text.split()) for question in bank for sample in question.samples}
    theirs |= {" ".join(question.prompt.split()) for question in bank}
    ours = {" ".join(text.split()) for task in tasks for text in [task.question, *(a.text for a in task.answers)]}
    assert not ours & theirs


def test_length_does_not_give_the_grade_away(tasks):
    lengths = [np.log1p(len(answer.text.split())) for task in tasks for answer in task.answers]
    grades = [answer.grade for task in tasks for answer in task.answers]
    assert abs(np.corrcoef(lengths, grades)[0, 1]) < 0.3
