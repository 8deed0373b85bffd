"""Control, live view, printed reports and exports over REST, against what the pages say."""

from __future__ import annotations

import datetime as dt
import json
import uuid

import pytest
from conftest import Api, run_jobs
from integrator import GOOD, Integrator, problem
from sqlalchemy import Engine
from teams import Team

from app.assessments.jobs import Jobs
from app.dashboards.export_jobs import MAX_ATTEMPTS, ExportJobs


@pytest.fixture
def mine(api: Api, team: Team) -> Integrator:
    return Integrator.of(api, "interviews:write", "interviews:read", org=team.slug)


@pytest.fixture
def exports(mine: Integrator, engine: Engine) -> ExportJobs:
    return ExportJobs(mine.sessions, engine)


def test_time_is_given_stopped_and_ended(mine: Integrator) -> None:
    one = mine.interview(minutes=20)
    url = f"/interviews/{one['id']}"
    more = mine.post(f"{url}/extra-time", {"minutes": 5}).json()
    assert more["time_multiplier"] == 1.25
    gained = dt.datetime.fromisoformat(more["deadline_at"]) - dt.datetime.fromisoformat(one["deadline_at"])
    assert gained == dt.timedelta(minutes=5)
    assert mine.post(f"{url}/extra-time", {"time_multiplier": 2}).json()["time_multiplier"] == 2
    problem(mine.post(f"{url}/extra-time", {}), 422, "invalid")
    problem(mine.post(f"{url}/extra-time", {"minutes": 600}), 422, "invalid")
    problem(mine.post(f"{url}/pause", {"reason": " "}), 422, "invalid")
    paused = mine.post(f"{url}/pause", {"reason": "A power cut."}).json()
    assert paused["paused_at"] is not None
    refused = mine.put(one["items"][0]["links"]["draft"], {"text": "typed", "base_revision": 0})
    problem(refused, 409, "interview-paused")
    assert mine.post(f"{url}/resume").json()["paused_at"] is None
    mine.put(one["items"][0]["links"]["draft"], {"text": "typed", "base_revision": 0})
    stopped = mine.post(f"{url}/stop").json()
    assert (stopped["status"], stopped["finish_reason"]) == ("finished", "interviewer")
    assert stopped["items"][0]["answer"]["text"] == "typed"
    assert mine.post(f"{url}/stop").json()["finished_at"] == stopped["finished_at"]
    problem(mine.post(f"{url}/extra-time", {"minutes": 5}), 409, "conflict")
    # A report of one that an interviewer ended was a 500 once.
    assert mine.get(f"{url}/report").json()["interview"]["finish_reason"] == "interviewer"
    actions = {row[0] for row in mine.sql("SELECT action FROM audit_events WHERE actor LIKE 'key:%'")}
    assert {"interview.paused", "interview.resumed", "interview.time_changed", "interview.stopped"} <= actions
    lobby = mine.interview(start=False)
    for what, body in (("pause", {"reason": "x"}), ("stop", None)):
        problem(mine.post(f"/interviews/{lobby['id']}/{what}", body), 409, "not-started")


def test_the_list_has_the_filters_of_the_page(mine: Integrator) -> None:
    first = mine.post("/interviews", {"template": "warm-up", "candidate": {"external_id": "a", "name": "Ada B"}}).json()
    second = mine.interview(candidate={"external_id": "g", "name": "Grace"})

    def found(query: str) -> list[str]:
        return [one["id"] for one in mine.get(f"/interviews?{query}").json()["items"]]

    assert found("template=warm-up") == [first["id"]]
    assert found("name=ada") == [first["id"]]
    assert found("name=%25") == []
    assert found("since=2000-01-01T00:00:00Z") == [second["id"], first["id"]]
    assert found("until=2000-01-01T00:00:00Z") == []
    problem(mine.get("/interviews?since=2026-01-01"), 422, "invalid")


