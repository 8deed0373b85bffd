"""Analytics, comparison and exports over a small generated organisation and a team of people."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from conftest import Api
from integrator import Integrator, problem
from people import Person
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient
from teams import Team, new_team, user_id_of

from app.dashboards.analytics import PICTURES
from app.dashboards.analytics_queries import figures
from app.dashboards.csv_text import defused
from app.dashboards.exports import EXPORTS
from app.dashboards.rollup import refresh, refresh_stale
from app.kit.db import libpq_url
from bench.interviews_in_bulk import fill


@pytest.fixture
def team(newcomer: Callable[[], Person]) -> Team:
    return new_team(newcomer)


@pytest.fixture
def bench(team: Team, database_url: str, sessions: sessionmaker[Session]) -> Team:
    """400 answers of twenty interviews in one organisation, counted, where ada works; and twenty in another."""
    fill(libpq_url(database_url), 400, 1)
    with sessions.begin() as session:
        organization_id = session.scalar(text("SELECT id FROM organizations WHERE slug = 'bench-001'"))
        session.execute(
            text(
                "INSERT INTO memberships (id, organization_id, user_id, role) VALUES (gen_random_uuid(), :o, :u, 'admin')"
            ),
            {"o": organization_id, "u": user_id_of(team.admin, "ada@acme.example.org")},
        )
    assert refresh_stale(sessions) == 1
    return Team("bench-001", organization_id, team.admin, team.newcomer)  # type: ignore[arg-type]


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    found: list[str] = []

    def note(connection, cursor, statement, *rest) -> None:  # type: ignore[no-untyped-def]
        found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def rows_of(page: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(page)))


def test_sums_are_what_the_answers_say(bench: Team, sessions: sessionmaker[Session]) -> None:
    """The pictures' figures against numpy over the very rows."""
    query = """
    SELECT i.id, v.question_id::text, s.score, (SELECT avg(r.score) FROM reviews r WHERE r.answer_id = a.id)
    FROM interviews i JOIN interview_items it ON it.interview_id = i.id JOIN answers a ON a.item_id = it.id
    JOIN question_versions v ON v.id = it.question_version_id JOIN assessments s ON s.answer_id = a.id
    WHERE i.organization_id = :o
    """
    with sessions.begin() as session:
        rows = session.execute(text(query), {"o": bench.id}).all()
        found = figures(session, bench.id, None, *_ever())
    assert len(rows) == 400
    reviewed = [(score, human) for _, _, score, human in rows if human is not None]
    (agreed,) = found.of("agreement")
    machine, people = np.array(reviewed, dtype=float).T
    assert agreed.n == len(reviewed) > 10
    assert [agreed.a, agreed.c, agreed.f, agreed.g] == pytest.approx(
        [machine.sum(), machine @ people, abs(machine - people).sum(), (abs(machine - people) <= 0.2).sum()]
    )
    marks: dict[object, dict[str, float]] = {}
    for interview, question, score, human in rows:
        marks.setdefault(interview, {})[question] = float(human if human is not None else score)
    totals = [float(np.mean(list(one.values()))) for one in marks.values()]
    assert sum(row.n for row in found.of("total")) == 20
    assert sum(row.a for row in found.of("total")) == pytest.approx(sum(totals))
    question = rows[0][1]
    pairs = [
        (m[question], float(np.mean([v for q, v in m.items() if q != question])))
        for m in marks.values()
        if question in m
    ]
    (rest,) = [row for row in found.of("rest") if row.key == question]
    assert (rest.n, rest.c) == (len(pairs), pytest.approx(sum(x * y for x, y in pairs)))


def _ever():  # type: ignore[no-untyped-def]
    from app.dashboards.analytics import EVER

    return EVER


