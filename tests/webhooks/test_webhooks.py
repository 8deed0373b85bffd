"""Deliveries: signed, tried again, logged, replayed, given up; endpoints switched off; nobody holds up others."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Api
from integrator import Integrator, problem
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from teams import Team

from app.integrations.webhook_jobs import AT_ONCE_PER_ENDPOINT, WebhookJobs
from app.integrations.webhook_outcome import BACKOFF_SECONDS
from app.kit.config import Settings
from app.kit.events import record_event
from webhooks.receiving import Receiver, verifies

Sessions = sessionmaker[Session]
Receive = Callable[..., Receiver]


@pytest.fixture
def mine(api: Api) -> Integrator:
    return Integrator.of(api)


def endpoint(mine: Integrator, url: str, **more: Any) -> dict[str, Any]:
    response = mine.post("/webhook-endpoints", {"url": url, **more})
    assert response.status_code == 201, response.text
    return dict(response.json())


def happen(mine: Integrator, count: int = 1, type: str = "question.published") -> None:
    with mine.sessions.begin() as session:
        organization_id = session.scalar(text("SELECT id FROM organizations WHERE slug = 'main'"))
        assert isinstance(organization_id, uuid.UUID)
        for number in range(count):
            record_event(session, organization_id, type, {"n": number, "word": "Größe 🙂"})


def deliveries(mine: Integrator, made: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    return list(mine.get(made["links"]["deliveries"] + query).json()["items"])


def later(mine: Integrator, hours: float) -> None:
    """So much time has passed for what waits."""
    mine.sql(
        "UPDATE webhook_deliveries SET next_attempt_at = next_attempt_at - make_interval(secs => :s)", s=hours * 3600
    )
    mine.sql(
        "UPDATE webhook_endpoints SET hold_until = hold_until - make_interval(secs => :s),"
        " failing_since = failing_since - make_interval(secs => :s),"
        " old_secret_until = old_secret_until - make_interval(secs => :s)",
        s=hours * 3600,
    )


def test_an_event_is_delivered_as_the_specification_says(mine: Integrator, hooks: Any, receive: Receive) -> None:
    receiver = receive(said="danke ä\x00".encode())
    made = endpoint(mine, receiver.url, description="Hiring")
    happen(mine)
    hooks.run()
    ((headers, body),) = receiver.got
    assert verifies(made["secret"], headers, body)
    assert not verifies("whsec_" + "A" * 44, headers, body)
    assert not verifies(made["secret"], headers, body.replace(b"question", b"Question"))
    assert headers["content-type"] == "application/json"
    sent = json.loads(body)
    assert list(sent) == ["id", "type", "timestamp", "sequence", "data"]
    assert (sent["type"], sent["sequence"]) == ("question.published", 1)
    assert sent["data"] == {"n": 0, "word": "Größe 🙂"}
    assert sent["id"] == headers["webhook-id"]
    assert dt.datetime.fromisoformat(sent["timestamp"]).tzinfo is not None
    (logged,) = deliveries(mine, made)
    assert logged["status"] == "delivered"
    assert (logged["attempts"], logged["response_status"], logged["response_snippet"]) == (1, 204, "")
    assert logged["event_id"] == sent["id"]
    assert logged["next_attempt_at"] is None
    assert logged["duration_ms"] >= 0
    assert mine.get(logged["links"]["self"]).json() == logged
    listed = mine.get("/events").json()["items"]
    assert listed == [sent]
    shown = mine.get(made["links"]["self"]).json()
    assert shown["last_success_at"]
    assert "secret" not in shown
    hooks.run()
    assert len(receiver.got) == 1


def test_what_a_receiver_says_is_logged_in_part(mine: Integrator, hooks: Any, receive: Receive) -> None:
    receiver = receive(answer=lambda n: 200, said=b"a\x00b\xff" + b"x" * 100_000)
    made = endpoint(mine, receiver.url)
    happen(mine)
    hooks.run()
    (logged,) = deliveries(mine, made)
    assert logged["response_snippet"].startswith("a�b�x")
    assert len(logged["response_snippet"]) == 1000


def test_endpoints_get_what_they_asked_for(mine: Integrator, api: Api, hooks: Any, receive: Receive) -> None:
    everything, some, off, others = (receive() for _ in range(4))
    endpoint(mine, everything.url)
    endpoint(mine, some.url, event_types=["grading.done", "interview.scored"])
    endpoint(mine, off.url, is_enabled=False)
    endpoint(Integrator.of(api, org="other"), others.url)
    happen(mine)
    happen(mine, type="grading.done")
    hooks.run()
    hooks.run()
    assert sorted(event["type"] for event in everything.events()) == ["grading.done", "question.published"]
    assert [event["type"] for event in some.events()] == ["grading.done"]
    assert off.got == others.got == []


def test_a_failure_is_tried_again_with_the_same_id_for_three_days(
    mine: Integrator, hooks: Any, receive: Receive
) -> None:
    receiver = receive(answer=lambda n: 500 if n < 4 else 200)
    made = endpoint(mine, receiver.url)
    happen(mine)
    hooks.run()
    (logged,) = deliveries(mine, made)
    assert (logged["status"], logged["attempts"], logged["error"]) == ("waiting", 1, "It answered 500.")
    assert logged["next_attempt_at"] > logged["last_attempt_at"]
    hooks.deliver()
    assert len(receiver.got) == 1  # not yet
    for _ in range(3):
        later(mine, 1)
        hooks.deliver()
    (logged,) = deliveries(mine, made)
    assert (logged["status"], logged["attempts"], logged["error"]) == ("delivered", 4, "")
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert len({body for _, body in receiver.got}) == 1
    assert all(receiver.verified(made["secret"]))
    assert sum(BACKOFF_SECONDS) * 0.9 < 3 * 86400 < sum(BACKOFF_SECONDS) * 1.1


def test_pauses_are_spread(mine: Integrator, hooks: Any, receive: Receive) -> None:
    receiver = receive(answer=lambda n: 500)
    endpoint(mine, receiver.url)
    happen(mine, 6)
    hooks.run()
    for _ in range(4):
        mine.sql("UPDATE webhook_endpoints SET hold_until = NULL")
        hooks.deliver()
    pauses = mine.sql("SELECT extract(epoch FROM next_attempt_at - last_attempt_at) FROM webhook_deliveries")
    assert len({round(float(pause), 3) for (pause,) in pauses}) > 3
    assert all(4.4 < float(pause) < 6.5 for (pause,) in pauses)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda n: (302, {"location": "http://127.0.0.1:1/"}), "It answered 302: redirects are not followed."),
        (lambda n: 404, "It answered 404."),
        (lambda n: 199 + 301, "It answered 500."),
    ],
)
def test_what_is_no_success(answer: Any, said: str, mine: Integrator, hooks: Any, receive: Receive) -> None:
    made = endpoint(mine, receive(answer=answer).url)
    happen(mine)
    hooks.run()
    (logged,) = deliveries(mine, made)
    assert (logged["status"], logged["error"]) == ("waiting", said)
    assert mine.get(made["links"]["self"]).json()["failing_since"]


def test_nobody_is_there(mine: Integrator, hooks: Any) -> None:
    made = endpoint(mine, "http://127.0.0.1:1/")
    happen(mine)
    hooks.run()
    (logged,) = deliveries(mine, made)
    assert logged["response_status"] is None
    assert "refused" in logged["error"]


def test_who_asks_for_time_gets_it(mine: Integrator, hooks: Any, receive: Receive) -> None:
    endpoint(mine, receive(answer=lambda n: (429, {"retry-after": "600"})).url)
    happen(mine)
    hooks.run()
    ((seconds,),) = mine.sql("SELECT extract(epoch FROM hold_until - viva_now()) FROM webhook_endpoints")
    assert 590 < float(seconds) <= 600


def test_a_private_address_is_not_called(
    mine: Integrator, sessions: Sessions, settings: Settings, hooks: Any, receive: Receive
) -> None:
    receiver = receive()
    made = endpoint(mine, receiver.url)
    # The operator has changed the settings meanwhile.
    strict = WebhookJobs(sessions, settings.model_copy(update={"outbound_private_networks": None}))
    happen(mine)
    hooks.events.number_events()
    hooks.events.hand_over("webhooks")
    strict.deliver_webhooks()
    strict.close()
    assert receiver.got == []
    (logged,) = deliveries(mine, made)
    assert "127.0.0.1 is no public address" in logged["error"]


def test_both_secrets_sign_for_a_day_after_a_rotation(mine: Integrator, hooks: Any, receive: Receive) -> None:
    receiver = receive()
    made = endpoint(mine, receiver.url)
    turned = mine.post(made["links"]["rotate"]).json()
    assert turned["secret"] != made["secret"]
    happen(mine)
    hooks.run()
    later(mine, 24)
    happen(mine)
    hooks.run()
    (during, first), (after, second) = receiver.got
    assert len(during["webhook-signature"].split(" ")) == 2
    assert verifies(made["secret"], during, first)
    assert verifies(turned["secret"], during, first)
    assert len(after["webhook-signature"].split(" ")) == 1
    assert not verifies(made["secret"], after, second)
    assert verifies(turned["secret"], after, second)


def test_secrets_are_sealed_when_the_operator_sets_a_key(
    sessions: Sessions, settings: Settings, mine: Integrator, receive: Receive, hooks: Any
) -> None:
    receiver = receive()
    made = endpoint(mine, receiver.url)
    ((stored,),) = mine.sql("SELECT secret FROM webhook_endpoints")
    assert stored == f"plain:{made['secret']}"
    key = SecretStr("a-key-of-some-length")
    keyed = WebhookJobs(sessions, settings.model_copy(update={"secret_keys": key}))
    sealed = keyed.wiring.sealing.seal(made["secret"])
    mine.sql("UPDATE webhook_endpoints SET secret = :s", s=sealed)
    happen(mine)
    hooks.run()  # by a worker that has no key
    (logged,) = deliveries(mine, made)
    assert "VIVA_SECRET_KEYS" in logged["error"]
    assert receiver.got == []
    later(mine, 1)
    keyed.deliver_webhooks()
    keyed.close()
    assert receiver.verified(made["secret"]) == [True]


def test_a_lasting_failure_switches_off_and_tells_the_admins(
    team: Team, api: Api, hooks: Any, receive: Receive
) -> None:
    receiver = receive(answer=lambda n: 503)
    mine = Integrator.of(api, org=team.slug)
    made = endpoint(mine, receiver.url)
    with mine.sessions.begin() as session:
        record_event(session, team.id, "question.published", {})
    hooks.run()
    for _ in BACKOFF_SECONDS:
        later(mine, 15)
        hooks.deliver()
    (logged,) = deliveries(mine, made)
    assert (logged["status"], logged["attempts"]) == ("failed", len(BACKOFF_SECONDS) + 1)
    shown = mine.get(made["links"]["self"]).json()
    assert not shown["is_enabled"]
    assert shown["disabled_at"]
    assert shown["disabled_reason"] == "It has taken nothing for three days. Last: It answered 503."
    ((recipient, body),) = mine.sql("SELECT recipient, body FROM outgoing_mails WHERE subject LIKE '%webhook%'")
    assert recipient == "ada@acme.example.org"
    assert receiver.url in body
    assert f"/organizations/{team.slug}/webhooks/{made['id']}" in body
    assert mine.sql("SELECT actor FROM audit_events WHERE action = 'webhook.disabled'") == [("viva",)]
    page = team.admin.http.get(f"{team.url}/webhooks").text
    assert "Viva has switched off" in page
    # Switched on again, it begins anew, and what failed can be replayed.
    problem(mine.post(logged["links"]["replay"]), 409, "endpoint-off")
    problem(mine.post(made["links"]["test"]), 409, "endpoint-off")
    assert team.admin.http.post(f"{team.url}/webhooks/{made['id']}/on").status_code == 303
    shown = mine.get(made["links"]["self"]).json()
    assert shown["is_enabled"]
    assert (shown["disabled_at"], shown["failing_since"]) == (None, None)
    receiver.answer = lambda n: 200
    assert mine.post(logged["links"]["replay"]).status_code == 202
    hooks.deliver()
    assert deliveries(mine, made)[0]["status"] == "delivered"


def test_one_bad_event_does_not_switch_off_an_endpoint_that_works(
    mine: Integrator, hooks: Any, receive: Receive
) -> None:
    receiver = receive(answer=lambda n: 500)
    made = endpoint(mine, receiver.url)
    happen(mine)
    hooks.run()
    for number in range(len(BACKOFF_SECONDS)):
        later(mine, 15)
        if number % 3 == 0:
            mine.sql("UPDATE webhook_endpoints SET failing_since = NULL, failures = 0")  # it took another one
        hooks.deliver()
    (logged,) = deliveries(mine, made)
    assert logged["status"] == "failed"
    assert mine.get(made["links"]["self"]).json()["is_enabled"]


def test_gone_is_gone(mine: Integrator, hooks: Any, receive: Receive) -> None:
    receiver = receive(answer=lambda n: 410)
    made = endpoint(mine, receiver.url)
    happen(mine, 5)
    hooks.run()
    shown = mine.get(made["links"]["self"]).json()
    assert (shown["is_enabled"], shown["disabled_reason"]) == (False, "It answered 410 Gone: it wants no more events.")
    assert len(receiver.got) <= AT_ONCE_PER_ENDPOINT
    assert {one["status"] for one in deliveries(mine, made)} == {"failed"}


def test_a_replay_sends_the_same_again(mine: Integrator, hooks: Any, receive: Receive) -> None:
    receiver = receive()
    made = endpoint(mine, receiver.url)
    happen(mine)
    hooks.run()
    (logged,) = deliveries(mine, made)
    again = mine.post(logged["links"]["replay"])
    assert again.status_code == 202
    assert again.json()["status"] == "waiting"
    hooks.deliver()
    (first, one), (second, two) = receiver.got
    assert first["webhook-id"] == second["webhook-id"]
    assert one == two
    assert deliveries(mine, made)[0]["attempts"] == 2


def test_a_test_event_goes_to_one_endpoint(mine: Integrator, hooks: Any, receive: Receive) -> None:
    receiver, other = receive(), receive()
    made = endpoint(mine, receiver.url, event_types=["grading.done"])
    endpoint(mine, other.url)
    response = mine.post(made["links"]["test"])
    assert response.status_code == 202
    assert response.headers["location"] == response.json()["links"]["self"]
    assert response.json()["sequence"] is None
    hooks.run()
    (event,) = receiver.events()
    assert (event["type"], event["sequence"]) == ("webhook.test", 1)
    assert event["data"]["endpoint_id"] == made["id"]
    assert other.got == []


def test_a_test_that_is_waited_for(mine: Integrator, hooks: Any, receive: Receive) -> None:
    receiver = receive(answer=lambda n: 418)
    made = endpoint(mine, receiver.url)
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            hooks.run()
            time.sleep(0.05)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        response = mine.post(made["links"]["test"], wait=10)
    finally:
        over.set()
        thread.join()
    assert response.status_code == 200, response.text
    assert response.json()["error"] == "It answered 418."


def test_a_slow_endpoint_does_not_hold_up_another(mine: Integrator, hooks: Any, receive: Receive) -> None:
    slow, quick = receive(pause=1.5), receive()
    endpoint(mine, slow.url)
    endpoint(mine, quick.url)
    happen(mine, 30)
    hooks.events.number_events()
    hooks.events.hand_over("webhooks")
    began = time.monotonic()
    hooks.webhooks.deliver_webhooks()
    while len(quick.got) < 30:
        assert time.monotonic() - began < 5
        time.sleep(0.02)
    assert len(slow.got) <= AT_ONCE_PER_ENDPOINT * 4
    hooks.webhooks.close()


def test_a_worker_that_dies_in_an_attempt(mine: Integrator, sessions: Sessions, hooks: Any, receive: Receive) -> None:
    receiver = receive()
    made = endpoint(mine, receiver.url)
    happen(mine)
    hooks.events.number_events()
    hooks.events.hand_over("webhooks")
    with sessions.begin() as session:
        assert len(hooks.webhooks._claim(session)) == 1  # and nothing comes of it
    hooks.deliver()
    assert receiver.got == []
    later(mine, 0.01)
    hooks.deliver()
    assert len(receiver.got) == 1
    assert deliveries(mine, made)[0]["attempts"] == 2


def test_two_workers_deliver_each_event_once(
    mine: Integrator, sessions: Sessions, settings: Settings, hooks: Any, receive: Receive
) -> None:
    receiver = receive()
    endpoint(mine, receiver.url)
    happen(mine, 40)
    hooks.events.number_events()
    hooks.events.hand_over("webhooks")
    other = WebhookJobs(sessions, settings)
    for _ in range(3):
        hooks.webhooks.deliver_webhooks()
        other.deliver_webhooks()
    end = time.monotonic() + 20
    while len(receiver.got) < 40 and time.monotonic() < end:
        time.sleep(0.02)
    other.close()
    hooks.webhooks.close()
    ids = [headers["webhook-id"] for headers, _ in receiver.got]
    assert len(ids) == len(set(ids)) == 40


def test_removing_an_endpoint_or_an_interview_meanwhile(mine: Integrator, hooks: Any, receive: Receive) -> None:
    receiver = receive(answer=lambda n: 500)
    made = endpoint(mine, receiver.url)
    held = mine.interview()
    hooks.run()
    assert len(deliveries(mine, made)) == 1
    mine.sql("DELETE FROM interviews WHERE id = :i", i=held["id"])
    assert deliveries(mine, made) == []
    tag = mine.get(made["links"]["self"]).headers["etag"]
    assert mine.call("DELETE", made["links"]["self"], headers={"if-match": tag}).status_code == 204
    hooks.run()
    assert mine.sql("SELECT 1 FROM webhook_deliveries") == []
