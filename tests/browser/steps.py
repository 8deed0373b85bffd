"""What people do in Viva, step by step."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import yaml
from playwright.sync_api import Error, Locator, Page, expect

from app.kit.config import ROOT

from .conftest import Site

PASSWORD = "correct horse battery staple"


def interview_of(page: Page) -> uuid.UUID:
    """The interview that a page belongs to."""
    match = re.search(r"/interviews/([0-9a-f-]{36})", page.url)
    assert match, page.url
    return uuid.UUID(match[1])


def start_button(page: Page, template: str = "warm-up") -> Locator:
    """The button of the home page that makes an interview from a template."""
    return page.locator(f'form:has(input[name="template"][value="{template}"])').get_by_role("button")


def begin(page: Page) -> uuid.UUID:
    """From the home page into the first question, as whoever one is."""
    start_button(page).click()
    page.get_by_label("I agree that a machine scores my answers").check()
    page.get_by_role("button", name="Start the clock").click()
    expect_question(page, 1)
    return interview_of(page)


def expect_question(page: Page, number: int) -> None:
    """The room shows this question, and its script has come."""
    expect(page.locator("#place")).to_contain_text(f"Question {number} of ")
    expect_script(page)


def expect_script(page: Page) -> None:
    """The script of the room has come: it has counted the words, and seen what was typed before it came."""
    expect(page.locator("#word-count")).to_have_text(re.compile(r"\d+ words?"))


def strong_answer(site: Site, interview: uuid.UUID, position: int) -> str:
    """A strong sample of the very question that was drawn, without its last sentence."""
    slug = site.one(
        "SELECT q.slug FROM interview_items i JOIN question_versions v ON v.id = i.question_version_id"
        " JOIN questions q ON q.id = v.question_id WHERE i.interview_id = %(i)s AND i.position = %(p)s",
        i=interview,
        p=position,
    ).slug
    (path,) = ROOT.glob(f"seed/questions/*/{slug}.yaml")
    samples = yaml.safe_load(path.read_text())["samples"]
    text = max((s["text"] for s in samples if s["grade"] == 1 and s["kind"].startswith("strong")), key=len)
    sentences = re.split(r"(?<=[.!?])\s+", " ".join(text.split()))
    return " ".join(sentences[:-1])


def editor(page: Page) -> Locator:
    return page.get_by_label("Your answer")


def type_on(page: Page, words: str) -> None:
    """Go on typing at the end of the answer."""
    editor(page).click()  # a tab that was behind another takes no keys before
    page.keyboard.press("Control+End")
    page.keyboard.type(words)


def leave_editor(page: Page) -> None:
    """Put the cursor elsewhere, which saves at once."""
    page.locator("h1").click()


def draft_state(page: Page) -> Locator:
    return page.locator("#draft-state")


def expect_saved(page: Page) -> None:
    # Before its script comes, a page says when the text that it was sent with was saved.
    expect_script(page)
    expect(draft_state(page)).to_have_text(re.compile(r"^Saved \d\d:\d\d:\d\d$"))


def until(condition: Callable[[], Any], seconds: float = 15) -> Any:
    """What the condition gives, once it gives something."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)
    return found


def until_on(page: Page, condition: Callable[[], Any], seconds: float = 15) -> Any:
    """The same, while the page goes on (its events are handled only while Playwright waits).

    A page that is just being replaced by the next one has no answer yet.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            found = condition()
        except Error as error:
            if "context was destroyed" not in error.message:
                raise
            found = None
        if found:
            return found
        assert time.monotonic() < end, "it did not happen in time"
        page.wait_for_timeout(100)


def expect_complete_report(page: Page) -> None:
    """The report, which completes itself: nobody reloads."""
    expect(page).to_have_url(re.compile("/report$"))
    expect(page.get_by_text("Your answers are being scored")).to_have_count(0, timeout=30_000)
    expect(page.locator(".standing-band").first).to_be_visible()


def sign_up(page: Page, email: str, name: str = "Ada") -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()


def sign_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def new_address() -> str:
    return f"ada-{uuid.uuid4().hex[:10]}@example.org"