def test_the_live_view_says_what_the_page_says(mine: Integrator, team: Team, worker: Jobs) -> None:
    sitting = team.candidate("Carol")
    sitting.start()
    sitting.answer(GOOD)
    run_jobs(worker, mine.sessions)
    view = mine.get("/live").json()
    (one,) = view["items"]
    assert (view["running"], one["state"], one["answered"], one["total"]) == (1, "running", 1, 2)
    assert one["name"] == f"Candidate {str(sitting.id)[:6]}"
    page = team.admin.http.get(f"{team.url}/live").text
    assert one["name"] in page
    assert f"{100 * one['score']:.0f}" in page
    assert 0 < one["remaining_ms"] <= sitting.clock()["remaining_ms"] + 1000
    assert mine.get("/live").json()["token"] == view["token"]
    assert mine.get("/live?names=true").json()["items"][0]["name"] == "Carol"
    assert mine.sql("SELECT count(*) FROM audit_events WHERE action = 'names.shown' AND actor LIKE 'key:%'")[0][0] == 1
    mine.post(f"/interviews/{sitting.id}/pause", {"reason": "x"})
    assert mine.get("/live").json()["items"][0]["state"] == "paused"


def test_the_report_is_printed_as_for_an_interviewer(mine: Integrator, team: Team, worker: Jobs) -> None:
    sitting = team.candidate("Carol")
    sitting.start()
    sitting.answer(GOOD)
    url = f"/interviews/{sitting.id}/report.pdf"
    problem(mine.get(url), 409, "not-scored-yet")
    sitting.finish()
    problem(mine.get(url), 409, "not-scored-yet")
    run_jobs(worker, mine.sessions)
    printed = mine.get(url)
    assert printed.headers["content-type"] == "application/pdf"
    assert printed.content.startswith(b"%PDF")
    assert "Carol" not in printed.headers["content-disposition"]
    assert "Carol" in mine.get(f"{url}?names=true").headers["content-disposition"]


def test_an_export_is_the_file_of_the_page(mine: Integrator, team: Team, exports: ExportJobs, worker: Jobs) -> None:
    for name in ("Carol", "=1+1"):
        one = mine.interview(candidate={"external_id": "x", "name": name})
        mine.post(one["items"][0]["links"]["answer"], {"text": GOOD})
        mine.post(f"/interviews/{one['id']}/finish")
    run_jobs(worker, mine.sessions)
    for what, form in (("interviews", "csv"), ("answers", "json"), ("assessments", "json")):
        asked = mine.post("/exports", {"what": what, "form": form})
        assert (asked.status_code, asked.json()["status"]) == (202, "queued")
        here = asked.headers["location"]
        problem(mine.get(f"{here}/file"), 409, "export-not-made")
        assert run_jobs(exports, mine.sessions) == 1
        done = mine.get(here).json()
        assert (done["status"], done["links"]["file"]) == ("done", f"{here}/file")
        file = mine.get(done["links"]["file"])
        assert len(file.content) == done["size"] == int(file.headers["content-length"])
        page = team.admin.http.get(f"{team.url}/exports/{what}?form={form}")
        assert file.content == page.content
        assert file.headers["content-type"] == page.headers["content-type"]
    assert len(json.loads(file.content)) == 2
    assert [one["what"] for one in mine.get("/exports").json()["items"]] == ["assessments", "answers", "interviews"]
    told = mine.sql("SELECT data FROM events WHERE type = 'export.done' ORDER BY created_at")
    assert [(row.data["what"], row.data["status"]) for row in told] == [
        ("interviews", "done"),
        ("answers", "done"),
        ("assessments", "done"),
    ]
    assert told[-1].data["links"]["self"] == here


