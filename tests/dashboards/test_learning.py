"""Reviews become examples by which later answers are scored; what they change is seen first, and can be taken back."""

from __future__ import annotations

from typing import Any

from people import Person, Sitting
from sqlalchemy import text
from teams import Team

from app.assessments.jobs import Jobs

TEXTS = [
    "Dropout switches units off at random while training, so that no unit can rely on another one.",
    "At each step some units are left out by chance; the network cannot depend on any one of them.",
    "Random units are set to zero in training, which works like an ensemble of many networks.",
    "It is a way to regularise: activations are dropped, so the features do not adapt to each other.",
    "Units are removed at random. At test time all of them are used and scaled.",
]
LATER = "Some units are switched off at random in training, so that none of them can rely on others."


def run_jobs(worker: Any, person: Person) -> None:
    with person.sessions.begin() as session:
        rows = session.execute(
            text("DELETE FROM procrastinate_jobs WHERE queue_name IN ('scoring', 'learning') RETURNING task_name, args")
        ).all()
    for name, arguments in rows:
        getattr(worker, name)(**arguments)


def answered(team: Team, words: str) -> Sitting:
    sitting = team.candidate("Carol", slugs=["dropout"])
    sitting.start()
    sitting.answer(words)
    sitting.finish()
    return sitting


def scores(person: Person) -> dict[str, list[float]]:
    """All scores of each text, oldest first."""
    query = "SELECT a.text, s.score FROM assessments s JOIN answers a ON a.id = s.answer_id ORDER BY s.created_at"
    found: dict[str, list[float]] = {}
    with person.sessions.begin() as session:
        for words, score in session.execute(text(query)):
            found.setdefault(words, []).append(score)
    return found


def test_reviews_move_later_scores_once_applied_and_go_with_the_answer(team: Team, worker: Jobs) -> None:
    ada = team.admin.http
    reviewed = [answered(team, words) for words in TEXTS]
    other = answered(team, LATER)
    run_jobs(worker, team.admin)
    before = scores(team.admin)
    for sitting in reviewed:
        answer = sitting.answers()[0].id
        page = f"{team.url}/review/answers/{answer}"
        assert ada.post(page, data={"score": "0", "reason": "Says nothing of why."}).status_code == 303
    with team.admin.sessions.begin() as session:
        question = session.scalar(text("SELECT id FROM questions WHERE slug = 'dropout'"))
    here = f"{team.url}/review/questions/{question}"
    assert "5 reviewed answers" in ada.get(f"{team.url}/review/questions").text
    assert ada.post(f"{here}/apply").status_code == 409, "what it changes is seen first"
    assert ada.post(f"{here}/preview").status_code == 303
    assert "Being worked out" in ada.get(here).text
    run_jobs(worker, team.admin)
    page = ada.get(here).text
    assert "Of the latest 1 other answer, 0 would gain, 1 would lose" in page
    assert LATER[:60] in page
    assert ada.post(f"{here}/apply").status_code == 303
    assert "These reviews count for later answers" in ada.get(here).text
    assert scores(team.admin) == before, "what was scored stays"
    answered(team, LATER)
    run_jobs(worker, team.admin)
    first, second = scores(team.admin)[LATER]
    assert second < first - 0.02
    # One more review: what was worked out is of yesterday.
    answer = other.answers()[0].id
    ada.post(f"{team.url}/review/answers/{answer}", data={"score": "100", "reason": "All there."})
    assert "other reviews than when this was worked out" in ada.get(here).text
    assert ada.post(f"{here}/apply").status_code == 409
    # A candidate's words go with the answer.
    with team.admin.sessions.begin() as session:
        count = "SELECT count(*) FROM samples WHERE kind = 'review' AND withdrawn_at IS NULL"
        assert session.scalar(text(count)) == len(TEXTS)
        session.execute(text("DELETE FROM interviews WHERE id = :i"), {"i": reviewed[0].id})
        assert session.scalar(text(count)) == len(TEXTS) - 1
    assert ada.post(f"{here}/take-back").status_code == 303
    answered(team, LATER)
    run_jobs(worker, team.admin)
    assert scores(team.admin)[LATER][-1] == first


def test_another_organisation_learns_nothing_of_it(team: Team, newcomer: Any) -> None:
    from teams import new_team

    other = new_team(newcomer, "Other")
    with team.admin.sessions.begin() as session:
        question = session.scalar(text("SELECT id FROM questions WHERE slug = 'dropout'"))
    assert "Nobody has reviewed an answer yet" in other.admin.http.get(f"{other.url}/review/questions").text
    assert "was reviewed yet" in other.admin.http.get(f"{other.url}/review/questions/{question}").text
    assert other.admin.http.post(f"{other.url}/review/questions/{question}/preview").status_code == 409
    assert other.admin.http.get(f"{team.url}/review/questions/{question}").status_code == 404
