"""What goes wrong in the real world: tabs, networks, clocks, deadlines, impatience. Nothing is lost by any of it."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from .conftest import Open, Site, Window
from .steps import (
    begin,
    draft_state,
    editor,
    expect_complete_report,
    expect_question,
    expect_saved,
    leave_editor,
    new_address,
    sign_up,
    start_button,
    type_on,
    until,
    until_on,
)

GRACE_SECONDS = 10


def waiting_in_browser(page: Page) -> list[dict[str, Any]]:
    """The texts that wait in localStorage."""
    entries: list[str] = page.evaluate(
        "Object.keys(localStorage).filter(k => k.startsWith('viva.draft.')).map(k => localStorage[k])"
    )
    return [json.loads(entry) for entry in entries]


def ask_the_server_for_the_time(page: Page) -> None:
    """What coming back to the window does."""
    page.evaluate("window.dispatchEvent(new Event('focus'))")


def seconds_shown(page: Page) -> int:
    minutes, seconds = page.locator("[data-digits]").inner_text().split(":")
    return int(minutes) * 60 + int(seconds)


def seconds_left(site: Site, interview: uuid.UUID) -> float:
    return float(
        site.one(
            "SELECT extract(epoch FROM deadline_at - viva_now()) AS left FROM interviews WHERE id = %(i)s", i=interview
        ).left
    )


# ---- two tabs


def test_two_tabs(site: Site, window: Window) -> None:
    first = window.tab("/")
    interview = begin(first)
    second = window.tab(None)
    second.goto(first.url)
    expect_question(second, 1)
    first.bring_to_front()
    editor(first).fill("Written in the first tab.")
    leave_editor(first)
    expect_saved(first)

    second.bring_to_front()
    editor(second).fill("Written in the second tab.")
    leave_editor(second)
    dialog = second.get_by_role("dialog", name="This answer was changed in another place")
    expect(dialog).to_be_visible()
    expect(dialog.locator("[data-mine]")).to_have_text("Written in the second tab.")
    expect(dialog.locator("[data-theirs]")).to_have_text("Written in the first tab.")
    assert site.item(interview).draft_text == "Written in the first tab."
    assert site.kept(interview, "conflict") == ["Written in the second tab."]
    dialog.get_by_text("Both are kept on the server").click()
    second.keyboard.press("Escape")  # would leave the question open
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Keep this one").click()
    expect_saved(second)
    expect(editor(second)).to_have_value("Written in the second tab.")
    assert site.item(interview).draft_text == "Written in the second tab."
    assert "Written in the first tab." in site.kept(interview, "saved", "conflict")

    first.bring_to_front()
    type_on(first, " And more.")
    leave_editor(first)
    dialog = first.get_by_role("dialog", name="This answer was changed in another place")
    expect(dialog.locator("[data-mine]")).to_have_text("Written in the first tab. And more.")
    dialog.get_by_role("button", name="Keep the other").click()
    expect(editor(first)).to_have_value("Written in the second tab.")
    expect_saved(first)
    assert site.item(interview).draft_text == "Written in the second tab."
    type_on(first, " Third.")
    leave_editor(first)
    expect_saved(first)
    until(lambda: site.item(interview).draft_text == "Written in the second tab. Third.")

    second.bring_to_front()
    type_on(second, " Fourth.")
    leave_editor(second)
    dialog = second.get_by_role("dialog", name="This answer was changed in another place")
    dialog.get_by_role("button", name="Put both into the editor").click()
    both = "Written in the second tab. Third.\n\nWritten in the second tab. Fourth."
    expect(editor(second)).to_have_value(both)
    expect_saved(second)
    until(lambda: site.item(interview).draft_text == both)
    everything = [both, *site.kept(interview, "saved", "conflict")]
    for text in (
        "Written in the first tab.",
        "Written in the second tab.",
        "Written in the first tab. And more.",
        "Written in the second tab. Fourth.",
    ):
        assert text in everything, f"{text!r} is lost"
    assert waiting_in_browser(second) == []


def test_submitted_in_another_tab(site: Site, window: Window) -> None:
    first = window.tab("/")
    interview = begin(first)
    second = window.tab(None)
    second.goto(first.url)
    expect_question(second, 1)
    first.bring_to_front()
    editor(first).fill("The one answer.")
    first.get_by_role("button", name="Submit answer").click()
    expect_question(first, 2)
    second.bring_to_front()
    editor(second).fill("Too late for this one.")
    expect(second.get_by_text("This question was submitted in another tab or on another device.")).to_be_visible()
    assert site.item(interview).answer_text == "The one answer."
    assert site.kept(interview, "late") == ["Too late for this one."]


# ---- the network


def test_a_minute_without_network_while_typing(site: Site, window: Window) -> None:
    page = window.context.new_page()
    page.clock.install()
    page.goto(site.url)
    interview = begin(page)
    editor(page).fill("Before.")
    page.clock.run_for(3_000)
    expect_saved(page)

    window.context.set_offline(True)
    written = "Before."
    for number in range(6):
        type_on(page, f" Offline {number}.")
        written += f" Offline {number}."
        page.clock.run_for(10_000)
        expect(draft_state(page)).to_contain_text("kept in this browser, and sent again by itself")
        (entry,) = waiting_in_browser(page)
        assert entry["text"] == written
    assert site.item(interview).draft_text == "Before."

    window.context.set_offline(False)  # the browser says so, and the page sends at once
    until_on(page, lambda: site.item(interview).draft_text == written)
    expect_saved(page)
    assert waiting_in_browser(page) == []
    assert site.kept(interview, "conflict") == []
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_text_typed_offline_survives_closing_the_tab(site: Site, window: Window) -> None:
    page = window.tab("/")
    interview = begin(page)
    address = page.url
    editor(page).fill("Acknowledged.")
    expect_saved(page)
    window.context.set_offline(True)
    type_on(page, " Never sent.")
    expect(draft_state(page)).to_contain_text("offline")
    page.close()
    window.context.set_offline(False)
    assert site.item(interview).draft_text == "Acknowledged."

    page = window.tab(None)
    page.goto(address)
    expect(editor(page)).to_have_value("Acknowledged. Never sent.")
    expect(
        page.get_by_text("Text that had not reached the server was found in this browser and put back.")
    ).to_be_visible()
    expect_saved(page)
    assert site.item(interview).draft_text == "Acknowledged. Never sent."
    assert waiting_in_browser(page) == []


def test_text_of_one_question_reaches_the_server_from_another(site: Site, window: Window) -> None:
    """The line breaks at the wrong moment, the tab goes to the next question all the same."""
    page = window.tab("/")
    interview = begin(page)
    window.context.route("**/draft", lambda route: route.abort())
    editor(page).fill("Left behind.")
    expect(draft_state(page)).to_contain_text("kept in this browser")
    page.get_by_role("link", name="Skip for now").click()
    expect(page.get_by_text("press again to leave all the same")).to_be_visible()
    page.get_by_role("link", name="Skip for now").click()
    expect_question(page, 2)
    window.context.unroute("**/draft")
    page.get_by_role("link", name="Finish").first.click()
    expect(page).to_have_url(re.compile("/finish$"))
    until_on(page, lambda: waiting_in_browser(page) == [])
    page.goto(f"{site.url}/interviews/{interview}/items/1")
    expect(editor(page)).to_have_value("Left behind.")
    expect_saved(page)
    assert site.item(interview).draft_text == "Left behind."


def test_lost_acknowledgement(site: Site, window: Window) -> None:
    """The server has it, the browser does not know: no conflict with oneself, and the text typed on is saved."""
    page = window.tab("/")
    interview = begin(page)
    lost: list[str] = []

    def lose(route: Route) -> None:
        response = route.fetch()  # it does reach the server
        lost.append(f"{response.status} {route.request.post_data_json['text']}")
        route.abort("connectionreset")

    page.route("**/draft", lose, times=1)
    editor(page).fill("First words.")
    until_on(page, lambda: lost)
    type_on(page, " And more words.")
    until_on(page, lambda: site.item(interview).draft_text == "First words. And more words.")
    expect_saved(page)
    expect(page.locator("dialog[open]")).to_have_count(0)

    # The same, with a reload before the repetition: what was sent is remembered.
    page.route("**/draft", lose, times=1)
    type_on(page, " Lost again.")
    until_on(page, lambda: len(lost) == 2)
    type_on(page, " Typed on.")
    page.reload()
    expect(editor(page)).to_have_value("First words. And more words. Lost again. Typed on.")
    until_on(page, lambda: site.item(interview).draft_text == "First words. And more words. Lost again. Typed on.")
    expect(page.locator("dialog[open]")).to_have_count(0)

    # And with nothing typed after it.
    page.route("**/draft", lose, times=1)
    type_on(page, " The end.")
    until_on(page, lambda: len(lost) == 3)
    expect(draft_state(page)).to_contain_text("Not saved")
    expect_saved(page)
    assert site.item(interview).draft_text.endswith(" The end.")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert [line.split()[0] for line in lost] == ["200", "200", "200"]
    assert site.kept(interview, "conflict") == [], "kept aside as if it were somebody else's"
    assert waiting_in_browser(page) == []


def test_lost_acknowledgement_of_the_answer(site: Site, window: Window) -> None:
    page = window.tab("/")
    interview = begin(page)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route("**/answer", lose, times=1)
    editor(page).fill("Submitted once.")
    page.get_by_role("button", name="Submit answer").click()
    expect_question(page, 2)
    assert site.item(interview).answer_text == "Submitted once."
    assert site.kept(interview, "late") == []


def test_the_server_is_away(site: Site, window: Window) -> None:
    """A proxy's error page is no answer, and no reason to lose anything."""
    page = window.tab("/")
    interview = begin(page)
    page.route("**/draft", lambda route: route.fulfill(status=502, content_type="text/html", body="<h1>Bad Gateway"))
    editor(page).fill("Through thick and thin.")
    expect(draft_state(page)).to_contain_text("the server cannot take it right now, kept in this browser")
    page.unroute("**/draft")
    expect_saved(page)
    assert site.item(interview).draft_text == "Through thick and thin."


