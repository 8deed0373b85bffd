"""Every route with every object of an organisation, as everybody who must not: nothing leaks, nothing changes.

Routes are walked as the app has them. A path parameter that is not known fails the test: see `OBJECTS` in access_walk.
"""

from __future__ import annotations

import itertools
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from access_walk import (
    SLUGS,
    addresses,
    bodies,
    counted,
    digests,
    fields_of,
    forget_attempts,
    naming,
    parameters,
    routes,
    rows_of,
    words,
)
from access_world import MARK, World, build_world, key_client
from conftest import Api
from people import Person
from starlette.testclient import TestClient

from app.assessments.jobs import Jobs

# Ending what is over answers as ending one's own does: with the way back, whether there was one or not.
MAY_REDIRECT = {"/account/browsers/{browser_id}/end"}
# Whoever tries these is not who they were.
ENDS_THE_SESSION = re.compile("/(sign-out|leave|erase|delete|password|sign-in|join|confirm)")
# What is sent is read before anything is looked up, and refused alike whether there is such a thing or not.
READ_FIRST = {
    "/api/v1/question-drafts/{question_id}",
    "/api/v1/questions/{slug}/samples",
    "/api/v1/templates/{slug}",
}
PUBLIC_START = ("/questions", "/docs", "/api/v1/openapi.json")


@dataclass
class Asker:
    """Somebody with a browser or a key; `home` is their own organisation's address, `only` what they are tried on."""

    name: str
    http: TestClient
    home: str | None = None
    only: str = "/"
    # Who belongs to the organisation, even without a desk, may leave it.
    may: frozenset[str] = frozenset()
    every: bool = False
    # What does not depend on the object: that something takes an account, or an admin of the asker's own organisation.
    also_told: frozenset[int] = frozenset()


@pytest.fixture
def world(newcomer: Callable[[], Person], api: Api, worker: Jobs) -> World:
    return build_world(newcomer, api, worker)


def askers(world: World, newcomer: Callable[[], Person]) -> list[Asker]:
    """Everybody who is somebody, and not the one."""
    app, team, other = world.api.client.app, world.team, world.other
    guest, fellow = newcomer(), team.candidate("Eve", slugs=["gan"])
    guest.choose()
    theirs = world.api.key("admin", org=other.slug)["authorization"].removeprefix("Bearer ")
    return [
        Asker("a guest who practises", guest.http, also_told=frozenset({403})),
        Asker("another candidate of the organisation", fellow.person.http, also_told=frozenset({403})),
        Asker(
            "a member who only sits",
            team.members["dan"].http,
            may=frozenset({"/account/organizations/{organization}/leave"}),
        ),
        Asker("a member whose role was taken away", team.members["rex"].http),
        Asker(
            "an interviewer of another organisation", other.members["ian"].http, other.slug, also_told=frozenset({403})
        ),
        Asker("an admin of another organisation", other.admin.http, home=other.slug, every=True),
        # Interviewers read at their desk, and never sit or write in a candidate's place.
        Asker("an interviewer on the candidate's pages", team.members["ben"].http, only="/interviews"),
        Asker("a key of another organisation", key_client(app, theirs), only="/api/"),
    ]


def asked_of(client: TestClient, world: World, asker: Asker) -> Iterator[tuple[str, str, str, str, list[str]]]:
    """(method, path, address of a thing, of nothing, what differs) for everything that one is tried on."""
    for method, path in routes(client):
        is_api = path.startswith("/api/")
        if not path.startswith(asker.only) or is_api != (asker.only == "/api/") or "token" in parameters(path):
            continue
        if path in asker.may:
            continue
        for home in [None, asker.home] if asker.home and "{organization}" in path else [None]:
            for there, nowhere, changed in addresses(world, path, home, every=asker.every):
                yield method, path, there, nowhere, changed


