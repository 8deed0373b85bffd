"""Calling any operation of the document for real: things that its address names are made by other operations first.

Nothing here knows a single operation, but for `BEFORE`. To find what `{thing_id}` stands for, the operation that makes
things (POST on the path before it) is called with its own example, else their list is read, else the thing above them is
looked into. So an operation that is added is called, too, once it has an example.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from httpx2 import Client, Response

from app.documentation.description import operations
from app.documentation.examples import parameter_example, request_examples
from app.documentation.schema_words import SchemaReader

# What has to have been done with the same things before an operation can succeed.
BEFORE: dict[str, list[str]] = {
    "readAssessment": ["submitAnswer"],
    "readReport": ["submitAnswer", "finishInterview"],
}
WAIT = {"prefer": "wait=20"}


class CannotCallError(AssertionError):
    """What is missing to call an operation, in words for who adds one."""


@dataclass
class Walk:
    """One story: the things that were made or found in it by their address with `{…}`."""

    client: Client
    document: dict[str, Any]
    known: dict[str, str] = field(default_factory=dict)
    # Whether things are found in lists before they are made.
    look_first: bool = False

    def __post_init__(self) -> None:
        self.reader = SchemaReader(self.document)
        self.by_id = {one["operationId"]: (method, path, one) for method, path, one in operations(self.document)}
        self.by_place = {(method, path): one for method, path, one in operations(self.document)}

    def call(self, operation_id: str, example: int = 0, **headers: str) -> Response:
        """The response of an operation to its own example, after what must be done before."""
        for earlier in BEFORE.get(operation_id, []):
            done = self.call(earlier, **WAIT)
            assert done.status_code < 300, f"{earlier} before {operation_id}: {done.status_code} {done.text[:300]}"
        method, path, operation = self.by_id[operation_id]
        address = self.address(path)
        parameters = operation.get("parameters", [])
        query = {one["name"]: value for one in parameters if (value := self.query_value(one)) is not None}
        if any(one["name"] == "If-Match" for one in parameters):
            headers.setdefault("if-match", self.etag(path, address))
        bodies = request_examples(self.reader, operation)
        if "requestBody" in operation and not bodies and operation["requestBody"].get("required"):
            raise CannotCallError(f"{operation_id} has no example of its body: give its model one.")
        more: dict[str, Any] = {"json": self.with_things(bodies[example])} if bodies else {}
        return self.client.request(method.upper(), address, params=query, headers=headers, **more)

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
        above = place.rsplit("/", 1)[0]
        ways = [self.listed, self.made, self.inside] if self.look_first else [self.made, self.listed, self.inside]
        for way in ways:
            if (found := way(above, name)) is not None:
                return found
        raise CannotCallError(f"Nothing makes or lists what {{{name}}} of {place} stands for.")

    def made(self, above: str, name: str) -> str | None:
        """By the operation that makes such things, with its own example."""
        operation = self.by_place.get(("post", above))
        if operation is None:
            return None
        bodies = request_examples(self.reader, operation)
        if "requestBody" in operation and not bodies:
            return None
        more: dict[str, Any] = {"json": self.with_things(bodies[0])} if bodies else {}
        response = self.client.post(self.filled(above), **more)
        return identity(response.json(), name) if response.status_code < 300 else None

    def listed(self, above: str, name: str) -> str | None:
        """The first of their list."""
        if ("get", above) not in self.by_place:
            return None
        response = self.client.get(self.filled(above))
        items = response.json().get("items") if response.status_code == 200 else None
        return identity(items[0], name) if items else None

    def inside(self, above: str, name: str) -> str | None:
        """In the thing above: `…/interviews/1/items/{item_id}` is one of the `items` of `…/interviews/1`."""
        parent, _, collection = above.rpartition("/")
        if ("get", parent) not in self.by_place:
            return None
        response = self.client.get(self.filled(parent))
        things = response.json().get(collection) if response.status_code == 200 else None
        return identity(things[0], name) if things else None

    def with_things(self, body: Any) -> Any:
        """An example whose `thing_id` names something that is there."""
        if isinstance(body, list):
            return [self.with_things(one) for one in body]
        if not isinstance(body, dict):
            return body
        return {key: self.named(key, value) for key, value in body.items()}

    def named(self, key: str, value: Any) -> Any:
        if key.endswith("_id") and isinstance(value, str) and is_uuid(value):
            for _, path, _ in operations(self.document):
                if path.endswith(f"{{{key}}}"):
                    return self.address(path).rsplit("/", 1)[1]  # found as what an address names is
        return self.with_things(value)


def is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def identity(thing: dict[str, Any], name: str) -> str | None:
    """What stands for a thing in an address: its `slug` where that is asked for, else its `id`."""
    for key in (name, name.removesuffix("_id"), "id", "slug"):
        if isinstance(thing.get(key), str | int):
            return str(thing[key])
    # As `{"key": {"id": …}, "secret": …}`: the thing stands in what was answered.
    return next((found for one in thing.values() if isinstance(one, dict) and (found := identity(one, name))), None)