def test_typed_before_the_script_has_come(site: Site, window: Window) -> None:
    """On a slow line the page is there long before its script: what is typed meanwhile counts."""
    page = window.tab("/")
    interview = begin(page)
    held: list[Route] = []
    page.route("**/room.js*", lambda route: held.append(route))
    page.reload(wait_until="commit")
    editor(page).fill("Typed at once.")
    until_on(page, lambda: held)
    held[0].continue_()
    expect_saved(page)
    expect(editor(page)).to_have_value("Typed at once.")
    assert site.item(interview).draft_text == "Typed at once."


def test_signed_out_meanwhile(site: Site, window: Window) -> None:
    page = window.tab("/")
    interview = begin(page)
    cookies = window.context.cookies()
    window.context.clear_cookies()
    editor(page).fill("Still mine.")
    expect(draft_state(page)).to_contain_text("Not saved: you are signed out. Kept in this browser.")
    assert site.item(interview).draft_text == ""
    window.context.add_cookies(cookies)  # signed in again in another tab
    expect_saved(page)
    assert site.item(interview).draft_text == "Still mine."


# ---- the client's clock


def test_client_clock_an_hour_off(site: Site, open_window: Open) -> None:
    for hours in (1, -1):
        window = open_window()
        window.context.add_init_script(
            """(() => {
                const Real = Date;
                const off = () => window.clockOffMs ?? OFF;
                window.Date = class extends Real {
                    constructor(...parts) { parts.length ? super(...parts) : super(Real.now() + off()); }
                    static now() { return Real.now() + off(); }
                };
            })()""".replace("OFF", str(hours * 3_600_000))
        )
        page = window.tab("/")
        interview = begin(page)
        wrong_by = page.evaluate("Date.now()") / 1000 - dt.datetime.now().timestamp()
        assert abs(wrong_by - hours * 3600) < 60, "the clock of this test is not off"
        assert abs(seconds_shown(page) - seconds_left(site, interview)) < 2
        editor(page).fill("What time is it?")
        expect_saved(page)
        saved_at: dt.datetime = site.item(interview).draft_saved_at
        shown = page.evaluate("ms => new Date(ms).toLocaleTimeString('en-GB')", saved_at.timestamp() * 1000)
        assert draft_state(page).inner_text() == f"Saved {shown}"
        # It is set right, or wrong the other way, while the page is open.
        page.evaluate("ms => (window.clockOffMs = ms)", -hours * 3_600_000)
        page.wait_for_timeout(1_500)
        assert abs(seconds_shown(page) - seconds_left(site, interview)) < 2
        expect(page.locator("dialog[open]")).to_have_count(0)


