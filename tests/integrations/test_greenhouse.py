"""Viva as an assessment partner of Greenhouse, against the contract that Greenhouse documents."""

from __future__ import annotations

import base64
import copy
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import Api, run_jobs
from httpx2 import Response
from integrator import GOOD
from inviting import come_in
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient
from teams import Team

from app.accounts.keys import create_key, revoke_key
from app.assessments.jobs import Jobs
from app.integrations.consuming import EventJobs
from app.integrations.greenhouse.telling import BACKOFF_SECONDS, GREENHOUSE, GreenhouseJobs
from app.kit.config import Settings
from app.kit.sealing import Sealing

CONTRACT = json.loads((Path(__file__).parent / "greenhouse_contract.json").read_text(encoding="utf-8"))
Sessions = sessionmaker[Session]


class Inbox(ThreadingHTTPServer):
    """Greenhouse's end of the callback."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Inbox)
        self.calls: list[tuple[str, str, dict[str, str], bytes]] = []
        self.status = 200

    def url(self, number: int) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/take_home_tests/{number}"


class _Inbox(BaseHTTPRequestHandler):
    server: Inbox

    def do_PATCH(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.calls.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        encoder="hashed",
        public_url="http://viva.example.org",
        outbound_private_networks="127.0.0.0/8",
        outbound_plain_http=True,
    )


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Greenhouse:
    """Greenhouse, as it calls an organisation's assessment partner."""

    def __init__(self, http: TestClient, key: str, inbox: Inbox) -> None:
        self.http = http
        self.key = key
        self.inbox = inbox

    def call(self, name: str, *, key: str | None = None, **more: Any) -> Response:
        token = base64.b64encode(f"{key or self.key}:".encode()).decode()
        method = CONTRACT[name]["method"]
        headers = {"authorization": f"Basic {token}", "accept": "application/json"}
        return self.http.request(method, f"/api/greenhouse/{name}", headers=headers, **more)

    def tests(self) -> list[dict[str, str]]:
        return list(self.call("list_tests").json())

    def body(self, number: int = 1, test: str = "Warm-up") -> dict[str, Any]:
        body = copy.deepcopy(CONTRACT["send_test"]["example"])
        body["partner_test_id"] = next(
            one["partner_test_id"] for one in self.tests() if one["partner_test_name"].startswith(test)
        )
        body["url"] = self.inbox.url(number)
        return dict(body)

    def send(self, number: int = 1, **more: Any) -> str:
        response = self.call("send_test", json=self.body(number) | more)
        assert response.status_code == 200, response.text
        assert list(response.json()) == ["partner_interview_id"]
        return str(response.json()["partner_interview_id"])

    def status(self, test_id: str) -> dict[str, Any]:
        response = self.call("test_status", params={"partner_interview_id": test_id})
        assert response.status_code == 200, response.text
        return dict(response.json())


@pytest.fixture
def greenhouse(client: TestClient, team: Team, sessions: Sessions, inbox: Inbox) -> Greenhouse:
    with sessions.begin() as session:
        key = create_key(session, "Greenhouse", "acme", ["greenhouse"])
    return Greenhouse(client, key, inbox)


@pytest.fixture
def tell(sessions: Sessions, settings: Settings, worker: Jobs) -> Callable[[], int]:
    """Score what waits, hand events on, and tell Greenhouse, as a worker process would; how many calls arrived."""
    jobs = GreenhouseJobs(sessions, settings)
    events = EventJobs(sessions, [GREENHOUSE])

    def run() -> int:
        while run_jobs(worker, sessions) or worker.sweep():
            pass
        events.number_events()
        events.hand_over("greenhouse")
        return jobs.tell_greenhouse()

    return run


def sql(sessions: Sessions, statement: str, **values: Any) -> list[Any]:
    with sessions.begin() as session:
        result = session.execute(text(statement), values)
        return list(result) if result.returns_rows else []


def sit(team: Team, sessions: Sessions) -> uuid.UUID:
    """The newest letter's candidate opens the link, answers everything and finishes; the interview."""
    (mail,) = sql(
        sessions, "SELECT body FROM outgoing_mails WHERE body LIKE '%/invited/%' ORDER BY created_at DESC LIMIT 1"
    )
    sitting = come_in(team.newcomer(), mail.body.partition("http://viva.example.org")[2].split()[0])
    assert sitting.start().status_code == 303
    for number in range(len(sitting.items)):
        assert sitting.answer(GOOD, item=number).status_code in {200, 201, 202}
    assert sitting.finish().status_code == 303
    return sitting.id


