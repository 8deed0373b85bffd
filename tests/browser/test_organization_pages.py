"""The looks of the pages that admins use: people, keys, settings, audit."""

from __future__ import annotations

import re
import uuid

from playwright.sync_api import expect

from .conftest import Site, Window
from .steps import new_address, sign_up
from .test_pages import Inspector, inspect  # noqa: F401 - the fixture


def test_pages_of_admins(site: Site, window: Window, inspect: Inspector) -> None:  # noqa: F811
    page = window.tab("/sign-up?next=/organizations")
    sign_up(page, new_address())
    inspect(page, "organisations, none yet")
    page.get_by_label("Name of a new organisation").fill(f"Looks {uuid.uuid4().hex[:6]}")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url(re.compile(r"/organizations/looks-"))
    home = page.url
    inspect(page, "overview")
    page.get_by_role("link", name="People").click()
    page.get_by_label("Their e-mail address").fill("ben@example.org")
    page.get_by_role("button", name="Invite").click()
    # No mail server is set here, and the page says where the letter went.
    expect(page.get_by_text("No mail server is set")).to_be_visible()
    inspect(page, "people")
    page.get_by_role("link", name="Keys").click()
    page.get_by_label("What will use it").fill("Hiring system")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_text("Copy its secret now")).to_be_visible()
    inspect(page, "keys")
    page.get_by_role("link", name="Learning records").click()
    page.get_by_label("Address of the store").fill("store")
    page.get_by_label("Key", exact=True).fill("k")
    page.get_by_label("Secret").fill("s")
    page.get_by_role("button", name="Save").click()
    inspect(page, "learning records, refused")
    page.goto(f"{home}/settings")
    page.get_by_label("Delete interviews after so many days").fill("soon")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Write a number of days")).to_be_visible()
    inspect(page, "settings, refused")
    page.goto(f"{home}/audit")
    expect(page.locator("tbody")).to_contain_text("key.created")
    inspect(page, "audit")


def test_questions_of_an_organization(site: Site, window: Window, inspect: Inspector) -> None:  # noqa: F811
    page = window.tab("/sign-up?next=/organizations")
    sign_up(page, new_address())
    page.get_by_label("Name of a new organisation").fill(f"Writes {uuid.uuid4().hex[:6]}")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url(re.compile(r"/organizations/writes-"))
    page.goto(f"{site.url}/questions/dropout")
    page.get_by_label("For", exact=True).select_option(index=1)
    inspect(page, "a question, to adapt for an organisation")
    page.get_by_role("button", name="Adapt it").click()
    page.wait_for_url(re.compile(r"/author/[0-9a-f-]+$"))
    page.goto(f"{site.url}/author")
    expect(page.get_by_role("listitem").filter(has_text="Writes ")).to_be_visible()
    inspect(page, "questions of one's own and of an organisation")
