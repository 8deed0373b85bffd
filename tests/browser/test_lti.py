"""Open edX launches Viva in a frame from another site: a teacher chooses, a learner sits, the grade arrives."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, Route, expect

from .conftest import ARGUMENTS, ZONE, Site, run_site
from .steps import new_address, sign_up
from .test_pages import Inspector, inspect  # noqa: F401 - the fixture

PLATFORM = Path(__file__).parents[1] / "integrations/lti/openedx.py"


@dataclass
class OpenEdx:
    """The platform's process. Its pages are on `localhost`, Viva's on `127.0.0.1`: two sites, for a browser."""

    url: str

    def state(self) -> Any:
        with urllib.request.urlopen(f"{self.url}/state?user=nobody&role=student", timeout=10) as response:
            return json.load(response)

    def course(self, user: str, role: str, choose: str = "") -> str:
        return f"{self.url}/course?user={user}&role={role}&choose={choose}"

    def wait_for(self, progress: str) -> Any:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if found := [one for one in self.state()["scores"] if one["grading_progress"] == progress]:
                return found[0]
            time.sleep(0.3)
        raise AssertionError(f"no score that is {progress}: {self.state()['scores']}")


@pytest.fixture(scope="module")
def lti_site(postgres_server: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A Viva whose operator allows platforms on this machine."""
    allowed = {"VIVA_OUTBOUND_PRIVATE_NETWORKS": "127.0.0.0/8, ::1/128", "VIVA_OUTBOUND_PLAIN_HTTP": "true"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in allowed.items():
            patch.setitem(os.environ, name, value)
        with run_site(postgres_server, template_database, tmp_path_factory.mktemp("lti")) as running:
            yield running


@pytest.fixture(scope="module")
def openedx(lti_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenEdx]:
    folder = tmp_path_factory.mktemp("openedx")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    log = folder / "log"
    with log.open("wb") as output:
        arguments = [sys.executable, "-P", str(PLATFORM), str(port), str(folder), lti_site.url]
        process = subprocess.Popen(arguments, stdout=output, stderr=output)
    platform = OpenEdx(f"http://localhost:{port}")
    try:
        end = time.monotonic() + 90
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            try:
                platform.state()
                break
            except OSError:
                time.sleep(0.2)
        yield platform
    finally:
        process.terminate()
        process.wait()


def new_context(browser: Browser) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id=ZONE, reduced_motion="reduce"
    )
    context.set_default_timeout(20_000)
    return context


def register(site: Site, platform: OpenEdx, page: Page) -> None:
    """An admin makes an organisation and types what the platform says of itself."""
    page.goto(f"{site.url}/sign-up?next=/organizations")
    sign_up(page, new_address())
    page.get_by_label("Name of a new organisation").fill("School")
    page.get_by_role("button", name="Make it").click()
    page.get_by_role("link", name="Course platforms").click()
    state = platform.state()
    said = state["info"]
    for label, value in (
        ("Name", "Open edX"),
        ("Issuer", state["issuer"]),
        ("Client id", said["client_id"]),
        ("Authentication address", said["oidc_callback"]),
        ("Token address", said["token_url"]),
        ("Keyset address", said["keyset_url"]),
        ("Deployment ids", said["deployment_id"]),
    ):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Register it").click()
    page.wait_for_url(re.compile(r"/platforms/[0-9a-f-]{36}$"))


@pytest.fixture(scope="module", autouse=True)
def registered(browser: Browser, lti_site: Site, openedx: OpenEdx) -> None:
    admin = new_context(browser)
    register(lti_site, openedx, admin.new_page())
    admin.close()


