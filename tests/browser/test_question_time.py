"""Time for each question in a browser: what is typed when it runs out is handed in, and the next one is opened."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from timed_questions import SLUG, public_template

from app.interviews.clock import GRACE_SECONDS
from app.kit.db import make_engine, make_sessions

from .conftest import Site, Window
from .steps import (
    editor,
    expect_complete_report,
    expect_question,
    expect_saved,
    interview_of,
    start_button,
    type_on,
    until,
)
from .test_live import clean


@pytest.fixture
def template(site: Site) -> Iterator[str]:
    """A template of everybody's, as long as the test runs: others look at what there is to start."""
    engine = make_engine(site.database_url, pool_size=1)
    yield public_template(make_sessions(engine))
    engine.dispose()
    site.rows("UPDATE interview_templates SET status = 'retired' WHERE slug = %(s)s", s=SLUG)


def end_question_in(site: Site, page: Page, interview: uuid.UUID, position: int, seconds: float) -> None:
    """Leave so many seconds for a question, and let its page hear of it."""
    site.rows(
        "UPDATE interview_items SET deadline_at = viva_now() + make_interval(secs => %(s)s)"
        " WHERE interview_id = %(i)s AND position = %(p)s",
        s=seconds,
        i=interview,
        p=position,
    )
    page.evaluate("dispatchEvent(new Event('focus'))")


def test_a_question_ends_and_the_next_one_is_opened(site: Site, window: Window, template: str) -> None:
    page = window.tab("/")
    start_button(page, template).click()
    expect(page.get_by_text("A question’s clock starts when you open it.")).to_be_visible()
    page.get_by_label("I agree that a machine scores my answers").check()
    page.get_by_role("button", name="Start the clock").click()
    interview = interview_of(page)
    open_button = page.get_by_role("button", name="Open the question")
    place = page.locator("#place")
    expect(open_button).to_be_visible()
    clean(page, "a question that is not open")
    assert site.item(interview).opened_at is None

    open_button.click()
    expect_question(page, 1)
    expect(page.get_by_role("timer", name="Time left for this question")).to_contain_text("left")
    assert site.item(interview).opened_at is not None
    editor(page).fill("Learning means that the weights change.")
    expect_saved(page)
    end_question_in(site, page, interview, 1, 2.5)
    type_on(page, " Typed in the last second.")
    dialog = page.get_by_role("dialog", name="The time for this question is up")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("status")).to_contain_text("handed in as it stands")
    # It leads to the next one by itself, before the grace is over; that one waits to be opened.
    expect(place).to_contain_text("Question 2 of 3")
    expect(open_button).to_be_visible()
    assert site.item(interview, 2).opened_at is None
    item = until(lambda: (found := site.item(interview)).answer_id and found, GRACE_SECONDS + 15)
    assert item.answer_text == "Learning means that the weights change. Typed in the last second."
    assert item.submitted_by == "deadline"

    open_button.click()
    expect_question(page, 2)
    deadline = site.item(interview, 2).deadline_at
    page.reload()
    expect_question(page, 2)
    assert site.item(interview, 2).deadline_at == deadline
    # The question that is over can be read, and not written to.
    page.get_by_role("link", name="Previous").click()
    expect(page.get_by_text("Handed in when its time was up; it cannot be changed.")).to_be_visible()
    expect(page.locator("#answer")).to_have_count(0)
    page.get_by_role("link", name="Next", exact=True).click()
    expect_question(page, 2)
    editor(page).fill("Weights change so that the loss becomes smaller.")
    page.get_by_role("button", name="Submit answer").click()

    expect(place).to_contain_text("Question 3 of 3")
    open_button.click()
    expect_question(page, 3)
    end_question_in(site, page, interview, 3, 1.5)
    # Nothing was written to the last one; with it the whole ends, long before its own time.
    expect(page).to_have_url(f"{site.url}/interviews/{interview}/report", timeout=30_000)
    expect_complete_report(page)
    row = site.one("SELECT finish_reason, finished_at, deadline_at FROM interviews WHERE id = %(i)s", i=interview)
    assert row.finish_reason == "deadline"
    assert row.finished_at < row.deadline_at
    assert site.item(interview, 3).answer_id is None
