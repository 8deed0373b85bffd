"""Trying an answer out, and what a changed rubric would do to past answers."""

from __future__ import annotations

from typing import Any

from conftest import run_jobs
from people import Person
from sqlalchemy import text

from .conftest import Desk, Workers, begin
from .test_writing import published

ANSWER = "Two pointers run through the list, one twice as fast as the other. If there is a cycle, they meet inside it."
JSON = {"accept": "application/json"}


def tried(desk: Desk, answer: str, workers: Workers) -> dict[str, Any]:
    asked = desk.person.http.post(f"{desk.url}/try", json={"answer": answer}, headers=JSON)
    assert asked.status_code == 202, asked.text
    workers.run()
    found = desk.person.http.get(f"{desk.url}/try/{asked.json()['grading']}", headers=JSON)
    assert found.status_code == 200
    return dict(found.json())


def test_a_pasted_answer_shows_which_words_met_which_point(desk: Desk, good_source: str, real_workers: Workers) -> None:
    desk.save(good_source)
    found = tried(desk, ANSWER + " <b>&amp;", real_workers)
    assert found["status"] == "done"
    assert '<mark class="evidence' in found["html"]
    assert "<b>" not in found["html"]
    assert 0 < found["score"] <= 1


def test_the_rubric_as_it_stands_decides(desk: Desk, good_source: str, real_workers: Workers) -> None:
    desk.save(good_source)
    before = tried(desk, ANSWER, real_workers)["score"]
    question = good_source.replace("samples:", "samples: []\nignored:").split("ignored:")[0]
    desk.save(question)
    assert tried(desk, ANSWER, real_workers)["score"] != before


def test_nothing_to_try_and_nothing_to_try_it_by_are_said(desk: Desk) -> None:
    empty = desk.person.http.post(f"{desk.url}/try", json={"answer": "  "}, headers=JSON)
    assert empty.status_code == 422
    desk.save("title: [")
    broken = desk.person.http.post(f"{desk.url}/try", json={"answer": "something"}, headers=JSON)
    assert broken.status_code == 422
    assert "line" in broken.json()["detail"]


def test_a_grading_of_somebody_else_is_not_shown(
    desk: Desk, colleague: Person, good_source: str, workers: Workers
) -> None:
    desk.save(good_source)
    grading = desk.person.http.post(f"{desk.url}/try", json={"answer": ANSWER}, headers=JSON).json()["grading"]
    workers.run()
    assert desk.person.http.get(f"{desk.url}/try/{grading}", headers=JSON).status_code == 200
    assert colleague.http.get(f"{begin(colleague).url}/try/{grading}", headers=JSON).status_code == 404


def weaker(source: str) -> str:
    """The same question with its first point counting ten times as much."""
    return (
        source.replace("weight: 2", "weight: 20", 1)
        if "weight: 2" in source
        else source.replace("weight: 1", "weight: 20", 1)
    )


def test_past_answers_are_scored_by_both_versions(desk: Desk, good_source: str, real_workers: Workers) -> None:
    published(desk, good_source, real_workers)
    for words in (ANSWER, "I would sort the list first.", "Marking each node as visited finds a cycle as well."):
        sitting = desk.person.practise("my-cycle")
        sitting.answer(words)
    sitting = desk.person.practise("my-cycle")
    real_workers.run()
    desk.edit()
    desk.save(weaker(good_source))
    assert desk.post("impact").status_code == 303
    assert "Being worked out" in desk.page("/impact")
    real_workers.run()
    page = desk.page("/impact")
    assert "Of 3 answers" in page
    assert "I would sort the list first." in page
    assert "Against what people gave" in page
    # Nothing of it was stored as anybody's score.
    with desk.person.sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM assessments")) == 3
    # Asked again for the same text, it is not worked out twice.
    desk.post("impact")
    assert run_jobs(real_workers, desk.person.sessions) == 0  # type: ignore[arg-type]
    desk.save(good_source + "\n# more\n")
    assert "has changed since this was worked out" in desk.page("/impact")


def test_without_past_answers_people_s_grades_are_still_compared(
    desk: Desk, good_source: str, real_workers: Workers
) -> None:
    published(desk, good_source, real_workers)
    desk.edit()
    desk.save(weaker(good_source))
    desk.post("impact")
    real_workers.run()
    page = desk.page("/impact")
    assert "nobody's score would move" in page
    assert "Mean error" in page


def test_what_was_never_published_changes_nothing(desk: Desk, good_source: str) -> None:
    desk.save(good_source)
    answer = desk.post("impact")
    assert answer.status_code == 409
    assert "never published" in answer.text
    assert desk.person.http.get(f"{desk.url}/impact").status_code == 404


def test_a_lost_preview_is_put_back_and_a_hopeless_one_ends(
    desk: Desk, good_source: str, workers: Workers, real_workers: Workers
) -> None:
    published(desk, good_source, real_workers)
    desk.edit()
    desk.save(weaker(good_source))
    desk.post("impact")
    with desk.person.sessions.begin() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
        session.execute(text("UPDATE rubric_impacts SET requested_at = viva_now() - interval '1 hour', source = '['"))
    for _ in range(5):
        workers.authoring.sweep()
        assert workers.run() == 1
    assert "could not be worked out" in desk.page("/impact")
