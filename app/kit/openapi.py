"""The API's description, so that generated clients read well: what has a name is written once, under that name."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

_PLACES = ("items", "additionalProperties", "not")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")


def name_inline_schemas(app: FastAPI) -> None:
    """Move objects that routes describe in place, with a title, to the components.

    Some generators make a class for each place instead, and fall over two of one name.
    """
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for operations in document.get("paths", {}).values():
            for operation in operations.values():
                for content in operation.get("requestBody", {}).get("content", {}).values():
                    content["schema"] = _named(content["schema"], schemas)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _named(schema: Any, schemas: dict[str, Any]) -> Any:
    """The schema, or a reference to it where it has a name."""
    if not isinstance(schema, dict):
        return schema
    for word in _PLACES:
        if word in schema:
            schema[word] = _named(schema[word], schemas)
    for word in _LISTS:
        if word in schema:
            schema[word] = [_named(one, schemas) for one in schema[word]]
    name = schema.get("title", "")
    if "properties" not in schema or not name.isidentifier() or schemas.get(name, schema) != schema:
        return schema
    schemas[name] = schema
    return {"$ref": f"#/components/schemas/{name}"}