def test_an_export_without_names(mine: Integrator, team: Team, exports: ExportJobs) -> None:
    one = mine.interview(candidate={"external_id": "secret-1", "name": "Secret"})
    mine.post(one["items"][0]["links"]["answer"], {"text": GOOD, "input_mode": "dictated"})
    for what, blind in (("interviews", True), ("answers", True), ("answers", False)):
        asked = mine.post("/exports", {"what": what, "blind": blind}).json()
        assert asked["blind"] is blind
        assert run_jobs(exports, mine.sessions) == 1
        assert mine.get(asked["links"]["self"]).json()["blind"] is blind
        file = mine.get(f"{asked['links']['self']}/file")
        assert ("ecret" in file.text) is not blind
        assert (f"Candidate {one['id'][:6]}" in file.text) is blind
        name = f"viva-{what}{'-blind' if blind else ''}.json"
        assert file.headers["content-disposition"] == f'attachment; filename="{name}"'
        page = team.admin.http.get(f"{team.url}/exports/{what}?form=json&blind={blind}")
        assert file.content == page.content
    assert json.loads(file.content)[0]["input_mode"] == "dictated"
    told = mine.sql("SELECT detail FROM audit_events WHERE action = 'exported' AND actor LIKE 'key:%' ORDER BY at")
    assert [row.detail["names"] for row in told] == ["hidden", "hidden", "shown"]
    problem(mine.post("/exports", {"what": "answers", "blind": "yes"}), 422, "invalid")


def test_exports_of_what_people_judged_take_that_scope(api: Api, mine: Integrator, team: Team) -> None:
    problem(mine.post("/exports", {"what": "reviews"}), 403, "missing-scope")
    both = Integrator.of(api, "interviews:read", "reviews:read", org=team.slug)
    made = both.post("/exports", {"what": "reviews"}).json()
    problem(mine.get(f"/exports/{made['id']}/file"), 403, "missing-scope")
    for body in ({"what": "keys"}, {"what": "answers", "first": "2026-02-01", "last": "2026-01-01"},
                 {"what": "answers", "first": "2026-2-1"}, {"what": "answers", "form": "xml"}):  # fmt: skip
        problem(mine.post("/exports", body), 422, "invalid")
    problem(mine.post("/exports", {"what": "answers", "template": "no-such"}), 404, "not-found")


def test_exports_are_bounded_kept_for_a_day_and_not_lost(mine: Integrator, exports: ExportJobs) -> None:
    made = [mine.post("/exports", {"what": "interviews"}).json() for _ in range(20)]
    told = mine.post("/exports", {"what": "interviews"})
    problem(told, 429, "too-many")
    assert told.headers["retry-after"] == "30"
    mine.sql("DELETE FROM procrastinate_jobs")
    assert exports.sweep() == 0, "it may only have been put in just now"
    mine.sql("UPDATE exports SET requested_at = viva_now() - interval '1 minute'")
    assert exports.sweep() == 20
    assert exports.sweep() == 0
    assert run_jobs(exports, mine.sessions) == 20
    here = f"/exports/{made[0]['id']}"
    assert mine.get(here).json()["status"] == "done"
    mine.sql("UPDATE exports SET completed_at = viva_now() - interval '25 hours'")
    problem(mine.get(here), 404, "not-found")
    assert mine.get("/exports").json()["items"] == []
    exports.tidy()
    assert mine.sql("SELECT count(*) FROM export_parts")[0][0] == 0


def test_a_worker_that_was_given_up_writes_no_more(mine: Integrator, exports: ExportJobs) -> None:
    made = mine.post("/exports", {"what": "interviews"}).json()
    mine.sql("UPDATE exports SET attempts = 1")
    claimed = exports._claim(uuid.UUID(made["id"]))
    assert claimed is not None
    (organization_id, _), attempt = claimed
    export_id = uuid.UUID(made["id"])
    assert not exports._keep(export_id, organization_id, attempt - 1, 0, b"late")
    assert exports._keep(export_id, organization_id, attempt, 0, b"mine")
    mine.sql("UPDATE exports SET what = 'no-such', attempts = :n", n=MAX_ATTEMPTS - 1)
    exports.make_export(made["id"])
    mine.sql("UPDATE exports SET what = 'interviews'")
    assert mine.get(f"/exports/{made['id']}").json()["status"] == "failed"
