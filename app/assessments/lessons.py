"""What a question's reviews would change, worked out in the worker: agreement, and the scores of other answers."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from app.assessments.agreement import agreement
from app.assessments.learning import Reviewed, digest_of, reviewed_answers
from app.assessments.models import Lesson
from app.assessments.scorer import Scorer
from app.bank.models import Question, QuestionVersion
from app.bank.queries import live_samples
from app.bank.words import REVIEW
from app.interviews.models import Answer, InterviewItem
from app.kit import clock
from app.kit.logging import get_logger
from app.kit.waiting import announce
from app.scoring.encoded import EncodedText
from app.scoring.engine import prepare, readable
from app.scoring.judging import judged_answers, nothing_said
from app.scoring.learnt import shipped
from app.scoring.rubric import Rubric
from app.scoring.samples import Answers, Bar, Kernel, answers_of, fit

MAX_OTHERS = 200
"""Other answers of which it is shown how their score would move: the latest."""
MOVED = 0.05
TELL_EVERY = 5
MAX_ATTEMPTS = 5

log = get_logger("viva.lessons")


@dataclass(frozen=True)
class _Task:
    question_id: uuid.UUID
    organization_id: uuid.UUID
    prompt: str
    rubric: dict[str, Any]
    reviewed: list[Reviewed]
    others: list[tuple[uuid.UUID, str]]
    samples: list[tuple[str, float]]
    """Of the bank and its authors."""


def run_lesson(sessions: sessionmaker[Session], scorer: Scorer, lesson_id: uuid.UUID) -> None:
    """Work it out, telling how far it is; a failure is counted, and tried again by the sweep."""
    with sessions.begin() as session:
        task = _begin(session, lesson_id)
    if task is None:
        return

    def tell(done: int) -> None:
        if done % TELL_EVERY == 0:
            with sessions.begin() as session:
                session.get_one(Lesson, lesson_id).done = done
                announce(session, f"lesson:{lesson_id}")

    try:
        _end(sessions, lesson_id, "done", _work_out(scorer, task, tell))
    except Exception as error:
        log.error("lesson failed", lesson_id=str(lesson_id), exc_info=error)
        with sessions.begin() as session:
            lesson = session.get_one(Lesson, lesson_id)
            lesson.attempts += 1
            failed = lesson.attempts >= MAX_ATTEMPTS
        if failed:
            _end(sessions, lesson_id, "failed", None)


def _begin(session: Session, lesson_id: uuid.UUID) -> _Task | None:
    lesson = session.get(Lesson, lesson_id)
    if lesson is None or lesson.status != "queued":
        return None
    question = session.get_one(Question, lesson.question_id)
    version = question.current_version
    if version is None:
        return None
    reviewed = reviewed_answers(session, lesson.organization_id, lesson.question_id)
    lesson.digest = digest_of(reviewed)
    others = session.execute(
        select(Answer.id, Answer.text)
        .join(InterviewItem, Answer.item_id == InterviewItem.id)
        .join(QuestionVersion, InterviewItem.question_version_id == QuestionVersion.id)
        .where(
            QuestionVersion.question_id == lesson.question_id,
            Answer.organization_id == lesson.organization_id,
            ~Answer.does_not_know,
            Answer.text != "",
            Answer.id.not_in([one.answer_id for one in reviewed]),
        )
        .order_by(Answer.submitted_at.desc(), Answer.id)
        .limit(MAX_OTHERS)
    ).all()
    samples = live_samples(session, lesson.question_id, lesson.organization_id)
    bank = [(one.text, one.grade) for one in samples if one.kind != REVIEW]
    lesson.total, lesson.done = len(reviewed) + len(others) + len(bank), 0
    return _Task(
        question_id=lesson.question_id,
        organization_id=lesson.organization_id,
        prompt=version.prompt,
        rubric=version.rubric,
        reviewed=reviewed,
        others=[(row.id, row.text) for row in others],
        samples=bank,
    )


def _end(sessions: sessionmaker[Session], lesson_id: uuid.UUID, status: str, result: dict[str, Any] | None) -> None:
    with sessions.begin() as session:
        lesson = session.get_one(Lesson, lesson_id)
        lesson.status, lesson.result = status, result
        lesson.done = lesson.total
        lesson.completed_at = clock.now(session)
        announce(session, f"lesson:{lesson_id}")


def _work_out(scorer: Scorer, task: _Task, tell: Callable[[int], None]) -> dict[str, Any]:
    rubric = prepare(task.prompt, Rubric.from_dict(task.rubric), scorer.encoder.encode)
    done = 0

    def encode(text: str) -> EncodedText:
        nonlocal done
        done += 1
        tell(done)
        return scorer.encoder.encode(text)

    def judged(texts: Sequence[str]) -> Answers:
        return judged_answers(rubric, [readable(one) for one in texts], encode)

    bank = judged([text for text, _ in task.samples])
    bank_grades = np.array([grade for _, grade in task.samples])
    reviewed = judged([one.text for one in task.reviewed])
    grades = np.array([one.grade for one in task.reviewed])
    others = judged([text for _, text in task.others])
    nothing = nothing_said(rubric, scorer.encoder.encode)
    without = _bar([(bank, bank_grades)], nothing)
    before = [_corrected(without, reviewed, n) for n in range(len(reviewed))]
    after = []
    for n in range(len(reviewed)):
        # Each reviewed answer is judged by the others, as a later one would be.
        rest = [m for m in range(len(reviewed)) if m != n]
        after.append(_corrected(_bar([(bank, bank_grades), (reviewed[rest], grades[rest])], nothing), reviewed, n))
    whole = _bar([(bank, bank_grades), (reviewed, grades)], nothing)
    moves = sorted(
        (
            (answer_id, round(_corrected(without, others, n), 4), round(_corrected(whole, others, n), 4))
            for n, (answer_id, _) in enumerate(task.others)
        ),
        key=lambda move: (-abs(move[2] - move[1]), str(move[0])),
    )
    shifts = [after_it - before_it for _, before_it, after_it in moves]
    return {
        "reviewed": len(reviewed),
        "before": asdict(agreement(before, grades.tolist())),
        "after": asdict(agreement(after, grades.tolist())),
        # Not the candidates' words: those are read when they are shown, and go when the answer goes.
        "others": [
            {"answer_id": str(one), "before": before_it, "after": after_it} for one, before_it, after_it in moves
        ],
        "summary": {
            "answers": len(moves),
            "up": sum(shift >= MOVED for shift in shifts),
            "down": sum(shift <= -MOVED for shift in shifts),
            "same": sum(abs(shift) < MOVED for shift in shifts),
            "mean_shift": round(float(np.mean(shifts)), 4) if shifts else 0.0,
        },
    }


def _bar(parts: Sequence[tuple[Answers, np.ndarray]], nothing: Answers) -> Bar | None:
    known = answers_of([], [], [], [])
    for some, _ in parts:
        known = known.with_others(some)
    if not len(known):
        return None
    grades = np.concatenate([grades for _, grades in parts])
    return fit(known, grades, Kernel(**shipped().settings["samples"]), nothing)


def _corrected(bar: Bar | None, judged: Answers, n: int) -> float:
    return float(bar.corrected(judged[[n]])[0] if bar is not None else judged.scores[n])
