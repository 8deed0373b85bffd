"""Interviewers invite; candidates come in by their link, sit, and see what the template lets them."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from inviting import NOW, at, come_in, invitation_id, invited, links, post, rows, rules
from people import Person
from sqlalchemy.orm import Session, sessionmaker
from teams import Team, new_team

from app.assessments.jobs import Jobs


@pytest.fixture
def team(newcomer: Callable[[], Person]) -> Team:
    return new_team(newcomer)


def test_a_pasted_list_becomes_links_and_letters(team: Team) -> None:
    pasted = "Name\tE-mail\r\nAda Lovelace <ada@x.org>\nbob@x.org, Bob B., 1.5\nCy\tDee\tcy@x.org\t25 %\n"
    response = post(team, pasted, time_multiplier="1.1")
    assert response.status_code == 201, response.text
    found = links(response.text)
    assert list(found) == ["Ada Lovelace", "Bob B.", "Cy Dee"]
    stored = rows(team, "SELECT * FROM invitations ORDER BY created_at")
    assert [row.time_multiplier for row in stored] == [1.1, 1.5, 1.25]
    assert all(row.closes_at - row.opens_at == dt.timedelta(days=8) for row in stored)
    letters = rows(team, "SELECT * FROM outgoing_mails WHERE recipient LIKE '%@x.org' ORDER BY created_at")
    assert [letter.recipient for letter in letters] == ["ada@x.org", "bob@x.org", "cy@x.org"]
    assert f"http://testserver{found['Bob B.']}" in letters[1].body
    assert "23 minutes" in letters[1].body, "extra time is counted in"
    assert not any(link.rsplit("/", 1)[1] in str(row) for row in stored for link in found.values()), "kept as a digest"
    audited = rows(team, "SELECT action FROM audit_events WHERE action = 'invitation.created'")
    assert len(audited) == 3
    page = team.admin.http.get(f"{team.url}/invitations?q=lovelace").text
    assert "Ada Lovelace" in page
    assert "Bob B." not in page
    assert "Invited <strong>3</strong>" in page
    # Pressing reload on the page with the links invites nobody twice.
    again = post(team, pasted)
    assert again.status_code == 422
    assert "invited to this interview already" in again.text
    assert post(team, pasted, again="yes").status_code == 201


def test_bad_lines_are_named_and_nothing_is_sent(team: Team) -> None:
    pasted = "Ada <ada@x.org>\nBob <bob(at)x.org>\njust a name\nada@x.org, Ada again\neve@x.org, Eve, 11\n<b>@x"
    response = post(team, pasted, closes=at(-3), time_multiplier="a lot")
    assert response.status_code == 422
    for words in ("Line 2", "Line 3", "Line 4", "the same as in line 1", "Line 5", "between 1 and 10", "Line 6"):
        assert words in response.text, words
    assert "It must close after it opens" in response.text
    assert "Bob &lt;bob(at)x.org&gt;" in response.text, "what was pasted is kept"
    assert 'value="a lot"' in response.text
    assert (
        rows(team, "SELECT 1 FROM invitations UNION ALL SELECT 1 FROM outgoing_mails WHERE recipient LIKE '%x.org'")
        == []
    )
    mistyped = post(team, "Bob <bob(at)x.org>", names_alone="yes")
    assert mistyped.status_code == 422, "an address that is none does not become a name"
    too_many = "\n".join(f"p{n}@x.org" for n in range(501))
    assert "at most 500" in post(team, too_many).text
    assert post(team, "  \n ").status_code == 422
    assert post(team, "ada@x.org", template=str(uuid.uuid4())).status_code == 422
    assert post(team, "ada\x00@x.org").status_code == 422


def test_moments_come_in_the_zone_of_the_browser(team: Team) -> None:
    """Berlin in summer is two hours ahead of UTC, which JavaScript calls -120."""
    response = post(
        team, "Carol", names_alone="yes", opens=at(-1), opens_offset="-120", closes=at(7), closes_offset="0"
    )
    assert response.status_code == 201
    (row,) = rows(team, "SELECT opens_at FROM invitations")
    assert row.opens_at == NOW - dt.timedelta(days=1, hours=2)


def test_the_whole_way_of_a_candidate(
    team: Team, newcomer: Callable[[], Person], worker: Jobs, sessions: sessionmaker[Session]
) -> None:
    rules(team, "report", "by_interviewer")
    link = invited(team, time_multiplier="1.5")
    carol, mallory = newcomer(), newcomer()
    page = carol.http.get(link)
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "Acme invites Carol" in page.text
    assert "23 minutes" in page.text
    assert "once a person has released it" in page.text
    sitting = come_in(carol, link)
    row = sitting.row()
    assert (row.organization_id, row.candidate_name, row.time_multiplier) == (team.id, "Carol", 1.5)
    assert "People at Acme can read your answers" in carol.http.get(sitting.url).text
    assert "Opened <strong>1</strong>" in team.admin.http.get(f"{team.url}/invitations").text
    # The link leads this browser back, and no other in.
    assert carol.http.get(link).headers["location"] == sitting.url
    shut = mallory.http.get(link)
    assert shut.status_code == 409
    assert "already opened in another browser" in shut.text
    assert mallory.http.post(link, data={"who": "guest"}).status_code == 409
    assert "set-cookie" not in mallory.http.post(link).headers
    sitting.start()
    sitting.answer("Dropout removes units at random.")
    assert "Running <strong>1</strong>" in team.admin.http.get(f"{team.url}/invitations").text
    sitting.finish()
    for answer in sitting.answers().values():
        worker.score_answer(answer_id=str(answer.id))
    waits = sitting.report()
    assert "Your answers are safe" in waits
    assert "will be released by Acme" in waits
    assert "of 100" not in waits
    assert "Not released yet" in carol.http.get("/interviews").text
    one = team.admin.http.get(f"{team.url}/invitations/{invitation_id(team)}").text
    assert "Release the result" in one
    released = team.admin.http.post(f"{team.url}/invitations/release", data={"interview_id": str(sitting.id)})
    assert released.headers["location"].endswith("done=released&count=1")
    report = sitting.report()
    assert "Where you stand" in report
    assert "What a good answer says" in report
    assert "Not released yet" not in carol.http.get("/interviews").text
    actions = {
        row.action for row in rows(team, "SELECT action FROM audit_events WHERE organization_id = :o", o=team.id)
    }
    assert {"invitation.created", "invitation.claimed", "interview.released"} <= actions


def test_a_new_link_goes_on_as_the_same_candidate(team: Team, newcomer: Callable[[], Person]) -> None:
    link = invited(team)
    carol, elsewhere = newcomer(), newcomer()
    sitting = come_in(carol, link)
    sitting.start()
    response = team.admin.http.post(f"{team.url}/invitations/{invitation_id(team)}/resend")
    newer = links(response.text)["Carol"]
    assert newcomer().http.get(link).status_code == 404, "the old one is dead"
    assert come_in(elsewhere, newer).id == sitting.id
    assert elsewhere.http.get(f"{sitting.url}/items/1").status_code == 200
    assert newcomer().http.get(newer).status_code == 409


def test_a_link_signs_nobody_in_to_an_account(team: Team, newcomer: Callable[[], Person]) -> None:
    """Whoever sends links would have the keys to the accounts of candidates."""
    link = invited(team)
    carol = newcomer()
    come_in(carol, link)
    carol.sign_up("carol@example.org")
    response = team.admin.http.post(f"{team.url}/invitations/{invitation_id(team)}/resend")
    newer = links(response.text)["Carol"]
    mallory = newcomer()
    assert "Sign in to go on" in mallory.http.get(newer).text
    assert mallory.http.post(newer, data={"who": "guest"}).status_code == 409
    assert "set-cookie" not in mallory.http.post(newer).headers
    assert carol.http.post(newer).status_code == 303


def test_with_an_account_or_without(team: Team, newcomer: Callable[[], Person]) -> None:
    ben, dora = newcomer(), newcomer()
    ben.sign_up("ben@example.org", name="Ben")
    dora.sign_up("dora@example.org", name="Dora")
    link = invited(team, "Ben")
    assert "Go on as Ben" in ben.http.get(link).text
    as_account = come_in(ben, link, "account")
    assert "ben@example.org" in ben.http.get("/account").text
    assert ben.http.get(as_account.url).status_code == 200
    before = dora.http.cookies["viva"]
    come_in(dora, invited(team, "Dora"), "guest")
    assert dora.http.cookies["viva"] != before
    assert "You are here as a guest" in dora.http.get("/account").text
    # A guest who signs in takes the interview along, and the link still leads to it.
    erin = newcomer()
    link = invited(team, "Erin")
    sitting = come_in(erin, link)
    erin.sign_in("dora@example.org")
    assert erin.http.get(link).headers["location"] == sitting.url


def test_two_clicks_at_once_make_one_interview(team: Team, newcomer: Callable[[], Person]) -> None:
    link = invited(team)
    carol = newcomer()
    page = re.search(r'name="page" value="([^"]+)"', carol.http.get(link).text)
    assert page
    body = {"page": page[1], "who": "guest"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: newcomer().http.post(link, data=body), range(4)))
    assert [answer.status_code for answer in answers] == [303] * 4
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len(rows(team, "SELECT id FROM interviews")) == 1
    other = newcomer().http.post(link, data={"page": "another page", "who": "guest"})
    assert other.status_code == 409


def test_the_window_and_what_is_taken_back(team: Team, newcomer: Callable[[], Person]) -> None:
    early = invited(team, "Early", opens=at(1))
    assert "Not open yet" in newcomer().http.get(early).text
    late = invited(team, "Late")
    sitting = come_in(newcomer(), late)
    rows(
        team,
        "UPDATE invitations SET opens_at = opens_at - interval '20 days', closes_at = closes_at - interval '20 days'",
    )
    refused = sitting.start()
    assert refused.status_code == 409
    assert "are over" in refused.text
    assert sitting.row().started_at is None
    assert "No longer open" in newcomer().http.get(early).text
    url = f"{team.url}/invitations/{invitation_id(team, 'Late')}"
    backwards = team.admin.http.post(f"{url}/window", data={"opens": at(2), "closes": at(1)})
    assert backwards.status_code == 422
    assert f'value="{at(2)}"' in backwards.text, "what was typed is kept"
    assert team.admin.http.post(f"{url}/window", data={"opens": at(-1), "closes": at(1)}).status_code == 303
    assert sitting.start().status_code == 303
    assert team.admin.http.post(f"{url}/revoke").status_code == 409, "it runs"
    taken = f"{team.url}/invitations/{invitation_id(team, 'Early')}"
    assert team.admin.http.post(f"{taken}/revoke").status_code == 303
    assert team.admin.http.post(f"{taken}/resend").status_code == 409
    unknown, revoked = newcomer().http.get("/invited/nobodys"), newcomer().http.get(early)
    assert unknown.status_code == revoked.status_code == 404
    same = [re.sub(r"<code>[0-9a-f]{16}</code>|next=[^\"]+", "", page.text) for page in (unknown, revoked)]
    assert same[0] == same[1]
    assert [newcomer().http.get(f"/invited/guess-{n}").status_code for n in range(25)][-1] == 429


def test_others_see_and_change_nothing(team: Team, newcomer: Callable[[], Person]) -> None:
    link = invited(team)
    url = f"/invitations/{invitation_id(team)}"
    other = new_team(newcomer, "Other")
    carol = newcomer()
    sitting = come_in(carol, link)
    sitting.start()
    sitting.finish()
    for who, base in ((other.admin, other.url), (other.admin, team.url), (carol, team.url)):
        assert who.http.get(base + url).status_code == 404
        for what in ("resend", "revoke", "window"):
            body = {"opens": at(-1), "closes": at(1)}
            assert who.http.post(f"{base}{url}/{what}", data=body).status_code == 404
    other.admin.http.post(f"{other.url}/invitations/release", data={"interview_id": str(sitting.id)})
    assert sitting.row().released_at is None
    assert "Nobody is invited yet" in other.admin.http.get(f"{other.url}/invitations").text