def test_warnings_at_ten_five_and_one_minute(site: Site, window: Window) -> None:
    page = window.tab("/")
    interview = begin(page)
    said: list[str] = []
    page.expose_function("heard", lambda words: said.append(words))
    listen = """() => {
        const line = document.getElementById("clock-announcement");
        new MutationObserver(() => line.textContent && window.heard(line.textContent))
            .observe(line, { childList: true, characterData: true, subtree: true });
    }"""
    page.evaluate(listen)
    expect(page.locator("#clock-announcement")).to_have_attribute("aria-live", "polite")
    for minutes, words in ((10, "10 minutes left"), (5, "5 minutes left"), (1, "1 minute left")):
        site.end_in(interview, minutes * 60 + 1)
        ask_the_server_for_the_time(page)
        until_on(page, lambda words=words: words in said)
    page.wait_for_timeout(1_500)
    # The next question of the same interview does not say it all again.
    page.get_by_role("link", name="Skip for now").click()
    expect_question(page, 2)
    page.evaluate(listen)
    page.wait_for_timeout(1_500)
    assert said == ["10 minutes left", "5 minutes left", "1 minute left"]


# ---- the deadline


def test_deadline_with_the_tab_closed(site: Site, window: Window) -> None:
    page = window.tab("/")
    interview = begin(page)
    editor(page).fill("Learning means that weights change so that the loss becomes smaller.")
    expect_saved(page)
    page.close()
    site.end_in(interview, -GRACE_SECONDS - 1)
    # Nobody looks: the worker's sweep ends it, and the draft is scored.
    item = until(lambda: (found := site.item(interview)).answer_id and found)
    assert item.answer_text == "Learning means that weights change so that the loss becomes smaller."
    assert item.submitted_by == "deadline"
    row = site.one("SELECT finish_reason, finished_at, deadline_at FROM interviews WHERE id = %(i)s", i=interview)
    assert (row.finish_reason, row.finished_at) == ("deadline", row.deadline_at)
    page = window.tab("/interviews")
    page.locator(".interview-row").get_by_role("link").click()
    expect_complete_report(page)
    expect(page.get_by_text("Handed in as it stood when the time was up.")).to_be_visible()
    expect(page.get_by_text("ended by the clock")).to_be_visible()


