"""The editor when things go wrong: a slow or absent server, two tabs, a session that ended, a text that cannot be read."""

from __future__ import annotations

import re

import pytest
import yaml
from playwright.sync_api import Dialog, Locator, Page, Route, expect

from .conftest import Site, Window
from .steps import until_on
from .test_authoring import begin_writing, check, expect_kept, source_of, tab

SLOW_MS = 1_500


@pytest.fixture
def page(site: Site, window: Window) -> Page:
    """The editor with a question that was just begun."""
    opened = window.tab("/sign-up")
    begin_writing(opened, site)
    return opened


def content(page: Page) -> dict[str, object]:
    found = yaml.safe_load(page.locator("#source").input_value())
    assert isinstance(found, dict)
    return found


def slow_saves(page: Page) -> None:
    def later(route: Route) -> None:
        page.wait_for_timeout(SLOW_MS)
        route.continue_()

    page.route("**/save", later)


def title(page: Page) -> Locator:
    return page.get_by_label("Title", exact=True)


def test_typing_in_the_form_while_the_text_is_saved_loses_neither(page: Page) -> None:
    slow_saves(page)
    text = page.locator("#source").input_value().replace("level: 2", "level: 3")
    with page.expect_request("**/save"):
        page.locator("#source").fill(text)
    title(page).fill("Typed meanwhile")
    expect_kept(page)
    found = content(page)
    assert (found["title"], found["level"]) == ("Typed meanwhile", 3)
    expect(title(page)).to_have_value("Typed meanwhile")
    expect(page.locator('[data-path="level"]')).to_have_value("3")


def test_the_text_waits_while_the_form_is_saved(page: Page) -> None:
    slow_saves(page)
    with page.expect_request("**/save"):
        title(page).fill("First the form")
    source = page.locator("#source")
    expect(source).to_have_attribute("readonly", "")
    source.focus()
    expect_kept(page)
    expect(source).not_to_have_attribute("readonly", "")
    assert content(page)["title"] == "First the form"
    source.fill(source.input_value().replace("level: 2", "level: 4"))
    expect_kept(page)
    page.reload()
    assert (content(page)["title"], content(page)["level"]) == ("First the form", 4)


def test_typing_on_while_the_same_half_is_saved_loses_nothing(page: Page) -> None:
    slow_saves(page)
    with page.expect_request("**/save"):
        title(page).fill("One")
    title(page).press_sequentially(" two three", delay=30)
    expect_kept(page)
    assert content(page)["title"] == "One two three"
    with page.expect_request("**/save"):
        page.locator("#source").fill("title: text one")
    page.locator("#source").press_sequentially(" two", delay=30)
    expect_kept(page)
    expect(page.locator("#source")).to_have_value("title: text one two")


@pytest.mark.parametrize("status", [0, 401, 404, 503])
def test_what_was_typed_in_the_form_waits_in_the_browser(page: Page, status: int) -> None:
    page.route("**/save", lambda route: route.fulfill(status=status, json={}) if status else route.abort())
    title(page).fill("Typed on a train")
    expect(page.locator("#editor-saved")).to_contain_text("waits in this browser")
    if status in (401, 404):
        expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.unroute("**/save")
    expect_kept(page)
    expect(title(page)).to_have_value("Typed on a train")
    assert content(page)["title"] == "Typed on a train"
    page.reload()
    expect(title(page)).to_have_value("Typed on a train")


def test_two_forms_are_told_of_each_other_with_what_each_said(page: Page, window: Window) -> None:
    other = window.context.new_page()
    other.goto(page.url)
    expect(other.locator("#editor")).to_have_attribute("data-ready", "yes")
    title(page).fill("From the first form")
    expect_kept(page)
    title(other).fill("From the second form")
    expect(other.locator("#conflict")).to_be_visible()
    expect(other.locator("#conflict-theirs")).to_have_value(re.compile("From the first form"))
    expect(other.locator("#conflict-mine")).to_have_value(re.compile("From the second form"))
    # Escape chooses nothing.
    other.keyboard.press("Escape")
    expect(other.locator("#conflict")).to_be_visible()
    other.get_by_role("button", name="Keep theirs").click()
    expect_kept(other)
    expect(title(other)).to_have_value("From the first form")
    title(other).fill("And on it goes")
    expect_kept(other)
    assert content(other)["title"] == "And on it goes"


def test_a_text_that_cannot_be_read_survives_the_other_buttons(page: Page) -> None:
    text = page.locator("#source").input_value() + "\n- unfinished: ["
    page.locator("#source").fill(text)
    expect_kept(page)
    tab(page, "Try it out")
    page.get_by_label("An answer to try").fill("An answer.")
    page.get_by_role("button", name="Add to the samples").click()
    expect(page.locator("#try-state")).to_contain_text("mend the text first")
    page.reload()
    expect(page.locator("#source")).to_have_value(text)


@pytest.mark.parametrize("half", ["form", "text"])
def test_what_is_typed_before_the_script_has_come_is_saved(page: Page, half: str) -> None:
    def late(route: Route) -> None:
        page.wait_for_timeout(SLOW_MS)
        route.continue_()

    page.route("**/authoring.js*", late)
    page.reload(wait_until="commit")
    if half == "form":
        title(page).fill("Typed early")
    else:
        page.locator("#source").fill("title: Typed early")
    expect(page.locator("#editor")).not_to_have_attribute("data-ready", "yes")
    # (“Saved” stands there from the beginning.)
    until_on(page, lambda: content(page)["title"] == "Typed early")
    expect_kept(page)


