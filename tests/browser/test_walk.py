"""The main job, walked: a guest's timed interview with real answers, the report, the account, the history."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from .conftest import ZONE, Open, Site, Window
from .steps import (
    begin,
    draft_state,
    editor,
    expect_complete_report,
    expect_question,
    expect_saved,
    interview_of,
    new_address,
    sign_in,
    sign_up,
    start_button,
    strong_answer,
    type_on,
    until,
)


def test_the_whole_walk(site: Site, window: Window) -> None:
    page = window.tab("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    # One click, no questions asked.
    start_button(page).click()
    interview = interview_of(page)
    expect(page.get_by_text("3 questions in 15 minutes.")).to_be_visible()
    row = site.one("SELECT started_at FROM interviews WHERE id = %(i)s", i=interview)
    assert row.started_at is None
    # Without consent the browser stays where it is.
    page.get_by_role("button", name="Start the clock").click()
    assert page.url.endswith(f"/interviews/{interview}")
    page.get_by_label("I agree that a machine scores my answers").check()
    page.get_by_role("button", name="Start the clock").click()
    expect_question(page, 1)
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"1[45]:\d\d left"))

    answers = [strong_answer(site, interview, position) for position in (1, 2, 3)]
    half = answers[0][: len(answers[0]) // 2]
    editor(page).fill(half)
    expect(draft_state(page)).to_have_text("Not saved yet")
    expect_saved(page)
    saved = site.item(interview)
    assert saved.draft_text == half
    # “Saved 14:03:22” is the moment that the server stored it, in the reader's zone.
    at: dt.datetime = saved.draft_saved_at
    assert draft_state(page).inner_text() == f"Saved {at.astimezone(ZoneInfo(ZONE)):%H:%M:%S}"
    page.reload()
    expect(editor(page)).to_have_value(half)
    assert draft_state(page).inner_text() == f"Saved {at.astimezone(ZoneInfo(ZONE)):%H:%M:%S}"
    # In the middle of a word, before anything could be saved.
    type_on(page, " and this was just typ")
    page.reload()
    expect(editor(page)).to_have_value(f"{half} and this was just typ")
    expect_saved(page)
    assert site.item(interview).draft_text == f"{half} and this was just typ"

    editor(page).fill(answers[0])
    page.get_by_role("button", name="Submit answer").click()
    expect_question(page, 2)
    expect(page.locator('.outline-state[data-state="answered"]')).to_have_count(1)
    editor(page).fill(answers[1])
    page.get_by_role("button", name="Submit answer").click()
    expect_question(page, 3)
    editor(page).fill(answers[2])
    page.get_by_role("link", name="Look over and finish").click()
    expect(page.get_by_text("2 of 3 questions answered.")).to_be_visible()
    assert site.item(interview, 3).draft_text == answers[2], "leaving the question did not save it"
    page.get_by_role("button", name="Finish and see the report").click()
    expect_complete_report(page)

    stored = [site.item(interview, position) for position in (1, 2, 3)]
    assert [item.answer_text for item in stored] == answers
    assert [item.submitted_by for item in stored] == ["candidate", "candidate", "finish"]
    for position, answer in enumerate(answers, 1):
        check_report_item(page, position, answer)
    expect(page.get_by_role("heading", name="What, how, why")).to_be_visible()
    expect(page.locator(".facet")).not_to_have_count(0)
    expect(page.locator("#q3").get_by_text("Handed in as it stood when you finished.")).to_be_visible()
    expect(page.get_by_role("heading", name="What to do next")).to_be_visible()
    score = site.one(
        "SELECT avg(score) AS mean, count(*) AS n FROM assessments s JOIN answers a ON a.id = s.answer_id"
        " JOIN interview_items i ON i.id = a.item_id WHERE i.interview_id = %(i)s",
        i=interview,
    )
    assert score.n == 3
    assert score.mean > 0.4, "strong answers are scored as weak ones"

    email = new_address()
    page.get_by_role("contentinfo").get_by_role("link", name="Make an account").click()
    sign_up(page, email)
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_text(email).first).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.goto(f"{site.url}/interviews/{interview}/report")
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))
    sign_in(page, email)
    expect(page).to_have_url(f"{site.url}/interviews/{interview}/report")
    page.get_by_role("link", name="History").click()
    rows = page.locator(".interview-row")
    expect(rows).to_have_count(1)
    expect(rows.get_by_role("link", name="Warm-up")).to_be_visible()
    expect(rows.locator(".band")).to_be_visible()
    rows.get_by_role("link").click()
    expect_complete_report(page)


def check_report_item(page: Page, position: int, answer: str) -> None:
    """Evidence marked inside the answer, verdicts with reasons, the model answer."""
    section = page.locator(f"#q{position}")
    shown = section.locator(".answer .own-words")
    marks = shown.locator("mark")
    assert marks.count() >= 1, f"question {position}: nothing is marked in a strong answer"
    for number in range(marks.count()):
        words = marks.nth(number).evaluate(
            "m => [...m.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join('')"
        )
        assert words.strip()
        assert words in answer, f"question {position}: {words!r} is not in the answer"
    # The answer as a whole is shown verbatim, with nothing but the numbers of the points put in.
    text = shown.evaluate(
        "box => { const copy = box.cloneNode(true); copy.querySelectorAll('a, .visually-hidden').forEach(n => n.remove());"
        " return copy.textContent; }"
    )
    assert text.strip() == answer
    points = section.locator(".criterion")
    assert points.count() >= 3
    for number in range(points.count()):
        point = points.nth(number)
        expect(point.locator(".verdict")).to_have_text(re.compile(r"\w+"))
        expect(point.locator(".criterion-because")).to_have_text(re.compile(r"\w+"))
        quote = point.locator(".criterion-quote")
        if quote.count():
            assert quote.inner_text().strip("“”") in answer
    # Each mark leads to its point, and nowhere else.
    for link in marks.locator("a.evidence-number").all():
        href = link.get_attribute("href") or ""
        expect(page.locator(href)).to_have_count(1)
    model = section.locator("details.model-answer")
    expect(model.locator(".prose")).to_be_hidden()
    model.locator("summary").click()
    expect(model.locator(".prose")).to_be_visible()


def test_a_guest_takes_the_interview_along_to_an_account(site: Site, open_window: Open) -> None:
    email = new_address()
    at_home = open_window().tab("/sign-up")
    sign_up(at_home, email)
    expect(at_home.get_by_role("link", name="Account")).to_be_visible()

    elsewhere = open_window().tab("/")
    interview = begin(elsewhere)
    editor(elsewhere).fill("Written as a guest, on another computer.")
    expect_saved(elsewhere)
    elsewhere.goto(f"{site.url}/sign-in?next=/interviews/{interview}")
    expect(elsewhere.get_by_text("What you did as a guest comes along.")).to_be_visible()
    sign_in(elsewhere, email)
    expect(editor(elsewhere)).to_have_value("Written as a guest, on another computer.")
    type_on(elsewhere, " And gone on with.")
    expect_saved(elsewhere)

    at_home.goto(f"{site.url}/interviews")
    at_home.locator(".interview-row").get_by_role("link").click()
    expect(editor(at_home)).to_have_value("Written as a guest, on another computer. And gone on with.")


def test_practising_one_question(site: Site, window: Window) -> None:
    page = window.tab("/questions")
    page.get_by_label("Search").fill("dropout")
    expect(page).to_have_url(re.compile(r"q=dropout"))
    page.locator("#results .row-title").first.click()
    page.get_by_role("button", name="Practise this question").click()
    expect(page.get_by_text("No clock")).to_be_visible()
    interview = interview_of(page)
    editor(page).fill(strong_answer(site, interview, 1))
    page.get_by_role("button", name="Submit answer").click()
    expect_complete_report(page)
    expect(page.locator("#q1 mark")).not_to_have_count(0)
    assert until(lambda: site.item(interview).answer_id)


def test_i_do_not_know_and_flags(site: Site, window: Window) -> None:
    page = window.tab("/")
    interview = begin(page)
    flag = page.get_by_role("button", name="Flag this question")
    flag.click()
    expect(flag).to_have_attribute("aria-pressed", "true")
    until(lambda: site.item(interview).flagged)
    page.get_by_role("button", name="I do not know").click()
    dialog = page.get_by_role("dialog", name="Submit “I do not know”?")
    dialog.get_by_role("button", name="Back to the question").click()
    expect(dialog).to_be_hidden()
    assert site.item(interview).answer_id is None
    editor(page).fill("Three words here")
    page.get_by_role("button", name="I do not know").click()
    expect(dialog).to_contain_text("You have written 3 words.")
    dialog.get_by_role("button", name="Submit “I do not know”").click()
    expect_question(page, 2)
    assert site.item(interview).answer_text == "Three words here"
    # An empty answer is not submitted by accident.
    page.get_by_role("button", name="Submit answer").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no answer yet.")
    assert site.item(interview, 2).answer_id is None
    page.get_by_role("link", name="Finish").first.click()
    expect(page.get_by_role("heading", name="Flagged")).to_be_visible()
