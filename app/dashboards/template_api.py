"""Interview templates over REST: list, read, write in versions, preview, retire."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder
from app.bank import template_versions as templates
from app.bank.access import Author
from app.bank.models import InterviewTemplate, InterviewTemplateVersion
from app.bank.queries import slugs_of
from app.bank.template_queries import seen_template, templates_after, version_numbered, versions_before
from app.dashboards.template_schemas import (
    NewTemplateIn,
    PreviewOut,
    TemplateIn,
    TemplateOut,
    TemplatePage,
    TemplateVersionOut,
    TemplateVersionPage,
    preview_out,
    template_address,
    template_out,
    template_tag,
    template_version_out,
)
from app.interviews.preview import preview_draw
from app.kit.errors import Invalid
from app.kit.etags import require_match
from app.kit.paging import decode_cursor, encode_cursor
from app.kit.rest import IF_MATCH, Cursor, Limit, SlugText, json_response, link_next, problems
from app.kit.web import SessionDep

router = APIRouter(prefix="/api/v1", tags=["Templates"])

Reader = Annotated[KeyHolder, Depends(RequireScope("bank:read"))]
Writer = Annotated[KeyHolder, Depends(RequireScope("bank:write"))]
Number = Annotated[int, Path(ge=1, le=1_000_000, description="Counts from 1.")]
TAG = {"ETag": {"description": "For `If-Match`.", "schema": {"type": "string"}}}
PLACE = TAG | {"Location": {"description": "The template.", "schema": {"type": "string"}}}


@router.get(
    "/templates",
    operation_id="listTemplates",
    summary="List interview templates",
    response_model=TemplatePage,
    responses=problems(),
)
def list_interview_templates(
    request: Request,
    response: Response,
    holder: Reader,
    session: SessionDep,
    status: Annotated[
        Literal["published", "retired"], Query(description="`retired`: your organisation's own that are out of use.")
    ] = "published",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> TemplatePage:
    """The kinds of interview that can be held, your organisation's and Viva's, shortest first.

    Needs the scope `bank:read`.
    """
    found = templates_after(session, holder.organization_id, status, _after(cursor), limit)
    page = found[:limit]
    next_cursor = None
    if len(found) > limit:
        template, version = page[-1]
        next_cursor = encode_cursor(version.minutes, template.slug, template.id)
    link_next(response, request, next_cursor)
    return TemplatePage(items=[template_out(*one) for one in page], next_cursor=next_cursor)


@router.post(
    "/templates",
    operation_id="createTemplate",
    summary="Make an interview template",
    status_code=201,
    response_model=TemplateOut,
    responses={**problems(400, 409, 413), 201: {"headers": PLACE}},
)
def create_template(body: NewTemplateIn, holder: Writer, session: SessionDep) -> Response:
    """Make a kind of interview that is your organisation's. A `slug` that is taken is 409 `slug-taken`.

    Needs the scope `bank:write`.
    """
    content = body.content()
    templates.check_sections(session, holder.organization_id, content["sections"])
    return _template(*templates.save_template(session, Author.key(holder), None, content, body.slug), status=201)


@router.get(
    "/templates/{slug}",
    operation_id="readTemplate",
    summary="Read an interview template",
    response_model=TemplateOut,
    responses={**problems(404), 200: {"headers": TAG}},
)
def read_template(slug: SlugText, holder: Reader, session: SessionDep) -> Response:
    """A kind of interview: its time, and which questions each section asks or draws. Needs the scope `bank:read`."""
    return _template(*seen_template(session, holder.organization_id, slug))


@router.put(
    "/templates/{slug}",
    operation_id="updateTemplate",
    summary="Write a version of a template",
    response_model=TemplateOut,
    responses={**problems(400, 404, 409, 412, 413, 428), 200: {"headers": TAG}},
    openapi_extra=IF_MATCH,
)
def update_template(
    request: Request, slug: SlugText, body: TemplateIn, holder: Writer, session: SessionDep
) -> Response:
    """Write the next version of one of your organisation's templates; the same content makes no new one.

    Invitations from now on use it, those that were sent keep theirs. Send the `ETag` that you read as `If-Match`. A
    template that comes with Viva is 409 `comes-with-viva`: copy it. Needs the scope `bank:write`.
    """
    template = templates.own_template_named(session, holder.organization_id, slug)
    require_match(request, template_tag(template, _current(template)))
    content = body.content()
    templates.check_sections(session, holder.organization_id, content["sections"])
    return _template(*templates.save_template(session, Author.key(holder), template, content))


@router.post(
    "/templates/{slug}/copy",
    operation_id="copyTemplate",
    summary="Copy a template to adapt it",
    status_code=201,
    response_model=TemplateOut,
    responses={**problems(404, 409), 201: {"headers": PLACE}},
)
def copy_template(slug: SlugText, holder: Writer, session: SessionDep) -> Response:
    """A copy of one of Viva's templates, or of your own, that is your organisation's to change.

    Needs the scope `bank:write`.
    """
    template, _ = seen_template(session, holder.organization_id, slug)
    return _template(*templates.copy_template(session, Author.key(holder), template.id), status=201)


@router.post(
    "/templates/{slug}/retire",
    operation_id="retireTemplate",
    summary="Retire a template",
    response_model=TemplateOut,
    responses=problems(404, 409),
)
def retire_template(slug: SlugText, holder: Writer, session: SessionDep) -> Response:
    """Nobody new is invited to it; invitations and interviews that there are go on. Doing it twice is fine.

    Needs the scope `bank:write`.
    """
    return _set_status(session, holder, slug, is_retired=True)


@router.post(
    "/templates/{slug}/restore",
    operation_id="restoreTemplate",
    summary="Put a retired template back into use",
    response_model=TemplateOut,
    responses=problems(404, 409),
)
def restore_template(slug: SlugText, holder: Writer, session: SessionDep) -> Response:
    """Candidates can be invited to it again. Doing it twice is fine. Needs the scope `bank:write`."""
    return _set_status(session, holder, slug, is_retired=False)


@router.post(
    "/templates/{slug}/preview",
    operation_id="previewTemplate",
    summary="Preview an interview from a template",
    response_model=PreviewOut,
    responses=problems(404, 409),
)
def preview_template(slug: SlugText, holder: Reader, session: SessionDep) -> PreviewOut:
    """Draw questions as for a candidate who has seen nothing, and say what does not add up. Nothing is stored.

    Needs the scope `bank:read`.
    """
    _, version = seen_template(session, holder.organization_id, slug)
    return _preview(session, holder, templates.content_of(version))


@router.post(
    "/template-previews",
    operation_id="previewNewTemplate",
    summary="Preview an interview from a template that is not stored",
    response_model=PreviewOut,
    responses=problems(400, 409, 413),
)
def preview_new_template(body: NewTemplateIn, holder: Reader, session: SessionDep) -> PreviewOut:
    """Draw questions as the template in the body says, before it is stored. Needs the scope `bank:read`."""
    content = body.content()
    templates.check_sections(session, holder.organization_id, content["sections"])
    return _preview(session, holder, content)


@router.get(
    "/templates/{slug}/versions",
    operation_id="listTemplateVersions",
    summary="List a template's versions",
    response_model=TemplateVersionPage,
    responses=problems(404),
)
def list_versions(
    request: Request,
    response: Response,
    slug: SlugText,
    holder: Reader,
    session: SessionDep,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> TemplateVersionPage:
    """What the template said at each time, the latest first. Needs the scope `bank:read`."""
    template, _ = seen_template(session, holder.organization_id, slug)
    before = _whole(decode_cursor(cursor, 1)[0]) if cursor else None
    found = versions_before(session, template, before, limit)
    page = found[:limit]
    next_cursor = encode_cursor(page[-1].number) if len(found) > limit else None
    link_next(response, request, next_cursor)
    return TemplateVersionPage(items=[template_version_out(template, one) for one in page], next_cursor=next_cursor)


@router.get(
    "/templates/{slug}/versions/{number}",
    operation_id="readTemplateVersion",
    summary="Read a version of a template",
    response_model=TemplateVersionOut,
    responses=problems(404),
)
def read_version(slug: SlugText, number: Number, holder: Reader, session: SessionDep) -> TemplateVersionOut:
    """A version of a template, which never changes. Needs the scope `bank:read`."""
    template, _ = seen_template(session, holder.organization_id, slug)
    return template_version_out(template, version_numbered(session, template, number))


def _set_status(session: SessionDep, holder: KeyHolder, slug: str, *, is_retired: bool) -> Response:
    template = templates.own_template_named(session, holder.organization_id, slug)
    changed = templates.set_template_status(session, Author.key(holder), template.id, is_retired=is_retired)
    return _template(changed, _current(changed))


def _current(template: InterviewTemplate) -> InterviewTemplateVersion:
    assert template.current_version is not None
    return template.current_version


def _template(template: InterviewTemplate, version: InterviewTemplateVersion, status: int = 200) -> Response:
    headers = {"etag": template_tag(template, version)}
    if status == 201:
        headers["location"] = template_address(template.slug)
    return json_response(template_out(template, version), status, **headers)


def _preview(session: SessionDep, holder: KeyHolder, content: dict[str, Any]) -> PreviewOut:
    drawn = preview_draw(session, holder.organization_id, content)
    drawn_ids = {one.question_id for section in drawn.sections for one, _ in section.questions}
    return preview_out(drawn, slugs_of(session, drawn_ids))


def _after(cursor: str | None) -> tuple[int, str, uuid.UUID] | None:
    if not cursor:
        return None
    minutes, slug, identity = decode_cursor(cursor, 3)
    try:
        return _whole(minutes), slug, uuid.UUID(identity)
    except ValueError:
        raise Invalid("cursor: is not one that Viva gave; begin without it.", field="cursor") from None


def _whole(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise Invalid("cursor: is not one that Viva gave; begin without it.", field="cursor")
    return int(value)
