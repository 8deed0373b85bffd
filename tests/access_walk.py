"""Walking all routes with things that are there and things that are not: what `test_access` asks, and how it compares."""

from __future__ import annotations

import itertools
import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, get_args, get_type_hints

from access_world import MARK, World
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from httpx2 import Response
from pydantic import BaseModel
from sqlalchemy import Engine, event, text
from starlette.testclient import TestClient

# What stands for a path parameter: a kind of `World.ids`. The first name that fits wins (a part of the path and the
# parameter, or the parameter alone).
OBJECTS = {
    ("/members/invitations/", "invitation_id"): "member_invitation",
    ("", "interview_id"): "interview",
    ("", "question_id"): "question",
    ("", "grading_id"): "grading",
    ("", "answer_id"): "answer",
    ("", "review_id"): "review",
    ("", "appeal_id"): "appeal",
    ("", "decision_id"): "decision",
    ("", "invitation_id"): "invitation",
    ("", "template_id"): "template",
    ("", "version_id"): "version",
    ("", "member_id"): "member",
    ("", "membership_id"): "member",
    ("", "user_id"): "user",
    ("", "browser_id"): "browser",
    ("", "session_id"): "browser",
    ("", "key_id"): "key",
    ("", "endpoint_id"): "endpoint",
    ("", "delivery_id"): "delivery",
    ("", "mail_id"): "mail",
    ("", "platform_id"): "lti_platform",
    ("", "link_id"): "lti_link",
    ("", "deep_link_id"): "lti_deep_link",
    ("", "export_id"): "export",
    ("", "batch_id"): "batch",
    ("", "sample_id"): "sample",
}
# Parameters that name no object by themselves, and what stands for them in both addresses.
PLAIN = {
    "position": "1", "number": "1", "format": "csv", "picture": "totals", "what": "interviews", "kind": "scores",
    "page": "integration", "problem": "not-found", "operation_id": "createInterview",
}  # fmt: skip
SLUGS = {"/templates/": f"{MARK}template", "/api/": f"{MARK}slug", "": f"{MARK}own"}
# Everything that a form or a JSON body of some route asks for, so that a request reaches its object.
FIELDS: dict[str, Any] = {
    "text": "planted", "base_revision": 0, "flagged": True, "consent": "yes", "does_not_know": False, "note": "planted",
    "source": "title: planted", "answer": "planted", "reason": "planted", "comment": "planted", "reply": "planted",
    "input_mode": "dictated",
    "score": 0.5, "points": 50, "verdicts": {}, "minutes": 5, "seconds": 60, "role": "admin", "decision": "advance",
    "url": "https://planted.example.org/", "description": "planted", "reviewer": {"external_id": "planted", "name": "Planted"},
    "name": "Planted", "title": "Planted", "email": "planted@example.org", "status": "retired", "confirm": "yes",
}  # fmt: skip


# Fields that cannot name a thing: numbers, days, switches, words of one's own (what a search finds is looked at by
# following links).
NAME_NOTHING = {
    "again", "blind", "closes", "closes_offset", "count", "days", "done", "first", "kind", "last", "level", "limit",
    "minutes", "names", "opens", "opens_offset", "page", "password", "q", "retention_days", "scopes", "seed", "since",
    "start", "sure", "time_multiplier", "title", "topic", "until",
}  # fmt: skip


def routes(client: TestClient) -> list[tuple[str, str]]:
    found = {
        (method, str(route.path))
        for route in iter_route_contexts(client.app.routes)  # type: ignore[attr-defined]
        for method in getattr(route, "methods", None) or ()
        if method != "HEAD"
    }
    assert len(found) > 40
    return sorted(found, key=lambda one: (one[1], one[0]))


def parameters(path: str) -> list[str]:
    return re.findall(r"{(\w+)(?::\w+)?}", path)


def kind_of(path: str, parameter: str) -> str:
    for (part, name), kind in OBJECTS.items():
        if name == parameter and part in path:
            return kind
    raise AssertionError(
        f"{path}: what is {{{parameter}}}? Make one in tests/access_world.py and name its kind in OBJECTS of tests/access_walk.py "
        "(or in PLAIN, if it names no object)."
    )


def addresses(world: World, path: str, home: str | None, *, every: bool) -> Iterator[tuple[str, str, list[str]]]:
    """(address of a thing of Acme, the same of nothing, what differs): for every thing that fits the path.

    With `home` the organisation in the path is the asker's own, and only what follows is Acme's. Without `every`, one
    of each kind but interviews, of which one runs and one is over.
    """
    names = [name for name in parameters(path) if name != "item_id"]
    choices: list[list[tuple[str, str]]] = []
    for name in names:
        if name == "organization":
            choices.append([(home, home)] if home else [(world.team.slug, "nobodys")])
        elif name in PLAIN:
            choices.append([(PLAIN[name], PLAIN[name])])
        elif name == "slug":
            slug = next(slug for part, slug in SLUGS.items() if part in path)
            choices.append([(slug, "no-such-thing")])
        else:
            kind = kind_of(path, name)
            things = world.ids[kind] if every or kind == "interview" else world.ids[kind][:1]
            choices.append([(one, str(uuid.uuid4())) for one in things])
    for chosen in itertools.product(*choices):
        there = dict(zip(names, (one for one, _ in chosen), strict=True))
        nowhere = dict(zip(names, (none for _, none in chosen), strict=True))
        if "item_id" in parameters(path):
            sitting = world.running if there.get("interview_id") == str(world.running.id) else world.finished
            there["item_id"], nowhere["item_id"] = str(sitting.items[0]), str(uuid.uuid4())
        if there != nowhere:
            plain = re.sub(r":\w+}", "}", path)
            changed = [value for pair in (there, nowhere) for value in pair.values() if value not in PLAIN.values()]
            yield plain.format(**there), plain.format(**nowhere), changed


