"""The API's description is valid, and says of every operation what an integrator has to know."""

from __future__ import annotations

import re

from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from app.accounts.keys import SCOPES
from app.documentation.description import TAGS, operations
from app.documentation.problem_pages import problem_types

from .conftest import document

DOCUMENT = document()
ALL = operations(DOCUMENT)


def test_the_document_is_valid() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    validate(DOCUMENT, cls=OpenAPIV31SpecValidator)


def test_every_operation_is_told_whole() -> None:
    wrong = []
    ids = [one["operationId"] for _, _, one in ALL]
    assert len(set(ids)) == len(ids)
    known = {tag["name"] for tag in DOCUMENT["tags"]}
    for method, path, one in ALL:
        name = one["operationId"]
        if not re.fullmatch(r"[a-z]+([A-Z][a-z]*)*", name):
            wrong.append(f"{name}: an operation id is a verb and a noun, in camelCase")
        if not one.get("summary") or len(one.get("description", "")) < 30:
            wrong.append(f"{name}: needs a summary and a description")
        if len(one.get("tags", [])) != 1 or not set(one["tags"]) <= known:
            wrong.append(f"{name}: needs one tag, which has words in TAGS of app/documentation/description.py")
        scopes = [scope for needed in one.get("security", []) for scope in needed.get("ApiKey", [])]
        told = re.findall(
            r"`([a-z]+:[a-z]+|admin)`", " ".join(one.get("description", "").split()).split("Needs the scope")[-1]
        )
        anybody = "Needs no scope" in one.get("description", "")
        if bool(scopes) == anybody or not set(scopes) <= set(SCOPES) or not set(scopes) <= set(told):
            wrong.append(f"{name}: needs {scopes}, and its description ends with the scope {told}")
        wanted = (
            {"401", "403", "422", "503"} | ({"413"} if method != "get" else set()) | ({"404"} if "{" in path else set())
        )
        if missing := wanted - set(one["responses"]):
            wrong.append(f"{name}: does not list {sorted(missing)}")
        if not any(status < "300" for status in one["responses"]):
            wrong.append(f"{name}: never succeeds")
        names = {parameter["name"] for parameter in one.get("parameters", [])}
        if method == "post" and "Idempotency-Key" not in names:
            wrong.append(f"{name}: takes no Idempotency-Key")
        if "If-Match" in names and not {"412", "428"} <= set(one["responses"]):
            wrong.append(f"{name}: takes If-Match, and does not list 412 and 428")
        for status, response in one["responses"].items():
            if not response.get("description"):
                wrong.append(f"{name}: {status} has no words")
            if status >= "400" and list(response["content"]) != ["application/problem+json"]:
                wrong.append(f"{name}: {status} is no problem document")
    assert not wrong, "\n".join(wrong)


def test_tags_have_words_and_all_words_are_used_or_meant() -> None:
    assert [tag["name"] for tag in DOCUMENT["tags"]] == [
        name for name in TAGS if any(name in one["tags"] for *_, one in ALL)
    ]


def test_problems_that_are_named_have_a_page() -> None:
    named = {
        kind
        for *_, one in ALL
        for status, response in one["responses"].items()
        if status >= "400"
        for kind in re.findall(r"\(`([a-z-]+)`\)", response["description"])
    }
    assert named <= set(problem_types())
