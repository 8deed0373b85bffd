"""A reviewer at work with the keyboard alone, and the looks of the pages round it."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, text

from app.accounts.models import Organization
from app.assessments.scoring_queue import SCORE_ANSWER
from app.interviews.creation import Candidate, interview_from_slugs
from app.interviews.models import Answer
from app.kit.db import make_engine, make_sessions

from .conftest import Site, Window
from .steps import new_address, sign_up, until
from .test_pages import Inspector, inspect  # noqa: F401 - the fixture

SHOTS = os.environ.get("SHOTS")
"""A folder for pictures, for whoever wants to look."""
WORDS = [
    "Dropout switches units off at random in training, so that no unit can rely on another one.",
    "A generator makes pictures and a discriminator tells them from real ones; both learn from each other.",
    "Many trees are grown on random parts of the data and of the features, and they vote.",
]


def finished_interview(site: Site, slug: str, slugs: list[str]) -> list[uuid.UUID]:
    """An interview of the organisation that Carol has finished and the site's worker has scored: its answers."""
    engine = make_engine(site.database_url)
    with make_sessions(engine).begin() as session:
        organization = session.scalars(select(Organization).where(Organization.slug == slug)).one()
        interview = interview_from_slugs(session, organization.id, Candidate(name="Carol Candidate"), slugs)
        answers = [
            Answer(organization_id=organization.id, item_id=item.id, text=words, submitted_by="candidate")
            for item, words in zip(interview.items, WORDS, strict=False)
        ]
        session.add_all(answers)
        session.flush()
        session.execute(
            text(
                "UPDATE interviews SET consented_at = viva_now(), started_at = viva_now() - interval '9 minutes',"
                " finished_at = viva_now(), finish_reason = 'candidate' WHERE id = :i"
            ),
            {"i": interview.id},
        )
        for answer in answers:
            SCORE_ANSWER.enqueue(session, answer_id=str(answer.id))
        ids = [answer.id for answer in answers]
    engine.dispose()
    until(
        lambda: site.one("SELECT count(*) AS n FROM assessments WHERE answer_id = ANY(%(a)s)", a=ids).n == len(ids), 60
    )
    return ids


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.fixture
def desk(site: Site, window: Window) -> tuple[Page, str]:
    """Ada's organisation, whose first page is open."""
    page = window.tab("/sign-up")
    sign_up(page, new_address())
    page.goto(f"{site.url}/organizations")
    name = f"Reviewers {uuid.uuid4().hex[:6]}"
    page.get_by_label("Name of a new organisation").fill(name)
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url("**/organizations/reviewers-*")
    return page, page.url.rsplit("/", 1)[1]


def test_two_answers_reviewed_by_keyboard(
    site: Site,
    desk: tuple[Page, str],
    inspect: Inspector,  # noqa: F811
) -> None:
    page, slug = desk
    page.get_by_role("link", name="Review", exact=True).click()
    expect(page.get_by_text("Nothing waits for a person")).to_be_visible()
    inspect(page, "review queue, empty")
    finished_interview(site, slug, ["dropout", "gan", "random-forest"])
    page.reload()
    shot(page, "queue")
    inspect(page, "review queue")
    expect(page.locator("body")).not_to_contain_text("Carol")
    # From here on, no mouse.
    for _ in range(40):
        press(page, "Tab")
        if page.evaluate("document.activeElement.textContent.trim()").startswith("Begin with the first"):
            break
    press(page, "Enter")
    points = page.locator("fieldset.to-judge")
    expect(points.first.locator("input:focus")).to_have_count(1)
    first = page.url
    count = points.count()
    assert count > 2
    expect(page.locator(".to-judge-machine:visible")).to_have_count(0)
    press(page, "1")
    expect(points.nth(1).locator("input:focus")).to_have_count(1)
    expect(page.locator(".to-judge-machine:visible")).to_have_count(1)
    press(page, "2", "k", "3", "ArrowUp", "0")
    expect(points.nth(1).locator("input:checked")).to_have_value("")
    press(page, "4", *["1"] * (count - 2))
    expect(page.locator("#score")).to_be_focused()
    page.keyboard.type("70")
    expect(page.locator("#score-band")).to_have_text("Solid")
    press(page, "Escape", "r")
    page.keyboard.type("The why is there, in plain words.")
    press(page, "Escape", "c")
    page.keyboard.type("Well explained.")
    press(page, "Escape", "?")
    expect(page.locator("#keys")).to_have_attribute("open", "")
    shot(page, "answer")
    inspect(page, "review page")
    press(page, "Control+Enter")
    expect(page).not_to_have_url(first)
    second = page.url
    expect(points.first.locator("input:focus")).to_have_count(1)
    press(page, "m")
    expect(page.locator("#machine")).to_have_attribute("open", "")
    press(page, *["1"] * points.count())
    press(page, "Escape", "Control+Enter")
    until(lambda: page.url != second or page.locator("#refused").count() == 1)
    if page.locator("#refused").count():
        # All met is more than a band from what the machine says: the reason is asked for, and nothing is lost.
        expect(page.locator("#refused")).to_be_focused()
        shot(page, "refused")
        press(page, "r")
        page.keyboard.type("Short, and complete.")
        press(page, "Control+Enter")
    expect(page).not_to_have_url(second)
    rows = site.rows(
        "SELECT r.* FROM reviews r JOIN organizations o ON o.id = r.organization_id WHERE o.slug = %(s)s"
        " ORDER BY r.created_at",
        s=slug,
    )
    assert [row.score for row in rows] == [0.7, 1.0]
    assert rows[0].comment == "Well explained."
    assert sorted(set(rows[0].verdicts.values())) == ["contradicted", "met"]
    with psycopg.connect(site.database_url, autocommit=True) as connection:
        # A second reviewer, who saw it otherwise: the page of both, and what has been learnt.
        connection.execute(
            "INSERT INTO reviews (id, organization_id, answer_id, question_id, score, verdicts, reason, disputed)"
            " SELECT gen_random_uuid(), organization_id, answer_id, question_id, 0.2, '{}', 'Too short.', true"
            " FROM reviews WHERE id = %s",
            [rows[0].id],
        )
        connection.execute(
            "INSERT INTO appeals (id, organization_id, answer_id, text) SELECT gen_random_uuid(), organization_id,"
            " answer_id, 'I did say why it works.' FROM reviews WHERE id = %s",
            [rows[0].id],
        )
    page.goto(first)
    expect(page.get_by_text("more than a band apart")).to_be_visible()
    shot(page, "both")
    inspect(page, "review page, two people apart")
    page.goto(f"{site.url}/organizations/{slug}/review/questions")
    inspect(page, "what reviews have taught")
    page.goto(f"{site.url}/organizations/{slug}/review/questions/{rows[1].question_id}")
    page.get_by_role("button", name="Work out what these reviews would change").click()
    expect(page.get_by_text("What changes for other answers")).to_be_visible(timeout=60_000)
    shot(page, "learning")
    inspect(page, "what a question's reviews would change")
