"""Methods of the Python client out of the OpenAPI document: one for each operation, grouped by tag."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import Any

from client_types import Types, docstring, pascal_case, python_name, snake_case

METHODS = ("get", "put", "post", "delete", "patch")
SPECIAL = {"prefer": "wait", "idempotency-key": "idempotency_key", "if-match": "if_match"}
"""Headers that have a parameter with a meaning of its own."""


@dataclass
class Operation:
    """One method to be."""

    name: str
    group: str
    verb: str
    path: str
    text: str
    parameters: list[dict[str, Any]]
    body: dict[str, Any] | None
    body_needed: bool
    media: str
    answers: dict[int, dict[str, Any] | None] = field(default_factory=dict)

    @property
    def page(self) -> dict[str, Any] | None:
        """The schema of a page, where the operation gives pages."""
        asked = any(one["name"] == "cursor" and one["in"] == "query" for one in self.parameters)
        found = self.answers.get(200) if asked else None
        # A file can have a cursor, too: it comes as it is.
        return None if found is None or found.get("format") == "binary" else found


def operations_of(document: dict[str, Any]) -> list[Operation]:
    """What the API can do, in the document's order."""
    found = []
    for path, item in document["paths"].items():
        for verb in METHODS:
            if verb in item and path.startswith("/api/"):
                found.append(_operation(document, path, verb, item[verb], item.get("parameters", [])))
    return found


def _operation(
    document: dict[str, Any], path: str, verb: str, said: dict[str, Any], shared: list[dict[str, Any]]
) -> Operation:
    content = said.get("requestBody", {}).get("content", {})
    media = "application/json" if "application/json" in content else next(iter(content), "")
    answers: dict[int, dict[str, Any] | None] = {}
    for status, answer in said["responses"].items():
        if status.startswith("2"):
            kinds = answer.get("content", {})
            answers[int(status)] = kinds["application/json"]["schema"] if "application/json" in kinds else None
            if kinds and "application/json" not in kinds:
                answers[int(status)] = {"type": "string", "format": "binary"}
    parameters = [_resolved(document, one) for one in [*shared, *said.get("parameters", [])]]
    return Operation(
        name=snake_case(said["operationId"]),
        group=(said.get("tags") or ["other"])[0],
        verb=verb.upper(),
        path=path,
        text=f"{said.get('summary', '').strip().rstrip('.')}.\n\n{said.get('description', '')}{_told(parameters)}",
        parameters=parameters,
        body=content.get(media, {}).get("schema") if media else None,
        body_needed=bool(said.get("requestBody", {}).get("required")),
        media=media,
        answers=answers,
    )


def _told(parameters: list[dict[str, Any]]) -> str:
    """What the parameters mean, as a list below the text."""
    lines = []
    for one in parameters:
        name = SPECIAL.get(one["name"].lower()) or python_name(one["name"])
        words = " ".join(one.get("description", "").split())
        if words and name not in SPECIAL.values():
            lines.append(textwrap.fill(f"- `{name}`: {words}", 100, subsequent_indent="  "))
    return "\n\n" + "\n".join(lines) if lines else ""