def test_deadline_with_the_tab_open(site: Site, window: Window) -> None:
    page = window.tab("/")
    interview = begin(page)
    editor(page).fill("Saved before.")
    expect_saved(page)
    site.end_in(interview, 2.5)
    ask_the_server_for_the_time(page)
    until_on(page, lambda: seconds_shown(page) <= 2)
    type_on(page, " Typed in the last second.")
    dialog = page.get_by_role("dialog", name="Time is up")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("status")).to_have_text(re.compile("handed in as it stands"))
    expect(editor(page)).to_have_js_property("readOnly", True)
    expect(page).to_have_url(re.compile("/report$"), timeout=25_000)
    expect_complete_report(page)
    item = site.item(interview)
    assert (item.answer_text, item.submitted_by) == ("Saved before. Typed in the last second.", "deadline")
    assert waiting_in_browser(page) == []


def test_deadline_while_offline(site: Site, window: Window) -> None:
    """What was typed offline came too late to count; it is kept all the same, and shown."""
    page = window.tab("/")
    interview = begin(page)
    editor(page).fill("In time.")
    expect_saved(page)
    site.end_in(interview, 3)
    ask_the_server_for_the_time(page)
    until_on(page, lambda: seconds_shown(page) <= 3)
    window.context.set_offline(True)
    type_on(page, " Not in time.")
    dialog = page.get_by_role("dialog", name="Time is up")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("status")).to_contain_text("They are kept in this browser and sent as soon as it answers")
    (entry,) = waiting_in_browser(page)
    assert entry["text"] == "In time. Not in time."
    site.end_in(interview, -GRACE_SECONDS - 1)
    until(lambda: site.item(interview).answer_id)
    window.context.set_offline(False)
    expect(page).to_have_url(re.compile("/report$"), timeout=25_000)
    expect_complete_report(page)
    assert site.item(interview).answer_text == "In time."
    assert site.kept(interview, "late") == ["In time. Not in time."]
    kept = page.locator("details.kept")
    kept.locator("summary").click()
    expect(kept).to_contain_text("In time. Not in time.")
    assert waiting_in_browser(page) == []


