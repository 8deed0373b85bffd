"""An interviewer gives time, pauses after a failure, and stops: nothing typed is lost by any of it."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from people import Person, Sitting
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.assessments.jobs import Jobs
from app.interviews import control
from app.interviews.access import interviews_of
from app.interviews.clock import GRACE_SECONDS
from app.interviews.models import Interview
from app.interviews.service import set_time_multiplier
from app.kit.errors import Conflict, Invalid, NotFound, VivaError

MINUTE = 60_000
EVE = "user:eve"


def hand(sitting: Sitting, what: str, *args: object) -> Interview:
    """An interviewer of the organisation does something, in a transaction of its own."""
    with sitting.person.sessions.begin() as session:
        mine = interviews_of(sitting.row().organization_id)
        return getattr(control, what)(session, mine, sitting.id, *args, EVE)  # type: ignore[no-any-return]


def paused_for(sitting: Sitting, seconds: float) -> None:
    """Let the pause have begun so many seconds ago, and with it all that came before."""
    with sitting.person.sessions.begin() as session:
        session.execute(
            text(
                "UPDATE interviews SET paused_at = paused_at - make_interval(secs => :s), started_at = started_at -"
                " make_interval(secs => :s), deadline_at = deadline_at - make_interval(secs => :s) WHERE id = :i"
            ),
            {"s": seconds, "i": sitting.id},
        )


def events(sitting: Sitting) -> list[tuple[str, dict[str, object]]]:
    with sitting.person.sessions.begin() as session:
        rows = session.execute(
            text("SELECT action, detail FROM audit_events WHERE subject = :s AND actor = :a ORDER BY at"),
            {"s": f"interview:{sitting.id}", "a": EVE},
        )
        return [(action, detail) for action, detail in rows]


def test_pause_keeps_time_and_text_and_the_sweep_leaves_it_alone(alice: Person, worker: Jobs) -> None:
    sitting = alice.sit()
    assert sitting.save("before the lights went out").status_code == 200
    hand(sitting, "pause_interview", "power cut")
    paused_for(sitting, 3600)  # the deadline has passed long ago, by the wall
    clock = sitting.clock()
    assert clock["status"] == "paused"
    assert 14 * MINUTE < clock["remaining_ms"] <= 15 * MINUTE
    assert worker.sweep() == 0
    assert sitting.row().finished_at is None

    # What is typed meanwhile is kept beside, and said to be.
    refused = sitting.save("before the lights went out, and after", 1).json()
    assert refused["type"].endswith("/interview-paused")
    assert refused["kept"] is True
    assert sitting.answer("submitted in the dark", item=1).json()["type"].endswith("/interview-paused")
    assert sitting.finish().status_code == 409
    assert sitting.draft() == ("before the lights went out", 1)
    assert sitting.kept("conflict") == ["before the lights went out, and after"]
    assert sitting.kept("conflict", 1) == ["submitted in the dark"]
    assert alice.http.get(sitting.url + "/items/1").status_code == 200

    hand(sitting, "resume_interview")
    hand(sitting, "resume_interview")
    row = sitting.row()
    assert row.paused_at is None
    assert 3600 <= row.paused_seconds < 3660
    assert row.deadline_at - row.started_at == dt.timedelta(seconds=15 * 60 + row.paused_seconds)
    assert sitting.clock()["status"] == "running"
    # Sent again, it is the draft, and stands beside nothing any more.
    assert sitting.save("before the lights went out, and after", 1).status_code == 200
    assert sitting.kept("conflict") == []
    assert [action for action, _ in events(sitting)] == ["interview.paused", "interview.resumed"]
    assert events(sitting)[0][1] == {"reason": "power cut"}


def test_extra_time_keeps_pauses_in_mind(alice: Person) -> None:
    sitting = alice.sit()
    hand(sitting, "pause_interview", "network")
    paused_for(sitting, 600)
    hand(sitting, "add_minutes", 5)  # while it is paused
    assert 19 * MINUTE < sitting.clock()["remaining_ms"] <= 20 * MINUTE
    hand(sitting, "resume_interview")
    assert 19 * MINUTE < sitting.clock()["remaining_ms"] <= 20 * MINUTE
    hand(sitting, "change_multiplier", 2.0)  # and after
    assert 29 * MINUTE < sitting.clock()["remaining_ms"] <= 30 * MINUTE
    hand(sitting, "add_minutes", 1)
    row = sitting.row()
    assert row.deadline_at - row.started_at == pytest.approx(
        dt.timedelta(seconds=31 * 60 + row.paused_seconds), abs=dt.timedelta(milliseconds=1)
    )
    assert row.paused_seconds >= 600
    for minutes in (0, 601, 200):
        with pytest.raises(Invalid):
            hand(sitting, "add_minutes", minutes)


def test_what_cannot_be_paused(alice: Person, bob: Person) -> None:
    waiting = alice.choose()
    with pytest.raises(Conflict, match="not been started"):
        hand(waiting, "pause_interview", "too early")
    sitting = alice.sit()
    for reason in ("  ", "x" * 501):
        with pytest.raises(Invalid, match="why it is paused"):
            hand(sitting, "pause_interview", reason)
    sitting.end_was(GRACE_SECONDS / 2)
    with pytest.raises(Conflict, match="time is up already"):
        hand(sitting, "pause_interview", "too late")
    assert sitting.row().paused_at is None
    sitting.finish()
    with pytest.raises(Conflict, match="is over"):
        hand(sitting, "pause_interview", "much too late")
    # Somebody else's organisation: as if there were none.
    other = interviews_of(bob.choose().row().organization_id)
    for what, args in (
        ("pause_interview", ("why",)),
        ("resume_interview", ()),
        ("add_minutes", (5,)),
        ("change_multiplier", (2.0,)),
        ("stop_interview", ()),
    ):
        with alice.sessions.begin() as session, pytest.raises(NotFound, match="not yours"):
            getattr(control, what)(session, other, sitting.id, *args, EVE)


@pytest.mark.parametrize("paused", [False, True])
def test_stopping_submits_what_is_drafted(alice: Person, paused: bool) -> None:
    sitting = alice.sit()
    sitting.answer("an answer", item=0)
    sitting.save("half an answer", item=1)
    if paused:
        hand(sitting, "pause_interview", "alarm")
        paused_for(sitting, 100)
    hand(sitting, "stop_interview")
    first = sitting.row()
    assert (first.finish_reason, first.paused_at) == ("interviewer", None)
    assert (first.paused_seconds >= 100) == paused
    assert {n: (a.text, a.submitted_by) for n, a in sitting.answers().items()} == {
        0: ("an answer", "candidate"),
        1: ("half an answer", "interviewer"),
    }
    hand(sitting, "stop_interview")
    assert sitting.row() == first
    assert [action for action, _ in events(sitting)].count("interview.stopped") == 1
    assert sitting.clock()["status"] == "finished"
    assert sitting.save("afterwards", 1, item=2).json()["kept"] is True
    assert sitting.kept("late", 2) == ["afterwards"]


def test_drafts_pauses_and_stops_at_once_lose_nothing(alice: Person, sessions: sessionmaker[Session]) -> None:
    """Every text that was acknowledged as the draft is in the answer; what was refused stands beside."""
    sitting = alice.sit()
    said: list[tuple[int, str, dict[str, object]]] = []
    wrong: list[BaseException] = []

    def writer() -> None:
        base = 0
        for number in range(30):
            response = sitting.save(f"text {number}", base)
            body = response.json()
            said.append((response.status_code, f"text {number}", body))
            base = body.get("revision", base)

    def interviewer() -> None:
        try:
            for number in range(6):
                hand(sitting, "pause_interview", f"failure {number}")
                hand(sitting, "add_minutes", 1)
                hand(sitting, "resume_interview")
            hand(sitting, "stop_interview")
        except VivaError as error:
            wrong.append(error)

    threads = [threading.Thread(target=one) for one in (writer, interviewer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    row = sitting.row()
    expected = 15 * 60 + 6 * 60 + row.paused_seconds
    assert (row.deadline_at - row.started_at).total_seconds() == pytest.approx(expected, abs=0.001)
    saved = [words for status, words, _ in said if status == 200]
    if saved:
        assert sitting.answers()[0].text == saved[-1]
    aside = set(sitting.kept("conflict")) | set(sitting.kept("late"))
    refused = [(words, body) for status, words, body in said if status != 200]
    assert {body["type"].split("/")[-1] for _, body in refused} <= {  # type: ignore[attr-defined]
        "interview-paused",
        "time-is-up",
        "already-answered",
    }
    for words, body in refused:
        assert words in aside or body["kept"] is False


def test_presence_is_noted_seldom_and_by_the_question(alice: Person, sessions: sessionmaker[Session]) -> None:
    sitting = alice.choose()
    alice.http.get(sitting.url)
    assert sitting.row().last_seen_at is None
    sitting.start()
    alice.http.get(sitting.url + "/items/1")
    first = sitting.row()
    assert (first.current_position, first.last_seen_at is not None) == (1, True)
    sitting.clock()
    sitting.save("words")
    assert sitting.row().last_seen_at == first.last_seen_at, "written more often than needed"
    alice.http.get(sitting.url + "/items/2")
    assert sitting.row().current_position == 2
    with sessions.begin() as session:
        session.execute(text("UPDATE interviews SET last_seen_at = viva_now() - interval '11 s'"))
    sitting.clock()
    assert sitting.row().last_seen_at > first.last_seen_at
    assert sitting.row().current_position == 2
    # Somebody who holds the row makes nobody wait for this.
    with sessions.begin() as session:
        session.execute(text("UPDATE interviews SET last_seen_at = NULL"))
    with sessions.begin() as session:
        set_time_multiplier(session, sitting.id, 2, EVE)
        session.flush()
        assert sitting.clock()["status"] == "running"
    assert sitting.row().last_seen_at is None
    sitting.save("more words", 1)
    assert sitting.row().last_seen_at is not None
