"""Inviting over REST: links that are given once, days, and many at once; and the pages' part of it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from conftest import Api
from integrator import Integrator, problem
from inviting import at, come_in, post, rules
from teams import Team

LATER = (dt.datetime.now(dt.UTC) + dt.timedelta(days=20)).replace(microsecond=0)


@pytest.fixture
def mine(api: Api, team: Team) -> Integrator:
    """A key of the team's organisation that invites and reads."""
    return Integrator.of(api, "interviews:write", "interviews:read", org=team.slug)


def invite(mine: Integrator, *candidates: dict[str, Any], **more: Any) -> Any:
    body = {"template": "warm-up", "candidates": list(candidates), "return_links": True} | more
    return mine.post("/invitations", body)


def path_of(link: str) -> str:
    return re.sub("^https?://[^/]+", "", link)


def test_a_candidate_comes_in_by_the_link_of_an_integrator(mine: Integrator, team: Team) -> None:
    carol = {"external_id": "ats-1", "name": "Carol", "email": "Carol@example.org", "time_multiplier": 1.5}
    made = invite(mine, carol, {"external_id": "ats-2"}, send_letters=False)
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    first, second = made.json()["items"]
    assert first["candidate"] == {"external_id": "ats-1", "name": "Carol", "email": "Carol@example.org"}
    assert second["candidate"]["name"] == "ats-2"
    assert (first["status"], first["sent_at"], first["template"]["slug"]) == ("invited", None, "warm-up")
    assert mine.sql("SELECT count(*) FROM outgoing_mails WHERE subject LIKE '%invites%'")[0][0] == 0
    token = first["link"].rsplit("/", 1)[1]
    assert mine.sql("SELECT count(*) FROM invitations n WHERE n::text LIKE :t", t=f"%{token}%")[0][0] == 0
    assert "link" not in mine.get(f"/invitations/{first['id']}").json()
    sitting = come_in(team.newcomer(), path_of(first["link"]))
    read = mine.get(f"/invitations/{first['id']}").json()
    assert (read["status"], read["interview_id"]) == ("opened", str(sitting.id))
    (interview,) = mine.get("/interviews?external_id=ats-1").json()["items"]
    assert (interview["id"], interview["time_multiplier"]) == (str(sitting.id), 1.5)
    assert [one["id"] for one in mine.get("/invitations?external_id=ats-2").json()["items"]] == [second["id"]]
    assert [one["id"] for one in mine.get("/invitations?status=opened").json()["items"]] == [first["id"]]
    assert "Carol" in team.admin.http.get(f"{team.url}/invitations").text


def test_letters_go_unless_nobody_wants_them_and_links_come_only_when_asked_for(mine: Integrator) -> None:
    made = mine.post("/invitations", {"template": "warm-up", "candidates": [{"email": "dora@example.org"}]}).json()
    assert made["items"][0]["link"] is None
    assert made["items"][0]["sent_at"] is not None
    assert mine.sql("SELECT count(*) FROM outgoing_mails WHERE recipient = 'dora@example.org'")[0][0] == 1
    for body, words in (
        ({"candidates": [{"name": "Eve"}]}, "return_links"),
        ({"candidates": [{"email": "e@example.org"}], "send_letters": False}, "nobody would get a link"),
        ({"candidates": [{}], "return_links": True}, "give a name"),
        ({"candidates": [{"email": "no address"}]}, "e-mail address"),
        ({"candidates": [{"email": "a@x.org"}, {"email": "A@x.org"}]}, "twice"),
        ({"candidates": []}, "candidates"),
        ({"candidates": [{"email": "a@x.org", "phone": "1"}]}, "phone"),
        ({"candidates": [{"email": "a@x.org"}], "closes_at": "2020-01-01T00:00:00Z"}, "close"),
        ({"candidates": [{"email": "a@x.org"}], "closes_at": "soon"}, "closes_at"),
        ({"candidates": [{"email": "a@x.org"}], "time_multiplier": 0.5}, "time_multiplier"),
    ):
        assert words in problem(mine.post("/invitations", {"template": "warm-up"} | body), 422, "invalid")["detail"]
    missing = mine.post("/invitations", {"template": "no-such", "candidates": [{"email": "a@x.org"}]})
    assert problem(missing, 404, "not-found")["slug"] == "no-such"


def test_nobody_is_invited_twice_unseen(mine: Integrator) -> None:
    carol = {"external_id": "ats-1", "email": "carol@example.org"}
    assert invite(mine, carol).status_code == 201
    for twice in ({"email": "Carol@example.org"}, {"external_id": "ats-1", "name": "C"}):
        told = problem(invite(mine, {"email": "new@example.org"}, twice), 409, "already-invited")
        assert told["candidates"] == [1]
    assert len(mine.get("/invitations").json()["items"]) == 1
    assert invite(mine, carol, again=True).status_code == 201


