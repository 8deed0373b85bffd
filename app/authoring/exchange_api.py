"""Many questions at once over REST: import with a dry run, and export, in every format that Viva reads and writes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder
from app.authoring.bodies import RawBody, media_type
from app.authoring.example_files import GIFT_QUESTION, YAML_QUESTION
from app.authoring.schemas import ImportOut
from app.authoring.showing import import_out, may_grade
from app.bank.access import Author
from app.bank.exchange import FORMATS, MAX_QUESTIONS, ImportResult, read, write
from app.bank.importing import ImportPlan, apply_import, export_page, plan_import
from app.bank.problems import NotImportable
from app.bank.queries import Filters
from app.bank.words import Kind, Topic
from app.kit.errors import Invalid
from app.kit.paging import decode_cursor, encode_cursor
from app.kit.rest import Cleaned, Cursor, link_next, problems
from app.kit.web import SessionDep
from app.kit.yaml_file import FileProblem

router = APIRouter(prefix="/api/v1/bank", tags=["Questions"])

Reader = Annotated[KeyHolder, Depends(RequireScope("bank:read"))]
RubricReader = Annotated[KeyHolder, Depends(RequireScope("rubrics:read"))]
Writer = Annotated[KeyHolder, Depends(RequireScope("bank:write"))]
FormatName = Literal["yaml", "json", "csv", "gift", "qti"]

TYPES: dict[str, FormatName] = {
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
    "application/json": "json",
    "text/csv": "csv",
    "application/zip": "qti",
}
"""Formats that a `Content-Type` names; for others the content tells."""
MAX_PROBLEMS = 200
_ANY = {"schema": {"type": "string", "format": "binary"}}
IMPORT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file.",
        "content": dict.fromkeys((*TYPES, "text/plain", "application/octet-stream"), _ANY)
        | {"application/yaml": _ANY | {"example": YAML_QUESTION}, "text/plain": _ANY | {"example": GIFT_QUESTION}},
    }
}
FILES = {one.media_type.partition(";")[0]: _ANY for one in FORMATS.values()}
FILE_HEADERS = {"Content-Disposition": {"schema": {"type": "string"}}, "Link": {"schema": {"type": "string"}}}


@router.post(
    "/import",
    operation_id="importQuestions",
    summary="Import questions",
    response_model=ImportOut,
    responses=problems(400, 409, 413),
    openapi_extra=IMPORT_BODY,
)
def import_questions(
    request: Request,
    body: RawBody,
    holder: Writer,
    session: SessionDep,
    format: Annotated[FormatName | None, Query(description="Else the `Content-Type` or the content tells.")] = None,
    name: Annotated[str, Query(max_length=200, description="The file's name, for the history."), Cleaned] = "",
    topic: Annotated[
        Topic, Query(description="What questions of tools that know no topics are filed under.")
    ] = "foundations",
    dry_run: Annotated[bool, Query(description="Only say what would change.")] = False,
) -> ImportOut:
    """Read questions from a file into your organisation's bank: all of them, or, if one is wrong, none.

    Send the file as the body. What Viva or you wrote whole is published as versions of your organisation's questions;
    what another tool wrote (GIFT, QTI) becomes working copies, to be completed. With `dry_run=true` the answer says
    what would change, and nothing does. Mistakes are 422 `not-importable`, with question, line and field of each in
    `problems`, and a dry run tells them as well. Needs the scope `bank:write`.
    """
    if not body:
        raise Invalid("Send the file as the body: it is empty.", field="body")
    result = read(body, name or "the file", format or TYPES.get(media_type(request)), topic=topic)
    if result.all_problems:
        raise _refused([*_problems("", result.problems), *_problems_of_questions(result)])
    author = Author.key(holder)
    plan = plan_import(session, holder.organization_id, result, with_rubrics=may_grade(holder))
    if not plan.is_allowed:
        raise _refused(_not_allowed(plan))
    if not dry_run:
        apply_import(session, holder.organization_id, plan, author)
    return import_out(plan, result.format, done=not dry_run)


@router.get(
    "/export",
    operation_id="exportQuestions",
    summary="Export questions",
    response_class=Response,
    responses={
        **problems(),
        200: {"description": "A file in the format.", "content": FILES, "headers": FILE_HEADERS},
    },
)
def export_questions(
    request: Request,
    holder: Reader,
    graders: RubricReader,
    session: SessionDep,
    format: Annotated[FormatName, Query(description="yaml and json lose nothing.")] = "yaml",
    q: Annotated[str, Query(max_length=200, description="As in the list of questions."), Cleaned] = "",
    topic: Annotated[Topic | None, Query(description="Only this topic.")] = None,
    kind: Annotated[Kind | None, Query(description="Only this kind.")] = None,
    level: Annotated[int | None, Query(ge=1, le=5, description="Only this level.")] = None,
    own: Annotated[bool, Query(description="Only your organisation's own.")] = False,
    limit: Annotated[int, Query(ge=1, le=MAX_QUESTIONS, description="How many a file holds at most.")] = 500,
    cursor: Cursor = None,
) -> Response:
    """The questions that your organisation can ask, as a file, with rubrics, model answers and samples.

    A large bank comes in several files, each whole by itself: follow `Link: <…>; rel="next"` until there is none.
    Samples that were learnt from reviews are candidates' words and are not among them. Needs the scopes `bank:read`
    and `rubrics:read`.
    """
    after = decode_cursor(cursor, 1)[0] if cursor else None
    filters = Filters(q=q, topic=topic or "", kind=kind or "", level=level)
    files, next_slug = export_page(session, graders.organization_id, filters, after, limit, only_own=own)
    form = FORMATS[format]
    response = Response(write(files, format), media_type=form.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="questions{form.suffix}"'
    link_next(response, request, encode_cursor(next_slug) if next_slug else None)
    return response


def _problems(question: str, found: Iterable[FileProblem]) -> list[dict[str, Any]]:
    return [{"question": question, "line": one.line, "field": one.field, "message": one.message} for one in found]


def _problems_of_questions(result: ImportResult) -> list[dict[str, Any]]:
    return [told for one in result.questions for told in _problems(one.slug, one.problems)]


def _not_allowed(plan: ImportPlan) -> list[dict[str, Any]]:
    return [
        {"question": entry.slug, "line": entry.imported.line, "field": "slug", "message": entry.reason}
        for entry in plan.entries
        if entry.action == "not allowed"
    ]


def _refused(found: list[dict[str, Any]]) -> NotImportable:
    first = found[0]
    parts = (first["question"], f"line {first['line']}" if first["line"] else "", first["field"])
    place = ", ".join(part for part in parts if part)
    message = f"Nothing was imported: {place}{': ' if place else ''}{first['message'].rstrip('.')}."
    return NotImportable(message, problems=found[:MAX_PROBLEMS], problem_count=len(found))
