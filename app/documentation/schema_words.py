"""JSON Schema as rows that a person can read: what a field is called, of what kind it is, and what may stand in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]

_LIMITS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
    "pattern": "matches {}",
}
_FORMATS = {"date-time": "time", "date": "date", "uuid": "UUID", "uri": "address", "email": "e-mail", "binary": "file"}
_TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "null": "null"}


def _plain(limit: Any) -> str:
    return f"{limit:g}" if isinstance(limit, float) else str(limit)


@dataclass(frozen=True)
class Row:
    """A field of an object, or one of several shapes that something can have."""

    name: str
    kind: str
    required: bool
    description: str
    limits: list[str]
    rows: list[Row] = field(default_factory=list)


class SchemaReader:
    """Reads schemas of one OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.schemas: dict[str, Schema] = document.get("components", {}).get("schemas", {})

    def resolve(self, schema: Schema) -> Schema:
        """The schema that a reference leads to, with what is said beside the reference."""
        if "$ref" not in schema:
            return schema
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        return {**self.schemas.get(schema["$ref"].rsplit("/", 1)[-1], {}), **beside}

    def kind(self, schema: Schema) -> str:
        """What it is, in a few words."""
        schema = self.resolve(schema)
        if "const" in schema:
            return json.dumps(schema["const"], ensure_ascii=False)
        if "enum" in schema:
            return " | ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
        if parts := schema.get("anyOf") or schema.get("oneOf"):
            return " or ".join(dict.fromkeys(self.kind(part) for part in parts))
        if len(parts := schema.get("allOf", [])) == 1:
            return self.kind(parts[0])
        match schema.get("type"):
            case "array":
                return f"list of {self.kind(schema.get('items', {}))}"
            case "object" | None:
                named = schema.get("properties") or schema.get("type") is None
                return (schema.get("title") or "object") if named else "object"
            case list() as several:  # as `type` of 3.1 may be
                return " or ".join(_TYPES.get(str(one), str(one)) for one in several)
            case str() as one:
                return _FORMATS.get(schema.get("format", ""), _TYPES.get(one, one))
        return "anything"

    def limits(self, schema: Schema) -> list[str]:
        """What else must hold of it."""
        schema = self.resolve(schema)
        found = [words.format(_plain(schema[name])) for name, words in _LIMITS.items() if name in schema]
        for part in schema.get("anyOf", []):
            if part.get("type") != "null":
                found += self.limits(part)
        if "items" in schema and (inner := self.limits(schema["items"])):
            found.append(f"each {', '.join(inner)}")
        if "default" in schema and schema["default"] not in (None, "", [], {}):
            found.append(f"default {json.dumps(schema['default'], ensure_ascii=False)}")
        return list(dict.fromkeys(found))

    def rows(self, schema: Schema, above: tuple[str, ...] = ()) -> list[Row]:
        """The fields of an object (or of what a list holds); of something with several shapes each shape."""
        name = schema.get("$ref", "")
        if name and name in above:
            return []  # it holds others of its kind
        above = (*above, name) if name else above
        schema = self.resolve(schema)
        if schema.get("type") == "array":
            return self.rows(schema.get("items", {}), above)
        shapes = [part for part in schema.get("anyOf") or schema.get("oneOf") or [] if part.get("type") != "null"]
        if len(shapes) == 1:
            return self.rows(shapes[0], above)
        if shapes:
            rows = [(shape, self.rows(shape, above)) for shape in shapes]
            return [
                Row("", self.kind(shape), False, self.resolve(shape).get("description", ""), [], below)
                for shape, below in rows
                if below
            ]
        if len(parts := schema.get("allOf", [])) == 1:
            return self.rows(parts[0], above)
        required = set(schema.get("required", []))
        found = [self.row(name, inner, name in required, above) for name, inner in schema.get("properties", {}).items()]
        if isinstance(more := schema.get("additionalProperties"), dict) and more:
            found.append(self.row("(any name)", more, False, above))
        return found

    def row(self, name: str, schema: Schema, required: bool, above: tuple[str, ...] = ()) -> Row:
        """One field."""
        whole = self.resolve(schema)
        return Row(
            name,
            self.kind(schema),
            required,
            whole.get("description", ""),
            self.limits(schema),
            self.rows(schema, above),
        )

    def example(self, schema: Schema) -> Any:
        """The example that a schema itself carries, or None."""
        schema = self.resolve(schema)
        if examples := schema.get("examples"):
            return examples[0]
        if "example" in schema:
            return schema["example"]
        for part in schema.get("anyOf") or schema.get("oneOf") or []:
            if (found := self.example(part)) is not None:
                return found
        return None