def test_deadline_while_offline_and_typed_on_after_the_first_try(site: Site, window: Window) -> None:
    """The browser asks about the text that it sent first; what was typed behind it is not to go with that."""
    page = window.tab("/")
    interview = begin(page)
    editor(page).fill("In time.")
    expect_saved(page)
    site.end_in(interview, 9)
    ask_the_server_for_the_time(page)
    until_on(page, lambda: seconds_shown(page) <= 9)
    window.context.set_offline(True)
    type_on(page, " Tried.")
    leave_editor(page)
    expect(draft_state(page)).to_contain_text("Not saved")
    type_on(page, " Typed on.")
    expect(page.get_by_role("dialog", name="Time is up")).to_be_visible(timeout=15_000)
    site.end_in(interview, -GRACE_SECONDS - 1)
    until(lambda: site.item(interview).answer_id)
    window.context.set_offline(False)
    expect(page).to_have_url(re.compile("/report$"), timeout=45_000)
    expect_complete_report(page)
    until_on(page, lambda: waiting_in_browser(page) == [])
    assert site.item(interview).answer_text == "In time."
    assert "In time. Tried. Typed on." in site.kept(interview, "late")
    expect(page.locator("details.kept")).to_contain_text("In time. Tried. Typed on.")


def test_finishing_takes_along_what_could_not_be_saved(site: Site, window: Window) -> None:
    page = window.tab("/")
    interview = begin(page)
    editor(page).fill("The old draft.")
    expect_saved(page)
    page.route("**/draft", lambda route: route.fulfill(status=503, json={"detail": "away"}))
    type_on(page, " The newer words.")
    leave_editor(page)
    expect(draft_state(page)).to_contain_text("Not saved")
    page.goto(f"{site.url}/interviews/{interview}/finish")
    page.unroute("**/draft")
    assert [entry["text"] for entry in waiting_in_browser(page)] == ["The old draft. The newer words."]
    page.get_by_role("button", name="Finish and see the report").click()
    expect_complete_report(page)
    assert site.item(interview).answer_text == "The old draft. The newer words."
    assert site.kept(interview, "late", "conflict") == []
    assert waiting_in_browser(page) == []


def test_too_long_a_text_when_time_runs_out(site: Site, window: Window) -> None:
    """It cannot be sent and cannot be shortened any more: nobody waits for it."""
    page = window.tab("/")
    interview = begin(page)
    editor(page).fill("Short enough.")
    expect_saved(page)
    site.end_in(interview, 4)
    ask_the_server_for_the_time(page)
    until_on(page, lambda: seconds_shown(page) <= 4)
    editor(page).fill("long " * 5_000)
    dialog = page.get_by_role("dialog", name="Time is up")
    expect(dialog.get_by_role("status")).to_contain_text("characters too long and was not sent", timeout=15_000)
    expect(page).to_have_url(re.compile("/report$"), timeout=30_000)
    expect_complete_report(page)
    assert site.item(interview).answer_text == "Short enough."
    assert len(waiting_in_browser(page)) == 1, "the long text is lost"


