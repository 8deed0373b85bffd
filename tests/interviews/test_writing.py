"""Drafts and answers: nothing acknowledged is lost, nothing sent is dropped, one answer each."""

from __future__ import annotations

import random
import re
import threading
import uuid
from collections.abc import Callable

import pytest
from conftest import run_jobs
from people import JSON, Person, Sitting
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.assessments.jobs import Jobs
from app.interviews.access import interviews_of
from app.interviews.service import finish_interview
from app.interviews.writing import MAX_KEPT_ASIDE, save_draft, submit_answer


def at_once(*actions: Callable[[], object]) -> list[object]:
    """Do things at the same moment; their results, in the order given."""
    ready = threading.Barrier(len(actions))
    results: list[object] = [None] * len(actions)

    def run(number: int, action: Callable[[], object]) -> None:
        ready.wait()
        results[number] = action()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_revisions_count_up(alice: Person) -> None:
    sitting = alice.sit()
    for revision in range(4):
        response = sitting.save(f"text {revision}", revision)
        assert response.json()["revision"] == revision + 1
        assert response.json()["saved_at"]
    assert sitting.draft() == ("text 3", 4)
    assert "text 3" in alice.http.get(f"{sitting.url}/items/1").text
    # The history keeps one revision a minute, the newest for sure.
    assert sitting.kept("saved")[-1] == "text 3"
    assert len(sitting.kept("saved")) <= 2


def test_stale_tab_gets_409_and_both_texts_are_kept(alice: Person) -> None:
    sitting = alice.sit()
    sitting.save("from the first tab")
    response = sitting.save("from the stale tab", 0)
    assert response.status_code == 409
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"].endswith("/draft-conflict")
    assert problem["yours"] == {"text": "from the stale tab"}
    assert (problem["theirs"]["text"], problem["theirs"]["revision"]) == ("from the first tab", 1)
    assert problem["theirs"]["saved_at"]
    assert problem["kept"] is True
    assert sitting.draft() == ("from the first tab", 1)
    assert sitting.kept("conflict") == ["from the stale tab"]
    # Chosen, it becomes the draft; the other stays in the history.
    assert sitting.save("from the stale tab", 1).json()["revision"] == 2
    assert sitting.draft() == ("from the stale tab", 2)
    sitting.save("third", 0)
    sitting.finish()
    assert "Other versions of this answer" in (report := sitting.report())
    assert "third" in report


def test_the_rival_of_a_chosen_text_stays(alice: Person) -> None:
    """History is thinned to one revision a minute, but never by the text that a stale tab was shown."""
    sitting = alice.sit()
    sitting.save("theirs")
    assert sitting.save("mine").status_code == 409
    assert sitting.save("mine", 1).status_code == 200
    assert sitting.save("mine, gone on with", 2).status_code == 200
    assert sitting.kept("saved") == ["theirs", "mine, gone on with"]
    sitting.finish()
    assert "Other versions of this answer" not in sitting.report(), "one's own text is shown as another's"


def test_newer_text_after_a_lost_acknowledgement_leaves_nothing_aside(alice: Person) -> None:
    sitting = alice.sit()
    sitting.save("sent, and never heard of again")
    response = sitting.save("sent, and never heard of again. Typed on.")
    assert response.json()["theirs"]["text"] == "sent, and never heard of again"
    assert sitting.save("sent, and never heard of again. Typed on.", 1).status_code == 200
    assert sitting.kept("conflict") == []


def test_repeating_a_save_whose_answer_was_lost(alice: Person) -> None:
    sitting = alice.sit()
    first = sitting.save("the same text")
    again = sitting.save("the same text")
    assert again.status_code == 200
    assert again.json()["revision"] == first.json()["revision"] == 1
    assert again.json()["saved_at"] == first.json()["saved_at"]
    assert sitting.kept("conflict") == []
    # A revision that never was is a conflict, not an error.
    assert sitting.save("from the future", 99).status_code == 409


def test_what_is_kept_aside_is_bounded_and_kept_once(alice: Person) -> None:
    sitting = alice.sit()
    sitting.save("newest")
    for _ in range(2):
        for number in range(MAX_KEPT_ASIDE + 5):
            refused = sitting.save(f"stale {number}")
            assert refused.status_code == 409
            # The browser forgets its own copy of what is kept here, so this has to be true.
            assert refused.json()["kept"] is (number < MAX_KEPT_ASIDE)
            assert ("Your text was not kept" in refused.json()["detail"]) is (number >= MAX_KEPT_ASIDE)
    assert sitting.kept("conflict") == [f"stale {number}" for number in range(MAX_KEPT_ASIDE)]
    assert sitting.draft() == ("newest", 1)