def test_list_tests(greenhouse: Greenhouse) -> None:
    found = greenhouse.tests()
    assert found
    for one in found:
        assert {name: type(value).__name__ for name, value in one.items()} == {
            "partner_test_id": "str",
            "partner_test_name": "str",
        }
    assert "Warm-up (15 min)" in [one["partner_test_name"] for one in found]


def test_from_the_request_to_the_score(
    greenhouse: Greenhouse, team: Team, sessions: Sessions, inbox: Inbox, tell: Callable[[], int]
) -> None:
    test_id = greenhouse.send(7)
    assert greenhouse.status(test_id) == {"partner_status": "sent"}
    (invited,) = sql(
        sessions, "SELECT i.*, t.profile_url FROM invitations i JOIN greenhouse_tests t ON t.invitation_id = i.id"
    )
    assert (invited.candidate_name, invited.candidate_email) == ("Grace Example", "grace@candidates.example.org")
    assert invited.profile_url == "https://app.greenhouse.io/people/1?application_id=2"
    assert (invited.closes_at - invited.opens_at).days == 14
    interview_id = sit(team, sessions)
    assert greenhouse.status(test_id) == {"partner_status": "submitted"}
    assert inbox.calls == []
    assert tell() == 1
    ((method, path, headers, body),) = inbox.calls
    assert (method, path, body) == ("PATCH", "/take_home_tests/7", b"")
    assert base64.b64decode(headers["authorization"].removeprefix("Basic ")) == f"{greenhouse.key}:".encode()
    found = greenhouse.status(test_id)
    assert found["partner_status"] == "complete"
    assert found["partner_profile_url"] == f"http://viva.example.org/organizations/acme/interviews/{interview_id}"
    assert team.admin.http.get(f"/organizations/acme/interviews/{interview_id}").status_code == 200
    assert 0 <= found["partner_score"] <= 100
    assert all(isinstance(value, str | int | float | bool | None) for value in found["metadata"].values())
    assert found["metadata"]["Questions answered"] == "3 of 3"
    assert tell() == 0


def test_asked_again_it_is_the_same_test(greenhouse: Greenhouse, sessions: Sessions) -> None:
    first = greenhouse.send(1)
    assert greenhouse.send(1) == first
    assert greenhouse.send(2) != first
    body = greenhouse.body(1)
    sql(sessions, "UPDATE interview_templates SET status = 'retired'")
    assert greenhouse.call("send_test", json=body).json() == {"partner_interview_id": first}
    assert greenhouse.call("send_test", json=body | {"url": body["url"] + "9"}).status_code == 404
    assert len(sql(sessions, "SELECT 1 FROM outgoing_mails WHERE body LIKE '%/invited/%'")) == 2


def test_asked_eight_times_at_once(greenhouse: Greenhouse, sessions: Sessions) -> None:
    body = greenhouse.body(3)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: greenhouse.call("send_test", json=body), range(8)))
    assert {response.status_code for response in found} == {200}
    assert len({response.json()["partner_interview_id"] for response in found}) == 1
    assert len(sql(sessions, "SELECT 1 FROM invitations")) == 1


@pytest.mark.parametrize("path", CONTRACT["send_test"]["not_required"], ids="/".join)
@pytest.mark.parametrize("how", ["null", "missing"])
def test_what_need_not_be_there(greenhouse: Greenhouse, path: list[str], how: str) -> None:
    body = greenhouse.body()
    if how == "null":
        body[path[0]][path[1]] = None
    else:
        del body[path[0]][path[1]]
    body["news"] = body["candidate"]["pronouns"] = "added later"
    assert greenhouse.call("send_test", json=body).status_code == 200