def digests(world: World) -> dict[str, str]:
    """Every table's rows as a number; not sessions, throttling, and denials that were written down."""
    left_out = {"browser_sessions", "throttle_counts", "question_search", "question_vectors", "search_words"}
    names = (
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    with world.sessions.begin() as session:
        found = {}
        for name in sorted(set(session.scalars(text(names))) - left_out):
            where = "WHERE action NOT LIKE '%denied%'" if name == "audit_events" else ""
            rows = f"SELECT md5(t::text) AS d FROM {name} t {where}"
            query = f"SELECT count(*) || md5(coalesce(string_agg(d, '' ORDER BY d), '')) FROM ({rows}) AS rows"
            found[name] = str(session.scalar(text(query)))
    return found


def forget_attempts(world: World) -> None:
    """So many questions in a row must not look like an attack here."""
    with world.sessions.begin() as session:
        session.execute(text("DELETE FROM throttle_counts"))


def words(response: Response, changed: list[str]) -> tuple[Any, ...]:
    """Status, headers and body without what differs by itself: the request's number and the address asked for."""
    headers = {
        name: value
        for name, value in response.headers.items()
        if name not in {"x-request-id", "content-length", "ratelimit", "ratelimit-policy"}
    }
    told = json.dumps([response.status_code, sorted(headers.items()), response.text])
    for value in sorted([*changed, response.headers["x-request-id"]], key=len, reverse=True):
        told = told.replace(value, "…")
    return response.status_code, told


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that are run meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def bodies(client: TestClient) -> dict[tuple[str, str], dict[str, Any]]:
    """What is sent to each route: JSON with the fields of its model, or a form with everything that some form asks."""
    form = {name: value for name, value in FIELDS.items() if not isinstance(value, dict | bool)}
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for route in iter_route_contexts(client.app.routes):  # type: ignore[attr-defined]
        methods = set(getattr(route, "methods", None) or ())
        models = [] if methods <= {"GET", "HEAD"} else [m for hint in _hints(route.endpoint) for m in _models(hint)]
        fields = {name for model in models for name in model.model_fields}
        body = {"json": {name: value for name, value in FIELDS.items() if name in fields}} if models else {"data": form}
        for method in methods:
            found[method, str(route.path)] = {} if method in {"GET", "HEAD"} else body
    return found


def fields_of(client: TestClient) -> list[tuple[str, str, list[str]]]:
    """(method, path, what can be named): query parameters of what is read, fields of bodies of what is written."""
    found = []
    for route in iter_route_contexts(client.app.routes):  # type: ignore[attr-defined]
        dependant = getattr(route, "dependant", None)
        if dependant is None:
            continue
        needed = [dependant, *_below(dependant)]
        sent = [one for part in needed for one in part.body_params]
        models = [model for one in sent for model in _models(one.field_info.annotation)]
        written = [name for model in models for name in model.model_fields] or [one.alias for one in sent]
        for method in set(route.methods or ()) - {"HEAD"}:
            names = [one.alias for part in needed for one in part.query_params] if method == "GET" else written
            found.append((method, str(route.path), sorted(set(names) - NAME_NOTHING)))
    return sorted(found)


def _below(dependant: Dependant) -> Iterator[Dependant]:
    for one in dependant.dependencies:
        yield one
        yield from _below(one)


def naming(method: str, sent: dict[str, Any], field: str, value: str) -> dict[str, Any]:
    """The same request with one field naming something."""
    if method == "GET":
        return {"params": {field: value}}
    return {how: body | {field: value} for how, body in sent.items()}


def rows_of(world: World, slug: str) -> dict[str, str]:
    """The rows of one organisation in every table that knows organisations, as numbers."""
    tables = "SELECT table_name FROM information_schema.columns WHERE column_name = 'organization_id' ORDER BY 1"
    with world.sessions.begin() as session:
        found = {}
        for name in session.scalars(text(tables)).all():
            rows = (
                f"SELECT md5(t::text) AS d FROM {name} t JOIN organizations o ON o.id = t.organization_id"
                " WHERE o.slug = :slug"
            )
            query = f"SELECT count(*) || md5(coalesce(string_agg(d, '' ORDER BY d), '')) FROM ({rows}) AS rows"
            found[name] = str(session.scalar(text(query), {"slug": slug}))
    return found


def _hints(endpoint: Any) -> list[Any]:
    return list(get_type_hints(endpoint, include_extras=True).values())


def _models(hint: Any) -> list[type[BaseModel]]:
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return [hint]
    return [model for part in get_args(hint) for model in _models(part)]
