"""Four web processes behind a proxy: what a caller sees is one Viva, whichever process each call goes to."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from containers import (
    Answer,
    Containers,
    RoundRobin,
    call,
    free_port,
    nothing_left_running,
    services_of_compose,
)

from app.kit.private_postgres import PrivatePostgres

WEBS = 4
LIMIT = 200
"""Calls a minute of one key: each test has a key of its own and, but for the one that is about it, makes fewer."""
NEW_INTERVIEW = {"questions": ["dropout", "gan"], "candidate": {"external_id": "c-1", "name": "Ada"}}
ENDPOINTS = "/api/v1/webhook-endpoints"


@dataclass
class Deployed:
    """The proxy in front, and how many calls each web process has had."""

    containers: Containers
    proxy: RoundRobin
    names: Iterator[int]

    def caller(self) -> Caller:
        """Another system with a key of its own."""
        return Caller(self, self.containers.viva("key", "create", f"caller-{next(self.names)}"))


@dataclass
class Caller:
    """Calls the API through the proxy, each time by a new connection, and so by another process."""

    deployed: Deployed
    key: str

    def __call__(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        return call(self.deployed.proxy.port, method, path, self.key, body, **headers)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """PostgreSQL over TCP, four web processes, a worker, a proxy."""
    folder = tmp_path_factory.mktemp("replicas")
    with nothing_left_running(), ExitStack() as stack:
        server = stack.enter_context(PrivatePostgres(folder / "postgres", tcp_port=free_port()))
        containers = Containers(services_of_compose(), server, folder)
        stack.callback(containers.stop)
        containers.run("migrate")
        ports = [free_port() for _ in range(WEBS)]
        for port in ports:
            containers.start("web", VIVA_HOST="127.0.0.1", VIVA_PORT=str(port), VIVA_CALLS_PER_MINUTE=str(LIMIT))
        containers.start("worker")
        proxy = stack.enter_context(RoundRobin(*ports))
        containers.wait_for(*ports)
        yield Deployed(containers, proxy, count(1))
        assert all(taken >= 10 for taken in proxy.taken.values()), "the proxy has left processes out"


def at_once(number: int, do: Callable[[int], Answer]) -> list[Answer]:
    """The same thing done by so many callers at one moment."""
    barrier = threading.Barrier(number)

    def begin(place: int) -> Answer:
        barrier.wait(30)
        return do(place)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(begin, range(number)))


def send(caller: Caller, method: str, path: str, body: object = None, **headers: str) -> Callable[[int], Answer]:
    """For `at_once`: the same call, whoever makes it."""
    return lambda _: caller(method, path, body, **headers)


def each(calls: list[Callable[[int], Answer]]) -> Callable[[int], Answer]:
    """For `at_once`: each makes a call of its own."""
    return lambda place: calls[place](place)


def statuses(answers: list[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


def test_one_idempotency_key_makes_one_thing(deployed: Deployed) -> None:
    caller = deployed.caller()
    for round_ in range(5):
        key = f"interview-{round_}"
        answers = at_once(12, send(caller, "POST", "/api/v1/interviews", NEW_INTERVIEW, idempotency_key=key))
        made = [answer for answer in answers if answer.status == 201]
        in_flight = [answer for answer in answers if answer.status == 409]
        assert made
        assert len(made) + len(in_flight) == 12, statuses(answers)
        assert len({answer.body["id"] for answer in made}) == 1
        assert all(answer.body["type"].endswith("/idempotency-in-flight") for answer in in_flight)
        # Whichever process is asked later: the same answer, and another body is refused.
        for _ in range(WEBS):
            again = caller("POST", "/api/v1/interviews", NEW_INTERVIEW, idempotency_key=key)
            assert (again.status, again.body) == (201, made[0].body)
            other = caller("POST", "/api/v1/interviews", NEW_INTERVIEW | {"questions": ["gan"]}, idempotency_key=key)
            assert other.status == 422
    listed = caller("GET", "/api/v1/interviews?limit=100")
    assert len(listed.body["items"]) == 5
    assert listed.body["next_cursor"] is None


def endpoint(number: int) -> dict[str, Any]:
    """A webhook endpoint that never gets anything: a thing that can be made, changed and removed."""
    return {
        "url": f"https://hooks.example.org/{number}",
        "description": str(number),
        "event_types": ["question.published"],
        "is_enabled": False,
    }


def test_of_changes_to_one_state_exactly_one_is_made(deployed: Deployed) -> None:
    caller = deployed.caller()
    made = caller("POST", ENDPOINTS, endpoint(0))
    assert made.status == 201, made.body
    place = f"{ENDPOINTS}/{made.body['id']}"
    tag = made.headers["etag"]
    for round_ in range(8):
        texts = [f"by {number} in round {round_}" for number in range(8)]
        calls = [send(caller, "PATCH", place, {"description": text}, if_match=tag) for text in texts]
        answers = at_once(8, each(calls))
        assert statuses(answers) == {200: 1, 412: 7}
        (winner,) = (number for number, answer in enumerate(answers) if answer.status == 200)
        assert caller("PATCH", place, {"description": "unseen"}).status == 428
        stored = caller("GET", place)
        assert stored.body["description"] == texts[winner]
        assert stored.headers["etag"] == answers[winner].headers["etag"] != tag
        tag = stored.headers["etag"]
    answers = at_once(8, send(caller, "DELETE", place, if_match=tag))
    assert statuses(answers) == {204: 1, 404: 7}


def test_pages_lose_nothing_and_repeat_nothing_while_rows_come_and_go(deployed: Deployed) -> None:
    caller, other = deployed.caller(), deployed.caller()
    stay = {caller("POST", ENDPOINTS, endpoint(number)).body["id"] for number in range(24)}
    stop = threading.Event()
    done: list[Answer] = []

    def come_and_go() -> None:
        """Rows above and between those that stay are made and removed all the time."""
        for number in range(100, 180):
            if stop.is_set():
                return
            new = other("POST", ENDPOINTS, endpoint(number))
            gone = other("DELETE", f"{ENDPOINTS}/{new.body['id']}", if_match=new.headers["etag"])
            done.extend([new, gone])

    busy = threading.Thread(target=come_and_go)
    busy.start()
    try:
        for limit in (1, 5, 7):
            seen: list[dict[str, Any]] = []
            path: str | None = f"{ENDPOINTS}?limit={limit}"
            while path is not None:
                page = caller("GET", path)
                assert page.status == 200, page.body
                assert len(page.body["items"]) <= limit
                seen += page.body["items"]
                cursor = page.body["next_cursor"]
                path = cursor and f"{ENDPOINTS}?limit={limit}&cursor={cursor}"
                if path is None:
                    assert page.headers["link"] is None
                else:
                    assert 'rel="next"' in page.headers["link"]
                    assert cursor in page.headers["link"]
            ids = [one["id"] for one in seen]
            assert len(ids) == len(set(ids)), "a row was shown twice"
            assert stay <= set(ids), "a row that was there all the time was left out"
            times = [one["created_at"] for one in seen]
            assert times == sorted(times, reverse=True)
    finally:
        stop.set()
        busy.join(60)
    assert done, "nothing came and went meanwhile"
    assert statuses(done).keys() == {201, 204}


def test_one_limit_for_a_key_in_all_processes(deployed: Deployed) -> None:
    caller, other = deployed.caller(), deployed.caller()
    ask = send(caller, "GET", "/api/v1/interviews?limit=1")
    answers = [answer for _ in range(15) for answer in at_once(16, ask)]
    assert statuses(answers) == {200: LIMIT, 429: 240 - LIMIT}
    left = [answer.headers["ratelimit"] for answer in answers if answer.status == 200]
    assert sorted(int(one.split(";r=")[1].split(";")[0]) for one in left) == list(range(LIMIT))
    refused = [answer for answer in answers if answer.status == 429]
    assert all(1 <= int(answer.headers["retry-after"]) <= 60 for answer in refused)
    assert other("GET", "/api/v1/interviews?limit=1").status == 200
