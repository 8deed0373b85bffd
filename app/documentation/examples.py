"""Where the examples of an operation stand in the API's description, for the reference and for the tests alike."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from app.documentation.schema_words import SchemaReader

JSON = "application/json"


def body_content(operation: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """The media type of a request body and what is said of it; None: the operation takes no body."""
    content = operation.get("requestBody", {}).get("content", {})
    return next(iter(content.items()), None)


def request_examples(reader: SchemaReader, operation: dict[str, Any]) -> list[Any]:
    """The bodies to send: those of the operation, else those of the schema."""
    found = body_content(operation)
    if found is None:
        return []
    return content_examples(reader, found[1])


def request_bodies(reader: SchemaReader, operation: dict[str, Any]) -> list[tuple[str, Any]]:
    """All bodies that are shown anywhere, each with its media type: those of the first type first."""
    contents = operation.get("requestBody", {}).get("content", {})
    return [(kind, one) for kind, content in contents.items() for one in content_examples(reader, content)]


def content_examples(reader: SchemaReader, content: dict[str, Any]) -> list[Any]:
    """The examples of one body, of a request or a response."""
    if "example" in content:
        return [content["example"]]
    if "examples" in content:
        return [one["value"] for one in content["examples"].values()]
    schema = content.get("schema", {})
    if examples := reader.resolve(schema).get("examples"):
        return [_in_order(reader, schema, one) for one in examples]
    found = reader.example(schema)
    return [] if found is None else [found]


def _in_order(reader: SchemaReader, schema: dict[str, Any], value: Any) -> Any:
    """An example with its fields in the schema's order: pydantic has put those of models into that of the alphabet."""
    schema = reader.resolve(schema)
    if isinstance(value, list):
        return [_in_order(reader, schema.get("items", {}), one) for one in value]
    if not isinstance(value, dict):
        return value
    if "properties" not in schema:
        shapes = (reader.resolve(part) for part in schema.get("anyOf", []))
        schema = next((shape for shape in shapes if set(value) <= set(shape.get("properties", {}))), {})
    fields = schema.get("properties", {})
    ordered = [name for name in fields if name in value] + [name for name in value if name not in fields]
    return {name: _in_order(reader, fields.get(name, {}), value[name]) for name in ordered}


def parameter_example(reader: SchemaReader, parameter: dict[str, Any]) -> Any:
    """The example of a parameter, or None."""
    if "example" in parameter:
        return parameter["example"]
    if isinstance(examples := parameter.get("examples"), dict) and examples:
        return next(iter(examples.values()))["value"]
    return reader.example(parameter.get("schema", {}))


@dataclass(frozen=True)
class Call:
    """A request as people write it down."""

    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    media_type: str = JSON
    body: str | None = None
    is_download: bool = False
    """Whether a file comes back, which a terminal should not show."""


def curl(call: Call) -> str:
    """The call for a shell, with the key and the address of Viva in variables."""
    address = call.path + ("?" + "&".join(f"{name}={value}" for name, value in call.query) if call.query else "")
    begin = "curl -sS" if call.method == "GET" else f"curl -sS -X {call.method}"
    lines = [f'{begin}{" -OJ" if call.is_download else ""} "$VIVA{address}"', '-H "Authorization: Bearer $KEY"']
    lines += [f"-H {_quoted(f'{name}: {value}')}" for name, value in call.headers]
    if call.body is not None:
        lines.append(f'-H "Content-Type: {call.media_type}"')
        lines.append(f"-d {_quoted(call.body)}")
    return " \\\n  ".join(lines)


def shown(value: Any, media_type: str = JSON) -> str:
    """A body for people: JSON with its lines, a file as it is."""
    if media_type != JSON and isinstance(value, str):
        return value.rstrip("\n")
    return json.dumps(value, ensure_ascii=False, indent=2)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
