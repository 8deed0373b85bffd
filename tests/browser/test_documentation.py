"""The documentation and the API reference in a browser: looks, keyboard, search, trying an operation."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from app.accounts.keys import SCOPES, create_key
from app.kit.db import make_engine, make_sessions

from .conftest import Open, Site, Window
from .test_pages import Inspector, inspect  # noqa: F401 - the fixture


def key_of(site: Site, *scopes: str) -> str:
    engine = make_engine(site.database_url)
    try:
        with make_sessions(engine).begin() as session:
            return create_key(session, "browser", None, list(scopes or SCOPES))
    finally:
        engine.dispose()


def opened(page: Page, operation_id: str) -> None:
    """Open an operation in the list, and wait until it has come."""
    page.locator(f"#{operation_id} > summary").click()
    expect(page.locator(f"#{operation_id} h3").first).to_be_visible()


def test_the_looks_of_the_documentation(site: Site, window: Window, inspect: Inspector) -> None:  # noqa: F811
    page = window.tab("/docs")
    for path in (
        "/docs",
        "/docs/integration",
        "/docs/authentication",
        "/docs/scoring-card",
        "/docs/readme",
        "/docs/problems",
        "/docs/problems/draft-conflict",
        "/docs?q=key",
        "/docs?q=zeppelin",
        "/docs/no-such-page",
        "/docs/api/submitAnswer",
    ):
        page.goto(site.url + path)
        inspect(page, path)


def test_the_looks_of_the_reference(site: Site, window: Window, inspect: Inspector) -> None:  # noqa: F811
    page = window.tab("/docs/api")
    inspect(page, "reference")
    opened(page, "createInterview")
    opened(page, "createGrading")
    for details in page.locator(".api-operation[open] .api-more > summary").all():
        if details.is_visible():
            details.click()
    page.locator("#createInterview form").get_by_role("button", name="Send").click()
    expect(page.locator("#createInterview [data-outcome]")).to_contain_text("401")
    inspect(page, "reference, opened and tried")


def test_the_list_of_pages_leads_on(window: Window) -> None:
    page = window.tab("/docs")
    page.get_by_role("navigation", name="Documentation").get_by_role("link", name="Errors").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Errors, and sending again")
    expect(page.get_by_role("navigation", name="Documentation").locator("[aria-current=page]")).to_have_text("Errors")
    page.get_by_label("Search the documentation").fill("rotate key")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Change a key without a pause").click()
    expect(page.locator("#change-a-key-without-a-pause")).to_be_in_viewport()


def test_the_list_of_pages_is_folded_on_a_telephone(open_window: Open) -> None:
    page = open_window(viewport={"width": 360, "height": 700}).tab("/docs/errors")
    listed = page.get_by_role("navigation", name="Documentation")
    expect(listed).to_be_hidden()
    page.get_by_text("All pages").click()
    expect(listed).to_be_visible()


def test_operations_are_filtered(window: Window) -> None:
    page = window.tab("/docs/api")
    page.get_by_label("Filter operations").fill("gradings post batches")
    expect(page.locator("#api-count")).to_have_text("1 operation")
    expect(page.locator(".api-operation:visible")).to_have_count(1)
    page.get_by_label("Filter operations").fill("rubbish")
    expect(page.locator("#api-count")).to_have_text("0 operations")
    page.get_by_label("Filter operations").fill("")
    expect(page.locator("#createInterview")).to_be_visible()


def test_an_operation_is_tried_and_the_key_is_kept_nowhere(site: Site, window: Window) -> None:
    page = window.tab("/docs/api#createInterview")
    operation = page.locator("#createInterview")
    expect(operation.get_by_role("heading", name="Try it")).to_be_visible()
    secret = key_of(site)
    page.get_by_label("Your key").fill(secret)
    operation.get_by_label("Body").fill('{"template": "warm-up", "title": "x"}')
    expect(operation.locator("[data-curl]")).to_contain_text('"title": "x"')
    expect(operation.locator("[data-curl]")).not_to_contain_text(secret)
    operation.get_by_role("button", name="Send").click()
    expect(operation.locator("[data-outcome]")).to_contain_text("422")
    expect(operation.get_by_role("link", name="What this problem means")).to_have_attribute(
        "href", "/docs/problems/invalid"
    )
    operation.get_by_label("Body").fill('{"template": "warm-up"}')
    operation.get_by_role("button", name="Send").click()
    outcome = operation.locator("[data-outcome]")
    expect(outcome).to_contain_text("201")
    expect(outcome).to_contain_text("location: /api/v1/interviews/")
    found = re.search(r"/api/v1/interviews/([0-9a-f-]{36})", outcome.inner_text())
    assert found
    opened(page, "readInterview")
    reading = page.locator("#readInterview")
    reading.get_by_label("interview_id (required)").fill(found[1])
    expect(reading.locator("[data-curl]")).to_contain_text(f'"$VIVA/api/v1/interviews/{found[1]}"')
    reading.get_by_role("button", name="Send").click()
    expect(reading.locator("[data-outcome]")).to_contain_text('"status": "running"')
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])")
    assert secret not in stored
    page.reload()
    expect(page.get_by_label("Your key")).to_have_value("")
    page.goto(f"{site.url}/docs")
    page.go_back()
    expect(page.get_by_label("Your key")).to_have_value("")


def test_files_are_sent_and_fetched_as_what_they_are(site: Site, window: Window) -> None:
    page = window.tab("/docs/api#importQuestions")
    page.get_by_label("Your key").fill(key_of(site))
    operation = page.locator("#importQuestions")
    operation.get_by_label("dry_run").fill("true")
    expect(operation.locator("[data-curl]")).to_contain_text("Content-Type: application/yaml")
    operation.get_by_role("button", name="Send").click()
    expect(operation.locator("[data-outcome]")).to_contain_text('"format": "yaml"')
    opened(page, "readPicture")
    picture = page.locator("#readPicture")
    picture.get_by_label("first", exact=True).fill("2026-03")
    expect(picture.locator("[data-curl]")).to_contain_text("/api/v1/analytics/questions?first=2026-03")
    opened(page, "printReport")
    report = page.locator("#printReport")
    report.get_by_label("names").fill("true")
    expect(report.locator("[data-curl]")).to_contain_text("curl -sS -OJ")


def test_by_keyboard_alone(window: Window) -> None:
    page = window.tab("/docs/api")
    page.locator("#listQuestions > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#listQuestions").get_by_role("heading", name="Try it")).to_be_visible()
    page.locator("#listQuestions").get_by_label("topic").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#listQuestions [data-curl]")).to_contain_text("/api/v1/questions?topic=")
    page.locator("#listQuestions").get_by_role("button", name="Send").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#listQuestions [data-outcome]")).to_contain_text("401")


def test_without_scripts_it_can_be_read(open_window: Open, site: Site) -> None:
    page = open_window(java_script_enabled=False).tab("/docs/api")
    page.locator("#createInterview > summary").click()
    page.get_by_role("link", name="Make an interview: its page").click()
    expect(page.get_by_role("heading", name="With curl")).to_be_visible()
    expect(page.get_by_role("heading", name="Try it")).to_be_hidden()
    page.goto(f"{site.url}/docs/errors")
    page.get_by_text("All pages").click()
    expect(page.get_by_role("link", name="Problems", exact=True).first).to_be_visible()