@pytest.mark.parametrize("path", CONTRACT["send_test"]["required"], ids="/".join)
def test_what_must_be_there(greenhouse: Greenhouse, sessions: Sessions, path: list[str]) -> None:
    body = greenhouse.body()
    del (body if len(path) == 1 else body[path[0]])[path[-1]]
    response = greenhouse.call("send_test", json=body)
    assert response.status_code == 422
    assert path[-1] in response.json()["detail"]
    assert sql(sessions, "SELECT 1 FROM invitations") == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"partner_test_id": "12345"}, 404),
        ({"partner_test_id": str(uuid.uuid4())}, 404),
        ({"url": "ftp://app.greenhouse.io/1"}, 422),
        ({"url": "https://192.168.1.1/1"}, 422),
        ({"url": "nonsense"}, 422),
        ({"candidate": {"first_name": "G", "last_name": "E", "email": "nobody"}}, 422),
        ({"candidate": {"first_name": "G\0", "last_name": "E", "email": "g@example.org"}}, 422),
    ],
)
def test_what_cannot_be_sent(greenhouse: Greenhouse, sessions: Sessions, change: dict[str, Any], status: int) -> None:
    response = greenhouse.call("send_test", json=greenhouse.body() | change)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert sql(sessions, "SELECT 1 FROM greenhouse_tests") == []


def test_keys(client: TestClient, api: Api, greenhouse: Greenhouse, sessions: Sessions, team: Team) -> None:
    everything = api.key("admin", org="acme")["authorization"].removeprefix("Bearer ")
    for name in ("list_tests", "send_test", "test_status", "response_error"):
        for wrong in ("viva_nonsense", "", "é"):
            response = greenhouse.call(name, key=wrong or "x", json={})
            assert response.status_code == CONTRACT["refusals"]["wrong key"], response.text
            assert response.headers["www-authenticate"].startswith("Basic")
        method = CONTRACT[name]["method"]
        bearer = {"authorization": f"Bearer {greenhouse.key}"}
        assert client.request(method, f"/api/greenhouse/{name}", headers=bearer, json={}).status_code == 401
        assert client.request(method, f"/api/greenhouse/{name}", json={}).status_code == 401
        # A key that can do everything is not given away to be kept and sent about.
        assert greenhouse.call(name, key=everything, json={}).status_code == 403
    assert len(greenhouse.key) < CONTRACT["authentication"]["key_shorter_than"]
    with sessions.begin() as session:
        key_id = session.scalar(text("SELECT id FROM api_keys WHERE name = 'Greenhouse'"))
        revoke_key(session, team.id, key_id, "viva")
    assert greenhouse.call("list_tests").status_code == 401
    # It opens nothing else.
    narrow = {"authorization": f"Bearer {api.key('greenhouse', org='acme')['authorization'][7:]}"}
    assert client.get("/api/v1/interviews", headers=narrow).status_code == 403


def test_another_organisations_tests_are_nobodys(greenhouse: Greenhouse, api: Api) -> None:
    test_id = greenhouse.send()
    stranger = api.key("greenhouse", org="other")["authorization"].removeprefix("Bearer ")
    for asked, key in ((test_id, stranger), ("98765", None), (str(uuid.uuid4()), None)):
        response = greenhouse.call("test_status", key=key, params={"partner_interview_id": asked})
        assert response.status_code == CONTRACT["refusals"]["no such resource"]
    assert greenhouse.call("test_status").status_code == 422


def test_what_greenhouse_could_not_read_is_kept(greenhouse: Greenhouse, team: Team, sessions: Sessions) -> None:
    for example in (CONTRACT["response_error"]["example"], CONTRACT["response_error"]["least"]):
        response = greenhouse.call("response_error", json=example)
        assert response.status_code == CONTRACT["response_error"]["answers_status"]
    kept = sql(
        sessions, "SELECT subject, detail FROM audit_events WHERE action = 'greenhouse.answer_refused' ORDER BY at"
    )
    assert [one.subject for one in kept] == ["greenhouse:34", "greenhouse:list_tests"]
    assert kept[0].detail["errors"] == CONTRACT["response_error"]["example"]["errors"]
    page = team.admin.http.get("/organizations/acme/greenhouse").text
    assert "there is no partner_profile_url" in page


