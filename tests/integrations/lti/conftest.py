"""A course platform that an organisation has registered, and browsers in its frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient
from teams import Team

from app.kit.config import Settings
from integrations.lti.course_platform import Learner, Platform, running_platform

TOOL = "https://testserver"
LIVES = Callable[..., Learner]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The platform of the tests is on this machine."""
    return settings.model_copy(update={"outbound_private_networks": "127.0.0.0/8", "outbound_plain_http": True})


@pytest.fixture
def platform() -> Iterator[Platform]:
    with running_platform() as platform:
        yield platform


@pytest.fixture
def registered(platform: Platform, team: Team, client: TestClient) -> Platform:
    response = team.admin.http.post(f"{team.url}/platforms", data=platform.form())
    assert response.status_code == 303, response.text
    platform.tool_jwks = lambda: client.get("/lti/jwks").json()
    return platform


@pytest.fixture
def browser_of(client: TestClient) -> Callable[[Platform], Learner]:
    """Opens a browser in a frame of a platform."""

    def new(platform: Platform) -> Learner:
        http = TestClient(client.app, base_url=TOOL, follow_redirects=False, raise_server_exceptions=False)
        http.headers["accept"] = "text/html"
        return Learner(http, platform, TOOL)

    return new


@pytest.fixture
def browser(browser_of: Callable[[Platform], Learner], registered: Platform) -> LIVES:
    """Opens a browser in a frame of the registered platform."""
    return lambda: browser_of(registered)
