"""Calling any operation of the document for real: things that its address names are made by other operations first.

Nothing here knows a single operation: what has to be done before one stands in before.py. To find what `{thing_id}`
stands for, the operation that makes things (POST on the path before it) is called with its own example, else their list
is read, else the thing above them is looked into, else a list that names such things. So an operation that is added is
called, too, once it has an example.
"""

from __future__ import annotations

import datetime as dt
import re
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from httpx2 import Client, Response

from app.documentation.description import operations
from app.documentation.examples import parameter_example, request_bodies
from app.documentation.schema_words import SchemaReader
from tests.browser.conftest import Site

from .before import BEFORE, EVENTUALLY

WAIT = {"prefer": "wait=20"}
HOOKS = "https://hooks.example.org/viva"
"""Where examples have webhooks sent; in truth they come to a receiver on this machine."""
PATIENCE_SECONDS = 30


class CannotCallError(AssertionError):
    """What is missing to call an operation, in words for who adds one."""


@dataclass
class Walk:
    """One story in an organisation of its own: the things made or found in it by their address with `{…}`."""

    client: Client
    document: dict[str, Any]
    site: Site
    slug: str
    receiver: str
    began: dt.datetime
    known: dict[str, str] = field(default_factory=dict)
    # Times that were sent, and those of the examples that they stand for.
    sent_times: dict[dt.datetime, dt.datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reader = SchemaReader(self.document)
        self.by_id = {one["operationId"]: (method, path, one) for method, path, one in operations(self.document)}
        self.by_place = {(method, path): one for method, path, one in operations(self.document)}
        self.places = {
            path[: match.end()] for _, path, _ in operations(self.document) for match in re.finditer(r"{\w+}", path)
        }
        self.responses: dict[Any, Response] = {}

    def call(self, operation_id: str, example: int = 0, **headers: str) -> Response:
        """The response of an operation to its own example, after what must be done before."""
        method, path, operation = self.by_id[operation_id]
        for earlier in BEFORE.get(operation_id, []):
            if isinstance(earlier, str):
                self.done(earlier)
            else:
                self.told(earlier)
        maker = self.by_place.get(("post", path))
        if maker is not None and operation_id not in BEFORE and method == "get" and not path.endswith("}"):
            # What is asked for or made at the same address comes first, so that there is something to read.
            self.done(maker["operationId"])
        bodies = request_bodies(self.reader, operation)
        if "requestBody" in operation and not bodies and operation["requestBody"].get("required"):
            raise CannotCallError(f"{operation_id} has no example of its body: give its model one.")
        response = self.send(operation_id, bodies[example] if bodies else None, headers)
        end = time.monotonic() + PATIENCE_SECONDS
        while operation_id in EVENTUALLY and response.json().get("items") == [] and time.monotonic() < end:
            time.sleep(0.2)
            response = self.send(operation_id, None, headers)
        return response

    def done(self, operation_id: str, body: Any = None, *, wait: bool = True) -> Response:
        """What an operation answered, once in a story; with another body than its example, if one is given."""
        if operation_id not in self.responses:
            headers = WAIT if wait else {}
            response = (
                self.call(operation_id, 0, **headers)
                if body is None
                else self.send(operation_id, ("application/json", body), dict(headers))
            )
            said = f"{response.status_code} {response.text[:400]}"
            assert response.status_code < 300, f"{operation_id} has to be done before, and is refused: {said}"
            self.responses[operation_id] = response
        return self.responses[operation_id]

    def told(self, story: Any) -> None:
        """A story happens once."""
        if story not in self.responses:
            self.responses[story] = Response(204)
            story(self)

    def example(self, operation_id: str) -> Any:
        """The first body to send of an operation."""
        return request_bodies(self.reader, self.by_id[operation_id][2])[0][1]

    def send(self, operation_id: str, body: tuple[str, Any] | None, headers: dict[str, str]) -> Response:
        """One request; what its response says of where things are is remembered."""
        method, path, operation = self.by_id[operation_id]
        address = self.address(path)
        parameters = operation.get("parameters", [])
        query = {one["name"]: value for one in parameters if (value := self.query_value(one)) is not None}
        if any(one["name"] == "If-Match" for one in parameters):
            headers = {"if-match": self.etag(path, address)} | headers
        more: dict[str, Any] = {}
        if body is not None:
            kind, content = body
            more = {"json": self.with_things(content)} if kind == "application/json" else {"content": content.encode()}
            headers = {"content-type": kind} | headers
        response = self.client.request(method.upper(), address, params=query, headers=headers, **more)
        if method == "post" and response.status_code < 300:
            self.remember(path, response)
        return response

    def query_value(self, parameter: dict[str, Any]) -> Any:
        """What to ask with: what must be said, and short lists."""
        if parameter["in"] != "query":
            return None
        if parameter["name"] == "limit":
            return 2
        return parameter_example(self.reader, parameter) if parameter.get("required") else None

    def etag(self, path: str, address: str) -> str:
        """The present state of what is changed."""
        if ("get", path) not in self.by_place:
            return "*"
        return str(self.client.get(address).headers.get("etag", "*"))

    def remember(self, path: str, response: Response) -> None:
        """What was made: by the address that the response gives, else by how it is called in the response itself."""
        where = response.headers.get("location", "")
        for place in self.places:
            pattern = re.sub(r"{\w+}", "([^/]+)", place)
            if found := re.fullmatch(pattern, where):
                self.known[place] = found.groups()[-1]
            elif place.rsplit("/", 1)[0] == path and (name := identity(response.json(), place)) is not None:
                self.known[place] = name

    def address(self, path: str) -> str:
        """The path with things in it that are there."""
        for match in re.finditer(r"{(\w+)}", path):
            place = path[: match.end()]
            if place not in self.known:
                self.known[place] = self.thing(place, match[1])
        return self.filled(path)

    def filled(self, path: str) -> str:
        """The path with the things in it that are known."""
        return re.sub(r"{\w+}", lambda match: self.known[path[: match.end()]], path)

    def thing(self, place: str, name: str) -> str:
        """Make a thing, or find one."""
        for way in (self.said, self.made, self.listed, self.inside, self.named_in_a_list):
            if (found := way(place, name)) is not None:
                return found
        raise CannotCallError(f"Nothing makes, lists or exemplifies what {{{name}}} of {place} stands for.")

    def said(self, place: str, name: str) -> str | None:
        """By the example of the parameter: one of some words that are always there."""
        for _, path, operation in operations(self.document):
            for one in operation.get("parameters", []) if path.startswith(place) else []:
                if one["in"] == "path" and one["name"] == name and (example := parameter_example(self.reader, one)):
                    return str(example)
        return None

    def made(self, place: str, name: str) -> str | None:
        """By the operation that makes such things, with its own example."""
        operation = self.by_place.get(("post", place.rsplit("/", 1)[0]))
        if operation is None:
            return None
        self.done(operation["operationId"], wait=False)
        return self.known.get(place)

    def listed(self, place: str, name: str) -> str | None:
        """The first of their list."""
        above = place.rsplit("/", 1)[0]
        if ("get", above) not in self.by_place:
            return None
        return identity(self.client.get(self.filled(above)).json(), place)

    def inside(self, place: str, name: str) -> str | None:
        """In the thing above: `…/interviews/1/items/{item_id}` is one of the `items` of `…/interviews/1`."""
        parent, collection, _ = place.rsplit("/", 2)
        if ("get", parent) not in self.by_place:
            return None
        response = self.client.get(self.filled(parent))
        things = response.json().get(collection) if response.status_code == 200 else None
        return identity(things[0], place) if things else None

    def named_in_a_list(self, place: str, name: str) -> str | None:
        """In a list of other things that name theirs: the queue of reviews names the `answer_id` of each."""
        for (method, path), operation in self.by_place.items():
            if method == "get" and "{" not in path and name in self.fields_of_items(operation):
                for one in self.client.get(path).json().get("items", []):
                    return str(one[name])
        return None

    def fields_of_items(self, operation: dict[str, Any]) -> set[str]:
        content = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
        page = self.reader.resolve(content.get("schema", {})).get("properties", {})
        return set(self.reader.resolve(page.get("items", {}).get("items", {})).get("properties", {}))

    def with_things(self, body: Any) -> Any:
        """An example whose `thing_id` names something that is there, and whose times are to come."""
        if isinstance(body, list):
            return [self.with_things(one) for one in body]
        if isinstance(body, str):
            return self.receiver if body == HOOKS else self.to_come(body)
        if not isinstance(body, dict):
            return body
        return {key: self.named(key, value) for key, value in body.items()}

    def named(self, key: str, value: Any) -> Any:
        if key.endswith("_ids") and isinstance(value, list):
            return [self.named(key.removesuffix("s"), one) for one in value]
        if key.endswith("_id") and isinstance(value, str) and is_uuid(value):
            for _, place, _ in operations(self.document):
                if place.endswith(f"{{{key}}}"):
                    return self.address(place).rsplit("/", 1)[1]  # found as what an address names is
        return self.with_things(value)

    def to_come(self, text: str) -> str:
        """A time of an example; if it is over, some years of 364 days later. What is no time stays as it is."""
        try:
            at = later = dt.datetime.fromisoformat(text)
        except ValueError:
            return text
        if at.tzinfo is None:
            return text
        while later <= dt.datetime.now(dt.UTC):
            later += dt.timedelta(days=364)
        self.sent_times[later] = at
        return later.isoformat()


def is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def identity(thing: Any, place: str) -> str | None:
    """What stands for a thing in its address: its `slug` where that is asked for, else its `id`.

    A version's `{number}` may be called `version`, as the versions are; of several things it is the first.
    """
    above, _, last = place.rpartition("/")
    name = last.strip("{}")
    if isinstance(thing, list):
        return identity(thing[0], place) if thing else None
    if not isinstance(thing, dict):
        return None
    if isinstance(items := thing.get("items"), list) and "id" not in thing:
        return identity(items, place)
    for key in (name, name.removesuffix("_id"), above.rpartition("/")[2].removesuffix("s"), "id", "slug"):
        if isinstance(thing.get(key), str | int):
            return str(thing[key])
    # As `{"key": {"id": …}, "secret": …}`: the thing stands in what was answered.
    return next((found for one in thing.values() if isinstance(one, dict) and (found := identity(one, place))), None)
