"""One candidate and one interviewer, both in Chromium: time, pause, answers and scores cross without reloading."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

from playwright.sync_api import Page, expect

from .conftest import Open, Site, Window
from .steps import (
    begin,
    editor,
    expect_saved,
    leave_editor,
    new_address,
    sign_up,
    strong_answer,
    type_on,
    until,
    until_on,
)

AXE = Path(__file__).resolve().parents[2] / "app/static/vendor/axe-4.14.1/axe.min.js"


def clean(page: Page, where: str) -> None:
    """Axe finds nothing, wide and light, and dark at 360 px; nothing is wider than the window."""
    for scheme, width in (("light", 1280), ("dark", 360)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate(f"document.documentElement.setAttribute('data-bs-theme', '{scheme}')")
        page.evaluate(AXE.read_text())
        found = page.evaluate(
            "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
            ".map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120)).join(' | ')}`)"
        )
        assert found == [], f"{where} {scheme} {width}"
        wide = page.evaluate(
            "[...document.body.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1"
            " && !e.closest('.visually-hidden')).map((e) => e.outerHTML.slice(0, 80))"
        )
        assert wide == [], f"{where} is wider than {width}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, where
    page.set_viewport_size({"width": 1280, "height": 800})


def test_an_interviewer_watches_and_helps(open_window: Open, site: Site) -> None:
    desk: Window = open_window()
    eve = desk.tab("/sign-up")
    sign_up(eve, new_address(), "Eve")
    eve.goto(f"{site.url}/organizations")
    name = f"Team {uuid.uuid4().hex[:8]}"
    eve.get_by_label("Name of a new organisation").fill(name)
    eve.get_by_role("button", name="Make it").click()
    slug = name.lower().replace(" ", "-")
    eve.goto(f"{site.url}/organizations/{slug}/live")
    expect(eve.get_by_text("Nobody sits an interview right now")).to_be_visible()
    clean(eve, "live, empty")

    carol = open_window().tab("/")
    interview = begin(carol)
    # (The way in by an invitation is tested elsewhere.) The interview is the organisation's.
    for table in ("interviews", "interview_items"):
        where = "id" if table == "interviews" else "interview_id"
        site.rows(
            f"UPDATE {table} SET organization_id = (SELECT id FROM organizations WHERE slug = %(o)s)"
            f" WHERE {where} = %(i)s",
            o=slug,
            i=interview,
        )
    row = eve.locator(f"#live-{interview}")
    expect(row).to_be_visible()
    expect(row.locator('[data-part="place"]')).to_contain_text("1. ")
    expect(row.locator('[data-part="connection"]')).to_contain_text("Connected")
    expect(eve.locator("#live-news")).to_contain_text("is here")

    type_on(carol, "Saved before the failure.")
    leave_editor(carol)
    expect_saved(carol)

    # Five minutes more: seen at the next look at the clock.
    before = site.one("SELECT deadline_at FROM interviews WHERE id = %(i)s", i=interview).deadline_at
    row.get_by_role("button", name=re.compile("5 minutes more")).click()
    eve.wait_for_load_state()
    after = site.one("SELECT deadline_at FROM interviews WHERE id = %(i)s", i=interview).deadline_at
    assert (after - before).total_seconds() == 300
    carol.evaluate("dispatchEvent(new Event('focus'))")
    expect(carol.get_by_text("You were given extra time")).to_be_visible()
    expect(carol.locator("[data-digits]")).to_have_text(re.compile(r"^(19|20):\d\d$"))

    # A pause: what is typed into it is refused, kept, and saved when it goes on.
    row.get_by_text("Pause", exact=False).first.click()
    row.get_by_label("What happened?").fill("The network of the candidate broke")
    row.get_by_role("button", name="Stop the clock").click()
    expect(row.get_by_text("Paused", exact=True)).to_be_visible()
    type_on(carol, " Typed into the pause.")
    expect(carol.locator("#room-paused")).to_contain_text("Paused by an interviewer")
    expect(editor(carol)).to_have_attribute("readonly", "")
    clean(carol, "room, paused")
    standing = carol.locator("[data-digits]").inner_text()
    carol.wait_for_timeout(2_200)
    assert carol.locator("[data-digits]").inner_text() == standing
    assert site.item(interview).draft_text == "Saved before the failure."
    row.get_by_role("button", name=re.compile("^Go on")).click()
    expect(carol.locator("#room-paused")).to_contain_text("The interview goes on")
    expect_saved(carol)
    until(lambda: site.item(interview).draft_text == "Saved before the failure. Typed into the pause.")
    assert site.kept(interview, "conflict", "late") == []
    expect(editor(carol)).to_be_editable()

    # An answer and its score arrive at the interviewer's.
    editor(carol).fill(strong_answer(site, interview, 1))
    carol.get_by_role("button", name="Submit answer").click()
    expect(row.locator('[data-part="answered"]')).to_contain_text("1 of ")
    expect(row.locator('[data-part="scored"]')).to_contain_text(re.compile(r"1 of 1, \d+ on average"), timeout=30_000)
    expect(row.locator('[data-part="place"]')).to_contain_text("2. ")
    clean(eve, "live")

    # Behind another tab nothing is asked.
    asked: list[str] = []
    eve.on("request", lambda request: asked.append(request.url))
    eve.evaluate(
        "Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    eve.wait_for_timeout(4_500)
    assert [url for url in asked if "/live/rows" in url] == []

    row.get_by_role("link").click()
    expect(eve.get_by_role("heading", level=1)).to_contain_text("Candidate ")
    expect(eve.get_by_text("The answer", exact=True)).to_be_visible()
    clean(eve, "interview")
    eve.get_by_text("End this interview now").click()
    eve.get_by_label("End it for this candidate").check()
    eve.get_by_role("button", name="End it").click()
    expect(eve.get_by_text("Ended by an interviewer").first).to_be_visible()
    carol.evaluate("dispatchEvent(new Event('focus'))")
    until_on(carol, lambda: carol.url.endswith("/report"), 30)
    eve.goto(f"{site.url}/organizations/{slug}/interviews")
    clean(eve, "interviews")
