"""Where the examples of an operation stand in the API's description, for the reference and for the tests alike."""

from __future__ import annotations

import json
from typing import Any

from app.documentation.schema_words import SchemaReader


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


def content_examples(reader: SchemaReader, content: dict[str, Any]) -> list[Any]:
    """The examples of one body, of a request or a response."""
    if "example" in content:
        return [content["example"]]
    if "examples" in content:
        return [one["value"] for one in content["examples"].values()]
    schema = content.get("schema", {})
    if examples := reader.resolve(schema).get("examples"):
        return list(examples)
    found = reader.example(schema)
    return [] if found is None else [found]


def parameter_example(reader: SchemaReader, parameter: dict[str, Any]) -> Any:
    """The example of a parameter, or None."""
    if "example" in parameter:
        return parameter["example"]
    if isinstance(examples := parameter.get("examples"), dict) and examples:
        return next(iter(examples.values()))["value"]
    return reader.example(parameter.get("schema", {}))


def curl(method: str, path: str, query: list[tuple[str, str]], headers: list[tuple[str, str]], body: Any) -> str:
    """The call for a shell, with the key and the address of Viva in variables."""
    address = path + ("?" + "&".join(f"{name}={value}" for name, value in query) if query else "")
    lines = [f'curl -sS -X {method} "$VIVA{address}"' if method != "GET" else f'curl -sS "$VIVA{address}"']
    lines.append('-H "Authorization: Bearer $KEY"')
    lines += [f"-H {_quoted(f'{name}: {value}')}" for name, value in headers]
    if body is not None:
        lines.append('-H "Content-Type: application/json"')
        lines.append(f"-d {_quoted(pretty(body))}")
    return " \\\n  ".join(lines)


def pretty(value: Any) -> str:
    """JSON for people."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
