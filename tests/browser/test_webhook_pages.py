"""Webhooks as an admin meets them: made, tested, looked at, switched off."""

from __future__ import annotations

import re
import uuid

from playwright.sync_api import Page, expect

from .conftest import Site, Window
from .steps import new_address, sign_up
from .test_pages import Inspector, inspect  # noqa: F401 - the fixture


def test_webhook_pages(site: Site, window: Window, inspect: Inspector) -> None:  # noqa: F811
    page = window.tab("/sign-up?next=/organizations")
    sign_up(page, new_address())
    page.get_by_label("Name of a new organisation").fill(f"Hooks {uuid.uuid4().hex[:6]}")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url(re.compile(r"/organizations/hooks-"))
    page.get_by_role("link", name="Webhooks").click()
    expect(page.get_by_text("No endpoint yet")).to_be_visible()
    inspect(page, "webhooks, none yet")
    page.get_by_label("Address").fill("https://10.0.0.1/hook")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_text("10.0.0.1 is no public address")).to_be_visible()
    inspect(page, "webhooks, refused")
    page.get_by_label("Address").fill("https://hooks.example.invalid/" + "a" * 60)
    page.get_by_label("What is behind it").fill("Hiring system")
    page.get_by_label("Every answer of an interview that is over has an assessment").check()
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_text("Copy its secret now")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^whsec_"))).to_be_visible()
    inspect(page, "webhook, made")
    page.get_by_role("button", name="Send a test event").click()
    expect(page.get_by_text("A test event is on its way")).to_be_visible()
    until(page, "cannot be resolved")
    expect(page.get_by_text("No attempt has succeeded since")).to_be_visible()
    inspect(page, "webhook, failing")
    page.get_by_role("link", name="Failed").click()
    expect(page.get_by_text("No delivery is like this.")).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    page.get_by_role("button", name="Replay webhook.test").click()
    expect(page.get_by_text("on its way again")).to_be_visible()
    page.get_by_role("button", name="Rotate the secret").click()
    expect(page.get_by_text("For 24 hours both sign")).to_be_visible()
    page.get_by_role("button", name="Switch it off").click()
    expect(page.get_by_text("nothing is sent to it.").first).to_be_visible()
    inspect(page, "webhook, switched off")
    page.get_by_role("link", name="All webhooks").click()
    expect(page.locator("tbody")).to_contain_text("switched off")
    inspect(page, "webhooks")
    page.get_by_role("link", name="Hiring system").click()
    page.get_by_role("button", name="Remove this endpoint").click()
    expect(page.get_by_text("The endpoint is removed.")).to_be_visible()


def until(page: Page, words: str) -> None:
    """Load the page again until a worker has done it."""
    for _ in range(40):
        page.reload()
        if page.get_by_text(words).count():
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"“{words}” did not come")