def test_pages_of_results(bench: Team, engine: Engine, client: TestClient) -> None:
    """Every picture with its table and CSV; few queries, however much there is."""
    http = bench.admin.http
    with counted(client.app.state.engine) as statements:  # type: ignore[attr-defined]
        page = http.get(f"{bench.url}/analytics")
    assert page.status_code == 200
    assert len(statements) <= 10
    assert page.text.count("data-chart=") == len(PICTURES) - 1
    for picture in PICTURES:
        rows = rows_of(http.get(f"{bench.url}/analytics/{picture}.csv").text)
        assert len({len(row) for row in rows}) == 1
        assert len(rows) > 1 or picture == "mending"
    assert http.get(f"{bench.url}/analytics/nothing.csv").status_code == 404
    with counted(client.app.state.engine) as statements:  # type: ignore[attr-defined]
        assert http.get(f"{bench.url}/compare").status_code == 200
    assert len(statements) <= 9


def test_filters(bench: Team, sessions: sessionmaker[Session]) -> None:
    http = bench.admin.http
    with sessions.begin() as session:
        template = session.scalar(
            text("SELECT id FROM interview_templates WHERE organization_id = :o"), {"o": bench.id}
        )
    whole = rows_of(http.get(f"{bench.url}/analytics/minutes.csv").text)
    same = rows_of(http.get(f"{bench.url}/analytics/minutes.csv?template={template}").text)
    none = rows_of(http.get(f"{bench.url}/analytics/minutes.csv?last=2001-01").text)
    assert whole == same
    assert sum(int(row[1]) for row in whole[1:]) == 20
    assert len(none) == 1
    for bad in ("first=March", "template=7", "first=2026-05&last=2026-01"):
        page = http.get(f"{bench.url}/analytics?{bad}")
        assert page.status_code == 422
        assert "notice-problem" in page.text
    assert "Nothing was finished in these months" in http.get(f"{bench.url}/analytics?last=2001-01").text


def test_counting_follows_what_happens(bench: Team, sessions: sessionmaker[Session]) -> None:
    """A review counts at the next round; what is deleted no longer counts once all is counted anew."""
    with sessions.begin() as session:
        before = figures(session, bench.id, None, *_ever()).of("agreement")[0].n
        session.execute(
            text(
                "INSERT INTO reviews (id, organization_id, answer_id, score, verdicts) "
                "SELECT gen_random_uuid(), organization_id, id, .5, '{}' FROM answers a WHERE organization_id = :o "
                "AND NOT EXISTS (SELECT 1 FROM reviews r WHERE r.answer_id = a.id) LIMIT 1"
            ),
            {"o": bench.id},
        )
    assert refresh_stale(sessions) == 1
    with sessions.begin() as session:
        assert figures(session, bench.id, None, *_ever()).of("agreement")[0].n == before + 1
        session.execute(text("DELETE FROM interviews WHERE organization_id = :o"), {"o": bench.id})
        refresh(session, bench.id, anew=True)
        assert figures(session, bench.id, None, *_ever()).kinds == {}


def test_typed_and_dictated_answers_are_compared_where_it_was_said(
    bench: Team, sessions: sessionmaker[Session], api: Api
) -> None:
    """Only answers that say so; as the other groups of the table, with its picture, CSV and API."""
    reviewed = """
    SELECT a.id, s.score - (SELECT avg(r.score) FROM reviews r WHERE r.answer_id = a.id) AS gap
    FROM answers a JOIN assessments s ON s.answer_id = a.id
    WHERE a.organization_id = :o AND EXISTS (SELECT 1 FROM reviews r WHERE r.answer_id = a.id) ORDER BY a.id
    """
    before = rows_of(bench.admin.http.get(f"{bench.url}/analytics/fairness.csv").text)
    assert not {"Typed", "Dictated"} & {row[0] for row in before}, "nobody said, so nothing is claimed"
    with sessions.begin() as session:
        rows = session.execute(text(reviewed), {"o": bench.id}).all()
        said = {"typed": rows[:12], "dictated": rows[12:15]}
        for mode, some in said.items():
            ids = [row.id for row in some]
            session.execute(text("UPDATE answers SET input_mode = :m WHERE id = ANY(:ids)"), {"m": mode, "ids": ids})
        refresh(session, bench.id, anew=True)
    after = rows_of(bench.admin.http.get(f"{bench.url}/analytics/fairness.csv").text)
    assert after[: len(before)] == before
    typed, dictated = after[len(before) :]
    for name, row in (("typed", typed), ("dictated", dictated)):
        gaps = [float(one.gap) for one in said[name]]
        assert row[:2] == [name.capitalize(), str(len(gaps))]
        assert float(row[2].lstrip("'")) == pytest.approx(100 * np.mean(gaps), abs=0.051)
    # Three are too few for an interval here, as everywhere.
    assert all(typed[3:])
    assert dictated[3:] == ["", ""]
    page = bench.admin.http.get(f"{bench.url}/analytics").text
    assert '<th scope="row">Dictated</th>' in page
    assert "Fewer than 30 reviews" in page.split('id="fairness-title"')[1]
    shown = Integrator.of(api, "interviews:read", org=bench.slug).get("/analytics/fairness").json()
    assert [["" if cell is None else str(defused(cell)) for cell in row] for row in shown["rows"]] == after[1:]


