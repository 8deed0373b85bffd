"""Types of the Python client out of the OpenAPI document: models for what comes back, dictionaries for what is sent."""

from __future__ import annotations

import builtins
import keyword
import re
import textwrap
from collections.abc import Iterable
from typing import Any

Schema = dict[str, Any]
WIDTH = 112
RESERVED = {"etag", "request_id", "copy", "json", "dict", "schema", "construct", "validate"}
"""Names that the client's base model needs itself; a field of that name gets an underscore."""

_PRIMITIVES = {"integer": "int", "number": "float", "boolean": "bool", "null": "None", "object": "dict[str, Any]"}


def snake_case(name: str) -> str:
    """`createInterview` and `If-Match` as Python writes them."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", name).strip("_").lower()


def pascal_case(name: str) -> str:
    """A class's name: `draft-conflict` and `createGrading` become `DraftConflict` and `CreateGrading`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name) if part)


def python_name(name: str) -> str:
    """A name that Python takes for a field or a parameter."""
    name = snake_case(name)
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED else name


def docstring(text: str, indent: str = "    ") -> str:
    """Text as an indented docstring, its paragraphs wrapped; lists and code keep their lines."""
    text = text.strip().replace("\\", "\\\\").replace('"""', "'''")
    if not text:
        return ""
    parts = []
    for paragraph in re.split(r"\n\s*\n", text):
        keep = re.search(r"^(\s{4,}|[-*|>] |```|\d+\. )", paragraph, re.M)
        lines = paragraph if keep else " ".join(paragraph.split())
        parts.append(lines if keep else textwrap.fill(lines, WIDTH - len(indent), break_long_words=False))
    whole = "\n\n".join(parts)
    if "\n" in whole or len(whole) > WIDTH - len(indent) - 3:
        whole += "\n"
    elif whole.endswith('"'):
        whole += " "
    return textwrap.indent(f'"""{whole}"""', indent, lambda line: bool(line.strip())) + "\n"


def class_names(schemas: Iterable[str]) -> dict[str, str]:
    """Short class names. FastAPI spells out the module where two schemas share a name; its feature is enough."""
    names: dict[str, str] = {}
    for schema in schemas:
        parts = schema.split("__")
        short = f"{pascal_case(parts[1])}{parts[-1]}" if len(parts) > 2 else pascal_case(schema)
        names[schema] = short if short not in names.values() else pascal_case(schema)
    return names


class Types:
    """Python types of the document's schemas; one object for what is sent, another for what comes back."""

    def __init__(self, schemas: dict[str, Schema], *, sent: bool) -> None:
        self.schemas = schemas
        self.sent = sent
        self.names = class_names(schemas)
        self.wanted: dict[str, Schema] = {}
        """Classes to write, by name: those that were asked for, and what they are made of."""

    def of(self, schema: Schema, hint: str, prefix: str = "") -> str:
        """The annotation for a schema. `hint` names a class for an object that has no name in the document."""
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            return self._referred(name, prefix)
        if len(schema.get("allOf", [])) == 1:
            return self.of(schema["allOf"][0], hint, prefix)
        if "const" in schema:
            return self._literal([schema["const"]])
        if "enum" in schema:
            return self._literal(schema["enum"])
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self._union([self.of(one, hint, prefix) for one in schema[word]])
        kind = schema.get("type")
        if isinstance(kind, list):
            return self._union([self.of({**schema, "type": one}, hint, prefix) for one in kind])
        if kind == "string":
            return self._text(schema)
        if kind == "array":
            inner = self.of(schema.get("items", {}), f"{hint}Item", prefix)
            return f"Sequence[{inner}]" if self.sent else f"list[{inner}]"
        if "properties" in schema:
            name = f"{pascal_case(schema.get('title') or hint)}"
            self._want(name, schema)
            return prefix + name
        if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
            inner = self.of(schema["additionalProperties"], f"{hint}Value", prefix)
            return f"Mapping[str, {inner}]" if self.sent else f"dict[str, {inner}]"
        if kind == "object":
            return "Mapping[str, Any]" if self.sent else "dict[str, Any]"
        return _PRIMITIVES.get(str(kind), "Any")

    def write(self) -> str:
        """All classes that were wanted, and those that these want."""
        written: dict[str, str] = {}
        while len(written) < len(self.wanted):
            for name in [name for name in self.wanted if name not in written]:
                written[name] = self._class(name, self.wanted[name])
        return "\n\n".join(written[name] for name in sorted(written))

    def _referred(self, name: str, prefix: str) -> str:
        schema = self.schemas[name]
        if "properties" not in schema and (schema.get("type") != "object" or "additionalProperties" in schema):
            return self.of(schema, self.names[name], prefix)
        self._want(self.names[name], schema)
        return prefix + self.names[name]

    def _want(self, name: str, schema: Schema) -> None:
        known = self.wanted.setdefault(name, schema)
        if known != schema:
            raise ValueError(f"two different schemas would become the class {name}: give one another title")

    def _literal(self, values: list[Any]) -> str:
        exact = f"Literal[{', '.join(repr(value) for value in values)}]"
        # A word that a later Viva adds to a list must not break a client that is older.
        return exact if self.sent or not all(isinstance(value, str) for value in values) else f"{exact} | str"

    def _union(self, types: list[str]) -> str:
        flat = dict.fromkeys(part for one in types for part in _alternatives(one))
        if "Any" in flat:
            return "Any"
        return " | ".join([one for one in flat if one != "None"] + (["None"] if "None" in flat else []))

    def _text(self, schema: Schema) -> str:
        found = {"date-time": "datetime", "date": "date", "uuid": "UUID"}.get(schema.get("format", ""))
        if schema.get("format") == "binary":
            return "bytes"
        if found is None:
            return "str"
        return f"{found} | str" if self.sent else found

    def _class(self, name: str, schema: Schema) -> str:
        required = set(schema.get("required", []))
        lines = [f"class {name}({'TypedDict' if self.sent else 'VivaModel'}):\n"]
        lines.append(docstring(schema.get("description") or schema.get("title") or name) + "\n")
        for field, inner in schema.get("properties", {}).items():
            kind = self.of(inner, f"{name}{pascal_case(field)}")
            lines.append(self._field(field, kind, needed=field in required))
            if inner.get("description"):
                lines.append(docstring(inner["description"]))
        return "".join(lines)

    def _field(self, field: str, kind: str, *, needed: bool) -> str:
        if self.sent:
            if not field.isidentifier() or keyword.iskeyword(field):
                raise ValueError(f"a request's field {field!r} is no name in Python")
            return f"    {field}: {kind if needed else f'NotRequired[{kind}]'}\n"
        name = python_name(field)
        if hasattr(builtins, name) and name in {"list", "str", "int", "float", "bool", "bytes"}:
            name = f"{name}_"
        if not needed and "None" not in _alternatives(kind) and kind != "Any":
            kind += " | None"
        if name != field:
            default = "" if needed else "default=None, "
            return f"    {name}: {kind} = Field({default}alias={field!r})\n"
        return f"    {name}: {kind}{'' if needed else ' = None'}\n"


def _alternatives(kind: str) -> list[str]:
    """The parts of a union, where its bars stand outside of brackets."""
    parts, depth, begin = [], 0, 0
    for at, letter in enumerate(kind):
        depth += (letter == "[") - (letter == "]")
        if letter == "|" and not depth:
            parts.append(kind[begin:at].strip())
            begin = at + 1
    return [*parts, kind[begin:].strip()]
