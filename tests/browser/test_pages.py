"""Every page: nothing for axe-core to find in light and dark, wide and narrow; nothing from another host."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.kit.config import ROOT

from .conftest import Open, Site, Window
from .steps import (
    PASSWORD,
    begin,
    editor,
    expect_complete_report,
    expect_question,
    expect_saved,
    new_address,
    sign_up,
    start_button,
    until,
)

(AXE,) = (ROOT / "app" / "static" / "vendor").glob("axe-*/axe.min.js")
LOOKS = [("light", 1280), ("dark", 1280), ("dark", 360), ("light", 360)]


class Inspector:
    """Looks at a page in every look; what it finds is told at the end, all at once."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.seen: list[str] = []
        self._axe = AXE.read_text()

    def __call__(self, page: Page, name: str) -> None:
        self.seen.append(name)
        for scheme, width in LOOKS:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": 800})
            expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)
            place = f"{name} ({scheme}, {width} px)"
            self.found += [f"{place}: {line}" for line in self._violations(page)]
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if over > 0:
                self.found.append(f"{place}: scrolls sideways by {over} px: {self._wide(page)}")
        page.set_viewport_size({"width": 1280, "height": 800})

    def _violations(self, page: Page) -> list[str]:
        # By evaluate, as no CSP of ours would let it in as a script.
        if not page.evaluate("typeof window.axe === 'object'"):
            page.evaluate(self._axe)
        result: dict[str, Any] = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        return [
            f"{violation['id']}: {node['target']}: {node['failureSummary'].splitlines()[-1].strip()}"
            for violation in result["violations"]
            for node in violation["nodes"]
        ]

    def _wide(self, page: Page) -> list[str]:
        found: list[str] = page.evaluate(
            "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
            ".slice(0, 3).map(e => e.outerHTML.slice(0, 80))"
        )
        return found


@pytest.fixture
def inspect() -> Iterator[Inspector]:
    inspector = Inspector()
    yield inspector
    assert inspector.seen, "nothing was looked at"
    assert not inspector.found, "\n".join(inspector.found)


def test_pages_before_an_interview(site: Site, window: Window, inspect: Inspector) -> None:
    page = window.tab("/")
    inspect(page, "home")
    for path, name in (
        ("/questions", "browse"),
        ("/questions?topic=vision", "browse, filtered"),
        ("/questions?q=zeppelin", "browse, nothing found"),
        ("/questions/dropout", "question"),
        ("/how-it-is-scored", "how it is scored"),
        ("/guide", "guide"),
        ("/questions/map", "map"),
        ("/sign-in", "sign in"),
        ("/sign-up", "sign up"),
        ("/no-such-page", "error"),
    ):
        page.goto(site.url + path)
        inspect(page, name)


def test_pages_of_an_interview(site: Site, window: Window, inspect: Inspector) -> None:
    page = window.tab("/")
    start_button(page).click()
    inspect(page, "lobby")
    page.get_by_label("I agree that a machine scores my answers").check()
    page.get_by_role("button", name="Start the clock").click()
    inspect(page, "room, empty")
    page.get_by_role("button", name="Submit answer").click()
    inspect(page, "room, with a problem")
    editor(page).fill("Learning means that weights change, so that the loss becomes smaller.\n\n" * 12)
    expect_saved(page)
    page.get_by_role("button", name="Flag this question").click()
    page.locator("details.keys summary").click()
    inspect(page, "room, with a draft")
    page.get_by_role("button", name="I do not know").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    inspect(page, "room, asking")
    page.get_by_role("button", name="Back to the question").click()
    address = page.url
    page.get_by_role("button", name="Submit answer").click()
    expect_question(page, 2)
    page.goto(address)
    inspect(page, "room, answered")
    page.goto(address.replace("/items/1", "/items/2"))
    editor(page).fill("x" * 400 + " a word without end, and a draft")
    expect_saved(page)
    inspect(page, "room, a word without end")
    page.goto(f"{site.url}/")
    inspect(page, "home, with an interview under way")
    page.goto(address.replace("/items/1", "/finish"))
    inspect(page, "finish")
    with site.worker_paused():
        page.get_by_role("button", name="Finish and see the report").click()
        expect(page.get_by_text("Your answers are being scored")).to_be_visible()
        inspect(page, "report, scoring")
    expect_complete_report(page)
    for summary in page.locator("details summary").all():
        summary.click()
    inspect(page, "report, complete")
    page.goto(f"{site.url}/interviews")
    inspect(page, "history, a guest's")
    page.goto(f"{site.url}/account")
    page.locator("main summary").click()
    inspect(page, "account, a guest's")


