"""What of a change to an OpenAPI document breaks the clients of the one before: each finding names its operation.

For what clients send, the new document has to take all that the old one took; for what they receive, it may answer only
what the old one said. Words, examples and additions break nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]
Document = dict[str, Any]

METHODS = ("get", "post", "put", "patch", "delete")
# Limits that are tighter when they are greater, and those that are tighter when they are smaller.
LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")


@dataclass(frozen=True)
class Breaking:
    """One thing that breaks clients, and the operation that it breaks."""

    operation_id: str
    what: str

    def __str__(self) -> str:
        return f"{self.operation_id}: {self.what}"


def breaking_changes(old: Document, new: Document) -> list[Breaking]:
    """What breaks clients of `old`; empty when they go on working."""
    found = []
    for path, method, was in _operations(old):
        name = was["operationId"]
        now = new.get("paths", {}).get(path, {}).get(method)
        if now is None:
            found.append(Breaking(name, f"{method.upper()} {path} is gone"))
            continue
        found += [Breaking(name, what) for what in dict.fromkeys(_Comparison(old, new).operation(was, now))]
    return found


def _operations(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document.get("paths", {}).items():
        if path.startswith("/api/"):
            yield from ((path, method, methods[method]) for method in METHODS if method in methods)


class _Comparison:
    """One operation in two documents."""

    def __init__(self, old: Document, new: Document) -> None:
        self.old, self.new = old, new
        # Pairs of references that are being compared: schemas may hold themselves.
        self.under_way: set[tuple[str, str, bool]] = set()

    def operation(self, was: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
        if was["operationId"] != now.get("operationId"):
            yield f"the operation id is now {now.get('operationId')}"
        before, after = _roles(was), _roles(now)
        if not after <= before:
            yield f"it needs the scope {', '.join(sorted(after - before))}"
        yield from self.parameters(was.get("parameters", []), now.get("parameters", []))
        yield from self.body(was.get("requestBody"), now.get("requestBody"))
        yield from self.responses(was.get("responses", {}), now.get("responses", {}))

    def parameters(self, was: list[dict[str, Any]], now: list[dict[str, Any]]) -> Iterator[str]:
        before = {_place(one): one for one in was}
        after = {_place(one): one for one in now}
        for place, one in before.items():
            label = f"{place[0]} parameter {one['name']}"
            if place not in after:
                yield f"the {label} is gone"
                continue
            if after[place].get("required") and not one.get("required"):
                yield f"the {label} is now required"
            yield from self.sent(one.get("schema", {}), after[place].get("schema", {}), label)
        for place, one in after.items():
            if place not in before and one.get("required"):
                yield f"the {place[0]} parameter {one['name']} is new and required"

    def body(self, was: dict[str, Any] | None, now: dict[str, Any] | None) -> Iterator[str]:
        if was is None:
            if now is not None and now.get("required"):
                yield "a body is now required"
            return
        if now is None:
            yield "it takes no body any more"
            return
        if now.get("required") and not was.get("required"):
            yield "the body is now required"
        for kind, content in was.get("content", {}).items():
            if kind not in now.get("content", {}):
                yield f"the body may not be {kind} any more"
            else:
                yield from self.sent(content.get("schema", {}), now["content"][kind].get("schema", {}), "body")

    def responses(self, was: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
        for status, response in was.items():
            if status not in now:
                yield f"the status {status} is gone"
                continue
            for kind, content in response.get("content", {}).items():
                if kind not in now[status].get("content", {}):
                    yield f"{status} is not {kind} any more"
                else:
                    after = now[status]["content"][kind].get("schema", {})
                    yield from self.received(content.get("schema", {}), after, f"{status} response")
            gone = set(response.get("headers", {})) - set(now[status].get("headers", {}))
            yield from (f"{status} has no header {name} any more" for name in sorted(gone))
        yield from (
            f"the status {status} is new, and no error" for status in now if status < "400" and status not in was
        )

    def sent(self, was: Schema, now: Schema, at: str) -> Iterator[str]:
        """What clients send: everything that was taken has to be taken."""
        yield from self.schema(was, now, at, sent=True)

    def received(self, was: Schema, now: Schema, at: str) -> Iterator[str]:
        """What clients receive: nothing may come that was not said."""
        yield from self.schema(was, now, at, sent=False)

    def schema(self, was: Schema, now: Schema, at: str, *, sent: bool) -> Iterator[str]:
        pair = (was.get("$ref", ""), now.get("$ref", ""), sent)
        if all(pair[:2]):
            if pair in self.under_way:
                return
            self.under_way.add(pair)
        yield from self._schema(_resolved(self.old, was), _resolved(self.new, now), at, sent=sent)
        self.under_way.discard(pair)

    def _schema(self, was: Schema, now: Schema, at: str, *, sent: bool) -> Iterator[str]:
        olds, news = _shapes(self.old, was), _shapes(self.new, now)
        if len(olds) > 1 or len(news) > 1:
            yield from self.alternatives(olds, news, at, sent=sent)
            return
        # Who gives has to stay within what the taker knows: clients give what is sent, Viva what is received.
        given, taken = (_types(was), _types(now)) if sent else (_types(now), _types(was))
        if taken and not (given and all(_fits(one, taken) for one in given)):
            yield f"{at}: was {_words(_types(was))}, is {_words(_types(now))}"
            return
        yield from self.values(was, now, at, sent=sent)
        yield from self.limits(was, now, at, sent=sent)
        yield from self.fields(was, now, at, sent=sent)
        if "items" in was or "items" in now:
            yield from self.schema(was.get("items", {}), now.get("items", {}), f"{at}[]", sent=sent)

    def alternatives(self, olds: list[Schema], news: list[Schema], at: str, *, sent: bool) -> Iterator[str]:
        given, taken = (olds, news) if sent else (news, olds)
        for one in given:
            tries = []
            for other in taken:
                was, now = (one, other) if sent else (other, one)
                tries.append(list(self.schema(was, now, at, sent=sent)))
                if not tries[-1]:
                    break
            else:
                # The closest says best what is wrong.
                closest = min(tries, key=len, default=[])
                label = _words(_types(_resolved(self.old if sent else self.new, one)))
                yield from closest or [f"{at}: {'may not be' if sent else 'may now be'} {label}"]

    def values(self, was: Schema, now: Schema, at: str, *, sent: bool) -> Iterator[str]:
        before, after = _choices(was), _choices(now)
        given, taken = (before, after) if sent else (after, before)
        if taken is None:
            return
        if given is None:
            yield f"{at}: {'only certain values are taken now' if sent else 'any value may come now'}"
        elif more := [value for value in given if value not in taken]:
            yield f"{at}: {', '.join(map(repr, more))} {'is not taken any more' if sent else 'may come now'}"

    def limits(self, was: Schema, now: Schema, at: str, *, sent: bool) -> Iterator[str]:
        # What is received may keep to wider limits: clients seldom check them, and texts grow.
        if not sent:
            return
        for name in (*LOWER, *UPPER):
            if name not in now:
                continue
            tighter = name not in was or (now[name] > was[name] if name in LOWER else now[name] < was[name])
            if tighter:
                yield f"{at}: {name} is {now[name]}, was {was.get(name, 'free')}"
        if now.get("pattern") not in (None, was.get("pattern")):
            yield f"{at}: has to match {now['pattern']}"
        if now.get("format") not in (None, was.get("format")):
            yield f"{at}: has to be {now['format']}"
        if now.get("additionalProperties") is False and was.get("additionalProperties", True) is not False:
            yield f"{at}: unknown fields are refused now"

    def fields(self, was: Schema, now: Schema, at: str, *, sent: bool) -> Iterator[str]:
        before, after = was.get("properties", {}), now.get("properties", {})
        needed_before, needed_after = set(was.get("required", [])), set(now.get("required", []))
        for name, inner in before.items():
            if name not in after:
                yield f"{at}: the field {name} is gone"
                continue
            yield from self.schema(inner, after[name], f"{at}.{name}", sent=sent)
            if not sent and name in needed_before - needed_after:
                yield f"{at}: the field {name} may be absent now"
        if sent:
            yield from (f"{at}: the field {name} is now required" for name in sorted(needed_after - needed_before))


def _roles(operation: dict[str, Any]) -> set[str]:
    return {role for needed in operation.get("security", []) for roles in needed.values() for role in roles}


def _place(parameter: dict[str, Any]) -> tuple[str, str]:
    name = parameter["name"]
    return parameter["in"], name.lower() if parameter["in"] == "header" else name


def _resolved(document: Document, schema: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    return dict(document.get("components", {}).get("schemas", {}).get(schema["$ref"].rsplit("/", 1)[-1], {}))


def _shapes(document: Document, schema: Schema) -> list[Schema]:
    """What something may be, one by one."""
    schema = _resolved(document, schema)
    several = schema.get("anyOf") or schema.get("oneOf")
    if several is None and isinstance(schema.get("type"), list):
        several = [schema | {"type": one} for one in schema["type"]]
    if several is None:
        return [schema]
    return [shape for one in several for shape in _shapes(document, one)]


def _types(schema: Schema) -> list[str]:
    if "type" in schema:
        return [schema["type"]] if isinstance(schema["type"], str) else list(schema["type"])
    if "properties" in schema:
        return ["object"]
    choices = _choices(schema)
    return list(dict.fromkeys(_type_of(value) for value in choices)) if choices is not None else []


def _type_of(value: Any) -> str:
    names: dict[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return "null" if value is None else names.get(type(value), "object")


def _fits(one: str, into: list[str]) -> bool:
    return one in into or (one == "integer" and "number" in into)


def _choices(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")


def _words(types: list[str]) -> str:
    return " or ".join(types) or "anything"