def test_days_are_moved_by_who_has_seen_them_and_links_sent_again(mine: Integrator, team: Team) -> None:
    (one,) = invite(mine, {"name": "Carol", "email": "carol@example.org"}).json()["items"]
    url = f"/invitations/{one['id']}"
    tag = mine.get(url).headers["etag"]
    body = {"closes_at": LATER.isoformat()}
    problem(mine.call("PATCH", url, json=body), 428, "precondition-required")
    moved = mine.call("PATCH", url, json=body, headers={"if-match": tag})
    assert dt.datetime.fromisoformat(moved.json()["closes_at"]) == LATER
    assert moved.json()["opens_at"] == one["opens_at"]
    problem(mine.call("PATCH", url, json=body, headers={"if-match": tag}), 412, "precondition")
    again = mine.post(f"{url}/resend", {"return_links": True}).json()
    assert again["link"] != one["link"]
    assert team.newcomer().http.get(path_of(one["link"])).status_code == 404
    sitting = come_in(team.newcomer(), path_of(again["link"]))
    sitting.start()
    problem(mine.call("PATCH", url, json=body, headers={"if-match": "*"}), 409, "conflict")
    problem(mine.post(f"{url}/revoke"), 409, "conflict")
    (events,) = [mine.sql("SELECT DISTINCT actor FROM audit_events WHERE action LIKE 'invitation.%ed'")]
    assert {row[0].split(":")[0] for row in events} == {"key", "user"}


def test_one_that_is_taken_back_opens_nothing(mine: Integrator, team: Team) -> None:
    (one,) = invite(mine, {"name": "Carol"}).json()["items"]
    for _ in range(2):
        assert mine.post(f"/invitations/{one['id']}/revoke").json()["status"] == "revoked"
    assert team.newcomer().http.get(path_of(one["link"])).status_code == 404
    problem(mine.post(f"/invitations/{one['id']}/resend", {}), 409, "conflict")


def test_all_who_wait_at_once(mine: Integrator, team: Team) -> None:
    first, second, third = invite(mine, *({"name": name} for name in ("Ann", "Bo", "Cy"))).json()["items"]
    come_in(team.newcomer(), path_of(first["link"]))
    mine.post(f"/invitations/{third['id']}/revoke")
    sent = mine.post("/invitations/resend", {"return_links": True, "send_letters": False}).json()
    assert [one["id"] for one in sent["items"]] == [second["id"]]
    assert sent["left"] == 0
    moved = mine.post("/invitations/extend", {"closes_at": LATER.isoformat()}).json()
    assert {one["id"] for one in moved["items"]} == {first["id"], second["id"]}
    assert mine.post("/invitations/extend", {"closes_at": LATER.isoformat(), "template": "fundamentals"}).json() == {
        "items": [],
        "left": 0,
    }
    problem(mine.post("/invitations/extend", {"closes_at": "2020-01-01T00:00:00Z"}), 409, "conflict")
    both = {"invitation_ids": [second["id"], third["id"]], "return_links": True}
    problem(mine.post("/invitations/resend", both), 409, "conflict")
    assert team.newcomer().http.get(path_of(sent["items"][0]["link"])).status_code == 200, "all of it was undone"
    problem(mine.post("/invitations/resend", {"invitation_ids": [], "return_links": True}), 422, "invalid")


def test_the_page_gives_all_who_have_not_started_other_days_and_new_links(team: Team) -> None:
    post(team, "Ann\nBo", names_alone="yes")
    page = team.admin.http.get(f"{team.url}/invitations").text
    assert "Give 2 candidates these days" in page
    refused = team.admin.http.post(f"{team.url}/invitations/extend-open", data={"closes": "soon"})
    assert refused.status_code == 422
    assert 'value="soon"' in refused.text
    early = team.admin.http.post(f"{team.url}/invitations/extend-open", data={"closes": at(-9)})
    assert early.status_code in {409, 422}
    moved = team.admin.http.post(f"{team.url}/invitations/extend-open", data={"closes": at(20)})
    assert moved.status_code == 303
    assert "more days now" in team.admin.http.get(moved.headers["location"]).text
    again = team.admin.http.post(f"{team.url}/invitations/resend-open", data={})
    assert again.status_code == 422
    assert "old links may end" in again.text
    sent = team.admin.http.post(f"{team.url}/invitations/resend-open", data={"sure": "yes"})
    assert len(re.findall("data-link", sent.text)) == 2


def test_results_are_released_by_template_or_by_name(mine: Integrator, team: Team) -> None:
    rules(team, "report", "by_interviewer")
    links = [one["link"] for one in invite(mine, {"name": "Ann"}, {"name": "Bo"}).json()["items"]]
    sittings = [come_in(team.newcomer(), path_of(link)) for link in links]
    for sitting in sittings:
        sitting.start()
        sitting.finish()
    assert mine.post("/interviews/release", {"template": "fundamentals"}).json() == {"released": []}
    one = str(sittings[0].id)
    assert mine.post("/interviews/release", {"interview_ids": [one]}).json() == {"released": [one]}
    assert mine.post("/interviews/release", {"interview_ids": [one]}).json() == {"released": []}
    assert mine.get(f"/interviews/{one}").json()["released_at"] is not None
    assert mine.post("/interviews/release", {"template": "warm-up"}).json() == {"released": [str(sittings[1].id)]}
    problem(mine.post("/interviews/release", {"template": "warm-up", "interview_ids": [one]}), 422, "invalid")