def test_nothing_yet_and_nobody_else(team: Team, newcomer: Callable[[], Person]) -> None:
    stranger = new_team(newcomer, "Other").admin
    for path, words in (
        ("analytics", "Nothing to draw yet"),
        ("compare", "Nobody has finished"),
        ("exports", "Reviews"),
    ):
        assert words in team.admin.http.get(f"{team.url}/{path}").text
        assert stranger.http.get(f"{team.url}/{path}").status_code == 404
    for path in ("analytics/totals.csv", "exports/answers"):
        assert stranger.http.get(f"{team.url}/{path}").status_code == 404


def test_comparing_is_blind_until_somebody_asks(bench: Team, sessions: sessionmaker[Session]) -> None:
    http = bench.admin.http
    page = http.get(f"{bench.url}/compare").text
    labels = re.findall(r'<th scope="col">(Candidate [A-Z]+)</th>', page)
    assert len(labels) == 4
    assert "Candidate 1" not in page
    chosen = re.findall(r'name="interview" value="([0-9a-f-]+)" checked', page)
    version = re.findall(r'<option value="([0-9a-f-]{36})" selected', page)[0]
    two = f"{bench.url}/compare?version={version}&interview={chosen[0]}&interview={chosen[2]}"
    # The same candidate keeps the letter in other company.
    assert set(re.findall(r'<th scope="col">(Candidate [A-Z]+)</th>', http.get(two).text)) < set(labels)
    assert _audited(sessions, "compare.names_shown") == 0
    assert re.search(r'<th scope="col">Candidate \d+</th>', http.get(f"{two}&names=shown").text)
    assert _audited(sessions, "compare.names_shown") == 1
    assert http.get(f"{bench.url}/compare?interview=7").status_code == 404
    # Somebody else's interview is nobody's here.
    assert http.get(f"{bench.url}/compare?version={chosen[0]}").status_code == 404


def test_a_decision_is_noted_and_nothing_typed_is_lost(bench: Team, sessions: sessionmaker[Session]) -> None:
    http = bench.admin.http
    page = http.get(f"{bench.url}/compare").text
    interview = re.findall(r'name="interview" value="([0-9a-f-]+)" checked', page)[0]
    url, version = f"{bench.url}/compare/{interview}", re.findall(r'<option value="([0-9a-f-]{36})" selected', page)[0]
    refused = http.post(url, data={"decision": "maybe", "note": "Clear <thinking>", "version": version})
    assert refused.status_code == 422
    assert "Clear &lt;thinking&gt;</textarea>" in refused.text
    kept = http.post(url, data={"decision": "advance", "note": "Clear thinking", "version": version})
    assert kept.status_code == 303
    after = http.get(kept.headers["location"]).text
    assert "Clear thinking</textarea>" in after
    assert "Advance, by Ada" in after
    assert _audited(sessions, "interview.decided") == 1
    elsewhere = f"/organizations/acme/compare/{interview}"
    assert http.post(elsewhere, data={"decision": "advance"}).status_code == 404


