"""The live view: who sits, where, how much time is left; its poll is cheap and tells what changed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from people import Person
from sqlalchemy import event, text
from starlette.testclient import TestClient
from teams import Team, new_team

from app.assessments.jobs import Jobs
from app.dashboards import live_pages


@pytest.fixture
def acme(newcomer: Callable[[], Person], monkeypatch: pytest.MonkeyPatch) -> Team:
    """No poll is answered from memory, unless a test says so."""
    monkeypatch.setattr(live_pages, "REMEMBERED_SECONDS", 0.0)
    return new_team(newcomer)


def token(html: str) -> str:
    found = re.search(r'data-token="(\w+)"', html)
    assert found, html
    return found[1]


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_who_sits_where_and_how_long(acme: Team, worker: Jobs) -> None:
    eve = acme.join("eve").http
    assert "Nobody sits an interview right now" in eve.get(f"{acme.url}/live").text
    carol = acme.candidate("Carol")
    assert "Nobody sits" in eve.get(f"{acme.url}/live").text, "who waits in the lobby does not sit"
    carol.start()
    carol.person.http.get(f"{carol.url}/items/2")
    page = eve.get(f"{acme.url}/live").text
    assert "Carol" not in page
    assert f"Candidate {str(carol.id)[:6]}" in page
    assert "2. " in words(page)
    assert "0 of 2" in page
    assert "Connected" in page
    left = re.search(r'data-left-ms="(\d+)" data-stands="no"', page)
    assert left
    assert abs(int(left[1]) - carol.clock()["remaining_ms"]) < 5_000

    poll = f"{acme.url}/live/rows"
    seen = token(page)
    assert eve.get(poll, params={"seen": seen}).status_code == 204
    carol.clock()  # time goes on and the candidate is heard of again: nothing that needs showing
    assert eve.get(poll, params={"seen": seen}).status_code == 204

    def news() -> str:
        nonlocal seen
        response = eve.get(poll, params={"seen": seen})
        assert response.status_code == 200
        seen = token(response.text)
        assert "<html" not in response.text
        return words(response.text)

    carol.answer("Dropout switches units off at random while training.", item=0)
    assert "1 of 2" in news()
    with carol.person.sessions.begin() as session:
        answer_id = session.scalar(text("SELECT id FROM answers"))
    worker.score_answer(str(answer_id))
    assert re.search(r"1 of 1, \d+ on average", news())
    base = f"{acme.url}/interviews/{carol.id}"
    back = eve.post(f"{base}/minutes", data={"minutes": "5", "back": "live"})
    assert back.headers["location"] == f"{acme.url}/live#live-{carol.id}"
    news()
    eve.post(f"{base}/pause", data={"reason": "power", "back": "live"})
    assert "Go on" in news()
    eve.post(f"{base}/resume", data={"back": "live"})
    news()
    with carol.person.sessions.begin() as session:
        session.execute(text("UPDATE interviews SET last_seen_at = viva_now() - interval '3 min'"))
    assert "Not heard of for 3 min" in news()
    carol.finish()
    assert "Finished" in news()
    with carol.person.sessions.begin() as session:
        session.execute(text("UPDATE interviews SET finished_at = viva_now() - interval '16 min'"))
    assert "Nobody sits an interview right now" in news()


def test_a_poll_brings_only_what_changed(acme: Team) -> None:
    eve = acme.join("eve").http
    sitters = [acme.candidate(f"Nr {number}") for number in range(3)]
    for one in sitters[:2]:
        one.start()
    poll = f"{acme.url}/live/rows"

    def rows(html: str) -> list[str]:
        return re.findall(r'<li class="live-row" id="live-([\w-]+)"', html)

    def order(html: str) -> list[str]:
        found = re.search(r'data-order="([^"]*)"', html)
        assert found
        return [one.removeprefix("live-") for one in found[1].split()]

    first = eve.get(f"{acme.url}/live").text
    both = {str(one.id) for one in sitters[:2]}
    assert set(rows(first)) == both
    # What another process showed is not known here: everything comes.
    again = eve.get(poll, params={"seen": "0123456789abcdef"}).text
    assert set(rows(again)) == set(order(again)) == both
    sitters[1].answer("Dropout switches units off at random while training.", item=0)
    news = eve.get(poll, params={"seen": token(again)}).text
    assert rows(news) == [str(sitters[1].id)]
    assert set(order(news)) == both
    assert eve.get(poll, params={"seen": token(news)}).status_code == 204
    sitters[2].start()
    more = eve.get(poll, params={"seen": token(news)}).text
    assert rows(more) == [str(sitters[2].id)]
    assert order(more)[0] == str(sitters[2].id), "who started last stands first"
    assert len(order(more)) == 3
    sitters[0].finish()
    done = eve.get(poll, params={"seen": token(more)}).text
    assert rows(done) == [str(sitters[0].id)]
    assert order(done)[-1] == str(sitters[0].id)
    # Who saw an older state is told all that changed since.
    assert set(rows(eve.get(poll, params={"seen": token(news)}).text)) == {str(sitters[0].id), str(sitters[2].id)}


def test_a_poll_is_one_query_for_any_number_and_names_are_asked_for(
    acme: Team, client: TestClient, newcomer: Callable[[], Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    eve = acme.join("eve").http
    for number in range(3):
        acme.candidate(f"Nr {number}").start()
    other = new_team(newcomer, "Other").admin.http
    statements: list[str] = []
    engine = client.app.state.engine  # type: ignore[attr-defined]
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    poll = f"{acme.url}/live/rows"
    first = eve.get(poll)
    # Who asks, for which desk, and the view.
    assert len([one for one in statements if one.lstrip().upper().startswith("SELECT")]) == 3
    assert first.text.count('live-row"') == 3
    assert "Nr 1" not in first.text
    assert "Nr 1" in eve.get(poll, params={"names": "1"}).text
    eve.get(f"{acme.url}/live", params={"names": "1"})
    assert "Nr 1" not in other.get("/organizations/other/live").text
    assert "Candidate" not in other.get("/organizations/other/live").text.replace("Candidates", "")
    assert other.get(poll).status_code == 404
    with acme.admin.sessions.begin() as session:
        asked = session.scalar(text("SELECT count(*) FROM audit_events WHERE action = 'names.shown'"))
    assert asked == 1

    # Two who watch at the same time cost the database one look.
    monkeypatch.setattr(client.app.state, "live_views", live_pages.Remembered(60))  # type: ignore[attr-defined]
    eve.get(poll)
    statements.clear()
    assert acme.admin.http.get(poll).text.count('live-row"') == 3
    assert not [one for one in statements if "FROM interviews" in one]