def test_quick_presses_build_on_each_other(page: Page) -> None:
    slow_saves(page)
    page.evaluate(
        "document.querySelectorAll('[data-act=\"add-criterion\"]').forEach((b) => { b.click(); b.click(); b.click() })"
    )
    expect(page.locator('[data-path="rubric.criteria.4.id"]')).to_have_value("point-5", timeout=20_000)
    expect(page.locator("#conflict")).to_be_hidden()


def test_comments_of_the_text_outlive_the_form(page: Page) -> None:
    text = page.locator("#source").input_value().replace("rubric:", "# ask Carol about this\nrubric:")
    page.locator("#source").fill(text)
    expect_kept(page)
    title(page).fill("From the form")
    expect_kept(page)
    expect(page.locator("#source")).to_have_value(re.compile("# ask Carol about this\nrubric:"))


def test_a_finding_leads_to_its_field_and_its_line(page: Page) -> None:
    check(page)
    findings = page.locator(".findings").first
    expect(findings.get_by_text("Model answer: has 12 words")).to_be_visible()
    findings.get_by_role("button", name="Model answer").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Model answer", exact=True)).to_be_focused()
    expect(page.get_by_label("Model answer", exact=True)).to_be_in_viewport()
    line = page.locator(".findings li", has_text="Model answer").get_by_role("button", name=re.compile("line"))
    line.click()
    expect(page.locator("#source")).to_be_focused()
    picked = page.locator("#source").evaluate("(s) => s.value.slice(s.selectionStart, s.selectionEnd)")
    assert picked == "model_answer: |"


def test_a_check_goes_on_without_taking_the_focus(site: Site, page: Page) -> None:
    with site.worker_paused():
        tab(page, "Check")
        page.get_by_role("button", name="Check the question").click()
        expect(page.get_by_role("progressbar")).to_be_visible()
        page.reload()
        tab(page, "Check")
        expect(page.get_by_role("progressbar")).to_be_visible()
        title(page).focus()
    expect(page.locator("#check-result")).to_contain_text("May not be published yet", timeout=60_000)
    expect(title(page)).to_be_focused()


def test_a_slug_that_is_taken_is_said_in_the_editor(site: Site, page: Page) -> None:
    for number in (1, 2):
        if number == 2:
            page.goto(f"{site.url}/author")
            page.get_by_role("button", name="Write a question").click()
            expect(page.locator("#editor")).to_have_attribute("data-ready", "yes")
        page.locator("#source").fill(source_of("taken-slug", f"Number {number}"))
        expect_kept(page)
        check(page)
        page.get_by_label("A note for the record").fill("my note")
        page.get_by_role("button", name="Publish").click()
        if number == 1:
            expect(page.get_by_role("heading", name="Version 1")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("another question with the slug")
    expect(page.get_by_label("A note for the record")).to_have_value("my note")
    page.get_by_label("Slug").fill("free-slug")
    expect_kept(page)


def test_what_is_thrown_away_on_purpose_is_forgotten(site: Site, page: Page) -> None:
    page.route("**/save", lambda route: route.abort())
    title(page).fill("Not worth keeping")
    expect(page.locator("#editor-saved")).to_contain_text("Not saved")
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    page.get_by_role("button", name="Discard this working copy").click()
    expect(page.get_by_role("heading", name="Your questions")).to_be_visible()
    assert asked == ["confirm"]
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('author'))") == []


def tab_to(page: Page, target: Locator, most: int = 120) -> None:
    """Press the Tab key until something has the focus; it must be seen there."""
    for _ in range(most):
        if target.evaluate("(element) => element === document.activeElement"):
            expect(target).to_be_in_viewport()
            return
        page.keyboard.press("Tab")
    raise AssertionError("the Tab key does not get there")


def test_a_question_is_written_and_checked_by_keyboard_alone(page: Page) -> None:
    tab_to(page, page.get_by_role("tab", name="Form"))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Preview")).to_be_focused()
    expect(page.locator("#panel-preview")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    tab_to(page, title(page))
    page.keyboard.press("Control+a")
    page.keyboard.type("Written by keyboard")
    tab_to(page, page.get_by_label("Level"))
    page.keyboard.press("ArrowDown")
    tab_to(page, page.get_by_role("button", name="Add a sample"))
    page.keyboard.press("Enter")
    expect(page.locator('[data-path="samples.1.kind"]')).to_be_focused()
    expect_kept(page)
    found = content(page)
    assert (found["title"], found["level"], len(found["samples"])) == ("Written by keyboard", 3, 2)  # type: ignore[arg-type]
    tab_to(page, page.get_by_role("tab", name="Text"))
    page.keyboard.press("End")
    tab_to(page, page.get_by_role("button", name="Check the question"))
    page.keyboard.press("Enter")
    expect(page.locator("#check-result")).to_contain_text("May not be published yet", timeout=40_000)
    tab_to(page, page.locator(".findings .link-button").first)
    page.keyboard.press("Enter")
    expect(page.locator("#question-form :focus")).to_have_count(1)
    tab_to(page, page.get_by_role("button", name="Publish"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Not published")