def test_exports_hold_everything_and_no_formula(bench: Team, sessions: sessionmaker[Session]) -> None:
    http = bench.admin.http
    with sessions.begin() as session:
        session.execute(
            text(
                "UPDATE answers SET text = '=1+1' WHERE id = (SELECT id FROM answers WHERE organization_id = :o LIMIT 1)"
            ),
            {"o": bench.id},
        )
    for what in EXPORTS:
        table = rows_of(http.get(f"{bench.url}/exports/{what}").text)
        objects = json.loads(http.get(f"{bench.url}/exports/{what}?form=json").text)
        assert len(table) - 1 == len(objects) > 0
        assert {len(row) for row in table} == {len(table[0])}
        assert not any(cell.startswith(("=", "+", "@")) for row in table for cell in row)
    answers = http.get(f"{bench.url}/exports/answers?bom=true")
    assert answers.content.startswith("\ufeff".encode())
    assert "'=1+1" in answers.text
    assert any(one["text"] == "=1+1" for one in json.loads(http.get(f"{bench.url}/exports/answers?form=json").text))
    assert json.loads(http.get(f"{bench.url}/exports/answers?form=json&last=2001-01-01").text) == []
    assert len(rows_of(http.get(f"{bench.url}/exports/answers?last=2001-01-01").text)) == 1
    assert http.get(f"{bench.url}/exports/answers?first=soon").status_code == 422
    assert http.get(f"{bench.url}/exports/secrets").status_code == 404
    assert _audited(sessions, "exported") == 2 * len(EXPORTS) + 4


def _audited(sessions: sessionmaker[Session], action: str) -> int:
    with sessions.begin() as session:
        return int(session.scalar(text("SELECT count(*) FROM audit_events WHERE action = :a"), {"a": action}) or 0)


def test_the_api_gives_the_same_numbers_as_the_pages(bench: Team, api: Api) -> None:
    mine = Integrator.of(api, "interviews:read", org=bench.slug)
    shown = mine.get("/analytics").json()["pictures"]
    assert len(shown) == 9
    for picture in shown:
        of_page = rows_of(bench.admin.http.get(f"{bench.url}/analytics/{picture['id']}.csv").text)
        of_api = [picture["columns"], *picture["rows"]]
        assert [["" if cell is None else str(defused(cell)) for cell in row] for row in of_api] == of_page
        assert mine.get(f"/analytics/{picture['id']}").json() == picture
    assert any(picture["rows"] for picture in shown)
    month = shown and mine.get("/analytics").json()["months"][0][:7]
    narrow = bench.admin.http.get(f"{bench.url}/analytics/facets.csv?first={month}&last={month}").text
    rows = mine.get(f"/analytics/facets?first={month}&last={month}").json()["rows"]
    assert [["" if cell is None else str(defused(cell)) for cell in row] for row in rows] == rows_of(narrow)[1:]
    problem(mine.get("/analytics?first=2026-13"), 422, "invalid")
    problem(mine.get("/analytics?first=2026-02&last=2026-01"), 422, "invalid")
    problem(mine.get("/analytics/no-such"), 404, "not-found")
    problem(mine.get("/analytics?template=no-such"), 404, "not-found")


def test_the_api_compares_as_the_page_does(bench: Team, api: Api) -> None:
    mine = Integrator.of(api, "interviews:read", org=bench.slug)
    found = mine.get("/comparison").json()
    page = bench.admin.http.get(f"{bench.url}/compare").text
    assert len(found["candidates"]) == 4
    assert found["names_hidden"] is True
    for one in found["candidates"]:
        assert one["label"] in page
        assert f">{one['points']}<" in page.replace(" ", "").replace("\n", "")
    assert html.escape(found["verdict"]) in page or found["verdict"] in page
    for row in found["topics"]:
        assert row["name"] in page
    two = [one["interview_id"] for one in found["candidates"][:2]]
    named = mine.get(f"/comparison?interview={two[0]}&interview={two[1]}&names=true&version={found['version']}").json()
    assert [one["interview_id"] for one in named["candidates"]] == two
    assert named["names_hidden"] is False
    assert mine.sql("SELECT count(*) FROM audit_events WHERE action = 'compare.names_shown' AND actor LIKE 'key:%'")[0][
        0
    ]
    problem(mine.get("/comparison?version=00000000-0000-0000-0000-000000000001"), 404, "not-found")
    problem(mine.get("/comparison?" + "&".join(f"interview={two[0][:-2]}{n:02d}" for n in range(13))), 422, "invalid")
