"""An organisation's interviews: the list, the page of one, who may see it, and what is written down of looking."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from people import Person
from sqlalchemy import text
from teams import Team, new_team

from app.assessments.jobs import Jobs


@pytest.fixture
def acme(newcomer: Callable[[], Person]) -> Team:
    return new_team(newcomer)


def actions(team: Team, action: str) -> list[str]:
    with team.admin.sessions.begin() as session:
        rows = session.execute(
            text("SELECT subject FROM audit_events WHERE organization_id = :o AND action = :a ORDER BY at"),
            {"o": team.id, "a": action},
        )
        return list(rows.scalars())


def test_the_list_is_filtered_paged_and_blind(acme: Team, worker: Jobs) -> None:
    eve = acme.join("eve").http
    url = f"{acme.url}/interviews"
    assert "No interview yet" in eve.get(url).text
    carol, dave = acme.candidate("Carol"), acme.candidate("Dave", template="warm-up")
    carol.start()
    carol.answer("Dropout switches units off at random while training.")
    carol.finish()
    assert worker.sweep() >= 0
    dave.start()
    page = eve.get(url).text
    assert "Carol" not in page
    assert "Dave" not in page
    for sitting in (carol, dave):
        assert f"Candidate {str(sitting.id)[:6]}" in page
    assert "1 of 2 answered" in page
    assert "0 of 1 reviewed" in page
    # A name cannot be guessed at by searching while names are hidden; the code finds it.
    assert str(carol.id) not in eve.get(url, params={"candidate": "carol"}).text
    assert str(carol.id) in eve.get(url, params={"candidate": f"Candidate {str(carol.id)[:6]}"}).text
    assert actions(acme, "names.shown") == []
    shown = eve.get(url, params={"names": "1", "candidate": "CAR"}).text
    assert ">Carol</a>" in shown
    assert str(dave.id) not in shown
    eve.get(url, params={"names": "1"})
    assert actions(acme, "names.shown") == [f"organization:{acme.id}"]

    running = eve.get(url, params={"status": "running"}).text
    assert (str(carol.id) in running, str(dave.id) in running) == (False, True)
    with acme.admin.sessions.begin() as session:
        template = session.scalar(text("SELECT id FROM interview_templates WHERE slug = 'warm-up'"))
    by_template = eve.get(url, params={"template": str(template)}).text
    assert (f"/{carol.id}" in by_template, f"/{dave.id}" in by_template) == (False, True)
    assert "No interview is like that" in eve.get(url, params={"since": "2999-01-01"}).text
    for field, words in (
        ("since", "31.12.2025"),
        ("until", "x"),
        ("status", "gone"),
        ("template", "1"),
        ("cursor", "?"),
    ):
        response = eve.get(url, params={field: words, "candidate": "kept"})
        assert response.status_code == 422, field
        assert 'value="kept"' in response.text


def test_pages_follow_each_other(acme: Team) -> None:
    from app.dashboards.interview_list import Filters, list_rows

    made = [acme.candidate(f"Nr {n}").id for n in range(5)]
    with acme.admin.sessions.begin() as session:
        seen, cursor = [], None
        for _ in range(3):
            rows = list_rows(session, acme.id, Filters(), cursor, names=True, limit=2)
            seen += [row.id for row in rows.items]
            cursor = rows.next_query.removeprefix("cursor=") if rows.next_query else None
    assert seen == made[::-1]
    assert cursor is None


def test_the_page_of_one_shows_all_and_says_who_looked(acme: Team, worker: Jobs) -> None:
    eve, fred = acme.join("eve").http, acme.join("fred").http
    carol = acme.candidate("Carol")
    url = f"{acme.url}/interviews/{carol.id}"
    assert "has not started yet" in eve.get(url).text
    carol.start()
    carol.answer("Dropout switches units off at random while training.", item=0)
    carol.save("A generator <b>and</b>", item=1)
    carol.save("another tab's words", item=1)
    with carol.person.sessions.begin() as session:
        answer_id = session.scalar(text("SELECT id FROM answers"))
    worker.score_answer(str(answer_id))
    page = eve.get(url).text
    assert "Carol" not in page
    assert "The machine: " in page
    assert "What a good answer says" in page
    assert "A generator &lt;b&gt;and&lt;/b&gt;" in page
    assert "another tab&#39;s words" in page
    assert "Question 1 answered" in page
    assert "Question 2: another text kept beside" in page
    assert "min</span> left" in page
    fred.get(url)
    assert "<h1>Carol</h1>" in eve.get(url, params={"names": "1"}).text
    assert actions(acme, "interview.seen") == [f"interview:{carol.id}"] * 2
    assert actions(acme, "names.shown") == [f"interview:{carol.id}"]

    refused = eve.post(f"{url}/pause", data={"reason": " "})
    assert refused.status_code == 422
    assert "why it is paused" in refused.text
    assert eve.post(f"{url}/stop").status_code == 422
    assert eve.post(f"{url}/minutes", data={"minutes": "ten"}).status_code == 422
    assert eve.post(f"{url}/multiplier", data={"multiplier": "0.5"}).status_code == 422
    assert carol.row().time_multiplier == 1
    for what, data in (
        ("pause", {"reason": "fire <alarm>"}),
        ("minutes", {"minutes": "6"}),
        ("resume", {}),
        ("multiplier", {"multiplier": "2"}),
    ):
        assert eve.post(f"{url}/{what}", data=data).headers["location"] == url
    row = carol.row()
    assert row.time_multiplier == 2
    assert row.paused_at is None
    happened = eve.get(url).text
    assert "Paused: fire &lt;alarm&gt;" in happened
    assert "6 more minutes given" in happened
    assert eve.post(f"{url}/stop", data={"confirm": "yes"}).status_code == 303
    assert "Ended by an interviewer" in eve.get(url).text
    late = eve.post(f"{url}/pause", data={"reason": "much too late"})
    assert late.status_code == 409
    assert "The interview is over" in late.text


def test_notes_and_decisions_are_added(acme: Team) -> None:
    eve = acme.join("eve").http
    carol = acme.candidate()
    url = f"{acme.url}/interviews/{carol.id}"
    assert eve.post(f"{url}/decision", data={"decision": "none", "note": " "}).status_code == 422
    refused = eve.post(f"{url}/decision", data={"decision": "maybe", "note": "not lost <i>"})
    assert refused.status_code == 422
    assert "not lost &lt;i&gt;</textarea>" in refused.text
    for decision, note in (("hold", "Unsure."), ("none", "Asked a colleague."), ("advance", "")):
        assert eve.post(f"{url}/decision", data={"decision": decision, "note": note}).status_code == 303
    page = eve.get(url).text
    assert page.index("<strong>Advance</strong>") < page.index("Asked a colleague.") < page.index("Unsure.")
    with acme.admin.sessions.begin() as session:
        rows = session.execute(text("SELECT decision, note FROM decisions ORDER BY created_at")).all()
    assert [tuple(row) for row in rows] == [("hold", "Unsure."), ("none", "Asked a colleague."), ("advance", "")]


def test_nobody_else_comes_near(acme: Team, newcomer: Callable[[], Person]) -> None:
    carol = acme.candidate()
    carol.start()
    other = new_team(newcomer, "Other").admin.http
    former = acme.join("gone").http
    acme.leave("gone")
    program = {"accept": "application/json"}
    mine = other.get(f"/organizations/other/interviews/{carol.id}", headers=program)
    for what in ("", "/pause", "/resume", "/minutes", "/multiplier", "/stop", "/decision"):
        data = {"reason": "x", "minutes": "5", "multiplier": "2", "confirm": "yes", "note": "x"}
        for http, organization in ((other, "other"), (other, "acme"), (former, "acme"), (carol.person.http, "acme")):
            url = f"/organizations/{organization}/interviews/{carol.id}{what}"
            response = http.post(url, data=data) if what else http.get(url)
            assert response.status_code == 404, (what, organization)
    nothing = other.get("/organizations/other/interviews/00000000-0000-4000-8000-000000000000", headers=program)
    assert mine.status_code == nothing.status_code == 404
    assert {**mine.json(), "instance": "", "request_id": ""} == {**nothing.json(), "instance": "", "request_id": ""}
    row = carol.row()
    assert (row.paused_at, row.finished_at, row.time_multiplier) == (None, None, 1)