def test_extra_time_while_it_runs(site: Site, window: Window) -> None:
    page = window.tab("/")
    interview = begin(page)
    site.rows(
        "UPDATE interviews SET time_multiplier = 2, deadline_at = started_at + interval '30 min' WHERE id = %(i)s",
        i=interview,
    )
    editor(page).fill("More time.")
    expect_saved(page)  # every save brings the clock along
    until_on(page, lambda: seconds_shown(page) > 20 * 60)
    assert abs(seconds_shown(page) - seconds_left(site, interview)) < 2


# ---- twice


def assessments(site: Site, interview: uuid.UUID) -> list[Any]:
    return site.rows(
        "SELECT s.answer_id, s.receipt_digest FROM assessments s JOIN answers a ON a.id = s.answer_id"
        " JOIN interview_items i ON i.id = a.item_id WHERE i.interview_id = %(i)s",
        i=interview,
    )


def test_double_submit_and_double_finish(site: Site, window: Window) -> None:
    page = window.tab("/")
    interview = begin(page)
    editor(page).fill("Weights change so that the loss shrinks.")
    page.get_by_role("button", name="Submit answer").dblclick()
    expect_question(page, 2)
    item = site.item(interview, 2)
    twice = page.evaluate(
        """async (url) => {
            const body = JSON.stringify({ text: "Said in parallel." });
            const headers = { "Content-Type": "application/json", Accept: "application/json" };
            const all = await Promise.all([1, 2, 3].map(() => fetch(url, { method: "POST", body, headers })));
            return Promise.all(all.map(async (r) => [r.status, (await r.json()).next_url]));
        }""",
        f"/interviews/{interview}/items/{item.id}/answer",
    )
    assert [status for status, _ in twice] == [200, 200, 200]
    assert len({address for _, address in twice}) == 1
    page.goto(f"{site.url}/interviews/{interview}/finish")
    page.get_by_role("button", name="Finish and see the report").dblclick()
    expect_complete_report(page)
    again = page.evaluate(
        """async (url) => {
            const all = await Promise.all([1, 2, 3].map(() => fetch(url, { method: "POST" })));
            return all.map((r) => [r.status, new URL(r.url).pathname]);
        }""",
        f"/interviews/{interview}/finish",
    )
    assert again == [[200, f"/interviews/{interview}/report"]] * 3
    answered = [found for position in (1, 2, 3) if (found := site.item(interview, position)).answer_id]
    assert [found.answer_text for found in answered] == [
        "Weights change so that the loss shrinks.",
        "Said in parallel.",
    ]
    scored = assessments(site, interview)
    assert sorted(row.answer_id for row in scored) == sorted(found.answer_id for found in answered)


def double_click(page: Page, button: Locator) -> None:
    """Two presses within a moment, wherever the first leads."""
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box
    page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_impatient_start(site: Site, window: Window) -> None:
    """A double click on “Start” is one interview, and one clock."""
    page = window.tab("/")
    double_click(page, start_button(page))
    page.get_by_label("I agree that a machine scores my answers").check()
    double_click(page, page.get_by_role("button", name="Start the clock"))
    expect_question(page, 1)
    page.goto(f"{site.url}/interviews")
    expect(page.locator(".interview-row")).to_have_count(1)


def test_a_shared_computer_keeps_nothing(site: Site, window: Window) -> None:
    """After signing out or erasing, no draft waits in the browser for the next person."""
    for leave in ("Sign out", "Erase it all"):
        page = window.tab("/")
        begin(page)
        page.route("**/draft", lambda route: route.abort())
        editor(page).fill("Not for the next person here.")
        expect(draft_state(page)).to_contain_text("kept in this browser")
        page.goto(f"{site.url}/sign-up?next=/account" if leave == "Sign out" else f"{site.url}/account")
        if leave == "Sign out":
            sign_up(page, new_address())
        else:
            page.locator("summary").click()
            page.get_by_label("Yes, erase it all").check()
        assert waiting_in_browser(page), "the draft is gone too early"
        page.get_by_role("button", name=leave).click()
        expect(page).to_have_url(f"{site.url}/")
        until_on(page, lambda page=page: not waiting_in_browser(page))
        page.close()
