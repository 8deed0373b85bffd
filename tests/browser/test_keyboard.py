"""The main job by keyboard alone: Tab, Shift+Tab, Enter, Space and typing; never a click, and never a lost focus."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from .conftest import Site, Window
from .steps import (
    PASSWORD,
    expect_complete_report,
    expect_question,
    expect_saved,
    interview_of,
    new_address,
    strong_answer,
)

FOCUSED = """() => {
    const e = document.activeElement;
    if (!e || e === document.body || e === document.documentElement) return null;
    const style = getComputedStyle(e);
    const box = e.getBoundingClientRect();
    const label = e.labels?.length ? e.labels[0].innerText : "";
    const heard = e.getAttribute("aria-label") || label || e.textContent || "";
    return {
        tag: e.tagName.toLowerCase(),
        name: heard.replace(/\\s+/g, " ").trim(),
        shown: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none",
        inside: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
    };
}"""


class Keyboard:
    """A person without a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.stops: list[str] = []

    def focused(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.page.evaluate(FOCUSED)
        return found

    def to(self, name: str, tag: str | None = None, *, back: bool = False) -> None:
        """Go on until something with this name has the focus; wherever it stops on the way, it can be seen."""
        self.stops = []
        for _ in range(120):
            self.page.keyboard.press("Shift+Tab" if back else "Tab")
            stop = self.focused()
            if stop is None:
                continue
            self.stops.append(f"{stop['tag']} {stop['name'][:50]}")
            assert stop["shown"], f"the focus cannot be seen on {self.stops[-1]!r} of {self.page.url}"
            assert stop["inside"], f"the focus is out of sight on {self.stops[-1]!r} of {self.page.url}"
            assert stop["name"], f"{stop['tag']} without a name on {self.page.url}"
            if name in stop["name"] and tag in (None, stop["tag"]):
                return
        raise AssertionError(f"{name!r} cannot be reached by Tab: {self.stops}")

    def press(self, name: str, tag: str | None = None, key: str = "Enter", *, back: bool = False) -> None:
        self.to(name, tag, back=back)
        self.page.keyboard.press(key)

    def write(self, name: str, words: str) -> None:
        self.to(name)
        self.page.keyboard.insert_text(words[:-5])  # as an input method does; typed to the end
        self.page.keyboard.type(words[-5:])


def test_the_whole_walk_by_keyboard(site: Site, window: Window) -> None:
    page = window.tab("/")
    keys = Keyboard(page)
    page.keyboard.press("Tab")
    stop = keys.focused()
    assert stop
    assert stop["name"] == "Skip to the content"
    page.keyboard.press("Enter")
    keys.press("Start Warm-up", "button")
    expect(page.get_by_role("button", name="Start the clock")).to_be_visible()
    interview = interview_of(page)

    # Without agreeing the browser goes back to the box, and says why.
    keys.press("Start the clock", "button")
    assert page.url.endswith(str(interview))
    keys.to("I agree that a machine scores my answers", back=True)
    page.keyboard.press("Space")
    keys.press("Start the clock", "button")
    expect_question(page, 1)

    answers = [strong_answer(site, interview, position) for position in (1, 2, 3)]
    for number, answer in enumerate(answers[:2], 1):
        expect_question(page, number)
        page.keyboard.press("Tab")
        assert (keys.focused() or {}).get("name", "").startswith("Skip to")
        page.keyboard.press("Enter")
        if (keys.focused() or {}).get("tag") != "textarea":
            keys.to("Your answer", "textarea")
        page.keyboard.insert_text(answer)
        keys.press("Submit answer", "button")
    expect_question(page, 3)
    keys.write("Your answer", answers[2])
    keys.press("Flag", "button", key="Space")
    expect(page.locator("#flag")).to_have_attribute("aria-pressed", "true")
    # “I do not know” asks first, and the way back leads back.
    keys.press("I do not know", "button", back=True)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert (keys.focused() or {}).get("name") == "I do not know", "the focus is lost when the dialog closes"
    keys.press("Look over and finish", "a")
    expect(page.get_by_text("2 of 3 questions answered.")).to_be_visible()
    keys.press("Finish and see the report", "button")
    expect_complete_report(page)
    assert [site.item(interview, position).answer_text for position in (1, 2, 3)] == answers

    # From a mark to its point, and the model answer unfolded.
    keys.to("point ", "a")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"#q1-c\d+$"))
    keys.press("Model answer", "summary")
    expect(page.locator("details.model-answer[open]")).to_have_count(1)

    email = new_address()
    keys.press("Make an account", "a")
    expect(page).to_have_url(re.compile("/sign-up"))
    keys.write("Name", "Ada Lovelace")
    keys.write("E-mail", email)
    keys.write("Password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Account")).to_be_visible()
    keys.press("Account", "a")
    expect(page.get_by_text(email).first).to_be_visible()
    keys.press("Sign out", "button")
    expect(page).to_have_url(f"{site.url}/")
    keys.press("Sign in", "a")
    expect(page).to_have_url(re.compile("/sign-in"))
    keys.write("E-mail", email)
    keys.write("Password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Account")).to_be_visible()
    keys.press("History", "a")
    expect(page.locator(".interview-row")).to_have_count(1)
    keys.press("Warm-up", "a")
    expect_complete_report(page)


def test_keys_of_the_room(site: Site, window: Window) -> None:
    page = window.tab("/questions")
    keys = Keyboard(page)
    keys.write("Search", "dropout")
    expect(page).to_have_url(re.compile("q=dropout"))
    page.goto(f"{site.url}/")
    keys.press("Start Warm-up", "button")
    expect(page.get_by_role("button", name="Start the clock")).to_be_visible()
    keys.press("I agree", key="Space")
    keys.press("Start the clock", "button")
    expect_question(page, 1)
    interview = interview_of(page)
    page.keyboard.press("Alt+t")
    expect(page.locator("#clock-announcement")).to_have_text(re.compile(r"^1[45] minutes.* left$"))
    page.keyboard.press("Alt+n")
    expect_question(page, 2)
    page.keyboard.press("Alt+p")
    expect_question(page, 1)
    page.keyboard.press("Alt+g")
    expect(page.locator("#flag")).to_have_attribute("aria-pressed", "true")
    keys.write("Your answer", "Weights change.")
    expect_saved(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Press Ctrl Enter once more to submit.")).to_be_visible()
    assert site.item(interview).answer_id is None
    # Typing on is not agreeing.
    page.keyboard.type(" More.")
    page.keyboard.press("Control+Enter")
    assert site.item(interview).answer_id is None
    page.keyboard.press("Control+Enter")
    expect_question(page, 2)
    assert site.item(interview).answer_text == "Weights change. More."


def test_choosing_between_two_texts_by_keyboard(site: Site, window: Window) -> None:
    page = window.tab("/questions/dropout")
    keys = Keyboard(page)
    keys.press("Practise this question", "button")
    expect(page.get_by_text("No clock")).to_be_visible()
    interview = interview_of(page)
    site.rows(
        "UPDATE interview_items SET draft_text = 'Theirs.', draft_revision = 7 WHERE interview_id = %(i)s", i=interview
    )
    keys.write("Your answer", "My own text.")
    dialog = page.get_by_role("dialog", name="This answer was changed in another place")
    expect(dialog).to_be_visible()
    keys.to("Keep the other", "button")
    keys.press("Keep this one", "button", back=True)
    expect(dialog).to_be_hidden()
    expect_saved(page)
    assert (keys.focused() or {}).get("tag") == "textarea"
    assert site.item(interview).draft_text == "My own text."
