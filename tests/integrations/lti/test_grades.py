"""Grades on their way to the platform: when, what, again after a failure, corrected after a review, and never lost."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from conftest import run_jobs
from people import Sitting
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient
from teams import Team

from app.assessments.jobs import Jobs
from app.bank.models import InterviewTemplateVersion
from app.integrations.consuming import EventJobs
from app.integrations.lti.grades import LTI_GRADES, GradeJobs
from app.interviews.releasing import release_results
from app.kit.config import Settings
from integrations.lti.conftest import LIVES
from integrations.lti.course_platform import CLAIM, Platform


@pytest.fixture
def grades(sessions: sessionmaker[Session], settings: Settings) -> GradeJobs:
    return GradeJobs(sessions, settings)


@pytest.fixture
def tell(sessions: sessionmaker[Session], grades: GradeJobs) -> Any:
    """What a worker does: events are handed on, and due grades sent."""
    events = EventJobs(sessions, (LTI_GRADES,))

    def work() -> int:
        events.number_events()
        events.hand_over("lti_grades")
        return grades.sweep()

    return work


def sit(browser: LIVES, **claims: Any) -> Sitting:
    """A learner who has started."""
    carol = browser()
    where = carol.launch(**claims).headers["location"]
    assert carol.http.post(f"{where}/start", data={"consent": "yes"}).status_code == 303
    return _sitting(carol.http, where, browser)


def _sitting(http: TestClient, where: str, browser: LIVES) -> Sitting:
    class _Person:
        pass

    person: Any = _Person()
    person.http, person.sessions = http, http.app.state.sessions  # type: ignore[attr-defined]
    interview_id = uuid.UUID(where.split("/")[2])
    with person.sessions.begin() as session:
        items = session.scalars(
            text("SELECT id FROM interview_items WHERE interview_id = :i ORDER BY position"), {"i": interview_id}
        )
        return Sitting(person, interview_id, list(items))


def answer_all(sitting: Sitting) -> None:
    for number in range(len(sitting.items)):
        words = f"Dropout sets a random part of the activations to zero, so the network cannot rely on one. {number}"
        assert sitting.answer(words, item=number).status_code == 200
    assert sitting.finish().status_code == 303


def mean(sessions: sessionmaker[Session], sitting: Sitting) -> float:
    query = (
        "SELECT sum(s.score) / (SELECT count(*) FROM interview_items WHERE interview_id = :i) FROM assessments s"
        " JOIN answers a ON a.id = s.answer_id JOIN interview_items i ON i.id = a.item_id WHERE i.interview_id = :i"
    )
    with sessions.begin() as session:
        return float(session.scalar(text(query), {"i": sitting.id}) or 0)


def test_from_the_start_to_the_grade(
    browser: LIVES, registered: Platform, worker: Jobs, sessions: sessionmaker[Session], tell: Any
) -> None:
    sitting = sit(browser)
    assert tell() == 1
    assert {k: v for k, v in registered.scores[-1].items() if k != "timestamp"} == {
        "userId": "carol", "activityProgress": "InProgress", "gradingProgress": "NotReady",
    }  # fmt: skip
    answer_all(sitting)
    assert tell() == 1
    assert registered.scores[-1]["activityProgress"] == "Completed"
    assert registered.scores[-1]["gradingProgress"] == "Pending"
    assert "scoreGiven" not in registered.scores[-1]
    run_jobs(worker, sessions)
    assert tell() == 1
    last = registered.scores[-1]
    assert (last["activityProgress"], last["gradingProgress"], last["scoreMaximum"]) == (
        "Completed",
        "FullyGraded",
        100,
    )
    assert last["scoreGiven"] == pytest.approx(100 * mean(sessions, sitting), abs=0.01)
    times = [dt.datetime.fromisoformat(one["timestamp"]) for one in registered.scores]
    assert times == sorted(set(times))
    assert all(one.tzinfo for one in times)
    # One token for all of them, and nothing is told twice.
    assert len(registered.token_requests) == 1
    assert tell() == 0
    with sessions.begin() as session:
        session.execute(text("UPDATE lti_sittings SET check_at = viva_now()"))
    assert tell() == 0
    assert len(registered.scores) == 3
    # The learner sees the result after a relaunch, as the template allows.
    assert "frame-ancestors http" in sitting.person.http.get(f"{sitting.url}/report").headers["content-security-policy"]


def test_a_grade_waits_for_its_release_and_follows_a_review(
    browser: LIVES, registered: Platform, worker: Jobs, sessions: sessionmaker[Session], tell: Any, team: Team
) -> None:
    with sessions.begin() as session:
        session.execute(text("UPDATE interview_template_versions SET release = 'by_interviewer'"))
    sitting = sit(browser)
    answer_all(sitting)
    run_jobs(worker, sessions)
    tell()
    assert registered.scores[-1]["gradingProgress"] == "PendingManual"
    assert "scoreGiven" not in registered.scores[-1]
    with sessions.begin() as session:
        release_results(session, team.id, [sitting.id], "viva")
    assert tell() == 1
    assert registered.scores[-1]["gradingProgress"] == "FullyGraded"
    before = registered.scores[-1]["scoreGiven"]
    answer_id = next(iter(sitting.answers().values())).id
    ada = team.admin.http
    judged = {"score": "100", "reason": "All of it is there, in other words.", "then": "stay"}
    assert ada.post(f"{team.url}/review/answers/{answer_id}", data=judged).status_code == 303
    assert tell() == 1
    assert registered.scores[-1]["scoreGiven"] > before


def test_what_candidates_see_nothing_of_is_told_only_when_released(
    browser: LIVES, registered: Platform, worker: Jobs, sessions: sessionmaker[Session], tell: Any, team: Team
) -> None:
    with sessions.begin() as session:
        session.query(InterviewTemplateVersion).update({"candidate_sees": "nothing"})
    sitting = sit(browser)
    answer_all(sitting)
    run_jobs(worker, sessions)
    tell()
    assert registered.scores[-1]["gradingProgress"] == "PendingManual"
    with sessions.begin() as session:
        release_results(session, team.id, [sitting.id], "viva")
    tell()
    assert registered.scores[-1]["gradingProgress"] == "FullyGraded"


@pytest.mark.parametrize("status", [500, 429, 404, 400])
def test_a_platform_that_refuses_is_asked_again(
    status: int, browser: LIVES, registered: Platform, grades: GradeJobs, sessions: sessionmaker[Session], team: Team
) -> None:
    registered.answers[:] = [status, status]
    sit(browser)
    assert grades.sweep() == 0
    with sessions.begin() as session:
        row = session.execute(text("SELECT *, check_at > viva_now() AS later FROM lti_sittings")).one()
    assert row.attempts == 1
    assert row.later
    assert str(status) in row.error
    page = team.admin.http.get(f"{team.url}/platforms")
    assert "1 cannot be sent" in page.text
    assert grades.sweep() == 0
    _now(sessions, grades)
    assert grades.sweep() == 0
    _now(sessions, grades)
    assert grades.sweep() == 1
    with sessions.begin() as session:
        row = session.execute(text("SELECT * FROM lti_sittings")).one()
    assert (row.attempts, row.error) == (0, "")


def _now(sessions: sessionmaker[Session], grades: GradeJobs) -> None:
    """Time has passed."""
    grades._resting.clear()
    with sessions.begin() as session:
        session.execute(text("UPDATE lti_sittings SET check_at = viva_now()"))


def test_a_token_that_ended_early_is_fetched_anew(browser: LIVES, registered: Platform, grades: GradeJobs) -> None:
    sit(browser)
    assert grades.sweep() == 1
    registered.tokens.clear()
    sit(browser, user="dora")
    assert grades.sweep() == 1
    assert len(registered.token_requests) == 2


def test_a_platform_that_is_away_does_not_hold_up_others(
    browser: LIVES, registered: Platform, grades: GradeJobs, sessions: sessionmaker[Session]
) -> None:
    for number in range(4):
        sit(browser, user=f"learner-{number}")
    with sessions.begin() as session:
        session.execute(text("UPDATE lti_platforms SET token_url = 'http://127.0.0.1:9/token'"))
    assert grades.sweep() == 0
    with sessions.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM lti_sittings WHERE attempts > 0")) == 1


def test_an_event_during_the_call_is_not_overwritten(
    browser: LIVES, registered: Platform, grades: GradeJobs, sessions: sessionmaker[Session]
) -> None:
    sitting = sit(browser)
    due = grades._claim()
    assert due is not None
    answer_all(sitting)
    with sessions.begin() as session:
        session.execute(text("UPDATE lti_sittings SET check_at = viva_now() - interval '1 s'"))
    assert grades._tell(due) == 1
    assert registered.scores[-1]["activityProgress"] == "InProgress"
    assert grades.sweep() == 1
    assert registered.scores[-1]["activityProgress"] == "Completed"


def test_without_a_column_nothing_is_sent(
    browser: LIVES, registered: Platform, grades: GradeJobs, sessions: sessionmaker[Session]
) -> None:
    ags = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
    sit(browser, **{ags: None})
    sit(
        browser,
        user="dora",
        **{ags: {"scope": [], "lineitem": registered.lineitem}, CLAIM + "resource_link": {"id": "2"}},
    )
    assert grades.sweep() == 0
    assert registered.scores == []
    # A column that is added later gets what has happened.
    browser().launch()
    _now(sessions, grades)
    assert grades.sweep() == 1


def test_a_dead_worker_loses_nothing(
    browser: LIVES, registered: Platform, sessions: sessionmaker[Session], worker: Jobs, settings: Settings
) -> None:
    sitting = sit(browser)
    assert GradeJobs(sessions, settings)._claim() is not None  # and is killed
    answer_all(sitting)
    run_jobs(worker, sessions)
    other = GradeJobs(sessions, settings)
    assert other.sweep() == 0
    _now(sessions, other)
    assert other.sweep() == 1
    assert registered.scores[-1]["gradingProgress"] == "FullyGraded"


def test_an_erased_interview_is_forgotten_and_made_anew(
    browser: LIVES, registered: Platform, grades: GradeJobs, sessions: sessionmaker[Session]
) -> None:
    first = sit(browser)
    with sessions.begin() as session:
        session.execute(text("DELETE FROM interviews WHERE id = :i"), {"i": first.id})
    assert grades.sweep() == 0
    assert sit(browser).id != first.id