def test_every_object_is_as_if_it_were_not_there(
    client: TestClient, world: World, newcomer: Callable[[], Person], subtests: pytest.Subtests
) -> None:
    everybody, sent = askers(world, newcomer), bodies(client)
    engine = client.app.state.engine  # type: ignore[attr-defined]
    tried = 0
    for asker in everybody:
        forget_attempts(world)
        before = digests(world)
        for method, path, there, nowhere, changed in asked_of(client, world, asker):
            with counted(engine) as for_nothing:
                nothing = asker.http.request(method, nowhere, **sent[method, path])
            with counted(engine) as for_thing:
                thing = asker.http.request(method, there, **sent[method, path])
            tried += 1
            with subtests.test(f"{asker.name}: {method} {there}"):
                assert words(thing, changed) == words(nothing, changed)
                fine = {404} | ({303} if path in MAY_REDIRECT else set()) | asker.also_told
                fine |= {422} if path in READ_FIRST else set()
                assert thing.status_code in fine, f"{path}: {thing.status_code} (is a field missing in FIELDS?)"
                said = thing.text
                for address in changed:
                    said = said.replace(address, "")
                assert MARK not in said
                # What takes as many questions to the database takes as long.
                assert len(for_thing) == len(for_nothing), "\n".join(for_thing)
        after = digests(world)
        assert [name for name in after if after[name] != before.get(name)] == [], f"{asker.name} changed these tables"
    assert tried > 100
    _the_right_ones_come_in(client, world)


def _the_right_ones_come_in(client: TestClient, world: World) -> None:
    """The addresses above are those of real things: whoever may, opens them."""
    right = [world.team.admin.http, world.running.person.http, world.finished.person.http]
    teacher = TestClient(client.app, follow_redirects=False, raise_server_exceptions=False)
    teacher.cookies.set("viva-lti", world.teacher)
    right.append(teacher)
    key = key_client(client.app, world.keys["good"])
    for method, path in routes(client):
        if method != "GET" or "token" in parameters(path):
            continue
        urls = [there for there, _, _ in addresses(world, path, None, every=True)]
        found = {http.get(url).status_code for url in urls for http in ([key] if path.startswith("/api/") else right)}
        assert max(found, default=0) < 500, path
        assert not urls or found - {404, 403}, f"{path}: nobody can open {urls}: the test names the wrong thing"


def test_nobody_is_sent_to_sign_in_and_links_that_are_over_open_nothing(
    client: TestClient, world: World, newcomer: Callable[[], Person]
) -> None:
    over = newcomer().http
    over.cookies.set("viva", "a-session-that-is-over")
    dead = [key_client(client.app, world.keys[name]) for name in ("revoked", "expired")]
    before, sent = digests(world), bodies(client)
    for method, path in routes(client):
        if path.startswith(PUBLIC_START) or "token" in parameters(path):
            continue
        for there, nowhere, changed in addresses(world, path, None, every=False):
            for http in dead if path.startswith("/api/") else [newcomer().http, over]:
                thing, nothing = (http.request(method, url, **sent[method, path]) for url in (there, nowhere))
                assert words(thing, changed) == words(nothing, changed), f"{method} {path}"
                # Signing in would open nothing of a course platform's.
                refused = 401 if path.startswith("/api/") else 404 if path.startswith("/lti/") else 303
                assert thing.status_code == refused, f"{method} {path}"
    # Whoever holds an old link knows to what they were asked, and learns no more than that.
    may_show = (f"{MARK}invited", f"{MARK}template", f"{MARK}description")
    holders = [newcomer().http, world.other.admin.http]
    for method, path in routes(client):
        if "token" not in parameters(path):
            continue
        for token, http in itertools.product(world.dead_tokens, holders):
            forget_attempts(world)
            response = http.request(method, path.format(token=token), **sent[method, path])
            assert response.status_code < 500
            shown = response.text
            for one in may_show:
                shown = shown.replace(one, "")
            assert MARK not in shown, f"{method} {path}"
            assert not response.headers.get("location", "").startswith(("/interviews", "/organizations")), path
    assert digests(world) == before


