"""A team hires: from the first admin to the export, two interviewers and three candidates, each in a browser."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.accounts.first_admin import make_first_admin_link
from app.kit.db import make_engine, make_sessions

from .conftest import Open, Site, run_site
from .steps import (
    PASSWORD,
    editor,
    expect_question,
    interview_of,
    sign_up,
    strong_answer,
    until,
)

SHOTS = os.environ.get("SHOTS")
"""A folder for pictures, for whoever wants to look (docs/images has some of them)."""
CANDIDATES = ("Carol Candidate", "Dan Doe", "Eve Early")


@pytest.fixture(scope="module")
def site(postgres_server: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A fresh installation: nobody is admin yet."""
    with run_site(postgres_server, template_database, tmp_path_factory.mktemp("fresh")) as running:
        yield running


def first_admin_link(site: Site) -> str:
    """What `viva serve` prints at its start."""
    engine = make_engine(site.database_url)
    with make_sessions(engine).begin() as session:
        link = make_first_admin_link(session, site.url)
    engine.dispose()
    assert link
    return link.removeprefix(site.url)


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png")


def review(page: Page, url: str, mark: str, reason: str) -> None:
    page.goto(url)
    page.get_by_label("Mark, 0 to 100").fill(mark)
    page.get_by_label("Why", exact=True).last.fill(reason)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("What counts:")).to_be_visible()


