from __future__ import annotations

import pytest
from sqlalchemy import text
from teams import Team

from app.assessments.jobs import Jobs


def count(team: Team, table: str) -> int:
    with team.admin.sessions.begin() as session:
        query = text(f"SELECT count(*) FROM {table} WHERE organization_id = :o")
        return int(session.scalar(query, {"o": team.id}) or 0)


def save(team: Team, **values: str):  # type: ignore[no-untyped-def]
    return team.admin.http.post(f"{team.url}/settings", data={"name": "Acme", **values})


def grow_old(team: Team, days: int) -> None:
    with team.admin.sessions.begin() as session:
        session.execute(
            text(
                "UPDATE interviews SET created_at = created_at - make_interval(days => :d),"
                " started_at = started_at - make_interval(days => :d),"
                " deadline_at = deadline_at - make_interval(days => :d),"
                " finished_at = finished_at - make_interval(days => :d) WHERE organization_id = :o"
            ),
            {"d": days, "o": team.id},
        )


@pytest.mark.parametrize("days", ["0", "-3", "1.5", "ten", "99999", "٣"])
def test_a_rule_that_is_none_is_refused_and_what_was_typed_stays(team: Team, days: str) -> None:
    page = save(team, retention_days=days, name="New name")
    assert page.status_code == 422
    assert "Write a number of days" in page.text
    assert f'value="{days}"' in page.text
    assert 'value="New name"' in page.text


def test_settings_are_kept_and_the_trail_says_what_was(team: Team) -> None:
    assert save(team, name="Acme & Sons", retention_days=" 30 ").status_code == 303
    page = team.admin.http.get(f"{team.url}/settings").text
    assert 'value="Acme &amp; Sons"' in page
    assert 'value="30"' in page
    assert 'name="blind" value="yes" >' in page
    assert "retention_days: [None, 30]" in team.admin.http.get(f"{team.url}/audit").text


def test_interviews_are_deleted_on_time_with_all_that_hangs_on_them(team: Team, worker: Jobs) -> None:
    finished, running = team.candidate("Old"), team.candidate("Runs")
    team.candidate("Never")
    finished.start()
    finished.answer("Units are switched off at random.")
    finished.finish()
    running.start()
    waiting_too = team.candidate("Fresh")
    grow_old(team, 31)
    with team.admin.sessions.begin() as session:
        session.execute(text("UPDATE interviews SET created_at = viva_now() WHERE id = :i"), {"i": waiting_too.id})
    assert save(team, retention_days="40").status_code == 303
    worker.tidy()
    assert count(team, "interviews") == 4
    asked = save(team, retention_days="30")
    assert asked.status_code == 409
    assert "would delete 2 interviews" in asked.text
    assert save(team, retention_days="30", sure="yes").status_code == 303
    worker.tidy()
    assert count(team, "answers") == 0
    with team.admin.sessions.begin() as session:
        left = set(session.scalars(text("SELECT id FROM interviews WHERE organization_id = :o"), {"o": team.id}))
    assert left == {running.id, waiting_too.id}
    page = team.admin.http.get(f"{team.url}/settings").text
    assert "2 interviews, 4 questions, 0 invitations" in page
    worker.tidy()
    assert team.admin.http.get(f"{team.url}/settings").text.count("older than 30 days") == 1


def test_the_trail_is_paged_and_filtered(team: Team) -> None:
    with team.admin.sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO audit_events (id, organization_id, actor, action, subject, detail, at)"
                " SELECT gen_random_uuid(), :o, 'viva', 'test.event', 'thing:' || n, '{}', viva_now() - n * interval '1 s'"
                " FROM generate_series(1, 120) n"
            ),
            {"o": team.id},
        )
    url, seen = f"{team.url}/audit?action=test.", []
    while url:
        page = team.admin.http.get(url).text
        seen += [int(part.split("<")[0]) for part in page.split(">thing:")[1:]]
        url = page.split('class="button button-quiet" href="')[-1].split('"')[0].replace("&amp;", "&")
        url = url if "cursor=" in url else ""
    assert seen == list(range(1, 121))
    assert "organization.created" not in team.admin.http.get(f"{team.url}/audit?action=test.").text
    assert team.admin.http.get(f"{team.url}/audit?cursor=nonsense").status_code == 422
