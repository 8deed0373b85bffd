"""The page that connects an organisation with Greenhouse."""

from __future__ import annotations

import base64
import re

from sqlalchemy import text
from teams import Team


def test_an_admin_connects_greenhouse(team: Team) -> None:
    page = team.admin.http.get("/organizations/acme/greenhouse").text
    assert "http://testserver/api/greenhouse/send_test" in page
    assert "VIVA_PUBLIC_URL" in page, "it is served without TLS"
    assert "has not called yet" in page
    made = team.admin.http.post("/organizations/acme/greenhouse/key").text
    (secret,) = re.findall(r"<code>(viva_[\w-]+)</code>", made)
    assert secret not in team.admin.http.get("/organizations/acme/greenhouse").text
    token = base64.b64encode(f"{secret}:".encode()).decode()
    caller = team.newcomer().http
    assert caller.get("/api/greenhouse/list_tests", headers={"authorization": f"Basic {token}"}).status_code == 200
    page = team.admin.http.get("/organizations/acme/greenhouse").text
    assert "Greenhouse called first" in page
    assert "No test was asked for yet" in page
    with team.admin.sessions.begin() as session:
        (scopes,) = session.execute(text("SELECT scopes FROM api_keys")).one()
    assert scopes == ["greenhouse"]


def test_it_is_for_admins(team: Team) -> None:
    interviewer = team.join("ines")
    assert interviewer.http.get("/organizations/acme/greenhouse").status_code == 403
    assert interviewer.http.post("/organizations/acme/greenhouse/key").status_code == 403
    assert "/organizations/acme/greenhouse" not in interviewer.http.get("/organizations/acme").text
    stranger = team.newcomer()
    stranger.sign_up("stranger@example.org")
    assert stranger.http.get("/organizations/acme/greenhouse").status_code == 404
