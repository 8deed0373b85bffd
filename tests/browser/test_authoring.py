"""Writing a question in a browser: it fails its check, is mended, published and practised; nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import yaml
from playwright.sync_api import Page, expect

from app.bank.question_text import write_question
from app.bank.seed_folder import read_questions
from app.kit.config import ROOT

from .conftest import Site, Window
from .steps import expect_complete_report, new_address, sign_up
from .test_pages import Inspector

GOOD = read_questions(ROOT / "seed").questions["cycle-in-a-linked-list"]


@pytest.fixture
def inspect() -> Iterator[Inspector]:
    inspector = Inspector()
    yield inspector
    assert not inspector.found, "\n".join(inspector.found)


def source_of(slug: str, title: str) -> str:
    return write_question(GOOD.model_copy(update={"slug": slug, "title": title, "related": [], "prerequisites": []}))


def begin_writing(page: Page, site: Site) -> None:
    sign_up(page, new_address())
    page.goto(f"{site.url}/author")
    page.get_by_role("button", name="Write a question").click()
    expect(page.locator("#source")).to_have_value(re.compile("^slug: "))
    expect(page.locator("#editor")).to_have_attribute("data-ready", "yes")


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")


def expect_kept(page: Page) -> None:
    expect(page.locator("#editor-saved")).to_have_text(re.compile(r"^Saved \d"))


def check(page: Page) -> None:
    tab(page, "Check")
    page.get_by_role("button", name="Check the question").click()
    expect(page.locator("#check-result")).to_contain_text(re.compile("May (not )?be published"), timeout=40_000)


def test_a_question_fails_is_mended_published_and_practised(site: Site, window: Window) -> None:
    page = window.tab("/sign-up")
    begin_writing(page, site)
    check(page)
    expect(page.locator("#check-result")).to_contain_text("May not be published yet")
    expect(page.locator("#check-result")).to_contain_text("a rubric needs 4 to 8")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("alert")).to_contain_text("Not published: the check found errors")
    expect(page.get_by_role("button", name="Check the question")).to_be_focused()
    # Mended: by the text first, then a word of it in the form.
    tab(page, "Text")
    page.locator("#source").fill(source_of("browser-cycle", "A cycle"))
    expect_kept(page)
    expect(page.locator("#source-problems")).to_contain_text("can be read as a question")
    expect(page.get_by_label("Title", exact=True)).to_have_value("A cycle")
    page.get_by_label("Title", exact=True).fill("A cycle in the browser")
    expect_kept(page)
    expect(page.locator("#source")).to_have_value(re.compile("title: A cycle in the browser"))
    check(page)
    expect(page.locator("#check-result")).to_contain_text("May be published")
    page.get_by_label("A note for the record").fill("first version")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="Version 1")).to_be_visible()
    expect(page.locator(".events").first).to_contain_text("first version")
    page.get_by_role("link", name="Practise it").click()
    page.get_by_role("button", name="Practise this question").click()
    page.locator("#answer").fill(GOOD.samples[0].text)
    page.get_by_role("button", name="Submit answer").click()
    expect_complete_report(page)
    expect(page.locator(".standing-band").first).to_have_text(re.compile("Strong|Solid"))


def test_an_answer_is_tried_and_becomes_a_sample(site: Site, window: Window) -> None:
    page = window.tab("/sign-up")
    begin_writing(page, site)
    page.locator("#source").fill(source_of("tried-cycle", "Tried"))
    expect_kept(page)
    tab(page, "Try it out")
    page.get_by_role("button", name="Score it").click()
    expect(page.locator("#try-state")).to_contain_text("Paste or write an answer first")
    words = "Two pointers run through the list, one twice as fast. If they meet, there is a cycle."
    page.get_by_label("An answer to try").fill(words)
    page.get_by_role("button", name="Score it").click()
    expect(page.locator("#try-result mark.evidence").first).to_be_visible(timeout=30_000)
    expect(page.locator("#try-result")).to_contain_text("of 100")
    # A changed rubric scores it again by itself.
    before = page.locator("#try-result").inner_html()
    page.get_by_label("Weight").first.fill("30")
    expect(page.locator("#try-state")).to_have_text("Being scored …", timeout=20_000)
    expect(page.locator("#try-state")).to_have_text("Scored.", timeout=30_000)
    assert page.locator("#try-result").inner_html() != before
    page.locator("#panel-try").get_by_label("Kind").select_option("plain")
    page.get_by_label("Grade", exact=True).select_option("0.5")
    page.get_by_role("button", name="Add to the samples").click()
    expect(page.locator("#try-state")).to_have_text("Added to the samples.")
    tab(page, "Text")
    samples = yaml.safe_load(page.locator("#source").input_value())["samples"]
    assert samples[-1] == {"kind": "plain", "grade": 0.5, "text": f"{words}\n"}


def test_points_are_added_moved_and_removed_by_keyboard(site: Site, window: Window) -> None:
    page = window.tab("/sign-up")
    begin_writing(page, site)

    def ids() -> list[str]:
        found = yaml.safe_load(page.locator("#source").input_value())
        return [criterion["id"] for criterion in found["rubric"]["criteria"]]

    assert ids() == ["first-point", "the-reason"]
    page.get_by_role("button", name="Add a point").focus()
    page.keyboard.press("Enter")
    expect(page.locator('[data-path="rubric.criteria.2.id"]')).to_be_focused()
    assert ids() == ["first-point", "the-reason", "point-3"]
    page.get_by_role("button", name="Move up point 3").focus()
    page.keyboard.press("Enter")
    expect(page.locator('[data-path="rubric.criteria.1.id"]')).to_have_value("point-3")
    expect(page.locator('[data-path="rubric.criteria.1.id"]')).to_be_focused()
    page.get_by_role("button", name="Remove point 1").focus()
    page.keyboard.press("Enter")
    expect(page.locator('[data-path="rubric.criteria.0.id"]')).to_have_value("point-3")
    assert ids() == ["point-3", "the-reason"]
    # Tabs go by arrows, and only the chosen one is in the tab order.
    page.get_by_role("tab", name="Text").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Try it out")).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="Check")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Check the question")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#check-result")).to_contain_text("May not be published yet", timeout=40_000)


def test_a_text_that_cannot_be_read_is_kept_and_says_where(site: Site, window: Window) -> None:
    page = window.tab("/sign-up")
    begin_writing(page, site)
    text = page.locator("#source").input_value().replace("level: 2", "level: two")
    page.locator("#source").fill(text)
    expect_kept(page)
    button = page.locator("#source-problems").get_by_role("button", name=re.compile(r"Line \d+"))
    button.click()
    picked = page.evaluate(
        "getSelection().toString() || (() => { const s = document.getElementById('source');"
        " return s.value.slice(s.selectionStart, s.selectionEnd) })()"
    )
    assert picked == "level: two"
    page.locator("#source").fill("title: [unfinished")
    expect_kept(page)
    expect(page.locator("#panel-form")).to_contain_text("the form waits")
    page.reload()
    expect(page.locator("#source")).to_have_value(re.compile("unfinished"))


def test_what_could_not_be_sent_waits_in_the_browser(site: Site, window: Window) -> None:
    page = window.tab("/sign-up")
    begin_writing(page, site)
    page.route("**/save", lambda route: route.abort())
    page.locator("#source").fill("title: Typed on a train")
    expect(page.locator("#editor-saved")).to_contain_text("Not saved: the server does not answer")
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.unroute("**/save")
    expect(page.locator("#source")).to_have_value("title: Typed on a train")
    expect_kept(page)


def test_two_tabs_are_told_of_each_other(site: Site, window: Window) -> None:
    page = window.tab("/sign-up")
    begin_writing(page, site)
    other = window.context.new_page()
    other.goto(page.url)
    page.locator("#source").fill("title: From the first tab")
    expect_kept(page)
    other.locator("#source").fill("title: From the second tab")
    dialog = other.locator("#conflict")
    expect(dialog).to_be_visible()
    expect(other.locator("#conflict-theirs")).to_have_value(re.compile("From the first tab"))
    expect(other.locator("#conflict-mine")).to_have_value(re.compile("From the second tab"))
    other.get_by_role("button", name="Keep mine").click()
    expect(dialog).to_be_hidden()
    expect_kept(other)
    other.reload()
    expect(other.locator("#source")).to_have_value(re.compile("From the second tab"))


def test_pages_of_authors(site: Site, window: Window, inspect: Inspector) -> None:
    page = window.tab("/sign-up")
    sign_up(page, new_address())
    page.goto(f"{site.url}/author")
    inspect(page, "no questions yet")
    page.get_by_role("button", name="Write a question").click()
    inspect(page, "editor, begun")
    page.locator("#source").fill(source_of("looked-at-cycle", "Looked at"))
    expect_kept(page)
    tab(page, "Preview")
    inspect(page, "editor, preview")
    check(page)
    inspect(page, "editor, checked")
    tab(page, "Try it out")
    page.get_by_label("An answer to try").fill("Two pointers, one twice as fast as the other, meet in the cycle.")
    page.get_by_role("button", name="Score it").click()
    expect(page.locator("#try-result mark.evidence").first).to_be_visible(timeout=30_000)
    inspect(page, "editor, tried")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="Version 1")).to_be_visible()
    inspect(page, "versions")
    page.get_by_role("button", name="Change it").click()
    page.get_by_label("Title", exact=True).fill("Looked at twice")
    expect_kept(page)
    page.get_by_role("button", name="What would change?").click()
    expect(page.locator("#impact")).to_contain_text("Against what people gave", timeout=60_000)
    inspect(page, "impact")
    page.get_by_role("link", name="Looked at twice").click()
    page.get_by_role("link", name="Versions").click()
    expect(page.get_by_role("heading", name="Not published yet")).to_be_visible()
    inspect(page, "versions, with a change")
    page.goto(f"{site.url}/author")
    inspect(page, "one question")
    page.get_by_role("link", name="Looked at twice").click()
    expect(page.locator("#editor")).to_have_attribute("data-ready", "yes")
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#editor")).to_have_attribute("data-ready", "yes")
    page.locator("#source").fill("title: [unfinished")
    expect_kept(page)
    inspect(page, "editor, unreadable")
    other.locator("#source").fill("title: Another")
    expect(other.locator("#conflict")).to_be_visible()
    inspect(other, "editor, conflict")
