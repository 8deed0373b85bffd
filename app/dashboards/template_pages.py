"""Interview templates of an organisation: the list, the editor with its preview, retiring."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from app.accounts.desk import AtDesk, Desk
from app.bank import template_versions as templates
from app.bank.access import Author
from app.bank.models import InterviewTemplate
from app.bank.queries import Filters, question_cards
from app.bank.search import search_questions
from app.bank.words import KIND_LABELS, LEVEL_LABELS, TOPIC_LABELS
from app.dashboards.frame import render_desk
from app.dashboards.template_form import TemplateForm, act, form_of_fields, form_of_version, read_template_form
from app.interviews.preview import Preview, preview_draw
from app.kit.web import SessionDep

router = APIRouter(prefix="/organizations/{organization}/templates", include_in_schema=False)

HITS = 8
NOTICES = {
    "saved": "Saved. Invitations from now on use this version; those that were sent keep theirs.",
    "copied": "This copy is your organisation’s: change it as you like.",
    "retired": "Retired: nobody new is invited to it. Interviews and invitations that there are go on.",
    "restored": "Restored: candidates can be invited to it again.",
}


async def read_fields(request: Request) -> FormData:
    """All fields of the form, whatever sections it has."""
    async with request.form(max_fields=4000) as form:
        return FormData(form.multi_items())


Fields = Annotated[FormData, Depends(read_fields)]


@router.get("")
def template_list(request: Request, desk: AtDesk, session: SessionDep, done: str = "") -> Response:
    """The organisation's templates, and Viva's to copy."""
    return render_desk(
        request,
        "dashboards/templates.html",
        desk,
        own=templates.own_templates(session, desk.organization_id),
        public=templates.public_templates(session),
        notice=NOTICES.get(done),
    )


@router.post("/copy")
def copy(desk: AtDesk, session: SessionDep, template_id: Annotated[uuid.UUID, Form()]) -> Response:
    """Make a copy that is the organisation's."""
    made, _ = templates.copy_template(session, _author(desk), template_id)
    return RedirectResponse(f"{desk.url}/templates/{made.id}?done=copied", status_code=303)


@router.get("/new")
def new_template(request: Request, desk: AtDesk, session: SessionDep) -> Response:
    """An empty template."""
    return _editor(request, desk, session, TemplateForm(), None)


@router.post("/new")
def write_new(request: Request, desk: AtDesk, session: SessionDep, fields: Fields) -> Response:
    """A button of the editor of a template that is not stored yet."""
    return _press(request, desk, session, fields, None)


@router.get("/{template_id}")
def template(request: Request, desk: AtDesk, session: SessionDep, template_id: uuid.UUID, done: str = "") -> Response:
    """The editor, with the current version in it."""
    stored = templates.own_template(session, desk.organization_id, template_id)
    versions = templates.versions_of(session, stored)
    current = next(version for version in versions if version.id == stored.current_version_id)
    return _editor(request, desk, session, form_of_version(current), stored, notice=NOTICES.get(done))


@router.post("/{template_id}")
def write(request: Request, desk: AtDesk, session: SessionDep, template_id: uuid.UUID, fields: Fields) -> Response:
    """A button of the editor."""
    stored = templates.own_template(session, desk.organization_id, template_id)
    return _press(request, desk, session, fields, stored)


@router.post("/{template_id}/retire")
def retire(desk: AtDesk, session: SessionDep, template_id: uuid.UUID) -> Response:
    """Nobody new is invited to it."""
    templates.set_template_status(session, _author(desk), template_id, is_retired=True)
    return RedirectResponse(f"{desk.url}/templates?done=retired", status_code=303)


@router.post("/{template_id}/restore")
def restore(desk: AtDesk, session: SessionDep, template_id: uuid.UUID) -> Response:
    """Candidates can be invited to it again."""
    templates.set_template_status(session, _author(desk), template_id, is_retired=False)
    return RedirectResponse(f"{desk.url}/templates?done=restored", status_code=303)


def _press(
    request: Request, desk: Desk, session: SessionDep, fields: FormData, stored: InterviewTemplate | None
) -> Response:
    form = form_of_fields(fields)
    action = str(fields.get("action") or "save")
    if action not in {"save", "preview"}:
        act(form, action)
        return _editor(request, desk, session, form, stored)
    wanted = {slug for section in form.sections for slug in section.slugs}
    known = question_cards(session, desk.organization_id, wanted)
    read, errors = read_template_form(form, known)
    if read is None:
        return _editor(request, desk, session, form, stored, errors=errors)
    content = read.content()
    if action == "preview":
        preview = preview_draw(session, desk.organization_id, content)
        return _editor(request, desk, session, form, stored, preview=preview)
    saved, _ = templates.save_template(session, _author(desk), stored, content)
    return RedirectResponse(f"{desk.url}/templates/{saved.id}?done=saved", status_code=303)


def _author(desk: Desk) -> Author:
    return Author.person(desk.user, desk.organization_id)


def _editor(
    request: Request,
    desk: Desk,
    session: SessionDep,
    form: TemplateForm,
    stored: InterviewTemplate | None,
    *,
    errors: dict[str, str] | None = None,
    preview: Preview | None = None,
    notice: str | None = None,
) -> Response:
    slugs = {slug for section in form.sections for slug in section.slugs}
    return render_desk(
        request,
        "dashboards/template.html",
        desk,
        status_code=422 if errors else 200,
        form=form,
        stored=stored,
        versions=templates.versions_of(session, stored) if stored else [],
        cards=question_cards(session, desk.organization_id, slugs),
        hits=[_hits(request, desk, session, section.q) for section in form.sections],
        topics=TOPIC_LABELS,
        kinds=KIND_LABELS,
        levels=LEVEL_LABELS,
        errors=errors or {},
        preview=preview,
        notice=notice,
    )


def _hits(request: Request, desk: Desk, session: SessionDep, words: str) -> list[Any]:
    words = words[:200].strip()
    if not words:
        return []
    known = request.app.state.vocabulary.words(session)
    meaning = request.app.state.vectors.vector(words)
    vector, model = meaning if meaning is not None else (None, "")
    found = search_questions(session, desk.organization_id, Filters(q=words), known, vector, model, 0, HITS)
    return [hit.question for hit in found.hits]
