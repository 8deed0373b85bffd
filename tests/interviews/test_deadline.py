"""The server owns the clock: the deadline, its grace, extra time, finishing, and the sweep."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from people import Person
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.assessments.jobs import Jobs
from app.interviews.access import interviews_of
from app.interviews.clock import GRACE_SECONDS
from app.interviews.service import due_interviews, finish_interview, set_time_multiplier, start_interview
from app.interviews.writing import save_draft, submit_answer
from app.kit.errors import Conflict, Invalid

EPSILON = 0.5
"""Seconds on either side of a boundary: more than a request takes, less than anybody would notice."""


def test_deadline_is_stored_at_the_start(alice: Person) -> None:
    sitting = alice.sit()
    row = sitting.row()
    assert row.deadline_at - row.started_at == dt.timedelta(minutes=15)
    assert row.consented_at == row.started_at
    sitting.start()
    assert sitting.row() == row, "a second start has moved the clock"


def test_two_tabs_start_one_clock(alice: Person, sessions: sessionmaker[Session]) -> None:
    sitting = alice.choose()
    organization_id = sitting.row().organization_id
    ready = threading.Barrier(4)
    seen: list[dt.datetime | None] = []

    def tab() -> None:
        ready.wait()
        with sessions.begin() as session:
            found = start_interview(session, interviews_of(organization_id), sitting.id, consent=True)
            seen.append(found.deadline_at)

    tabs = [threading.Thread(target=tab) for _ in range(4)]
    for each in tabs:
        each.start()
    for each in tabs:
        each.join()
    assert len(seen) == 4
    assert set(seen) == {sitting.row().deadline_at}


def test_without_consent_nothing_starts(alice: Person) -> None:
    sitting = alice.choose()
    response = alice.http.post(f"{sitting.url}/start", data={})
    assert response.status_code == 422
    assert "Agree to scoring by a machine before you start" in response.text
    assert sitting.row().started_at is None
    assert sitting.save("too early").json()["type"].endswith("/not-started")
    assert sitting.answer("too early").status_code == 409
    assert sitting.finish().status_code == 409
    assert sitting.draft() == ("", 0)
    assert sitting.row().finished_at is None


def test_draft_just_before_the_end_of_grace_is_taken(alice: Person) -> None:
    sitting = alice.sit()
    sitting.end_was(GRACE_SECONDS - EPSILON)
    response = sitting.save("in time")
    assert response.status_code == 200, response.text
    assert response.json()["remaining_ms"] == 0
    assert sitting.draft() == ("in time", 1)


def test_draft_just_after_grace_is_kept_and_shown_but_not_scored(alice: Person, worker: Jobs) -> None:
    sitting = alice.sit()
    assert sitting.save("written in time").status_code == 200
    sitting.end_was(GRACE_SECONDS + 0.001)
    response = sitting.save("written in time, and some words <b>more</b>", 1)
    assert response.status_code == 409
    problem = response.json()
    assert problem["type"].endswith("/time-is-up")
    assert problem["kept"] is True
    assert problem["theirs"]["text"] == "written in time"
    assert sitting.draft() == ("written in time", 1)
    assert sitting.kept("late") == ["written in time, and some words <b>more</b>"]

    assert worker.sweep() == 1
    answer = sitting.answers()[0]
    assert (answer.text, answer.submitted_by) == ("written in time", "deadline")
    report = sitting.report()
    assert "Text that came after the time was up" in report
    assert "written in time, and some words &lt;b&gt;more&lt;/b&gt;" in report
    assert "<b>more</b>" not in report
    # Also what comes when the interview is closed is kept, once.
    for _ in range(2):
        assert sitting.save("hours later", 1).json()["kept"] is True
    assert sitting.kept("late")[1:] == ["hours later"]
    assert sitting.answers()[0] == answer


def test_late_text_to_a_question_without_a_draft(alice: Person, worker: Jobs) -> None:
    sitting = alice.sit()
    sitting.end_was(GRACE_SECONDS + 1)
    assert sitting.save("all of it too late").json()["type"].endswith("/time-is-up")
    assert worker.sweep() == 1
    assert sitting.answers() == {}
    assert sitting.kept("late") == ["all of it too late"]
    assert "all of it too late" in sitting.report()


def test_boundaries_with_the_clock_moved(alice: Person, sessions: sessionmaker[Session]) -> None:
    """The same by moving the clock instead of the deadline, and for answers too."""
    sitting = alice.sit("fundamentals")
    mine = interviews_of(sitting.row().organization_id)

    def at(seconds_after_deadline: float, item: int, *, answer: bool) -> str:
        with sessions.begin() as session:
            ahead = "deadline_at - clock_timestamp() + make_interval(secs => :s)"
            ms = session.scalar(
                text(f"SELECT extract(epoch FROM {ahead}) * 1000 FROM interviews WHERE id = :i"),
                {"s": seconds_after_deadline, "i": sitting.id},
            )
            session.execute(text(f"SET LOCAL viva.clock_offset_ms = '{ms}'"))
            item_id = sitting.items[item]
            if answer:
                return submit_answer(
                    session, mine, sitting.id, item_id, "an answer", does_not_know=False, max_chars=1000
                ).kind
            return save_draft(session, mine, sitting.id, item_id, "a draft", 0, 1000).kind

    assert at(-EPSILON, 0, answer=False) == "saved"
    assert at(+EPSILON, 1, answer=False) == "saved"
    assert at(GRACE_SECONDS - EPSILON, 2, answer=False) == "saved"
    assert at(GRACE_SECONDS, 3, answer=False) == "time-is-up"
    assert at(GRACE_SECONDS, 3, answer=True) == "time-is-up"
    assert at(GRACE_SECONDS - EPSILON, 3, answer=True) == "submitted"
    assert set(sitting.answers()) == {3}


def test_answer_after_grace(alice: Person) -> None:
    sitting = alice.sit()
    sitting.end_was(GRACE_SECONDS + 0.001)
    response = sitting.answer("submitted too late")
    assert response.status_code == 409
    assert response.json()["type"].endswith("/time-is-up")
    assert response.json()["kept"] is True
    assert sitting.answers() == {}
    assert sitting.kept("late") == ["submitted too late"]
    # Without a script the same ends on the report, which shows the text.
    again = alice.http.post(sitting.item_url(1, "answer"), data={"text": "sent by a plain form"})
    assert again.status_code == 303
    assert sitting.kept("late", 1) == ["sent by a plain form"]
    assert sitting.answers() == {}
    page = alice.http.get(again.headers["location"], follow_redirects=True)
    assert page.url.path == f"{sitting.url}/report"
    assert "submitted too late" in page.text
    assert "sent by a plain form" in page.text


def test_reading_finishes_what_is_due_without_a_worker(alice: Person) -> None:
    for page in ("", "/items/1", "/finish", "/report"):
        sitting = alice.sit()
        sitting.save("a draft")
        sitting.end_was(GRACE_SECONDS + 1)
        response = alice.http.get(sitting.url + page, follow_redirects=True)
        assert response.url.path == f"{sitting.url}/report"
        assert sitting.row().finish_reason == "deadline"
        assert sitting.row().finished_at == sitting.row().deadline_at
        assert sitting.answers()[0].text == "a draft"


def test_clock_of_the_room(alice: Person) -> None:
    sitting = alice.sit()
    state = sitting.clock()
    assert state["status"] == "running"
    assert 15 * 60_000 - 5_000 < state["remaining_ms"] <= 15 * 60_000
    sitting.end_was(-30)
    assert 27_000 < sitting.clock()["remaining_ms"] <= 30_000
    sitting.end_was(1)
    assert sitting.clock() == {"remaining_ms": 0, "status": "finishing"}
    sitting.finish()
    assert sitting.clock()["status"] == "finished"
    assert alice.practise().clock() == {"remaining_ms": None, "status": "running"}


def test_practice_has_no_deadline(alice: Person, worker: Jobs) -> None:
    sitting = alice.practise()
    assert sitting.row().deadline_at is None
    assert sitting.save("in peace").json()["remaining_ms"] is None
    assert worker.sweep() == 0
    assert sitting.row().finished_at is None


def test_extra_time_while_it_runs(alice: Person, session: Session) -> None:
    sitting = alice.sit()
    before = sitting.row()
    sitting.end_was(GRACE_SECONDS + 60)
    started = before.started_at
    with alice.sessions.begin() as own:  # a quarter of an hour ago, so that the time is just over
        own.execute(
            text("UPDATE interviews SET started_at = deadline_at - interval '15 min' WHERE id = :i"), {"i": sitting.id}
        )
    assert sitting.save("no more time").status_code == 409
    set_time_multiplier(session, sitting.id, 1.5, "user:interviewer")
    session.commit()
    row = sitting.row()
    assert row.deadline_at - row.started_at == dt.timedelta(minutes=22.5)
    assert row.started_at != started
    assert sitting.save("time again").status_code == 200
    assert 5 * 60_000 < sitting.clock()["remaining_ms"] < 7 * 60_000
    events = session.execute(
        text("SELECT actor, detail FROM audit_events WHERE action = 'interview.time_changed'")
    ).all()
    assert [tuple(event) for event in events] == [("user:interviewer", {"multiplier": 1.5})]


def test_extra_time_before_the_start_and_its_limits(alice: Person, session: Session) -> None:
    sitting = alice.choose()
    set_time_multiplier(session, sitting.id, 2, "user:interviewer")
    session.commit()
    assert "in 30 minutes" in alice.http.get(sitting.url).text
    sitting.start()
    assert sitting.row().deadline_at - sitting.row().started_at == dt.timedelta(minutes=30)
    for wrong in (0.5, 11, float("nan")):
        with pytest.raises(Invalid, match="between 1 and 10"):
            set_time_multiplier(session, sitting.id, wrong, "user:interviewer")
    sitting.finish()
    session.rollback()
    with pytest.raises(Conflict, match="is over"):
        set_time_multiplier(session, sitting.id, 3, "user:interviewer")


def test_finishing_twice_gives_the_same(alice: Person) -> None:
    sitting = alice.sit()
    sitting.answer("an answer", item=0)
    sitting.save("a draft", item=1)
    sitting.save("  \n ", item=2)
    first = sitting.finish()
    assert (first.status_code, first.headers["location"]) == (303, f"{sitting.url}/report")
    row, answers = sitting.row(), sitting.answers()
    assert row.finish_reason == "candidate"
    assert {n: (a.text, a.submitted_by) for n, a in answers.items()} == {
        0: ("an answer", "candidate"),
        1: ("a draft", "finish"),
    }
    sitting.end_was(3600)
    moved = sitting.row()
    second = sitting.finish()
    assert (second.status_code, second.headers["location"]) == (first.status_code, first.headers["location"])
    assert sitting.row() == moved
    assert (moved.finished_at, moved.finish_reason) == (row.finished_at, row.finish_reason)
    assert sitting.answers() == answers


def test_finish_in_the_grace_is_the_deadlines(alice: Person) -> None:
    sitting = alice.sit()
    sitting.save("a draft")
    sitting.end_was(3)
    sitting.finish()
    row = sitting.row()
    assert row.finish_reason == "deadline"
    assert row.finished_at == row.deadline_at
    assert sitting.answers()[0].submitted_by == "deadline"


def test_extra_time_that_comes_while_the_sweep_is_on_its_way(alice: Person, sessions: sessionmaker[Session]) -> None:
    sitting = alice.sit()
    sitting.end_was(60)
    with sessions.begin() as session:
        assert [interview for _, interview in due_interviews(session)] == [sitting.id]
    sitting.end_was(-60)
    with sessions.begin() as session:
        mine = interviews_of(sitting.row().organization_id)
        assert finish_interview(session, mine, sitting.id, only_if_due=True).status == "running"
    sitting.end_was(60)
    with sessions.begin() as session:
        assert finish_interview(session, mine, sitting.id, only_if_due=True).finish_reason == "deadline"


def test_sweep_leaves_alone_what_runs_and_what_is_in_grace(alice: Person, worker: Jobs) -> None:
    running, in_grace, due, waiting = alice.sit(), alice.sit(), alice.sit(), alice.choose()
    in_grace.end_was(GRACE_SECONDS - 1)
    due.end_was(GRACE_SECONDS + 0.001)
    assert worker.sweep() == 1
    assert [s.row().finish_reason for s in (running, in_grace, due, waiting)] == [None, None, "deadline", None]


def test_one_bad_interview_never_stops_the_sweep(alice: Person, bob: Person, worker: Jobs) -> None:
    before, bad, after = alice.sit(), alice.sit(), bob.sit()
    for seconds, sitting in ((300, before), (200, bad), (100, after)):
        sitting.save("a draft")
        sitting.end_was(seconds)
    trigger = """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'this row is bad'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON answers FOR EACH ROW WHEN (NEW.item_id = '{}') EXECUTE FUNCTION refuse();
    """
    with alice.sessions.begin() as session:
        session.execute(text(trigger.format(bad.items[0])))
    assert worker.sweep() == 2
    assert [s.row().finish_reason for s in (before, bad, after)] == ["deadline", None, "deadline"]
    assert [len(s.answers()) for s in (before, bad, after)] == [1, 0, 1]
    assert bad.draft() == ("a draft", 1)
    assert worker.sweep() == 0, "a bad interview counts as finished"
    # Mended, it is finished like the others, with everything in it.
    with alice.sessions.begin() as session:
        session.execute(text("DROP TRIGGER refuse ON answers"))
    assert worker.sweep() == 1
    assert bad.answers()[0].text == "a draft"


def test_bad_interviews_do_not_fill_the_sweep(alice: Person, sessions: sessionmaker[Session], worker: Jobs) -> None:
    """Even more bad ones than a sweep looks at: the good one after them is finished."""
    good = alice.sit()
    good.save("a draft")
    good.end_was(100)
    with sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO interviews (id, organization_id, candidate_user_id, title, mode, duration_seconds,"
                " started_at, deadline_at) SELECT gen_random_uuid(), organization_id, candidate_user_id, 'bad', mode,"
                " 900, started_at, deadline_at - make_interval(secs => n) FROM interviews, generate_series(1, 120) AS n"
                " WHERE id = :i"
            ),
            {"i": good.id},
        )
        session.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'this row is bad'; END $$;"
                " CREATE TRIGGER refuse BEFORE UPDATE ON interviews FOR EACH ROW WHEN (NEW.title = 'bad')"
                " EXECUTE FUNCTION refuse();"
            )
        )
    for _ in range(3):
        worker.sweep()
    assert good.row().finish_reason == "deadline"


def test_finish_holds_the_row_against_everybody(alice: Person, sessions: sessionmaker[Session]) -> None:
    """Twelve finishes at once, by hand and by the sweep: one result, each draft submitted once."""
    sitting = alice.sit()
    for item in range(3):
        sitting.save(f"draft {item}", item=item)
    sitting.end_was(5)
    mine = interviews_of(sitting.row().organization_id)
    ready = threading.Barrier(4)
    ends: list[tuple[str | None, dt.datetime | None]] = []

    def finish() -> None:
        ready.wait()
        for _ in range(3):
            with sessions.begin() as session:
                found = finish_interview(session, mine, sitting.id)
                ends.append((found.finish_reason, found.finished_at))

    threads = [threading.Thread(target=finish) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ends) == 12
    assert len(set(ends)) == 1
    assert {n: a.text for n, a in sitting.answers().items()} == {n: f"draft {n}" for n in range(3)}
    with sessions.begin() as session:
        jobs = session.scalars(
            text("SELECT args->>'answer_id' FROM procrastinate_jobs WHERE task_name = 'score_answer'")
        ).all()
    assert sorted(jobs) == sorted(str(answer.id) for answer in sitting.answers().values())