def test_two_texts(site: Site, window: Window, inspect: Inspector) -> None:
    page = window.tab("/")
    interview = begin(page)
    editor(page).fill("Mine. " * 200)
    expect_saved(page)
    site.rows(
        "UPDATE interview_items SET draft_text = 'Theirs.', draft_revision = draft_revision + 1"
        " WHERE interview_id = %(i)s AND position = 1",
        i=interview,
    )
    editor(page).fill("Mine again. " * 200)
    expect(page.get_by_role("dialog", name="This answer was changed in another place")).to_be_visible()
    inspect(page, "room, two texts")
    page.get_by_role("button", name="Keep this one").click()
    expect_saved(page)
    page.goto(f"{site.url}/interviews/{interview}/finish")
    page.get_by_role("button", name="Finish and see the report").click()
    expect_complete_report(page)


def test_end_of_time(site: Site, window: Window, inspect: Inspector) -> None:
    page = window.tab("/")
    interview = begin(page)
    page.route("**/draft", lambda route: route.abort())
    editor(page).fill("Never arrives.")
    site.end_in(interview, 0.5)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.get_by_role("dialog", name="Time is up")).to_be_visible()
    inspect(page, "room, time is up")
    site.end_in(interview, -11)
    until(lambda: site.one("SELECT finished_at FROM interviews WHERE id = %(i)s", i=interview).finished_at)
    page.goto("about:blank")
    page.goto(f"{site.url}/interviews/{interview}/report")
    inspect(page, "report, nothing answered")


def test_pages_of_an_account(site: Site, window: Window, open_window: Open, inspect: Inspector) -> None:
    page = window.tab("/sign-up")
    email = new_address()
    page.locator("form.stack").evaluate("form => (form.noValidate = true)")
    sign_up(page, "no address")
    expect(page.locator(".field-error")).to_have_count(1)
    inspect(page, "sign up, with errors")
    sign_up(page, email)
    expect(page.get_by_role("link", name="Account")).to_be_visible()
    page.goto(f"{site.url}/interviews")
    inspect(page, "history, empty")
    elsewhere = open_window(user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0").tab(
        "/sign-in"
    )
    elsewhere.get_by_label("E-mail").fill(email)
    elsewhere.get_by_label("Password", exact=True).fill(PASSWORD)
    elsewhere.get_by_role("button", name="Sign in").click()
    page.goto(f"{site.url}/organizations")
    page.get_by_label("Name of a new organisation").fill(f"Acme {email.split('@')[0]}")
    page.get_by_role("button", name="Make it").click()
    page.goto(f"{site.url}/account")
    for summary in page.locator("main summary").all():
        summary.click()
    expect(page.get_by_text("Confirm your e-mail address")).to_be_visible()
    inspect(page, "account")
    page.get_by_label("Password now").fill("wrong wrong wrong")
    page.get_by_label("New password").fill("another long password")
    page.get_by_role("button", name="Change it").click()
    expect(page.locator(".field-error")).to_have_count(1)
    inspect(page, "account, with errors")
    page.get_by_text("Change it", exact=True).first.click()
    page.get_by_label("New e-mail").fill(f"new-{email}")
    page.get_by_label("Password", exact=True).first.fill(PASSWORD)
    page.get_by_role("button", name="Send the link", exact=True).click()
    expect(page.get_by_text(f"A letter to new-{email} is written")).to_be_visible()
    inspect(page, "account, with another address asked for")
    page.get_by_role("button", name="Sign out Firefox on Linux").click()
    expect(page.get_by_text("Signed out there.")).to_be_visible()
    page.goto(site.url + site.letter(email, "confirm-email"))
    inspect(page, "confirm an address")
    page.get_by_role("button", name="Yes, confirm it").click()
    expect(page.get_by_text("Your e-mail address is confirmed.")).to_be_visible()
    page.get_by_role("button", name="Sign out here").click()
    page.goto(f"{site.url}/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".field-error")).to_have_count(1)
    inspect(page, "sign in, with errors")
    page.get_by_role("link", name="Forgotten your password?").click()
    inspect(page, "forgotten password")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_text("a letter with a link to choose a new password is written")).to_be_visible()
    inspect(page, "forgotten password, asked")
    page.goto(site.url + site.letter(email, "reset-password"))
    inspect(page, "a new password")
    page.get_by_label("New password").fill("another long password")
    page.get_by_role("button", name="Set it").click()
    expect(page.get_by_text("all other browsers are signed out")).to_be_visible()