def test_lists_and_pages_of_others_hold_nothing(
    client: TestClient, world: World, newcomer: Callable[[], Person]
) -> None:
    for asker in askers(world, newcomer):
        if asker.only == "/interviews":
            continue
        start = []
        for method, path in routes(client):
            if method == "GET" and path.startswith("/api/") == (asker.only == "/api/"):
                if not parameters(path):
                    start += [path, f"{path}?q={MARK}&limit=100", f"{path}?q={MARK}question+{MARK}prompt"]
                elif parameters(path) == ["organization"] and asker.home:
                    start.append(path.format(organization=asker.home))
        seen = _crawl(asker, start)
        assert seen >= 5, f"{asker.name} opened {seen} pages"
    # The words are there for those whose they are.
    assert f"{MARK}answer" in world.finished.report()
    assert f"{MARK}title" in world.team.admin.http.get(world.team.url).text


def test_what_is_named_in_queries_and_bodies_opens_nothing(
    client: TestClient, world: World, newcomer: Callable[[], Person], subtests: pytest.Subtests
) -> None:
    """On pages of one's own, with the other organisation's ids and short names in every field that there is."""
    named = [*(one for things in world.ids.values() for one in things[:1]), *SLUGS.values()]
    sent = bodies(client)
    for asker in askers(world, newcomer):
        if not asker.every and asker.only != "/api/":
            continue
        before, tried = rows_of(world, world.team.slug), 0
        for method, path, fields in fields_of(client):
            if not path.startswith(asker.only) or path.startswith("/api/") != (asker.only == "/api/"):
                continue
            if not fields or set(parameters(path)) - {"organization"} or ENDS_THE_SESSION.search(path):
                continue
            url = path.format(organization=asker.home)
            # Over the API there are many fields, which all go the same way: each gets a part of the names.
            parts = 4 if asker.only == "/api/" else 1
            pairs = [(field, value) for n, field in enumerate(fields) for value in named[n % parts :: parts]]
            for field, value in pairs:
                nothing = str(uuid.uuid4()) if "-" in value and len(value) == 36 else f"z-nothing-{tried}"
                forget_attempts(world)
                there, nowhere = (
                    asker.http.request(method, url, **naming(method, sent[method, path], field, one))
                    for one in (value, nothing)
                )
                tried += 1
                said = there.text.replace(value, "")
                with subtests.test(f"{asker.name}: {method} {path} {field}"):
                    assert MARK not in said
                    assert there.status_code == nowhere.status_code
                    if method == "GET":
                        assert words(there, [value, nothing]) == words(nowhere, [value, nothing])
        assert tried > 50, asker.name
        assert rows_of(world, world.team.slug) == before, f"{asker.name} changed what is not theirs"


def _crawl(asker: Asker, start: list[str]) -> int:
    """Open pages and what they link to, two of each kind; how many could be opened."""
    todo, done, shapes, opened = list(start), set[str](), dict[str, int](), 0
    while todo:
        url = todo.pop(0)
        shape = re.sub(r"[0-9a-f-]{36}|/questions/[\w-]+|=[^&]*", "*", url)
        if url in done or (url not in start and shapes.get(shape, 0) >= 2):
            continue
        done.add(url)
        shapes[shape] = shapes.get(shape, 0) + 1
        response = asker.http.get(url)
        assert response.status_code < 500, url
        # What was typed into a search stands in its field again.
        typed = rf'value="{MARK}[^"]*"|q={MARK}[^"&]*|“{MARK}[^”]*”'
        shown = re.sub(typed, "", response.text)
        assert MARK not in shown, f"{asker.name}: {url}: {re.findall(f'.{{80}}{MARK}.{{20}}', shown)[:2]}"
        opened += response.status_code == 200
        if "html" in response.headers.get("content-type", ""):
            todo += [link.replace("&amp;", "&") for link in re.findall(r'href="(/(?!static)[^"#]*)', response.text)]
    return opened