def frame_of(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[name=tool]")


@pytest.fixture(scope="module", autouse=True)
def chosen(browser: Browser, openedx: OpenEdx, registered: None) -> dict[str, Any]:
    """What a teacher put into the course by deep linking: without it no launch leads anywhere."""
    teacher = new_context(browser)
    page = teacher.new_page()
    page.goto(openedx.course("teo", "instructor", choose="1"))
    row = frame_of(page).locator("li", has=page.locator('input[value="warm-up"]'))
    row.get_by_role("button", name="Add it to the course").click()
    end = time.monotonic() + 20
    while not openedx.state()["chosen"]:
        assert time.monotonic() < end, "nothing was chosen"
        time.sleep(0.2)
    teacher.close()
    (item,) = openedx.state()["chosen"]
    return dict(item)


def sit(page: Page) -> None:
    """From the lobby to the end, in the frame."""
    tool = frame_of(page)
    tool.get_by_label("I agree that a machine scores my answers").check()
    tool.get_by_role("button", name="Start the clock").click()
    expect(tool.locator("#place")).to_contain_text("Question 1 of ")
    expect(tool.locator("#word-count")).to_have_text(re.compile(r"\d+ words?"))
    tool.get_by_label("Your answer").fill("It changes its weights so that the loss on examples shrinks.")
    expect(tool.locator("#draft-state")).to_contain_text("Saved", timeout=10_000)
    # Drafts that are kept in the browser, too, survive a reload of the course.
    page.reload()
    expect(tool.get_by_label("Your answer")).to_have_value(re.compile("changes its weights"))
    tool.get_by_role("button", name="Submit").first.click()
    expect(tool.locator("#place")).to_contain_text("Question 2 of ")
    tool.get_by_role("link", name="Finish").first.click()
    tool.get_by_role("button", name=re.compile("Finish")).first.click()


def test_a_teacher_chooses_a_learner_sits_and_the_grade_arrives(
    browser: Browser, lti_site: Site, openedx: OpenEdx, chosen: dict[str, Any]
) -> None:
    teacher = new_context(browser)
    assert chosen["type"] == "ltiResourceLink"
    assert chosen["custom"] == {"template": "warm-up"}
    learner = new_context(browser)
    page = learner.new_page()
    page.goto(openedx.course("carol", "student"))
    sit(page)
    expect(frame_of(page).locator("h1")).to_be_visible()
    score = openedx.wait_for("FullyGraded")
    assert score["activity_progress"] == "Completed"
    assert score["score_maximum"] == 100
    shown = lti_site.one("SELECT sent FROM lti_sittings").sent
    assert score["score_given"] == pytest.approx(shown["scoreGiven"])
    assert openedx.state()["gradebook"][-1]["score"] == pytest.approx(shown["scoreGiven"] / 100)
    # After a relaunch: the result, not another interview.
    page.goto(openedx.course("carol", "student"))
    expect(frame_of(page).locator("#report-page")).to_be_visible()
    # Whoever teaches sees it.
    page = teacher.new_page()
    page.goto(openedx.course("teo", "instructor"))
    expect(frame_of(page).get_by_role("row", name=re.compile("Carol"))).to_contain_text("of 100")
    for context in (teacher, learner):
        context.close()


def test_nobody_else_may_frame_it(browser: Browser, lti_site: Site, openedx: OpenEdx) -> None:
    """A launch that began on the platform, and stands in a frame of another site, is not shown there."""
    context = new_context(browser)
    page = context.new_page()
    url = start_url(page, openedx, "eve", "student")
    body = f'<iframe name="tool" src="{url}"></iframe>'.encode()

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.2", 0), Other)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page.goto(f"http://127.0.0.2:{server.server_address[1]}/")
    end = time.monotonic() + 20
    while not page.frames[-1].url.startswith("chrome-error:"):
        assert time.monotonic() < end, page.frames[-1].url
        page.wait_for_timeout(200)
    came = "SELECT count(*) AS n FROM lti_users u JOIN users p ON p.id = u.user_id WHERE p.name = 'Eve'"
    while not lti_site.one(came).n:
        assert time.monotonic() < end + 10, "the launch itself did not come through"
        page.wait_for_timeout(200)
    server.shutdown()
    server.server_close()
    context.close()


def test_a_browser_that_keeps_no_cookie_in_the_frame_gets_a_window(browser: Browser, openedx: OpenEdx) -> None:
    """Without the cookie in the frame, the way leads through a window of its own."""
    context = new_context(browser)
    page = context.new_page()

    def forget(route: Route) -> None:
        context.clear_cookies()
        route.continue_()

    page.route("**/lti/launch", forget)
    page.goto(openedx.course("dora", "student"))
    with context.expect_page() as opened:
        frame_of(page).get_by_role("link", name="Open it in a new window").click()
    expect(opened.value.get_by_role("button", name="Start the clock")).to_be_visible()
    context.close()


def test_where_cookies_of_third_parties_are_blocked(browser: Browser, lti_site: Site, openedx: OpenEdx) -> None:
    """The cookie in the frame is the frame's own on this platform's pages (CHIPS), and so is kept."""
    blocking = browser.browser_type.launch(
        executable_path=shutil.which("chromium"), args=[*ARGUMENTS, "--test-third-party-cookie-phaseout"]
    )
    try:
        context = new_context(blocking)
        page = context.new_page()
        page.goto(openedx.course("fay", "student"))
        sit(page)
        expect(frame_of(page).locator("#report-page")).to_be_visible()
        assert {cookie["name"]: cookie.get("partitionKey") for cookie in context.cookies()}["viva-lti"]
    finally:
        blocking.close()


def start_url(page: Page, openedx: OpenEdx, user: str, role: str, choose: str = "") -> str:
    """Where the frame of a course's page would begin."""
    found = re.search(r'src="([^"]+)"', page.request.get(openedx.course(user, role, choose)).text())
    assert found
    return found[1].replace("&amp;", "&")


def test_the_looks_of_a_launch(
    browser: Browser, lti_site: Site, openedx: OpenEdx, inspect: Inspector  # noqa: F811
) -> None:  # fmt: skip
    context = new_context(browser)
    page = context.new_page()
    page.goto(start_url(page, openedx, "tia", "instructor", choose="1"))
    inspect(page, "choosing an interview")
    page.goto(start_url(page, openedx, "tia", "instructor"))
    inspect(page, "results of a link")
    page.goto(start_url(page, openedx, "gus", "student"))
    inspect(page, "lobby, from a course")
    page.goto(f"{lti_site.url}/lti/links/{uuid.uuid4()}")
    inspect(page, "nothing here")
    page.route("**/lti/launch", lambda route: (context.clear_cookies(), route.continue_()))
    page.goto(start_url(page, openedx, "gus", "student"))
    expect(page.get_by_role("link", name="Open it in a new window")).to_be_visible()
    inspect(page, "a window of its own")
    context.close()


def test_the_looks_of_course_platforms(
    browser: Browser, lti_site: Site, openedx: OpenEdx, inspect: Inspector  # noqa: F811
) -> None:  # fmt: skip
    context = new_context(browser)
    page = context.new_page()
    page.goto(f"{lti_site.url}/sign-up?next=/organizations")
    sign_up(page, new_address())
    page.get_by_label("Name of a new organisation").fill(f"Looks {uuid.uuid4().hex[:6]}")
    page.get_by_role("button", name="Make it").click()
    page.get_by_role("link", name="Course platforms").click()
    inspect(page, "course platforms, none yet")
    page.get_by_label("The platform’s address").fill("https://moodle.example.org")
    page.get_by_role("button", name="Make a registration link").click()
    expect(page.get_by_text("Give this link to the platform")).to_be_visible()
    inspect(page, "course platforms, a link")
    for label, value in (
        ("Name", "Moodle of the faculty of science and of everything else"),
        ("Issuer", "https://moodle.example.org"),
        ("Client id", "abc"),
        ("Authentication address", "https://moodle.example.org/mod/lti/auth.php"),
        ("Token address", "http://moodle.example.org/mod/lti/token.php"),
        ("Keyset address", "https://moodle.example.org/mod/lti/certs.php"),
    ):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Register it").click()
    expect(page.get_by_text("The token address must be an https:// address.")).to_be_visible()
    inspect(page, "course platforms, refused")
    page.get_by_label("Token address", exact=True).fill("https://moodle.example.org/mod/lti/token.php")
    page.get_by_role("button", name="Register it").click()
    page.wait_for_url(re.compile(r"/platforms/[0-9a-f-]{36}$"))
    inspect(page, "a course platform")
    page.goto(re.sub(r"/[0-9a-f-]{36}$", "", page.url))
    inspect(page, "course platforms, one")
    context.close()