def test_draft_of_an_answered_question_is_kept(alice: Person) -> None:
    sitting = alice.sit()
    sitting.save("a draft")
    assert sitting.answer("the answer").status_code == 200
    response = sitting.save("typed on", 1)
    assert response.status_code == 409
    assert response.json()["type"].endswith("/already-answered")
    assert response.json()["theirs"]["text"] == "the answer"
    assert sitting.answers()[0].text == "the answer"
    assert sitting.kept("late") == ["typed on"]


def test_one_answer_each(alice: Person, worker: Jobs, sessions: sessionmaker[Session]) -> None:
    sitting = alice.sit()
    first = sitting.answer("the answer")
    again = sitting.answer("the answer")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json() == {"next_url": f"{sitting.url}/items/2"}
    other = sitting.answer("another answer")
    assert other.status_code == 409
    assert other.json()["type"].endswith("/already-answered")
    assert other.json()["theirs"]["text"] == "the answer"
    assert sitting.answer(does_not_know=True).status_code == 409
    assert sitting.answers()[0].text == "the answer"
    assert sitting.kept("late") == ["another answer"]
    assert run_jobs(worker, sessions) == 1
    form = alice.http.post(sitting.item_url(0, "answer"), data={"text": "by a form"})
    assert form.headers["location"].endswith("?notice=answered")
    page = alice.http.get(form.headers["location"]).text
    assert "This question is answered already and cannot be changed. Your new text was kept." in page
    assert sitting.kept("late") == ["another answer", "by a form"]


def test_double_submit_is_one_answer_and_one_assessment(
    alice: Person, worker: Jobs, sessions: sessionmaker[Session]
) -> None:
    sitting = alice.sit()
    mine = interviews_of(sitting.row().organization_id)

    def submit() -> str:
        with sessions.begin() as session:
            return submit_answer(
                session, mine, sitting.id, sitting.items[0], "the answer", does_not_know=False, max_chars=100
            ).kind

    assert sorted(map(str, at_once(*[submit] * 4))) == ["same-again", "same-again", "same-again", "submitted"]
    assert run_jobs(worker, sessions) == 1
    answer = sitting.answers()[0]
    at_once(*[lambda: worker.score_answer(str(answer.id))] * 3)
    with sessions.begin() as session:
        receipts = session.scalars(
            text("SELECT receipt_digest FROM assessments WHERE answer_id = :a"), {"a": answer.id}
        ).all()
    assert len(receipts) == 1


def test_practice_answered_from_two_tabs_at_the_same_moment(alice: Person) -> None:
    """Each holds the interview for its answer and then wants it whole to finish: neither may wait for the other."""
    for _ in range(8):
        sitting = alice.practise()
        replies = at_once(*[lambda sitting=sitting: sitting.answer("the answer")] * 3)
        assert [reply.status_code for reply in replies] == [200] * 3  # type: ignore[attr-defined]
        assert len(sitting.answers()) == 1


def test_two_tabs_save_at_the_same_moment(alice: Person, sessions: sessionmaker[Session]) -> None:
    sitting = alice.sit()
    mine = interviews_of(sitting.row().organization_id)

    def save(words: str, base: int) -> Callable[[], str]:
        def run() -> str:
            with sessions.begin() as session:
                return save_draft(session, mine, sitting.id, sitting.items[0], words, base, 1000).kind

        return run

    for base in range(10):
        kinds = at_once(save(f"left {base}", base), save(f"right {base}", base))
        assert sorted(map(str, kinds)) == ["conflict", "saved"]
        winner, loser = ("left", "right") if kinds[0] == "saved" else ("right", "left")
        assert sitting.draft() == (f"{winner} {base}", base + 1)
        assert sitting.kept("conflict")[-1] == f"{loser} {base}"


def _draft_kind(sessions: sessionmaker[Session], sitting: Sitting, owner: uuid.UUID, words: str) -> str:
    with sessions.begin() as session:
        return save_draft(session, interviews_of(owner), sitting.id, sitting.items[0], words, 1, 1000).kind


def test_finish_against_a_draft_on_its_way(alice: Person, sessions: sessionmaker[Session]) -> None:
    """A draft that is acknowledged before the finish is in the answer; otherwise it is refused, and kept."""
    chance = random.Random(20)
    seen = set()
    sitting = alice.sit()
    owner = sitting.row().organization_id
    for round_number in range(30):
        with sessions.begin() as session:  # the same interview again, as it was before it was finished
            session.execute(text("DELETE FROM answers"))
            session.execute(text("DELETE FROM drafts"))
            session.execute(text("UPDATE interviews SET finished_at = NULL, finish_reason = NULL"))
            session.execute(
                text("UPDATE interview_items SET draft_text = 'before', draft_revision = 1 WHERE id = :i"),
                {"i": sitting.items[0]},
            )
        words = f"on its way {round_number}"
        late, early = chance.random() * 0.004, chance.random() * 0.004

        def finish(wait: float = late) -> str:
            threading.Event().wait(wait)
            with sessions.begin() as session:
                return str(finish_interview(session, interviews_of(owner), sitting.id).finish_reason)

        def draft(wait: float = early, words: str = words) -> str:
            threading.Event().wait(wait)
            return _draft_kind(sessions, sitting, owner, words)

        reason, kind = at_once(finish, draft)
        assert reason == "candidate"
        answer = sitting.answers()[0].text
        seen.add(kind)
        if kind == "saved":
            assert answer == words, f"round {round_number}: an acknowledged draft is not in the answer"
        else:
            # The finish came first: what is submitted is the draft before it, and the new text is beside.
            assert kind in {"time-is-up", "already-answered"}
            assert answer == "before"
            assert sitting.kept("late") == [words]
    assert "saved" in seen
    assert len(seen) > 1, "the race never went both ways: it tests nothing"


