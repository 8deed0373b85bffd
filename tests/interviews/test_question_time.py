"""A question's own clock: opened once, ended by the server, moved by interviewers, and the end of the whole."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Callable

import pytest
from inviting import come_in, invited, post, rows, template_id
from people import Person, Sitting
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from teams import new_team
from timed_questions import SLUG, clock_of, ended, opened, press_open, public_template, question, sit

from app.accounts.models import User
from app.assessments.jobs import Jobs
from app.interviews import control
from app.interviews.access import interviews_of
from app.interviews.clock import GRACE_SECONDS
from app.interviews.queries import interviews_matching, list_interviews
from app.interviews.questions import open_question
from app.interviews.service import set_time_multiplier
from app.interviews.writing import save_draft, submit_answer
from app.kit.errors import Conflict
from app.practice.export import export_of

MINUTE = 60_000
EPSILON = 0.5
EVE = "user:eve"


def kind(response: object) -> str:
    return str(response.json()["type"]).split("/")[-1]  # type: ignore[attr-defined]


def hand(sitting: Sitting, what: str, *args: object) -> None:
    """An interviewer of the organisation does something, in a transaction of its own."""
    with sitting.person.sessions.begin() as session:
        mine = interviews_of(sitting.row().organization_id)
        getattr(control, what)(session, mine, sitting.id, *args, EVE)


def test_the_lobby_says_how_much_time_each_question_has(alice: Person) -> None:
    sitting = alice.choose(public_template(alice.sessions))
    page = alice.http.get(sitting.url).text
    own = question(sitting, 2).duration_seconds // 60
    assert own > 5
    assert f"3 questions, 5 to {own} minutes for each." in " ".join(page.split()).replace(" .", ".")
    assert "A question’s clock starts when you open it." in page
    # Never less than the questions need, and a minute beside each.
    assert sitting.row().duration_seconds == (5 + 5 + own + 3) * 60
    assert f"In all you have {13 + own} minutes" in page


def test_the_template_may_give_more_for_the_whole(alice: Person) -> None:
    sitting = sit(alice, minutes=90)
    row = sitting.row()
    assert (row.timing, row.duration_seconds) == ("question", 90 * 60)
    assert row.deadline_at - row.started_at == dt.timedelta(minutes=90)


def test_looking_opens_nothing_and_shows_nothing(alice: Person, newcomer: Callable[[], Person]) -> None:
    public_template(alice.sessions)
    team = new_team(newcomer)
    sitting = team.candidate(template=SLUG)
    sitting.start()
    http = sitting.person.http
    for headers in ({}, {"sec-purpose": "prefetch;prerender"}, {"purpose": "prefetch"}):
        page = http.get(f"{sitting.url}/items/1", headers=headers)
        assert page.status_code == 200
        assert "Open the question" in page.text
        assert "You have <strong>5 minutes</strong> for this question." in page.text
        assert 'id="answer"' not in page.text
        assert page.text.count("Not opened yet") == 3
        # Neither its title nor what it asks.
        assert "ropout" not in page.text
    assert "Not opened yet" in http.get(f"{sitting.url}/finish").text
    assert "ropout" not in http.get(f"{sitting.url}/finish").text
    # An interviewer who looks, or previews a draw, opens nothing either.
    assert team.admin.http.get(f"{team.url}/interviews/{sitting.id}").status_code == 200
    assert [question(sitting, n).opened_at for n in range(3)] == [None] * 3
    # What runs is shown to them.
    http.get(press_open(sitting).headers["location"])
    live = " ".join(team.admin.http.get(f"{team.url}/live").text.split())
    left = re.search(r'data-left-ms="(\d+)" data-stands="no">4:\d\d</span> for this question', live)
    assert left, live
    assert "Question 1 opened, and its clock started" in team.admin.http.get(f"{team.url}/interviews/{sitting.id}").text


def test_opened_once_by_two_tabs(alice: Person, sessions: sessionmaker[Session]) -> None:
    sitting = sit(alice)
    mine = interviews_of(sitting.row().organization_id)
    ready = threading.Barrier(4)
    seen: list[dt.datetime | None] = []

    def tab() -> None:
        ready.wait()
        with sessions.begin() as session:
            seen.append(open_question(session, mine, sitting.id, sitting.items[0]).deadline_at)

    tabs = [threading.Thread(target=tab) for _ in range(4)]
    for each in tabs:
        each.start()
    for each in tabs:
        each.join()
    row = question(sitting)
    assert len(seen) == 4
    assert set(seen) == {row.deadline_at}
    assert row.deadline_at - row.opened_at == dt.timedelta(minutes=5)
    again = press_open(sitting)
    assert again.headers["location"] == f"{sitting.url}/items/1"
    assert question(sitting) == row, "a second opening has moved the clock"
    page = alice.http.get(f"{sitting.url}/items/1").text
    assert 'id="answer"' in page
    assert "Time left for this question" in page
    state = clock_of(sitting)
    assert state["status"] == "running"
    assert 4 * MINUTE < state["remaining_ms"] <= 5 * MINUTE
    assert question(sitting, 1).opened_at is None


def test_nothing_is_written_to_a_question_that_is_not_open(alice: Person) -> None:
    sitting = sit(alice)
    assert kind(sitting.save("too early")) == "not-opened"
    assert kind(sitting.answer("too early")) == "not-opened"
    assert (sitting.draft(), sitting.answers()) == (("", 0), {})
    waiting = alice.choose(SLUG)
    assert press_open(waiting).headers["location"] == waiting.url
    assert question(waiting).opened_at is None
    # What has no clock of its own is always open.
    plain = alice.sit()
    assert press_open(plain).headers["location"] == f"{plain.url}/items/1"
    assert question(plain).opened_at is None


def test_extra_time_of_the_candidate_counts(alice: Person, session: Session) -> None:
    sitting = alice.choose(public_template(alice.sessions))
    set_time_multiplier(session, sitting.id, 1.25, EVE)
    session.commit()
    assert "6 minutes 15 seconds" in alice.http.get(sitting.url).text
    sitting.start()
    row = question(opened(sitting, 0))
    assert row.deadline_at - row.opened_at == dt.timedelta(minutes=6.25)
    assert sitting.row().deadline_at - sitting.row().started_at == dt.timedelta(
        seconds=1.25 * sitting.row().duration_seconds
    )


def test_boundaries_with_the_clock_moved(alice: Person, sessions: sessionmaker[Session]) -> None:
    sitting = opened(sit(alice, minutes=60), 0, 1, 2)
    mine = interviews_of(sitting.row().organization_id)

    def at(seconds_after_deadline: float, item: int, *, answer: bool) -> str:
        with sessions.begin() as session:
            ahead = "deadline_at - clock_timestamp() + make_interval(secs => :s)"
            ms = session.scalar(
                text(f"SELECT extract(epoch FROM {ahead}) * 1000 FROM interview_items WHERE id = :i"),
                {"s": seconds_after_deadline, "i": sitting.items[item]},
            )
            session.execute(text(f"SET LOCAL viva.clock_offset_ms = '{ms}'"))
            item_id = sitting.items[item]
            if answer:
                return submit_answer(
                    session, mine, sitting.id, item_id, "an answer", does_not_know=False, max_chars=1000
                ).kind
            return save_draft(session, mine, sitting.id, item_id, "a draft", 0, 1000).kind

    assert at(-EPSILON, 0, answer=False) == "saved"
    assert at(GRACE_SECONDS - EPSILON, 1, answer=False) == "saved"
    assert at(GRACE_SECONDS, 2, answer=False) == "time-is-up"
    assert at(GRACE_SECONDS, 2, answer=True) == "time-is-up"
    assert at(GRACE_SECONDS - EPSILON, 2, answer=True) == "submitted"
    assert set(sitting.answers()) == {2}


def test_time_that_runs_out_hands_in_what_there_is_and_late_text_is_kept(alice: Person, worker: Jobs) -> None:
    sitting = opened(sit(alice), 0, 1)
    assert sitting.save("written in time").status_code == 200
    ended(sitting, GRACE_SECONDS - EPSILON)
    assert worker.sweep() == 0
    ended(sitting, GRACE_SECONDS + 0.001)
    late = sitting.save("written in time, and more", 1)
    assert kind(late) == "time-is-up"
    body = late.json()
    assert body["item"]["id"] == str(sitting.items[0])
    assert body["item"]["position"] == 1
    assert body["detail"].startswith("The time for question 1 is up.")
    assert body["kept"] is True
    assert body["theirs"]["text"] == "written in time"
    assert kind(sitting.answer("submitted too late")) == "time-is-up"
    assert sitting.answers() == {}

    assert worker.sweep() == 1
    assert worker.sweep() == 0
    answer = sitting.answers()[0]
    assert (answer.text, answer.submitted_by) == ("written in time", "deadline")
    # The same is said when it is handed in already.
    assert kind(sitting.save("hours later", 1)) == "time-is-up"
    assert kind(sitting.answer("hours later still")) == "time-is-up"
    assert sitting.kept("late") == [
        "written in time, and more", "submitted too late", "hours later", "hours later still",
    ]  # fmt: skip
    # The others go on, and the page of this one can only be read.
    assert sitting.row().finished_at is None
    assert sitting.save("the next one", item=1).status_code == 200
    page = alice.http.get(f"{sitting.url}/items/1").text
    assert "Handed in when its time was up" in page
    assert "written in time" in page
    assert 'id="answer"' not in page
    again = alice.http.post(sitting.item_url(0, "answer"), data={"text": "by a plain form"})
    assert "came later was kept" in alice.http.get(again.headers["location"]).text
    sitting.finish()
    report = sitting.report()
    assert "hours later still" in report
    assert "Handed in as it stood when the time was up." in report


def test_nothing_written_in_time(alice: Person, worker: Jobs) -> None:
    sitting = opened(sit(alice), 0)
    sitting.save("   \n")
    ended(sitting, GRACE_SECONDS + 1)
    assert worker.sweep() == 0
    assert sitting.answers() == {}
    page = alice.http.get(f"{sitting.url}/items/1").text
    assert "The time for this question is over" in page
    assert 'data-state="over"' in page
    assert 'id="answer"' not in page
    # One leads to what can be answered still.
    assert alice.http.get(sitting.url).headers["location"] == f"{sitting.url}/items/2"
    assert clock_of(sitting)["status"] == "question-over"


def test_reading_hands_in_without_a_worker(alice: Person) -> None:
    sitting = opened(sit(alice), 0)
    sitting.save("a draft")
    ended(sitting, GRACE_SECONDS + 1)
    assert alice.http.get(f"{sitting.url}/items/2").status_code == 200
    assert sitting.answers()[0].submitted_by == "deadline"


def test_a_question_in_its_grace_is_left_and_waited_for(alice: Person) -> None:
    sitting = opened(sit(alice), 0)
    ended(sitting, 1)
    assert clock_of(sitting) == {"remaining_ms": 0, "status": "question-over"}
    assert alice.http.get(sitting.url).headers["location"] == f"{sitting.url}/items/2"
    opened(sitting, 1, 2)
    for item in (1, 2):
        ended(sitting, 1, item)
    # Nothing else is left: the end of the whole is waited for.
    assert clock_of(sitting)["status"] == "finishing"
    assert sitting.row().finished_at is None


def test_the_whole_ends_with_its_last_question(alice: Person, worker: Jobs) -> None:
    sitting = opened(sit(alice), 0, 1, 2)
    assert sitting.answer("the first", item=0).json()["next_url"] == f"{sitting.url}/items/2"
    sitting.save("the second", item=1)
    ended(sitting, GRACE_SECONDS + 30, 1)
    ended(sitting, GRACE_SECONDS + 60, 2)
    with alice.sessions.begin() as session:  # it was answered before
        session.execute(text("UPDATE answers SET submitted_at = submitted_at - interval '5 min'"))
    assert worker.sweep() == 2  # the draft, and the interview
    row = sitting.row()
    assert (row.finish_reason, row.finished_at) == ("deadline", question(sitting, 1).deadline_at)
    assert {n: (a.text, a.submitted_by) for n, a in sitting.answers().items()} == {
        0: ("the first", "candidate"),
        1: ("the second", "deadline"),
    }
    assert worker.sweep() == 0
    assert clock_of(sitting, 2)["status"] == "finished"


def test_the_last_answer_ends_the_whole(alice: Person) -> None:
    sitting = opened(sit(alice), 0, 1, 2)
    sitting.answer(does_not_know=True, item=2)
    ended(sitting, GRACE_SECONDS + 30, 1)
    response = sitting.answer("the last one", item=0)
    assert response.json()["next_url"] == f"{sitting.url}/report"
    row = sitting.row()
    assert (row.finish_reason, row.deadline_at > row.finished_at) == ("candidate", True)


def test_the_whole_ends_at_its_own_deadline(alice: Person, worker: Jobs) -> None:
    sitting = opened(sit(alice), 0)
    sitting.save("a draft")
    sitting.end_was(GRACE_SECONDS + 1)
    late = sitting.save("more", 1).json()
    assert late["type"].endswith("/time-is-up")
    assert "item" not in late, "it is the whole interview's time"
    assert press_open(sitting, 1).headers["location"] == sitting.url
    assert question(sitting, 1).opened_at is None
    assert worker.sweep() == 1
    assert sitting.row().finish_reason == "deadline"
    assert sitting.answers()[0].submitted_by == "deadline"


def test_minutes_go_to_the_question_that_is_open(alice: Person) -> None:
    sitting = sit(alice)
    with pytest.raises(Conflict, match="none is open now"):
        hand(sitting, "add_minutes", 5)
    opened(sitting, 0, 1)
    ended(sitting, GRACE_SECONDS + 30, 1)
    before, gone, whole = question(sitting), question(sitting, 1), sitting.row()
    hand(sitting, "add_minutes", 3)
    assert question(sitting).deadline_at - before.deadline_at == dt.timedelta(minutes=3)
    assert question(sitting, 1) == gone, "a question that was over is open again"
    assert sitting.row().deadline_at - whole.deadline_at == dt.timedelta(minutes=3)
    assert sitting.row().time_multiplier == 1
    # A factor counts for what is open and what is opened later, and takes nothing back of that.
    hand(sitting, "change_multiplier", 2.0)
    assert question(sitting).deadline_at - before.deadline_at == dt.timedelta(minutes=3 + 5)
    assert sitting.row().deadline_at - whole.deadline_at == dt.timedelta(seconds=180 + whole.duration_seconds)
    later = question(opened(sitting, 2), 2)
    assert later.deadline_at - later.opened_at == dt.timedelta(seconds=2 * later.duration_seconds)
    sitting.finish()
    with pytest.raises(Conflict, match="is over"):
        hand(sitting, "add_minutes", 3)


def test_time_that_comes_in_the_last_moment(alice: Person, worker: Jobs) -> None:
    sitting = opened(sit(alice), 0)
    sitting.save("a draft")
    ended(sitting, GRACE_SECONDS - 2)
    hand(sitting, "add_minutes", 5)
    assert worker.sweep() == 0
    assert sitting.save("time again", 1).status_code == 200
    assert clock_of(sitting)["remaining_ms"] > 4 * MINUTE


def test_a_pause_shifts_what_runs_and_wakes_nothing(alice: Person, worker: Jobs) -> None:
    sitting = opened(sit(alice), 0, 1)
    sitting.save("before the lights went out")
    ended(sitting, GRACE_SECONDS + 30, 1)
    gone = question(sitting, 1)
    hand(sitting, "pause_interview", "power cut")
    with alice.sessions.begin() as session:  # an hour ago, with all that came before
        for table in ("interviews", "interview_items"):
            session.execute(text(f"UPDATE {table} SET deadline_at = deadline_at - interval '1 hour'"))
        session.execute(text("UPDATE interviews SET paused_at = paused_at - interval '1 hour'"))
    assert clock_of(sitting)["status"] == "paused"
    assert clock_of(sitting)["remaining_ms"] > 4 * MINUTE
    assert worker.sweep() == 0
    assert kind(sitting.save("in the dark", 1)) == "interview-paused"
    refused = press_open(sitting, 2)
    assert "can be opened when it goes on" in alice.http.get(refused.headers["location"]).text
    assert question(sitting, 2).opened_at is None
    hand(sitting, "resume_interview")
    assert clock_of(sitting)["remaining_ms"] > 4 * MINUTE
    assert sitting.save("in the dark", 1).status_code == 200
    assert question(sitting, 1).deadline_at == gone.deadline_at - dt.timedelta(hours=1)
    assert kind(sitting.save("woken", item=1)) == "time-is-up"


def test_stopped_while_it_is_paused(alice: Person) -> None:
    sitting = opened(sit(alice), 0, 1)
    for item in (0, 1):
        sitting.save("a draft", item=item)
    ended(sitting, 5, 1)
    hand(sitting, "pause_interview", "alarm")
    hand(sitting, "stop_interview")
    assert [sitting.answers()[n].submitted_by for n in (0, 1)] == ["interviewer", "deadline"]


def test_one_bad_question_never_stops_the_sweep(alice: Person, worker: Jobs) -> None:
    bad = opened(sit(alice), 0, 1, 2)
    good = opened(alice.sit(SLUG), 0)
    for sitting, item in ((bad, 0), (bad, 1), (good, 0)):
        sitting.save("a draft", item=item)
        ended(sitting, GRACE_SECONDS + 100 - item, item)
    ended(bad, GRACE_SECONDS + 1, 2)
    refuse = """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'this row is bad'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON answers FOR EACH ROW WHEN (NEW.item_id = '{}') EXECUTE FUNCTION refuse();
    """
    with alice.sessions.begin() as session:
        session.execute(text(refuse.format(bad.items[0])))
    assert worker.sweep() == 2
    assert (set(bad.answers()), set(good.answers())) == ({1}, {0})
    assert bad.row().finished_at is None
    assert worker.sweep() == 0
    with alice.sessions.begin() as session:
        session.execute(text("DROP TRIGGER refuse ON answers"))
    assert worker.sweep() == 2
    assert bad.answers()[0].text == "a draft"
    assert bad.row().finish_reason == "deadline"


def test_lists_and_the_clock_agree_about_what_is_over(alice: Person, sessions: sessionmaker[Session]) -> None:
    sitting = opened(sit(alice), 0, 1, 2)
    mine = interviews_of(sitting.row().organization_id)

    def status() -> list[str]:
        with sessions.begin() as session:
            return [
                one
                for one in ("ready", "running", "finished")
                if list_interviews(session, interviews_matching(mine, status=one), None, 10).items
            ]

    assert status() == ["running"]
    for item in range(3):
        ended(sitting, GRACE_SECONDS + 1, item)
    assert status() == ["finished"]
    hand(sitting, "pause_interview", "too late for them")
    assert status() == ["running"]


def test_nobody_exports_what_is_not_open(alice: Person) -> None:
    sitting = opened(sit(alice), 0)
    assert alice.sign_up("alice@example.org", name="Alice").status_code == 303
    with alice.sessions.begin() as session:
        user = session.get_one(User, sitting.row().candidate_user_id)
        (exported,) = export_of(session, user)["interviews"]
    assert exported["timing"] == "question"
    first, second, _ = exported["questions"]
    assert first["opened_at"]
    assert first["prompt"]
    assert (second["title"], second["prompt"], second["opened_at"]) == (None, None, None)


def test_who_is_invited_hears_of_it_before_the_start(alice: Person, newcomer: Callable[[], Person]) -> None:
    public_template(alice.sessions)
    team = new_team(newcomer)
    template = str(template_id(team, SLUG))
    link = invited(team, template=template, time_multiplier="1.5")
    page = " ".join(alice.http.get(link).text.split())
    assert "About 15 minutes" in page
    assert "each question has a clock of its own, which starts when you open it" in page
    sitting = come_in(alice, link)
    assert sitting.row().timing == "question"
    assert post(team, "Grace, grace@example.org", template=template).status_code in {201, 303}
    (letter,) = rows(team, "SELECT body FROM outgoing_mails WHERE recipient = 'grace@example.org'")
    assert "It takes 10 minutes once you start. Each question has a clock of its own, which" in letter.body
