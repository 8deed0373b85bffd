"""The reference: what the OpenAPI document says of each operation, made ready for a page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from markupsafe import Markup

from app.documentation.description import operations
from app.documentation.examples import (
    JSON,
    Call,
    body_content,
    content_examples,
    curl,
    parameter_example,
    request_bodies,
    shown,
)
from app.documentation.problem_pages import problem_types
from app.documentation.schema_words import Row, SchemaReader
from app.kit.errors import NotFound
from app.kit.problems import PROBLEM_TYPES
from app.kit.templating import markdown

SECURITY = "ApiKey"


@dataclass(frozen=True)
class Parameter:
    """Something that goes into the address or a header."""

    row: Row
    place: str
    description: Markup
    example: str
    choices: list[str]


@dataclass(frozen=True)
class Body:
    """What is sent or comes back."""

    media_type: str
    kind: str
    rows: list[Row]
    examples: list[str]
    others: list[tuple[str, str]] = field(default_factory=list)
    """Further examples, each with its media type."""
    other_types: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Answer:
    """A response: good, or a problem."""

    status: str
    phrase: str
    description: Markup
    headers: list[tuple[str, str]]
    body: Body | None


@dataclass(frozen=True)
class Operation:
    """One thing that the API does."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    description: Markup
    scopes: list[str]
    deprecated: bool
    parameters: list[Parameter]
    body: Body | None
    curl: str
    is_download: bool
    good: list[Answer]
    bad: list[Answer]


@dataclass(frozen=True)
class Tag:
    """Operations on one kind of thing."""

    name: str
    description: str
    operations: list[Operation]


class Reference:
    """All operations of an API, by tag."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.title: str = document["info"]["title"]
        self.version: str = document["info"]["version"]
        self.scopes: dict[str, str] = document["components"]["securitySchemes"][SECURITY].get("x-scopes", {})
        reader = SchemaReader(document)
        made = [_operation(reader, method, path, one) for method, path, one in operations(document)]
        self._by_id = {one.id: one for one in made}
        self.tags = [
            Tag(tag["name"], tag["description"], [one for one in made if one.tag == tag["name"]])
            for tag in document.get("tags", [])
        ]

    def operation(self, operation_id: str) -> Operation:
        """One operation.

        Raises:
            NotFound: there is none of this name.
        """
        found = self._by_id.get(operation_id)
        if found is None:
            raise NotFound("The API has no such operation: /docs/api lists them all.")
        return found


def _operation(reader: SchemaReader, method: str, path: str, one: dict[str, Any]) -> Operation:
    parameters = [_parameter(reader, parameter) for parameter in one.get("parameters", [])]
    answers = [_answer(reader, status, response) for status, response in one["responses"].items()]
    good = [answer for answer in answers if int(answer.status) < 400]
    told = [(p.row.name, p.example) for p in parameters if p.place == "header" and p.example]
    body = _request(reader, one)
    return Operation(
        id=one["operationId"],
        method=method.upper(),
        path=path,
        tag=one["tags"][0],
        summary=one["summary"],
        description=_linked(one.get("description", "")),
        scopes=[scope for needed in one.get("security", []) for scope in needed.get(SECURITY, [])],
        deprecated=bool(one.get("deprecated")),
        parameters=parameters,
        body=body,
        curl=curl(
            Call(
                method.upper(),
                _with_examples(path, parameters),
                [(p.row.name, p.example) for p in parameters if p.place == "query" and (p.row.required and p.example)],
                [(name, value) for name, value in told if name != "Idempotency-Key"],
                body.media_type if body else JSON,
                body.examples[0] if body and body.examples else None,
                is_download=_is_download(good),
            )
        ),
        is_download=_is_download(good),
        good=good,
        bad=[answer for answer in answers if int(answer.status) >= 400],
    )


def _request(reader: SchemaReader, one: dict[str, Any]) -> Body | None:
    """What is sent, in the first of its media types; of the others their examples."""
    found = body_content(one)
    if found is None:
        return None
    first = _body(reader, *found)
    others = [(kind, shown(body, kind)) for kind, body in request_bodies(reader, one)[1:]]
    return replace(first, others=others, other_types=list(one["requestBody"]["content"])[1:])


def _with_examples(path: str, parameters: list[Parameter]) -> str:
    """The path with what is known to be there; other things the reader has to name."""
    for one in parameters:
        if one.place == "path" and one.example:
            path = path.replace(f"{{{one.row.name}}}", one.example)
    return path


def _is_download(good: list[Answer]) -> bool:
    """Whether a file comes back that is not JSON, or not only."""
    return any(name == "Content-Disposition" for answer in good for name, _ in answer.headers) or any(
        answer.body is not None and answer.body.media_type != JSON for answer in good
    )


def _parameter(reader: SchemaReader, parameter: dict[str, Any]) -> Parameter:
    schema = parameter.get("schema", {})
    row = reader.row(parameter["name"], schema, bool(parameter.get("required")))
    example = parameter_example(reader, parameter)
    choices = _choices(reader, schema)
    return Parameter(
        row,
        parameter["in"],
        markdown(parameter.get("description") or row.description),
        "" if example is None else str(example),
        choices,
    )


def _choices(reader: SchemaReader, schema: dict[str, Any]) -> list[str]:
    schema = reader.resolve(schema)
    found = list(schema.get("enum", []))
    for part in schema.get("anyOf", []):
        found += _choices(reader, part)
    return [str(value) for value in found]


def _body(reader: SchemaReader, media_type: str, content: dict[str, Any]) -> Body:
    schema = content.get("schema", {})
    examples = [shown(one, media_type) for one in content_examples(reader, content)]
    return Body(media_type, reader.kind(schema), reader.rows(schema), examples)


def _answer(reader: SchemaReader, status: str, response: dict[str, Any]) -> Answer:
    description = response.get("description", "")
    is_problem = int(status) >= 400
    media_type, content = next(iter(response.get("content", {}).items()), ("", None))
    return Answer(
        status,
        HTTPStatus(int(status)).phrase,
        _linked("" if description == "Successful Response" else description),
        [(name, header.get("description", "")) for name, header in response.get("headers", {}).items()],
        _body(reader, media_type, content) if content is not None and not is_problem else None,
    )


def _linked(text: str) -> Markup:
    """Markdown in which each type of problem leads to its page."""
    known = set(problem_types())

    def link(match: re.Match[str]) -> str:
        return f"[{match[0]}]({PROBLEM_TYPES}{match[1]})" if match[1] in known else match[0]

    return markdown(re.sub(r"`([a-z]+(?:-[a-z]+)*)`", link, text))