def _resolved(document: dict[str, Any], parameter: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in parameter:
        return dict(document["components"]["parameters"][parameter["$ref"].rsplit("/", 1)[1]])
    return parameter


class Methods:
    """Writes the methods of both clients; what types they need is asked of `sent` and `received`."""

    def __init__(self, operations: list[Operation], sent: Types, received: Types) -> None:
        self.operations = operations
        self.sent = sent
        self.received = received

    def write(self, *, is_async: bool) -> str:
        """All groups, and the class that holds them."""
        groups: dict[str, list[Operation]] = {}
        for one in self.operations:
            groups.setdefault(one.group, []).append(one)
        start = "Async" if is_async else ""
        out = []
        for group, members in groups.items():
            out.append(f"class {start}{pascal_case(group)}({start}Group):\n")
            out.append(docstring(f"The operations of “{group}”.") + "\n")
            out += [self._method(one, is_async=is_async) for one in members]
            out.append("\n")
        out.append(f"class {start}Surface:\n")
        out.append(docstring("Every operation of the API, grouped as its description groups them.") + "\n")
        out.append(f"    def __init__(self, caller: {start}Caller) -> None:\n")
        out += [f"        self.{snake_case(group)} = {start}{pascal_case(group)}(caller)\n" for group in groups]
        return "".join(out)

    def _method(self, one: Operation, *, is_async: bool) -> str:
        path_names, keywords, headers, query = [], [], [], []
        for parameter in one.parameters:
            name = parameter["name"]
            special = SPECIAL.get(name.lower()) if parameter["in"] == "header" else None
            kind = self.sent.of(parameter.get("schema", {}), pascal_case(name), "inputs.")
            if parameter["in"] == "path":
                path_names.append((python_name(name), kind))
            elif special == "wait":
                keywords.append("wait: float | None = None")
            elif special == "idempotency_key":
                keywords.append("idempotency_key: str | None = None")
            elif special == "if_match":
                keywords.append("if_match: str" + ("" if parameter.get("required") else " | None = None"))
            else:
                needed = parameter.get("required", False)
                kind = kind if needed or "None" in kind else f"{kind} | None"
                keywords.append(f"{python_name(name)}: {kind}{'' if needed else ' = None'}")
                (query if parameter["in"] == "query" else headers).append((name, python_name(name)))
        arguments = ["self", *(f"{name}: {kind}" for name, kind in path_names)]
        if one.body is not None:
            kind = self._body(one)
            arguments.append(f"body: {kind}" if one.body_needed else f"body: {kind} | None = None")
        # What is required comes first among the keywords, as Python reads best.
        keywords.sort(key=lambda argument: " = " in argument)
        arguments += ["*", *keywords] if keywords else []
        call = self._call(one, path_names, headers, query, keywords)
        return self._written(one, ", ".join(arguments), call, is_async=is_async)

    def _body(self, one: Operation) -> str:
        if one.media != "application/json":
            return "Mapping[str, Any]" if one.media.startswith("multipart/") else "bytes | str"
        return self.sent.of(one.body or {}, f"{pascal_case(one.name)}Body", "inputs.")

    def _call(
        self,
        one: Operation,
        path: list[tuple[str, str]],
        headers: list[tuple[str, str]],
        query: list[tuple[str, str]],
        keywords: list[str],
    ) -> str:
        parts = [repr(one.verb), repr(one.path)]
        if path:
            parts.append("path={" + ", ".join(f"{_place(one, name)!r}: {name}" for name, _ in path) + "}")
        if query:
            parts.append("query={" + ", ".join(f"{name!r}: {variable}" for name, variable in query) + "}")
        if headers:
            parts.append("headers={" + ", ".join(f"{name!r}: {variable}" for name, variable in headers) + "}")
        if one.body is not None:
            parts.append("body=body")
            if one.media != "application/json":
                parts.append(f"media={one.media!r}")
        parts += [f"{name}={name}" for name in SPECIAL.values() if any(k.startswith(f"{name}:") for k in keywords)]
        return f"Call({', '.join(parts)})"

    def _written(self, one: Operation, arguments: str, call: str, *, is_async: bool) -> str:
        text = docstring(one.text, "        ")
        hint = pascal_case(one.name)
        start = "Async" if is_async else ""
        if one.page is not None:
            page = self.received.of(one.page, f"{hint}Out", "models.")
            item = self._item(one.page, hint)
            result = f"{start}Listing[{page}, {item}]"
            return (
                f"    def {one.name}({arguments}) -> {result}:\n{text}"
                f"        return {start}Listing(self._caller, {call}, {page})\n\n"
            )
        kinds: dict[int, str] = {}
        for status, schema in one.answers.items():
            kind = "None" if schema is None else self.received.of(schema, f"{hint}Out", "models.")
            kinds[status] = kind
        result = self.received._union(list(kinds.values()) or ["None"])
        answers = "{" + ", ".join(f"{status}: {kind}" for status, kind in sorted(kinds.items())) + "}"
        define, wait = ("async def", "await ") if is_async else ("def", "")
        if result == "None":
            return (
                f"    {define} {one.name}({arguments}) -> None:\n{text}        {wait}self._call({call}, {answers})\n\n"
            )
        return (
            f"    {define} {one.name}({arguments}) -> {result}:\n{text}"
            f"        result: {result} = {wait}self._call({call}, {answers})\n        return result\n\n"
        )

    def _item(self, page: dict[str, Any], hint: str) -> str:
        schema = page
        if "$ref" in page:
            schema = self.received.schemas[page["$ref"].rsplit("/", 1)[1]]
        return self.received.of(schema["properties"]["items"]["items"], f"{hint}Item", "models.")


def _place(one: Operation, variable: str) -> str:
    return next(p["name"] for p in one.parameters if p["in"] == "path" and python_name(p["name"]) == variable)
