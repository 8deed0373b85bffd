"""The API's description, made whole: what the tags mean, examples of what goes in and out, where to read on."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI

from app.accounts.keys import SCOPES
from app.kit.config import ROOT

EXAMPLES = ROOT / "docs" / "openapi-examples.json"
"""What operations answered to their own request examples, recorded by the test that sends them."""

TAGS = {
    "Questions": "Questions with their rubrics, in versions that never change.",
    "Templates": "Kinds of interview: their sections, and which questions those ask or draw.",
    "Invitations": "Asking people to sit an interview by a link.",
    "Interviews": "One candidate's timed sitting: its clock, its drafts, its answers and their assessments.",
    "Gradings": "Scoring answers that belong to no interview.",
    "Reviews": "What people judged, and what counts when they and the machine differ.",
    "Appeals": "What candidates object to, and what came of it.",
    "Reports": "What an interview showed, for people to read.",
    "Analytics": "Figures over many interviews.",
    "Exports": "Everything as a file.",
    "Jobs": "Work that takes longer than a request, and how far it is.",
    "Organisation": "Settings of your organisation.",
    "Members": "Who works for your organisation.",
    "Keys": "What other systems authenticate with.",
    "Webhooks": "Events sent to your system, and their deliveries.",
    "Audit": "Who did what, and when.",
}
"""What each tag stands for, in the order in which the reference shows them. A test knows all that are used."""


def describe(app: FastAPI) -> None:
    """Complete the OpenAPI document when it is first asked for."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None or "externalDocs" not in app.openapi_schema:
            app.openapi_schema = complete(plain())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """The document with tags, scopes and recorded examples."""
    used = {tag for _, _, operation in operations(document) for tag in operation.get("tags", [])}
    document["tags"] = [{"name": name, "description": words} for name, words in TAGS.items() if name in used]
    document["externalDocs"] = {"description": "The documentation, with a quick start", "url": "/docs"}
    document["servers"] = [{"url": "/", "description": "This Viva"}]
    document.get("components", {}).get("securitySchemes", {}).get("ApiKey", {})["x-scopes"] = SCOPES
    recorded = recorded_examples()
    for _, _, operation in operations(document):
        for status, example in recorded.get(operation["operationId"], {}).items():
            content = operation["responses"].get(status, {}).get("content", {}).get("application/json")
            if content is not None and "examples" not in content:
                content["example"] = example
    return document


def recorded_examples() -> dict[str, dict[str, Any]]:
    """By operation and status, the body of a response."""
    return dict(json.loads(EXAMPLES.read_text(encoding="utf-8"))) if EXAMPLES.is_file() else {}


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation) of everything below `/api/`, in the document's order."""
    return [
        (method, path, operation)
        for path, methods in document.get("paths", {}).items()
        if path.startswith("/api/")
        for method, operation in methods.items()
        if method in {"get", "post", "put", "patch", "delete"}
    ]
