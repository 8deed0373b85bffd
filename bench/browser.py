"""From “Submit” to the score on the screen, in a real Chromium, one candidate."""

from __future__ import annotations

import shutil

from playwright.sync_api import sync_playwright

from bench.site import Site
from bench.texts import bank

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]

# The page's own clock is read, when the button is pressed and in the first frame drawn with the score in it: what the
# driver of the browser needs to find and press a button is no wait of a candidate's.
STOPWATCH = """
addEventListener("pointerdown", (event) => {
  if (event.target.closest("button")) sessionStorage.setItem("pressed", Date.now());
}, { capture: true });
addEventListener("DOMContentLoaded", () => {
  const look = () => {
    if (window.shown || !document.querySelector("[data-report-status='complete']")) return;
    window.shown = true;
    requestAnimationFrame(() => setTimeout(() => {
      document.documentElement.dataset.took = Date.now() - sessionStorage.getItem("pressed");
    }));
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
  look();
});
"""


def submit_to_score(site: Site, texts: list[str]) -> list[float]:
    """Seconds for each text, each on another question."""
    slugs = [question.slug for question in bank()]
    times = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        page = browser.new_page()
        page.add_init_script(STOPWATCH)
        for number, text in enumerate(texts):
            page.goto(f"{site.url}/questions/{slugs[number % len(slugs)]}")
            page.locator("form[action$='/practise'] button").click()
            page.locator("textarea").fill(text)
            page.get_by_role("button", name="Submit answer").click()
            page.locator("html[data-took]").wait_for(state="attached", timeout=20_000)
            times.append(int(page.locator("html").get_attribute("data-took") or 0) / 1000)
        browser.close()
    return times
