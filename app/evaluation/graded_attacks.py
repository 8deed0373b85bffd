"""Attacks on questions of which a person has graded some answers: a kind person's bar must not let them pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from app.evaluation.graded import GradedAnswer
from app.evaluation.judging import Judges, Task
from app.scoring.attacks import seeded

GRADED = 8
LEAST_ANSWERS = 12
"""Answers of a question, from which it is looked at."""
HALF = 0.5


def attacks_beside_grades(
    rows: Sequence[GradedAnswer], tasks: Sequence[Task], judges: Judges, advance: Callable[[int], None]
) -> dict[str, tuple[float, float, int]]:
    """By attack: share at half marks or more without and with eight graded answers, and on how many questions.

    Parameters
    ----------
    rows : sequence of GradedAnswer
        Of one set.
    tasks : sequence of Task
        What `app.evaluation.agreement.tasks_of` makes of these.
    judges : Judges
    advance : callable
        Told of each lot of texts that is done.

    Returns
    -------
    dict of str to (float, float, int)
    """
    by_question: dict[str, list[GradedAnswer]] = {}
    for row in rows:
        by_question.setdefault(row.question_id, []).append(row)
    kinds, asked = [], []
    for (name, mine), task in zip(by_question.items(), tasks, strict=True):
        if len(mine) < LEAST_ANSWERS:
            continue
        count, places, _ = task.key
        known = seeded(GRADED, name).sample(mine, GRADED)
        kinds += [kind for kind, _, _ in places]
        texts = tuple(task.texts[count + at] for _, at, _ in places)
        asked.append(replace(task, texts=texts, samples=tuple((one.text, one.grade) for one in known)))
    plain = judges.judge([replace(task, samples=()) for task in asked], advance)
    beside = judges.judge(asked, advance)
    passed = [
        (one.score >= HALF, other.score >= HALF)
        for mine, theirs in zip(plain, beside, strict=True)
        for one, other in zip(mine, theirs, strict=True)
    ]
    found: dict[str, tuple[float, float, int]] = {}
    for kind in dict.fromkeys(kinds):
        pairs = [pair for pair, name in zip(passed, kinds, strict=True) if name == kind]
        without, with_them = (sum(column) / len(pairs) for column in zip(*pairs, strict=True))
        found[kind] = (without, with_them, len(pairs))
    return found
