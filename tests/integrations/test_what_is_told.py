"""Where people and programs make things happen, the event is there: reviews, releases, invitations, publishing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import run_jobs
from integrator import GOOD
from inviting import at, come_in, invitation_id, invited, rows
from people import Person
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from teams import Team

from app.assessments.jobs import Jobs
from app.bank.models import Question, QuestionVersion
from app.bank.versions import tell_published
from app.integrations.event_types import EVENT_TYPES
from app.integrations.models import Event

Sessions = sessionmaker[Session]


def told(sessions: Sessions, type: str) -> list[dict[str, Any]]:
    with sessions.begin() as session:
        found = list(session.scalars(select(Event).order_by(Event.created_at)))
    assert {event.type for event in found} <= EVENT_TYPES.keys()
    return [event.data for event in found if event.type == type]


def test_a_review(team: Team, worker: Jobs, sessions: Sessions) -> None:
    sitting = team.candidate("Carol")
    sitting.start()
    sitting.answer(GOOD)
    sitting.finish()
    run_jobs(worker, sessions)
    answer = sitting.answers()[0].id
    data = {"score": "90", "reason": "Read closely.", "comment": "A secret comment.", "then": "stay"}
    assert team.join("ben").http.post(f"{team.url}/review/answers/{answer}", data=data).status_code < 400
    (event,) = told(sessions, "interview.reviewed")
    assert (event["interview_id"], event["answer_id"]) == (str(sitting.id), str(answer))
    assert event["is_disputed"] is False
    assert not {"Carol", "closely", "secret"} & set(str(event).split())


def test_a_release(team: Team, newcomer: Callable[[], Person], sessions: Sessions) -> None:
    sitting = come_in(newcomer(), invited(team))
    sitting.start()
    sitting.finish()
    for _ in range(2):
        team.admin.http.post(f"{team.url}/invitations/release", data={"interview_id": str(sitting.id)})
    (event,) = told(sessions, "interview.released")
    assert event["interview_id"] == str(sitting.id)
    assert event["invitation_id"] == str(invitation_id(team))
    assert event["released_at"].endswith("Z")


def close(team: Team, name: str) -> None:
    rows(
        team,
        "UPDATE invitations SET opens_at = viva_now() - interval '2 days', closes_at = viva_now() - interval '1 second'"
        " WHERE candidate_name = :n",
        n=name,
    )


def test_an_invitation_that_nobody_took_up(
    team: Team, newcomer: Callable[[], Person], worker: Jobs, sessions: Sessions
) -> None:
    come_in(newcomer(), invited(team, "Carol"))
    invited(team, "Dave")
    invited(team, "Erin")
    late, revoked = invitation_id(team, "Dave"), invitation_id(team, "Erin")
    assert team.admin.http.post(f"{team.url}/invitations/{revoked}/revoke").status_code == 303
    worker.sweep()
    assert told(sessions, "invitation.expired") == []
    for name in ("Carol", "Dave", "Erin"):
        close(team, name)
    worker.sweep()
    worker.sweep()
    (event,) = told(sessions, "invitation.expired")
    assert (event["invitation_id"], event["status"]) == (str(late), "expired")
    # Other days, and they pass again.
    moved = team.admin.http.post(f"{team.url}/invitations/{late}/window", data={"opens": at(-1), "closes": at(7)})
    assert moved.status_code == 303, moved.text
    worker.sweep()
    assert len(told(sessions, "invitation.expired")) == 1
    close(team, "Dave")
    worker.sweep()
    assert len(told(sessions, "invitation.expired")) == 2


@pytest.mark.parametrize("belongs", [True, False])
def test_publishing(belongs: bool, team: Team, sessions: Sessions) -> None:
    with sessions.begin() as session:
        question, version = session.execute(
            select(Question, QuestionVersion).join(QuestionVersion, Question.current_version_id == QuestionVersion.id)
        ).first() or (None, None)
        assert question is not None
        assert version is not None
        question.organization_id = team.id if belongs else None
        tell_published(session, question, version)
        slug, number = question.slug, version.number
    expected = [(slug, number)] if belongs else []
    assert [(event["slug"], event["version"]) for event in told(sessions, "question.published")] == expected
