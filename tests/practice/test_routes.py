"""Who may come in: every route is walked; what is not on the list below takes nobody unknown."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable

import pytest
from fastapi.routing import iter_route_contexts
from people import JSON, PASSWORD, Person
from sqlalchemy import text
from starlette.testclient import TestClient

from app.integrations.lti.pages import POSTED_FROM_ELSEWHERE
from app.kit.config import Settings
from app.main import create_app

PUBLIC = {
    ("GET", "/"),
    ("GET", "/how-it-is-scored"),
    ("GET", "/guide"),
    ("GET", "/questions/map"),
    ("POST", "/start"),
    ("GET", "/questions"),
    ("GET", "/questions/{slug}"),
    ("POST", "/questions/{slug}/practise"),
    ("GET", "/sign-up"),
    ("POST", "/sign-up"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-out"),
    ("GET", "/sign-in/openid"),
    ("GET", "/sign-in/openid/callback"),
    ("GET", "/forgotten-password"),
    ("POST", "/forgotten-password"),
    ("GET", "/reset-password/{token}"),
    ("POST", "/reset-password/{token}"),
    ("GET", "/confirm-email/{token}"),
    ("POST", "/confirm-email/{token}"),
    ("GET", "/first-admin/{token}"),
    ("POST", "/first-admin/{token}"),
    ("GET", "/invited/{token}"),
    ("POST", "/invited/{token}"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/join/{token}"),
    ("GET", "/docs"),
    ("GET", "/docs/api"),
    ("GET", "/docs/api/{operation_id}"),
    ("GET", "/docs/images/{picture}"),
    ("GET", "/docs/problems/{problem}"),
    ("GET", "/docs/recipes/{page}"),
    ("GET", "/docs/{page}"),
    ("GET", "/lti/jwks"),
    ("GET", "/lti/login"),
    ("POST", "/lti/login"),
    ("POST", "/lti/launch"),
    ("GET", "/lti/register/{token}"),
    ("GET", "/api/v1/openapi.json"),
    ("HEAD", "/api/v1/openapi.json"),
}
FILL = {
    "platform_id": str(uuid.uuid4()),
    "link_id": str(uuid.uuid4()),
    "deep_link_id": str(uuid.uuid4()),
    "endpoint_id": str(uuid.uuid4()),
    "delivery_id": str(uuid.uuid4()),
    "event_id": str(uuid.uuid4()),
    "interview_id": str(uuid.uuid4()),
    "item_id": str(uuid.uuid4()),
    "grading_id": str(uuid.uuid4()),
    "question_id": str(uuid.uuid4()),
    "answer_id": str(uuid.uuid4()),
    "position": "1",
    "slug": "gan",
    "organization": "nobodys",
    "member_id": str(uuid.uuid4()),
    "key_id": str(uuid.uuid4()),
    "invitation_id": str(uuid.uuid4()),
    "browser_id": str(uuid.uuid4()),
    "template_id": str(uuid.uuid4()),
    "token": "a-token-that-nobody-has",
    "picture": "totals",
    "what": "interviews",
    "page": "integration",
    "problem": "not-found",
    "operation_id": "createInterview",
}


def all_routes(client: TestClient) -> set[tuple[str, str]]:
    found = {
        (method, str(route.path))
        for route in iter_route_contexts(client.app.routes)  # type: ignore[attr-defined]
        for method in getattr(route, "methods", None) or ()
    }
    assert len(found) > 40
    return found


def test_the_list_of_public_routes_is_true(client: TestClient) -> None:
    assert all_routes(client) >= PUBLIC, "a route on the list is gone: take it off"


def test_nobody_unknown_comes_in(client: TestClient, newcomer: Callable[[], Person]) -> None:
    nobody = newcomer().http
    expired = newcomer().http
    expired.cookies.set("viva", "a-token-that-nobody-has")
    for method, path in sorted(all_routes(client) - PUBLIC):
        url = path.format_map(defaultdict(lambda: str(uuid.uuid4()), FILL))
        for browser in (nobody, expired):
            if path.startswith("/lti/"):
                # Nobody signs in to what a course platform opens.
                assert browser.request(method, url).status_code == 404, f"{method} {path}"
                continue
            by_program = browser.request(method, url, headers=JSON)
            assert by_program.status_code == 401, f"{method} {path}: {by_program.status_code}"
            assert by_program.headers["content-type"] == "application/problem+json"
            assert by_program.json()["type"].endswith("/unauthenticated")
            by_person = browser.request(method, url)
            if path.startswith("/api/"):
                assert by_person.status_code == 401
                kind = 'Basic realm="viva", charset="UTF-8"' if "/greenhouse/" in path else 'Bearer realm="viva"'
                assert by_person.headers["www-authenticate"] == kind
            else:
                assert by_person.status_code == 303, f"{method} {path}: {by_person.status_code}"
                after = url if method == "GET" else "/"
                assert by_person.headers["location"] == f"/sign-in?next={after}"


def test_public_pages_open_for_everybody(client: TestClient, newcomer: Callable[[], Person]) -> None:
    for method, path in sorted(PUBLIC):
        response = newcomer().http.request(method, path.format_map(defaultdict(lambda: str(uuid.uuid4()), FILL)))
        assert response.status_code < 500, f"{method} {path}"
        assert "sign-in?next" not in response.headers.get("location", ""), f"{method} {path}"


def test_headers_on_everything(client: TestClient, alice: Person) -> None:
    sitting = alice.sit()
    for url in (
        "/",
        sitting.url + "/items/1",
        "/nothing-here",
        "/static/css/viva.css",
        "/api/v1/interviews",
        "/healthz",
    ):
        headers = alice.http.get(url).headers
        policy = headers["content-security-policy"]
        assert "unsafe-inline" not in policy
        assert "unsafe-eval" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert all(part.split()[1:] <= ["'none'"] or "*" not in part for part in policy.split(";"))
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-request-id"]
        if not url.startswith("/static"):
            assert headers["cache-control"] == "no-store"


def test_cookie(alice: Person) -> None:
    response = alice.http.post("/start", data={"template": "warm-up"})
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("viva=")
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    token = cookie.split("=")[1].split(";")[0]
    with alice.sessions.begin() as session:
        stored = session.scalar(text("SELECT token_hash FROM browser_sessions"))
    assert stored
    assert token not in stored


def test_cookie_behind_tls(database_url: str, settings: Settings) -> None:
    public = settings.model_copy(update={"public_url": "https://viva.example.org"})
    with TestClient(
        create_app(public, database_url), follow_redirects=False, base_url="https://viva.example.org"
    ) as client:
        response = client.post("/start", data={"template": "warm-up"})
        cookie = response.headers["set-cookie"]
        assert cookie.startswith("__Host-viva=")
        assert {"secure", "httponly", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
        assert "domain" not in cookie.lower()
        assert response.headers["strict-transport-security"].startswith("max-age=")
        # A cookie that another subdomain could plant is not looked at.
        client.cookies.clear()
        client.cookies.set("viva", cookie.split("=")[1].split(";")[0])
        assert client.get("/interviews", headers={"accept": "text/html"}).status_code == 303


ELSEWHERE = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
    {"origin": "https://evil.example"},
    {"origin": "http://testserver.evil.example"},
    {"origin": "http://testserver:8080"},
    {"origin": "null"},
]
HERE = [
    {"sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "none"},
    {"origin": "http://testserver"},
    {},
]


ACTIONS = ("edit", "check", "submit", "send-back", "publish", "discard", "retire", "restore", "impact")


def test_writes_from_another_site_are_refused(client: TestClient, alice: Person, subtests: pytest.Subtests) -> None:
    alice.sign_up("alice@example.org")
    sitting = alice.sit()
    desk = alice.http.post("/author/new").headers["location"]
    writes = [
        ("PUT", sitting.item_url(0, "draft"), {"json": {"text": "planted", "base_revision": 0}}),
        ("POST", sitting.item_url(0, "answer"), {"json": {"text": "planted"}}),
        ("POST", sitting.item_url(0, "answer"), {"data": {"text": "planted"}}),
        ("POST", sitting.item_url(0, "flag"), {"json": {"flagged": True}}),
        ("POST", f"{sitting.url}/finish", {}),
        ("POST", "/start", {"data": {"template": "warm-up"}}),
        ("POST", "/questions/gan/practise", {}),
        ("POST", "/sign-in", {"data": {"email": "mallory@example.org", "password": PASSWORD}}),
        ("POST", "/sign-up", {"data": {"email": "new@example.org", "password": PASSWORD}}),
        ("POST", "/sign-out", {}),
        ("POST", "/account/password", {"data": {"current_password": PASSWORD, "new_password": "planted password"}}),
        ("POST", "/account/delete", {"data": {"password": PASSWORD, "confirm": "yes"}}),
        ("POST", "/author/new", {}),
        ("POST", "/author/copy/gan", {}),
        ("POST", f"{desk}/save", {"json": {"source": "title: planted", "base_revision": 1}}),
        ("POST", f"{desk}/try", {"json": {"answer": "planted"}}),
        *(("POST", f"{desk}/{action}", {"data": {"note": "planted"}}) for action in ACTIONS),
    ]
    listed = {(m, p) for m, p in all_routes(client) if m not in {"GET", "HEAD"} and not p.startswith("/api/")}
    covered = {(method, _shape(url)) for method, url, _ in writes}
    assert covered < listed
    # A course platform posts from its own site; tests/integrations/lti shows that it takes more than a cookie.
    from_elsewhere = {("POST", path) for path in POSTED_FROM_ELSEWHERE}
    assert from_elsewhere < listed
    others = listed - covered - from_elsewhere
    writes += [
        (method, path.format_map(defaultdict(lambda: str(uuid.uuid4()), FILL)), {"data": {"name": "planted"}})
        for method, path in others
    ]
    before = sitting.row()
    for headers in ELSEWHERE:
        for method, url, body in writes:
            with subtests.test(f"{headers} {method} {url}"):
                response = alice.http.request(method, url, headers=headers, **body)  # type: ignore[arg-type]
                assert response.status_code == 403
                assert "This form was sent from another site" in response.text
                assert "set-cookie" not in response.headers
    assert sitting.row() == before
    assert sitting.draft() == ("", 0)
    assert sitting.answers() == {}
    with alice.sessions.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM users")) == 1
        assert session.scalar(text("SELECT count(*) FROM interviews")) == 1
    for revision, headers in enumerate(HERE):
        response = alice.http.put(
            sitting.item_url(0, "draft"), json={"text": f"{revision}", "base_revision": revision}, headers=headers
        )
        assert response.status_code == 200, headers


def _shape(url: str) -> str:
    parts = url.split("/")
    if parts[1] == "interviews":
        parts[2] = "{interview_id}"
        if len(parts) > 4:
            parts[4] = "{item_id}"
    if parts[1] == "questions":
        parts[2] = "{slug}"
    if parts[1:3] == ["author", "copy"]:
        parts[3] = "{slug}"
    elif parts[1] == "author" and len(parts) > 3:
        parts[2] = "{question_id}"
    return "/".join(parts)


def test_a_page_of_another_site_can_be_left_for_viva(alice: Person) -> None:
    """Reading is not writing: a link from elsewhere opens."""
    assert alice.http.get("/", headers={"sec-fetch-site": "cross-site"}).status_code == 200


@pytest.mark.parametrize("what", ["script", "form"])
def test_signed_out_while_writing(alice: Person, what: str) -> None:
    sitting = alice.sit()
    alice.http.post("/sign-out")
    if what == "script":
        assert sitting.save("words").status_code == 401
    else:
        response = alice.http.post(sitting.item_url(0, "answer"), data={"text": "words"})
        assert (response.status_code, response.headers["location"]) == (303, "/sign-in?next=/")
    assert sitting.draft() == ("", 0)
