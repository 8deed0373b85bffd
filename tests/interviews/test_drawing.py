"""Which questions an interview is made of."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from people import Person, Sitting
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.bank.models import InterviewTemplateVersion
from app.interviews.creation import Candidate, interview_from_slugs, interview_from_template
from app.kit.errors import Conflict, Invalid, NotFound


def questions(sitting: Sitting) -> list[Any]:
    """The questions of an interview, in order."""
    query = (
        "SELECT q.slug, v.topic, v.kind, v.level, i.section_id FROM interview_items i"
        " JOIN question_versions v ON v.id = i.question_version_id JOIN questions q ON q.id = v.question_id"
        " WHERE i.interview_id = :i ORDER BY i.position"
    )
    with sitting.person.sessions.begin() as session:
        return list(session.execute(text(query), {"i": sitting.id}))


def test_warm_up_is_drawn_as_it_says(newcomer: Callable[[], Person]) -> None:
    drawn: set[str] = set()
    for _ in range(6):
        asked = questions(newcomer().choose("warm-up"))
        assert [row.section_id for row in asked] == ["first-steps", "basics", "basics"]
        assert asked[0].slug == "what-learning-is"
        assert len({row.slug for row in asked}) == 3
        for row in asked[1:]:
            assert row.topic in {"foundations", "optimisation"}
            assert row.kind in {"explain", "compare", "plain-language", "misconception"}
            assert row.level in {1, 2}
        assert asked[1].level <= asked[2].level
        drawn |= {row.slug for row in asked[1:]}
    assert len(drawn) > 2, "the draw gives the same questions to everybody"


def test_every_template_can_be_sat(alice: Person) -> None:
    with alice.sessions.begin() as session:
        slugs = session.scalars(text("SELECT slug FROM interview_templates")).all()
    assert set(slugs) >= {"warm-up", "fundamentals", "computer-vision"}
    for slug in slugs:
        sitting = alice.choose(slug)
        asked = questions(sitting)
        assert len({row.slug for row in asked}) == len(asked)
        with alice.sessions.begin() as session:
            sections, minutes = session.execute(
                text(
                    "SELECT v.sections, v.minutes FROM interview_templates t JOIN interview_template_versions v"
                    " ON v.id = t.current_version_id WHERE t.slug = :s"
                ),
                {"s": slug},
            ).one()
        wanted = sum(s["draw"]["count"] if s.get("draw") else len(s["questions"]) for s in sections)
        assert len(asked) == wanted, f"{slug}: the bank has too few questions for it"
        assert sitting.row().duration_seconds == minutes * 60


def test_draws_do_not_repeat_what_was_seen(alice: Person) -> None:
    with alice.sessions.begin() as session:
        pool = session.scalar(
            text(
                "SELECT count(*) FROM questions q JOIN question_versions v ON v.id = q.current_version_id"
                " WHERE v.topic IN ('foundations', 'optimisation') AND v.level IN (1, 2) AND slug <> 'what-learning-is'"
                " AND v.kind IN ('explain', 'compare', 'plain-language', 'misconception')"
            )
        )
    assert pool is not None
    assert pool >= 4
    seen: list[str] = []
    for _ in range(pool // 2):
        sitting = alice.sit("warm-up")
        seen += [row.slug for row in questions(sitting)[1:]]
    assert len(set(seen)) == len(seen), "a question came again although there were unseen ones"
    # When all have been seen, a repeated question is better than a shorter interview.
    assert len(questions(alice.choose("warm-up"))) == 3


def test_an_interview_that_was_never_started_shows_nothing(alice: Person, session: Session) -> None:
    """Only what was really seen counts as seen: the lobby does not show the questions."""
    sitting = alice.choose("warm-up")
    page = alice.http.get(sitting.url).text
    for row in questions(sitting):
        title = session.scalar(
            text("SELECT v.title FROM question_versions v JOIN questions q ON q.id = v.question_id WHERE slug = :s"),
            {"s": row.slug},
        )
        assert str(title) not in page
    room = alice.http.get(f"{sitting.url}/items/1")
    assert (room.status_code, room.headers["location"]) == (303, sitting.url)


def organisation(session: Session) -> uuid.UUID:
    found = session.scalar(
        text("INSERT INTO organizations (id, slug, name) VALUES (gen_random_uuid(), 'o', 'O') RETURNING id")
    )
    assert isinstance(found, uuid.UUID)
    return found


def template(*sections: dict[str, Any]) -> InterviewTemplateVersion:
    return InterviewTemplateVersion(title="Drawn", minutes=10, sections=list(sections))


def section(name: str, *slugs: str, draw: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"id": name, "title": name, "questions": list(slugs), "draw": draw}


def slugs_of(interview: Any) -> list[str]:
    return [item.question_version.question.slug for item in interview.items]


def test_sections_share_no_question(session: Session) -> None:
    everything = {"count": 50, "topics": ["vision"], "kinds": [], "levels": []}
    made = interview_from_template(
        session,
        organisation(session),
        Candidate(name="Ada"),
        template(
            section("a", "max-unpooling", "no-such-question"),
            section("b", draw=everything),
            section("c", "max-unpooling", "dropout"),
        ),
    )
    asked = slugs_of(made)
    assert asked[0] == "max-unpooling"
    assert asked[-1] == "dropout"
    assert asked.count("max-unpooling") == 1
    assert len(asked) == len(set(asked))
    assert [item.position for item in made.items] == list(range(1, len(asked) + 1))


def test_a_template_without_a_question_to_ask_says_so(session: Session) -> None:
    with pytest.raises(Conflict, match="choose another one"):
        interview_from_template(session, organisation(session), Candidate(), template(section("a", "no-such-question")))


def test_retired_questions_are_not_drawn(session: Session) -> None:
    owner = organisation(session)
    draw = {"count": 50, "topics": ["vision"], "kinds": [], "levels": []}
    assert "max-unpooling" in slugs_of(
        interview_from_template(session, owner, Candidate(), template(section("a", draw=draw)))
    )
    session.execute(text("UPDATE questions SET status = 'retired' WHERE slug = 'max-unpooling'"))
    again = interview_from_template(
        session, owner, Candidate(), template(section("a", "max-unpooling"), section("b", draw=draw))
    )
    assert "max-unpooling" not in slugs_of(again)


def test_from_slugs(session: Session) -> None:
    owner = organisation(session)
    made = interview_from_slugs(session, owner, Candidate(external_id="42", name="Ada"), ["dropout", "gan"])
    assert slugs_of(made) == ["dropout", "gan"]
    assert made.duration_seconds == sum(item.question_version.minutes for item in made.items) * 60
    longer = interview_from_slugs(session, owner, Candidate(), ["gan"], title="Mine", duration_seconds=90)
    assert (longer.title, longer.duration_seconds) == ("Mine", 90)
    for slugs, words in (([], "at least one"), (["gan", "gan"], "twice"), ([f"q{n}" for n in range(51)], "at most 50")):
        with pytest.raises(Invalid, match=words):
            interview_from_slugs(session, owner, Candidate(), slugs)
    with pytest.raises(NotFound, match="'no-such-question'"):
        interview_from_slugs(session, owner, Candidate(), ["gan", "no-such-question"])


def test_pinned_to_the_version_that_was_drawn(alice: Person) -> None:
    """An edited question is a new version; who has begun with the old one goes on with it."""
    sitting = alice.sit("warm-up")
    with alice.sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO question_versions (id, question_id, number, content_hash, title, prompt, kind, topic,"
                " level, minutes, rubric, model_answer, sources, related, prerequisites)"
                " SELECT gen_random_uuid(), v.question_id, 99, 'x', 'A new title', 'A new prompt', v.kind, v.topic, v.level,"
                " v.minutes, rubric, model_answer, sources, related, v.prerequisites FROM question_versions v"
                " JOIN questions q ON q.current_version_id = v.id WHERE q.slug = 'what-learning-is'"
            )
        )
        session.execute(
            text(
                "UPDATE questions SET current_version_id = (SELECT id FROM question_versions WHERE number = 99)"
                " WHERE slug = 'what-learning-is'"
            )
        )
    assert "A new title" not in alice.http.get(f"{sitting.url}/items/1").text
    assert "A new title" in alice.http.get(f"{alice.sit('warm-up').url}/items/1").text