def test_submit_against_finish(alice: Person, sessions: sessionmaker[Session]) -> None:
    sitting = alice.sit()
    owner = sitting.row().organization_id
    mine = interviews_of(owner)
    for round_number in range(10):
        with sessions.begin() as session:
            session.execute(text("DELETE FROM answers"))
            session.execute(text("DELETE FROM drafts"))
            session.execute(text("UPDATE interviews SET finished_at = NULL, finish_reason = NULL"))
        words = f"submitted {round_number}"

        def finish() -> str:
            with sessions.begin() as session:
                return str(finish_interview(session, mine, sitting.id).finish_reason)

        def submit(words: str = words) -> str:
            with sessions.begin() as session:
                item = sitting.items[0]
                return submit_answer(session, mine, sitting.id, item, words, does_not_know=False, max_chars=100).kind

        _, kind = at_once(finish, submit)
        if kind == "submitted":
            assert sitting.answers()[0].text == words
        else:
            assert kind == "time-is-up"
            assert sitting.answers() == {}
            assert sitting.kept("late") == [words]


def test_i_do_not_know(alice: Person, worker: Jobs, sessions: sessionmaker[Session]) -> None:
    sitting = alice.sit()
    sitting.save("half a thought")
    response = sitting.answer("half a thought", does_not_know=True)
    assert response.status_code == 200
    answer = sitting.answers()[0]
    assert (answer.does_not_know, answer.text) == (True, "half a thought")
    form = alice.http.post(sitting.item_url(1, "answer"), data={"text": "", "does_not_know": "true"})
    assert form.headers["location"] == f"{sitting.url}/items/3"
    assert "You said that you do not know" in alice.http.get(f"{sitting.url}/items/1").text
    sitting.finish()
    run_jobs(worker, sessions)
    with sessions.begin() as session:
        assert session.scalars(text("SELECT score FROM assessments")).all() == [0.0, 0.0]
    assert "“I do not know”" in sitting.report()


def test_flag(alice: Person) -> None:
    sitting = alice.sit()
    url = sitting.item_url(1, "flag")
    for flagged in (True, False, True):
        assert alice.http.post(url, json={"flagged": flagged}, headers=JSON).status_code == 204
        shown = 'aria-pressed="true"' in alice.http.get(f"{sitting.url}/items/2").text.split('id="flag"')[1]
        assert shown is flagged
    assert "Flagged" in alice.http.get(f"{sitting.url}/finish").text


def test_the_walk_without_a_script(alice: Person, worker: Jobs, sessions: sessionmaker[Session]) -> None:
    """Server-rendered pages that work: every step by plain forms."""
    sitting = alice.sit()
    target = f"{sitting.url}/items/1"
    for number in range(3):
        page = alice.http.get(target)
        assert f"Question {number + 1} of 3" in page.text
        response = alice.http.post(sitting.item_url(number, "answer"), data={"text": f"answer\r\n{number}"})
        assert response.status_code == 303
        target = response.headers["location"]
    assert target == f"{sitting.url}/finish"
    assert "All 3 questions answered." in alice.http.get(target).text
    assert [answer.text for _, answer in sorted(sitting.answers().items())] == [f"answer\n{n}" for n in range(3)]
    assert sitting.finish().headers["location"] == f"{sitting.url}/report"
    report = sitting.report()
    assert "<strong>0 of 3</strong> done" in report
    assert run_jobs(worker, sessions) == 3
    report = sitting.report()
    assert "Where you stand" in report
    assert "being scored" not in report
    # What is evidence stands in marks, with the number of its point behind it.
    words = re.sub(r'\s*<a class="evidence-number.*?</a>|</?mark\b[^>]*>', "", report, flags=re.DOTALL)
    for number in range(3):
        assert f"answer\n{number}" in words


@pytest.mark.parametrize("path", ["", "/items/1", "/finish"])
def test_finished_interview_leads_to_its_report(alice: Person, path: str) -> None:
    sitting = alice.sit()
    sitting.finish()
    response = alice.http.get(sitting.url + path, follow_redirects=True)
    assert response.url.path == f"{sitting.url}/report"
    assert response.status_code == 200
    assert "No question was answered." in response.text
