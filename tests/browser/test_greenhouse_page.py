"""The looks of the page that connects an organisation with Greenhouse."""

from __future__ import annotations

import base64
import json
import re
import urllib.request
import uuid

from playwright.sync_api import expect

from .conftest import Site, Window
from .steps import new_address, sign_up
from .test_pages import Inspector, inspect  # noqa: F401 - the fixture


def test_greenhouse(site: Site, window: Window, inspect: Inspector) -> None:  # noqa: F811
    page = window.tab("/sign-up?next=/organizations")
    sign_up(page, new_address())
    page.get_by_label("Name of a new organisation").fill(f"Looks {uuid.uuid4().hex[:6]}")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url(re.compile(r"/organizations/looks-"))
    page.get_by_role("link", name="Greenhouse").click()
    expect(page.get_by_text("Greenhouse has not called yet")).to_be_visible()
    inspect(page, "greenhouse, not connected")
    page.get_by_role("button", name="Make a key for Greenhouse").click()
    expect(page.get_by_text("Copy it now")).to_be_visible()
    secret = page.locator("code").filter(has_text=re.compile(r"^viva_[\w-]{20,}$")).inner_text()
    base = page.locator("dd code").first.inner_text().removesuffix("/list_tests")

    def call(path: str, body: object | None = None) -> object:
        token = base64.b64encode(f"{secret}:".encode()).decode()
        headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{base}/{path}", data, headers)) as response:
            return json.load(response)

    tests = call("list_tests")
    assert isinstance(tests, list)
    candidate = {
        "first_name": "Wilhelmina Constantia",
        "last_name": "Featherstonehaugh-Cholmondeley",
        "email": "w@example.org",
        "greenhouse_profile_url": "https://app.greenhouse.io/people/1?application_id=2",
    }
    url = "https://app.greenhouse.io/integrations/testing_partners/take_home_tests/1"
    call("send_test", {"partner_test_id": tests[0]["partner_test_id"], "candidate": candidate, "url": url})
    call("response_error", {"api_call": "test_status", "errors": ["partner_status is missing"]})
    page.get_by_role("link", name="Greenhouse", exact=True).click()
    expect(page.locator("tbody")).to_contain_text("Nothing to tell yet.")
    inspect(page, "greenhouse, connected")
