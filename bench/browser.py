"""From “Submit” to the score on the screen, in a real Chromium, one candidate."""

from __future__ import annotations

import shutil
import time

from playwright.sync_api import sync_playwright

from bench.site import Site
from bench.texts import bank

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]


def submit_to_score(site: Site, texts: list[str]) -> list[float]:
    """Seconds for each text, each on another question."""
    slugs = [question.slug for question in bank()]
    times = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        page = browser.new_page()
        for number, text in enumerate(texts):
            page.goto(f"{site.url}/questions/{slugs[number % len(slugs)]}")
            page.locator("form[action$='/practise'] button").click()
            page.locator("textarea").fill(text)
            button = page.get_by_role("button", name="Submit answer")
            began = time.perf_counter()
            button.click()
            page.locator("[data-report-status='complete']").wait_for(timeout=20_000)
            times.append(time.perf_counter() - began)
        browser.close()
    return times