def test_a_team_hires(site: Site, open_window: Open) -> None:
    # The first admin makes the organisation.
    ada = open_window().tab(first_admin_link(site))
    ada.get_by_label("Name of the organisation").fill("Acme")
    ada.get_by_label("Your name").fill("Ada Admin")
    ada.get_by_label("Your e-mail").fill("ada@acme.example.org")
    ada.get_by_label("A password").fill(PASSWORD)
    ada.locator("main form button").click()
    ada.wait_for_url("**/organizations/acme")
    home = f"{site.url}/organizations/acme"

    # A colleague joins by the link of a letter.
    ada.get_by_role("link", name="People").click()
    ada.get_by_label("Their e-mail address").fill("ben@acme.example.org")
    ada.get_by_role("button", name="Invite").click()
    ben = open_window().tab(site.letter("ben@acme.example.org", "join"))
    ben.get_by_role("link", name="Make an account").click()
    sign_up(ben, "ben@acme.example.org", "Ben")
    ben.get_by_role("button", name="Join as Ben").click()
    ben.wait_for_url(home)

    # A template whose results are released by hand, and three invitations from a pasted list.
    ben.goto(f"{home}/templates")
    ben.get_by_role("link", name="Write a template").click()
    ben.get_by_label("Title").first.fill("Engineers")
    ben.get_by_label("What it is about").fill("Two questions on learning.")
    ben.get_by_label("Minutes", exact=True).fill("20")
    section = ben.get_by_role("group", name="Section 1")
    section.get_by_label("Asks").select_option("questions")
    for words in ("dropout", "vanishing gradients"):
        section.get_by_label("Search for a question").fill("")
        section.get_by_label("Search for a question").press_sequentially(words, delay=20)
        section.get_by_role("button", name=re.compile("^Add ")).first.click()
    expect(section.locator("ol li")).to_have_count(2)
    ben.get_by_role("button", name="Save", exact=True).click()
    expect(ben.get_by_text("Saved. Invitations from now on")).to_be_visible()
    shot(ben, "template")
    ben.get_by_role("link", name="Invite candidates").click()
    addresses = [f"{name.split()[0].lower()}@example.org" for name in CANDIDATES]
    ben.get_by_label("Candidates").fill(
        "\n".join(f"{name} <{address}>" for name, address in zip(CANDIDATES, addresses, strict=True))
    )
    ben.get_by_role("button", name="Invite them").click()
    expect(ben.get_by_role("heading", name="3 candidates invited")).to_be_visible()
    links = [site.letter(address, "invited") for address in addresses]

    # All three sit at once, without an account; Ada watches and gives one of them more time.
    sitters = []
    for link in links:
        page = open_window().tab(link)
        page.get_by_role("button", name="Go on").click()
        page.get_by_label("I agree that a machine scores my answers").check()
        page.get_by_role("button", name="Start the clock").click()
        expect_question(page, 1)
        sitters.append(page)
    interviews = [interview_of(page) for page in sitters]
    ada.goto(f"{home}/live")
    for interview in interviews:
        expect(ada.locator(f"#live-{interview}")).to_be_visible()
    dan = ada.locator(f"#live-{interviews[1]}")
    left = "SELECT deadline_at FROM interviews WHERE id = %(i)s"
    before = site.one(left, i=interviews[1]).deadline_at
    dan.get_by_role("button", name=re.compile("5 minutes more")).click()
    ada.wait_for_load_state()
    assert (site.one(left, i=interviews[1]).deadline_at - before).total_seconds() == 300
    sitters[1].evaluate("dispatchEvent(new Event('focus'))")
    expect(sitters[1].get_by_text("You were given extra time")).to_be_visible()
    shot(ada, "live")
    # One of them dictates, says so by keyboard, and finds it again at the next question.
    choice = sitters[0].get_by_label("How I answer")
    choice.focus()
    sitters[0].keyboard.type("I dictate")
    expect(choice).to_have_value("dictated")
    item = "SELECT input_mode FROM interview_items WHERE interview_id = %(i)s AND position = 2"
    until(lambda: site.one(item, i=interviews[0]).input_mode == "dictated")
    weak = "It makes the network better and faster."
    for number, (page, interview) in enumerate(zip(sitters, interviews, strict=True)):
        for position in (1, 2):
            editor(page).fill(strong_answer(site, interview, position) if number < 2 else weak)
            page.get_by_role("button", name="Submit answer").click()
            if position == 1:
                expect_question(page, 2)
                if number == 0:
                    expect(choice).to_have_value("dictated")
        page.get_by_role("button", name="Finish", exact=True).click()
        expect(page.get_by_text("It will be released by Acme")).to_be_visible()
    scored = (
        "SELECT count(*) AS n FROM assessments a JOIN organizations o ON o.id = a.organization_id WHERE slug = 'acme'"
    )
    until(lambda: site.one(scored).n == 6, 60)

    # Two people look at Carol's first answer, and do not agree; the second sees the first's mark only afterwards.
    answer = site.item(interviews[0]).answer_id
    url = f"{home}/review/answers/{answer}"
    review(ada, url, "90", "Says why, and how.")
    ben.goto(url)
    expect(ben.get_by_text("Somebody else has reviewed this answer")).to_be_visible()
    shot(ben, "review")
    expect(ben.get_by_text("Says why, and how.")).to_have_count(0)
    review(ben, url, "40", "The why is missing.")
    expect(ben.get_by_text("more than a band apart")).to_be_visible()
    ben.get_by_label("Mark that counts, 0 to 100").fill("80")
    ben.locator("#settled-reason").fill("Ada is right: the second sentence says it.")
    ben.get_by_role("button", name="Settle").click()
    expect(ben.get_by_text("What counts: 80 of 100")).to_be_visible()

    # Released, the candidates see their reports; Eve does not agree, and is answered.
    ada.goto(f"{home}/invitations")
    shot(ada, "invitations")
    ada.get_by_role("button", name="Release all 3").click()
    carol, _, eve = sitters
    for page, interview in zip(sitters, interviews, strict=True):
        page.goto(f"{site.url}/interviews/{interview}/report")
    expect(carol.get_by_text("A person", exact=False).first).to_be_visible()
    eve.get_by_text("I do not agree with this mark").first.click()
    eve.get_by_label("What should be looked at again?").first.fill("It does make networks better.")
    eve.get_by_role("button", name="Send").first.click()
    expect(eve.get_by_text("A person reads it and replies here").first).to_be_visible()
    ada.goto(f"{home}/review")
    ada.goto(f"{home}/review/answers/{site.item(interviews[2]).answer_id}")
    ada.get_by_label("Reply to the candidate").fill("It does, but the question was why.")
    ada.get_by_role("button", name="Send the reply").click()
    eve.reload()
    expect(eve.get_by_text("It does, but the question was why.")).to_be_visible()

    # Side by side, without names; and out of Viva.
    ada.goto(f"{home}/compare")
    expect(ada.locator("thead th")).to_have_count(3)
    for name in CANDIDATES:
        expect(ada.locator("main")).not_to_contain_text(name)
    shot(ada, "compare")
    ada.goto(f"{home}/exports")
    with ada.expect_download() as download:
        ada.get_by_role("button", name="CSV of Answers").click()
    exported = download.value.path().read_text(encoding="utf-8")
    assert exported.count(weak) == 2
    assert "Carol Candidate" in exported
    ada.locator("form", has=ada.get_by_role("heading", name="Answers")).get_by_label("Names hidden").check()
    with ada.expect_download() as download:
        ada.get_by_role("button", name="CSV of Answers").click()
    assert download.value.suggested_filename == "acme-answers-blind.csv"
    exported = download.value.path().read_text(encoding="utf-8")
    assert exported.count(weak) == 2
    assert f"Candidate {str(interviews[0])[:6]}" in exported
    assert not any(name in exported for name in CANDIDATES)
    # What the first said of the answers came along, and what nobody said is not made up.
    assert exported.count(",dictated,") == 2
    assert ",typed," not in exported
    ada.goto(f"{home}/audit")
    for action in ("interview.released", "appeal.replied", "organization.created", "member.joined"):
        ada.goto(f"{home}/audit?action={action.split('.', maxsplit=1)[0]}")
        expect(ada.locator("tbody")).to_contain_text(action)
