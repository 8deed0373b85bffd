"""The outbox: events are written with what happened, numbered in order, and handed to every consumer."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from conftest import Api, run_jobs
from integrator import GOOD, TWO, Integrator
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from app.accounts.models import Organization
from app.assessments.jobs import Jobs
from app.integrations.consuming import BATCH, Consumer, EventJobs
from app.integrations.event_types import EVENT_TYPES
from app.integrations.models import Event, EventHandover
from app.kit.events import record_event

Sessions = sessionmaker[Session]


@pytest.fixture
def organization_id(sessions: Sessions) -> uuid.UUID:
    with sessions.begin() as session:
        made = Organization(slug="acme", name="Acme")
        session.add(made)
        session.flush()
        return made.id


def events_of(sessions: Sessions) -> list[Any]:
    with sessions.begin() as session:
        return list(session.scalars(select(Event).order_by(Event.created_at, Event.id)))


def write(sessions: Sessions, organization_id: uuid.UUID, *numbers: int) -> None:
    for number in numbers:
        with sessions.begin() as session:
            record_event(session, organization_id, "webhook.test", {"n": number})


class Taking:
    """A consumer that remembers what it got."""

    def __init__(self, *, fails: int = 0) -> None:
        self.got: list[tuple[int | None, int]] = []
        self.fails = fails

    def __call__(self, session: Session, event: Event) -> None:
        session.execute(text("INSERT INTO throttle_counts VALUES (:k, 1, now())"), {"k": f"{id(self)}:{event.id}"})
        if self.fails:
            self.fails -= 1
            raise OSError("away")
        self.got.append((event.sequence, event.data["n"]))


def test_an_event_goes_with_its_transaction(sessions: Sessions, organization_id: uuid.UUID) -> None:
    with sessions() as session:
        record_event(session, organization_id, "webhook.test", {"n": 1})
        session.rollback()
    assert events_of(sessions) == []
    write(sessions, organization_id, 2)
    assert [event.data for event in events_of(sessions)] == [{"n": 2}]


def test_what_is_found_twice_is_written_once(sessions: Sessions, organization_id: uuid.UUID) -> None:
    with sessions.begin() as session:
        assert record_event(session, organization_id, "webhook.test", {}, once="a") is not None
    with sessions.begin() as session:
        assert record_event(session, organization_id, "webhook.test", {}, once="a") is None
    assert len(events_of(sessions)) == 1


def test_numbers_follow_commits_and_are_each_organisations_own(sessions: Sessions, organization_id: uuid.UUID) -> None:
    with sessions.begin() as session:
        other = Organization(slug="other", name="Other")
        session.add(other)
        session.flush()
    jobs = EventJobs(sessions, [])
    late = sessions()
    record_event(late, organization_id, "webhook.test", {"n": 0})  # written first, committed last
    write(sessions, organization_id, 1, 2)
    write(sessions, other.id, 3)
    jobs.number_events()
    late.commit()
    late.close()
    jobs.number_events()
    found = {event.data["n"]: event.sequence for event in events_of(sessions)}
    assert found == {0: 3, 1: 1, 2: 2, 3: 1}


def test_every_consumer_gets_each_of_its_events_in_order(sessions: Sessions, organization_id: uuid.UUID) -> None:
    one, two, picky = Taking(), Taking(), Taking()
    consumers = [
        Consumer("one", one),
        Consumer("two", two),
        Consumer("picky", picky, frozenset({"question.published"})),
    ]
    jobs = EventJobs(sessions, consumers)
    write(sessions, organization_id, *range(20))
    assert run_jobs(jobs, sessions) == 20  # type: ignore[arg-type]
    assert run_jobs(jobs, sessions) >= 2  # type: ignore[arg-type]
    assert one.got == two.got == [(n + 1, n) for n in range(20)]
    assert picky.got == []
    with sessions.begin() as session:
        assert session.scalars(select(EventHandover)).all() == []


def test_a_lost_job_does_not_matter(sessions: Sessions, organization_id: uuid.UUID) -> None:
    taking = Taking()
    jobs = EventJobs(sessions, [Consumer("one", taking)])
    write(sessions, organization_id, 1)
    with sessions.begin() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
    assert jobs.sweep() == 1
    with sessions.begin() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
    assert jobs.sweep() == 1
    jobs.sweep()  # one job is enough
    assert run_jobs(jobs, sessions) == 1  # type: ignore[arg-type]
    assert taking.got == [(1, 1)]
    assert jobs.sweep() == 0


def test_what_fails_is_tried_again_and_undone_meanwhile(sessions: Sessions, organization_id: uuid.UUID) -> None:
    shaky, other = Taking(fails=1), Taking()
    jobs = EventJobs(sessions, [Consumer("shaky", shaky), Consumer("other", other)])
    write(sessions, organization_id, 1, 2)
    jobs.number_events()
    jobs.hand_over("other")
    jobs.hand_over("shaky")
    assert other.got == [(1, 1), (2, 2)]
    assert shaky.got == [(2, 2)]  # the first waits, and does not hold up the second
    with sessions.begin() as session:
        (left,) = session.scalars(select(EventHandover)).all()
        assert (left.attempts, left.error) == (1, "OSError: away")
        assert session.scalar(text("SELECT count(*) FROM throttle_counts")) == 3
        session.execute(text("UPDATE event_handovers SET retry_at = viva_now()"))
    jobs.hand_over("shaky")
    assert shaky.got == [(2, 2), (1, 1)]


def test_a_consumer_that_never_takes_an_event_is_given_up(sessions: Sessions, organization_id: uuid.UUID) -> None:
    jobs = EventJobs(sessions, [Consumer("never", Taking(fails=100))])
    write(sessions, organization_id, 1)
    jobs.number_events()
    for _ in range(13):
        with sessions.begin() as session:
            session.execute(text("UPDATE event_handovers SET retry_at = viva_now()"))
        assert jobs.hand_over("never") == 1
    assert jobs.hand_over("never") == 0
    assert len(events_of(sessions)) == 1


def test_two_workers_hand_over_each_event_once(sessions: Sessions, organization_id: uuid.UUID) -> None:
    taking = Taking()
    workers = [EventJobs(sessions, [Consumer("one", taking)]) for _ in range(2)]
    write(sessions, organization_id, *range(30))

    def work(jobs: EventJobs) -> None:
        jobs.number_events()
        jobs.hand_over("one")

    threads = [threading.Thread(target=work, args=(jobs,)) for jobs in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taking.got) == [(n + 1, n) for n in range(30)]


def test_many_are_numbered_in_batches(sessions: Sessions, organization_id: uuid.UUID) -> None:
    with sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO events (id, organization_id, type, data)"
                " SELECT gen_random_uuid(), :o, 'webhook.test', '{}' FROM generate_series(1, :n)"
            ),
            {"o": organization_id, "n": BATCH + 1},
        )
    EventJobs(sessions, []).number_events()
    assert sorted(event.sequence for event in events_of(sessions)) == list(range(1, BATCH + 2))


def test_old_events_go_unless_somebody_waits_for_them(sessions: Sessions, organization_id: uuid.UUID) -> None:
    jobs = EventJobs(sessions, [Consumer("picky", Taking(), frozenset({"grading.done"}))])
    write(sessions, organization_id, 1)
    with sessions.begin() as session:
        record_event(session, organization_id, "grading.done", {"n": 2})
    jobs.number_events()
    jobs.tidy()
    assert len(events_of(sessions)) == 2
    with sessions.begin() as session:
        session.execute(text("UPDATE events SET created_at = created_at - interval '31 days'"))
    jobs.tidy()
    assert [event.data["n"] for event in events_of(sessions)] == [2]
    write(sessions, organization_id, 3)
    jobs.number_events()
    assert [event.sequence for event in events_of(sessions)] == [2, 3]  # numbers are never given twice


def of_type(sessions: Sessions, type: str) -> list[dict[str, Any]]:
    return [event.data for event in events_of(sessions) if event.type == type]


def test_an_interview_from_start_to_score(api: Api, worker: Jobs, sessions: Sessions) -> None:
    mine = Integrator.of(api)
    made = mine.interview(candidate={"external_id": "ats-1", "name": "Ada"})
    for item in made["items"]:
        mine.post(item["links"]["answer"], {"text": GOOD})
    mine.post(f"/interviews/{made['id']}/finish")
    mine.post(f"/interviews/{made['id']}/finish")
    assert [event.type for event in events_of(sessions)] == ["interview.started", "interview.submitted"]
    run_jobs(worker, sessions)
    worker.sweep()
    assert [event.type for event in events_of(sessions)] == [
        "interview.started",
        "interview.submitted",
        "interview.scored",
    ]
    (told,) = of_type(sessions, "interview.scored")
    assert told["interview_id"] == made["id"]
    assert told["external_id"] == "ats-1"
    assert (told["status"], told["finish_reason"]) == ("finished", "candidate")
    assert told["links"] == {
        "self": f"/api/v1/interviews/{made['id']}",
        "report": f"/api/v1/interviews/{made['id']}/report",
    }
    assert told["scored_at"].endswith("Z")
    assert "Ada" not in str([event.data for event in events_of(sessions)])
    assert GOOD[:20] not in str([event.data for event in events_of(sessions)])


def test_all_were_scored_before_the_end(api: Api, worker: Jobs, sessions: Sessions) -> None:
    mine = Integrator.of(api)
    made = mine.interview(*TWO)
    mine.post(made["items"][0]["links"]["answer"], {"text": GOOD})
    run_jobs(worker, sessions)
    assert of_type(sessions, "interview.scored") == []
    mine.post(f"/interviews/{made['id']}/finish")
    worker.sweep()
    worker.sweep()
    assert len(of_type(sessions, "interview.scored")) == 1


def test_time_runs_out(api: Api, worker: Jobs, sessions: Sessions) -> None:
    mine = Integrator.of(api)
    made = mine.interview()
    mine.end_was(made, 60)
    worker.sweep()
    assert [event.type for event in events_of(sessions)][:3] == [
        "interview.started",
        "interview.expired",
        "interview.submitted",
    ]
    assert of_type(sessions, "interview.submitted")[0]["finish_reason"] == "deadline"


def test_gradings_tell_when_they_are_done(api: Api, worker: Jobs, sessions: Sessions) -> None:
    mine = Integrator.of(api)
    made = mine.post("/gradings", [{"answer": "a", "references": ["b"]}]).json()
    run_jobs(worker, sessions)
    (told,) = of_type(sessions, "grading.done")
    assert (told["grading_id"], told["status"], told["count"]) == (made["id"], "done", 1)


def test_erasing_an_interview_erases_what_was_told_of_it(api: Api, sessions: Sessions) -> None:
    mine = Integrator.of(api)
    made = mine.interview(candidate={"external_id": "ats-1"})
    assert len(events_of(sessions)) == 1
    mine.sql("DELETE FROM interviews WHERE id = :i", i=made["id"])
    assert events_of(sessions) == []


def test_every_type_has_its_words(api: Api, worker: Jobs, sessions: Sessions) -> None:
    assert all(words and not words.endswith(".") for words in EVENT_TYPES.values())
