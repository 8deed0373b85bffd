"""From a pasted list to a released report: the interviewer in one browser, the candidate in another."""

from __future__ import annotations

import os
import re
import uuid
from pathlib import Path

from playwright.sync_api import Page, expect

from app.kit.config import ROOT

from .conftest import Open, Site
from .steps import editor, expect_complete_report, expect_question, interview_of, new_address, sign_up, strong_answer

AXE = (ROOT / "app/static/vendor/axe-4.14.1/axe.min.js").read_text()
SHOTS = os.environ.get("SHOTS_DIR")


def look_at(page: Page, name: str) -> None:
    """Accessible, in both themes and narrow; a picture of each is kept for whoever asks."""
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.setAttribute('data-bs-theme', theme)", theme)
        page.evaluate(AXE)
        found = page.evaluate("async () => (await axe.run()).violations.map(v => `${v.id}: ${v.nodes[0].html}`)")
        assert found == [], f"{name}, {theme}: {found}"
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}-{theme}.png", full_page=True)
    page.set_viewport_size({"width": 360, "height": 740})
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}-narrow.png", full_page=True)
    # The site's own header is another test's.
    out = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > 361"
        " && !e.closest('.visually-hidden')).map(e => e.outerHTML.slice(0, 80))"
    )
    assert out == [], f"{name} at 360 px: {out}"
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate("document.documentElement.setAttribute('data-bs-theme', 'light')")


def test_from_a_pasted_list_to_a_released_report(site: Site, open_window: Open) -> None:
    desk = open_window().tab("/sign-up?next=/organizations")
    sign_up(desk, new_address())
    name = f"Acme {uuid.uuid4().hex[:6]}"
    desk.get_by_label("Name of a new organisation").fill(name)
    desk.get_by_role("button", name="Make it").click()
    desk.get_by_role("link", name="Templates").click()
    look_at(desk, "templates")
    desk.get_by_role("link", name="Write a template").click()

    # The template is written, with a section of named questions found by search, in place.
    desk.get_by_label("Title").first.fill("Two questions")
    desk.get_by_label("What it is about").fill("A short interview about learning.")
    desk.get_by_label("Minutes", exact=True).fill("20")
    section = desk.get_by_role("group", name="Section 1")
    section.get_by_label("Asks").select_option("questions")
    section.get_by_label("Search for a question").press_sequentially("dropout", delay=30)
    section.get_by_role("button", name=re.compile("^Add ")).first.click()
    expect(section.locator("ol li")).to_have_count(1)
    expect(section.get_by_label("Search for a question")).to_be_focused()
    desk.get_by_role("button", name="Add a section").click()
    second = desk.get_by_role("group", name="Section 2")
    expect(second.get_by_label("Title")).to_be_focused()
    second.get_by_label("Title").fill("Drawn")
    second.get_by_label("How many").fill("1")
    second.get_by_label("Computer vision").check()
    desk.get_by_role("button", name="Preview a draw").click()
    expect(desk.get_by_text("The questions are meant to take")).to_be_visible()
    look_at(desk, "template")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_text("Saved. Invitations from now on")).to_be_visible()

    # A wrong line keeps everything; mended, it becomes links.
    desk.get_by_role("link", name="Invite candidates").click()
    expect(desk.get_by_text("Your time (Europe/Berlin)").first).to_be_visible()
    desk.get_by_label("Candidates").fill("Carol Candidate\nBob <bob(at)x>")
    desk.get_by_text("A name alone is enough").click()
    desk.get_by_label("Extra time, as a factor").fill("1.5")
    opens = desk.get_by_label("Can be started from").input_value()
    desk.get_by_role("button", name="Invite them").click()
    expect(desk.get_by_text("Line 2")).to_be_visible()
    expect(desk.get_by_label("Can be started from")).to_have_value(opens)
    look_at(desk, "invite")
    desk.get_by_label("Candidates").fill("Carol Candidate\nBob Builder")
    desk.get_by_role("button", name="Invite them").click()
    expect(desk.get_by_role("heading", name="2 candidates invited")).to_be_visible()
    look_at(desk, "links")
    link = desk.get_by_label("Link of Carol Candidate").input_value()
    stored = site.one("SELECT opens_at FROM invitations WHERE candidate_name = 'Carol Candidate'").opens_at
    assert abs((stored - site.one("SELECT viva_now() AS now").now).total_seconds()) < 300, (
        "typed in Berlin, kept in UTC"
    )

    candidate = open_window().tab(link.removeprefix(site.url))
    expect(candidate.get_by_text("30 minutes")).to_be_visible()
    look_at(candidate, "invited")
    candidate.get_by_role("button", name="Go on").click()
    candidate.get_by_label("I agree that a machine scores my answers").check()
    look_at(candidate, "lobby")
    candidate.get_by_role("button", name="Start the clock").click()
    expect_question(candidate, 1)
    expect(candidate.get_by_label("How I answer")).to_have_value("")
    look_at(candidate, "room")
    elsewhere = open_window().tab(link.removeprefix(site.url))
    expect(elsewhere.get_by_role("heading", name="Opened already")).to_be_visible()
    look_at(elsewhere, "opened-already")
    interview = interview_of(candidate)
    editor(candidate).fill(strong_answer(site, interview, 1))
    candidate.get_by_role("button", name="Submit answer").click()
    expect_question(candidate, 2)
    candidate.get_by_role("link", name="Look over and finish").click()
    candidate.get_by_role("button", name="Finish", exact=True).click()
    expect(candidate.get_by_text(f"It will be released by {name}")).to_be_visible()
    look_at(candidate, "not-released")
    candidate.goto(f"{site.url}/interviews")
    expect(candidate.get_by_text("Not released yet")).to_be_visible()

    desk.get_by_role("link", name="To all invitations").click()
    look_at(desk, "invitations")
    # Bob has not started: he and whoever else waits get other days, and new links once their old ones may end.
    desk.get_by_text("All who have not started").click()
    look_at(desk, "invitations-all")
    desk.get_by_role("button", name="Give 1 candidate these days").click()
    expect(desk.get_by_text("Those who have not started have more days now")).to_be_visible()
    desk.get_by_text("All who have not started").click()
    desk.get_by_role("button", name="Send new links to 1 candidate").click()
    expect(desk.get_by_text("Tick that the old links may end")).to_be_visible()
    look_at(desk, "invitations-refused")
    desk.get_by_label("The links that they have may end").check()
    desk.get_by_role("button", name="Send new links to 1 candidate").click()
    expect(desk.get_by_label("Link of Bob Builder")).to_be_visible()
    desk.get_by_role("link", name="To all invitations").click()
    desk.get_by_role("link", name="Carol Candidate").click()
    look_at(desk, "invitation")
    desk.get_by_role("button", name="Release the result").click()
    expect(desk.get_by_text("Released: the candidate can see the result.")).to_be_visible()
    candidate.goto(f"{site.url}/interviews/{interview}/report")
    expect_complete_report(candidate)
    expect(candidate.get_by_text("What a good answer says").first).to_be_visible()