def test_the_first_admin_in_a_browser(site: Site, window: Window, inspect: Inspector) -> None:
    # Nobody else's organisation may be there: their admins are put aside meanwhile.
    site.rows("UPDATE memberships SET role = 'interviewer' WHERE role = 'admin' AND organization_id IN"
              " (SELECT id FROM organizations WHERE NOT is_personal)")  # fmt: skip
    token, name = "a-token-for-the-browser", f"First {uuid.uuid4().hex[:8]}"
    site.rows(
        "INSERT INTO account_tokens (id, kind, token_hash, expires_at) VALUES (gen_random_uuid(), 'first_admin', %(h)s,"
        " viva_now() + interval '1 hour')",
        h=hashlib.sha256(token.encode()).hexdigest(),
    )
    page = window.tab(f"/first-admin/{token}")
    page.get_by_label("Name of the organisation").fill(name)
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your e-mail").fill(new_address())
    page.get_by_label("A password").fill("short")
    page.get_by_role("button", name="Become the admin").click()
    expect(page.locator(".field-error")).to_have_count(1)
    inspect(page, "the first admin")
    page.get_by_label("A password").fill(PASSWORD)
    page.get_by_role("button", name="Become the admin").click()
    expect(page.get_by_text("No interview yet")).to_be_visible()


def test_the_theme_is_chosen_and_kept(site: Site, open_window: Open) -> None:
    page = open_window(color_scheme="light").tab("/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    toggle = page.get_by_role("button", name="Dark theme")
    toggle.click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    page.goto(f"{site.url}/questions")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_no_page_names_another_host(site: Site, window: Window) -> None:
    """Nothing is loaded from elsewhere, and the policy would not let it."""
    for path in ("/", "/questions", "/questions/dropout", "/how-it-is-scored", "/sign-in"):
        response = window.tab(None).goto(site.url + path)
        assert response
        policy = response.headers["content-security-policy"]
        assert "unsafe-inline" not in policy
        assert "unsafe-eval" not in policy
        loaded = re.findall(r'(?:src|action|data-src|poster)="([^"]+)"|<link[^>]+href="([^"]+)"', response.text())
        assert loaded
        for pair in loaded:
            assert "".join(pair).startswith("/"), pair
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", response.text()), "an inline script"
        assert not re.search(r'\sstyle="|\son\w+="', response.text()), "an inline style or handler"


def test_an_injected_script_does_not_run(site: Site, open_window: Open) -> None:
    """The policy works in this browser: that it is obeyed is seen, not believed."""
    window = open_window()
    page = window.tab("/")
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = true';"
        " document.body.append(s); const i = new Image(); i.src = 'http://192.0.2.1/x.png'; document.body.append(i); }"
    )
    until(lambda: page.wait_for_timeout(50) or len([w for w in window.wrong if w.startswith("CSP violation")]) >= 2)
    assert page.evaluate("window.ran") is None
    assert {line.split()[2] for line in window.wrong if line.startswith("CSP violation")} == {
        "script-src-elem",
        "img-src",
    }
    window.wrong.clear()


def test_pages_print(site: Site, window: Window) -> None:
    """On paper: the answer and every point, without the controls."""
    page = window.tab("/questions/dropout")
    page.get_by_role("button", name="Practise this question").click()
    editor(page).fill("Dropout switches units off at random, so that the others cannot rely on them.")
    page.get_by_role("button", name="Submit answer").click()
    expect_complete_report(page)
    page.emulate_media(media="print")
    expect(page.locator(".site-nav")).to_be_hidden()
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.locator(".own-words").first).to_be_visible()
    expect(page.locator(".criterion").first).to_be_visible()
