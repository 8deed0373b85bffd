"""Which mark counts: the pure rule, and the same rule in SQL."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from typing import Any

import pytest
from sqlalchemy import select, text
from teams import Team, user_id_of

from app.assessments.marks import Said, are_apart, mark_of, mark_score, marks_of
from app.assessments.models import Assessment, Review
from app.dashboards.mark_sql import MARK
from app.dashboards.mark_sql import marks_of as joined_marks
from app.interviews.models import Answer

ADA, BEN, EVE = (uuid.UUID(int=n) for n in range(3))
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def said(who: uuid.UUID | None, score: float, *, settles: bool = False) -> Said:
    return Said(uuid.uuid4(), who, "somebody", score, {}, "", "", settles, START)


@pytest.mark.parametrize(
    ("machine", "reviews", "score", "source", "apart"),
    [
        (None, [], None, "none", False),
        (0.4, [], 0.4, "machine", False),
        (0.4, [said(ADA, 0.75)], 0.75, "person", False),
        (0.4, [said(ADA, 0.1), said(ADA, 0.75)], 0.75, "person", False),
        (0.4, [said(ADA, 0.5), said(BEN, 0.75)], 0.625, "people", False),
        (0.4, [said(ADA, 0.24), said(BEN, 0.5)], 0.37, "people", True),
        (0.4, [said(ADA, 0.2), said(BEN, 0.8), said(EVE, 0.6, settles=True)], 0.6, "settled", False),
        (0.4, [said(ADA, 0.2), said(BEN, 0.8), said(EVE, 0.6, settles=True), said(ADA, 0.2)], 0.4, "people", True),
        (0.4, [said(ADA, 0.2), said(EVE, 0.6, settles=True), said(EVE, 0.9)], 0.9, "person", False),
    ],
)
def test_the_mark_that_counts(
    machine: float | None, reviews: list[Said], score: float | None, source: str, apart: bool
) -> None:
    mark = mark_of(machine, reviews)
    assert mark.score == pytest.approx(score)
    assert (mark.source, mark.disagreement, mark.machine) == (source, apart, machine)
    assert mark.reviews == tuple(reviews), "what no longer counts stays on record"


def test_a_band_apart_is_not_yet_a_disagreement() -> None:
    assert not are_apart([0.25, 0.5])
    assert are_apart([0.25, 0.51])


def test_sql_has_the_same_rule(team: Team) -> None:
    sitting = team.candidate("Carol")
    sitting.start()
    people = [user_id_of(team.admin, "ada@acme.example.org")]
    for name in ("ben", "eve"):
        team.join(name)
        people.append(user_id_of(team.admin, f"{name}@acme.example.org"))
    for item in (0, 1):
        sitting.answer("Something.", item=item)
    answers = [row.id for row in sitting.answers().values()]
    rng = random.Random(7)
    with team.admin.sessions() as session:
        for answer in answers:
            session.add(_assessment(team, answer, 0.3))
        session.flush()
        checked = 0
        for _ in range(30):
            answer = rng.choice(answers)
            session.add(
                Review(
                    organization_id=team.id,
                    answer_id=answer,
                    reviewer_id=rng.choice([*people, None]),
                    score=rng.random(),
                    verdicts={},
                    settles=rng.random() < 0.25,
                )
            )
            session.flush()
            by_sql: dict[Any, float] = dict(
                session.execute(select(Answer.id, mark_score(Answer.id)).where(Answer.id.in_(answers))).all()  # type: ignore[arg-type]
            )
            # The dashboards' own form of the rule.
            joins = f"SELECT a.id, {MARK} FROM answers a {joined_marks('a.id')}"
            in_sums: dict[Any, float] = dict(session.execute(text(joins)).all())  # type: ignore[arg-type]
            for one, mark in marks_of(session, team.id, answers).items():
                assert by_sql[one] == in_sums[one] == pytest.approx(mark.score)
                checked += mark.by_people
        assert checked > 30
        assert marks_of(session, uuid.uuid4(), answers) == {}, "answers of others are left out"
        assert session.scalar(text("SELECT count(*) FROM reviews")) == 30


def _assessment(team: Team, answer: uuid.UUID, score: float) -> Assessment:
    return Assessment(
        organization_id=team.id,
        answer_id=answer,
        score=score,
        confidence=0.5,
        needs_review=False,
        report={},
        receipt={},
        receipt_digest=uuid.uuid4().hex,
    )