def test_it_is_told_until_it_arrives(
    greenhouse: Greenhouse, team: Team, sessions: Sessions, inbox: Inbox, tell: Callable[[], int]
) -> None:
    greenhouse.send()
    sit(team, sessions)
    inbox.status = 503
    assert tell() == 0
    (test,) = sql(sessions, "SELECT *, tell_at - viva_now() AS pause FROM greenhouse_tests")
    assert (test.attempts, test.error, test.told_at) == (1, "Greenhouse answered 503.", None)
    assert 20 < test.pause.total_seconds() <= BACKOFF_SECONDS[0]
    assert tell() == 0
    assert len(inbox.calls) == 1  # not before its time
    inbox.status = 204
    sql(sessions, "UPDATE greenhouse_tests SET tell_at = viva_now()")
    assert tell() == 1
    (test,) = sql(sessions, "SELECT * FROM greenhouse_tests")
    assert (test.tell_at, test.error) == (None, "")
    assert test.told_at is not None


@pytest.mark.parametrize(("status", "attempts"), [(404, 0), (410, 0), (500, len(BACKOFF_SECONDS))])
def test_it_is_given_up(
    greenhouse: Greenhouse,
    team: Team,
    sessions: Sessions,
    inbox: Inbox,
    tell: Callable[[], int],
    settings: Settings,
    status: int,
    attempts: int,
) -> None:
    greenhouse.send()
    sql(sessions, "UPDATE greenhouse_tests SET tell_at = viva_now(), attempts = :n", n=attempts)
    inbox.status = status
    assert GreenhouseJobs(sessions, settings).tell_greenhouse() == 0
    (test,) = sql(sessions, "SELECT * FROM greenhouse_tests")
    assert (test.tell_at, test.error) == (None, f"Greenhouse answered {status}.")


def test_a_private_address_is_not_called(
    greenhouse: Greenhouse, sessions: Sessions, inbox: Inbox, tmp_path: Path
) -> None:
    greenhouse.send()
    sql(sessions, "UPDATE greenhouse_tests SET tell_at = viva_now()")
    strict = Settings(data_dir=tmp_path, encoder="hashed", outbound_plain_http=True)
    assert GreenhouseJobs(sessions, strict).tell_greenhouse() == 0
    assert inbox.calls == []
    (test,) = sql(sessions, "SELECT error FROM greenhouse_tests")
    assert "no public address" in test.error


def test_the_template_says_when_a_result_goes_out(
    greenhouse: Greenhouse, team: Team, sessions: Sessions, inbox: Inbox, tell: Callable[[], int]
) -> None:
    sql(sessions, "UPDATE interview_template_versions SET release = 'by_interviewer', candidate_sees = 'report'")
    test_id = greenhouse.send()
    interview_id = sit(team, sessions)
    assert tell() == 0
    assert greenhouse.status(test_id) == {"partner_status": "scored, waiting for release"}
    team.admin.http.post("/organizations/acme/invitations/release", data={"interview_id": str(interview_id)})
    assert tell() == 1
    assert greenhouse.status(test_id)["partner_status"] == "complete"


def test_the_key_that_greenhouse_uses_now(
    greenhouse: Greenhouse, sessions: Sessions, settings: Settings, inbox: Inbox
) -> None:
    greenhouse.send()
    (first,) = sql(sessions, "SELECT sealed_key FROM greenhouse_links")
    assert Sealing.of(settings).open(first.sealed_key) == greenhouse.key
    with sessions.begin() as session:
        newer = create_key(session, "Greenhouse", "acme", ["greenhouse"])
    greenhouse.call("list_tests", key=newer)
    sql(sessions, "UPDATE greenhouse_tests SET tell_at = viva_now()")
    assert GreenhouseJobs(sessions, settings).tell_greenhouse() == 1
    assert base64.b64decode(inbox.calls[0][2]["authorization"].removeprefix("Basic ")) == f"{newer}:".encode()


def test_an_invitation_that_went_takes_its_test_along(greenhouse: Greenhouse, sessions: Sessions) -> None:
    test_id = greenhouse.send()
    sql(sessions, "UPDATE invitations SET revoked_at = viva_now()")
    assert greenhouse.status(test_id) == {"partner_status": "taken back"}
    sql(
        sessions,
        "UPDATE invitations SET revoked_at = NULL, opens_at = viva_now() - interval '2 day', closes_at = viva_now() - interval '1 day'",
    )
    assert greenhouse.status(test_id) == {"partner_status": "expired"}
    sql(sessions, "DELETE FROM invitations")
    response = greenhouse.call("test_status", params={"partner_interview_id": test_id})
    assert response.status_code == 404
