"""The editor's pages: one's questions, and one of them with its form, text, preview, check and try-out."""

from __future__ import annotations

import json
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.accounts.deps import Viewer
from app.accounts.models import User
from app.assessments.queries import grading_by_id
from app.assessments.service import request_grading
from app.authoring.comments import keep_comments
from app.authoring.deps import Me
from app.authoring.form_shape import fits_form
from app.authoring.history_pages import router as history_router
from app.authoring.problems import require_author
from app.authoring.queries import events_of, own_questions
from app.authoring.queue import CHECK_QUESTION
from app.authoring.responses import state_response, waited
from app.authoring.views import CHOICES, editor_view, tried_view
from app.bank.access import Author, author_at, banks_of, workplaces_of
from app.bank.drafts import (
    begin_question,
    copy_question,
    discard_draft,
    draft_of,
    edit_question,
    own_question,
    request_check,
    save_draft,
    send_back,
    submit_for_review,
)
from app.bank.models import QuestionDraft
from app.bank.publishing import NotPublishable, publish_draft, readable_draft, restore_question, retire_question
from app.bank.queries import question_row
from app.bank.question_source import read_source
from app.bank.question_text import write_data
from app.kit.errors import Conflict, Invalid, VivaError
from app.kit.templating import fragment, render
from app.kit.text import clean_text
from app.kit.web import SessionDep, SettingsDep, WaiterDep

router = APIRouter(prefix="/author", include_in_schema=False)
router.include_router(history_router)


class SaveIn(BaseModel):
    """A save: the text as typed, or the form's content."""

    model_config = ConfigDict(extra="forbid")

    base_revision: int = Field(ge=0)
    source: str | None = None
    content: dict[str, Any] | None = None


class TryIn(BaseModel):
    """An answer to try out."""

    model_config = ConfigDict(extra="forbid")

    answer: str


@router.get("")
def questions(
    request: Request, viewer: Viewer, session: SessionDep, page: Annotated[int, Query(ge=1, le=10_000)] = 1
) -> Response:
    """The questions that a person writes."""
    if viewer.is_guest:
        return render(
            request, "authoring/questions.html", questions=[], more=False, page=1, needs_account=True, workplaces=[]
        )
    found, more = own_questions(session, Author.person(viewer), page)
    return render(
        request,
        "authoring/questions.html",
        questions=found,
        more=more,
        page=page,
        needs_account=False,
        workplaces=workplaces_of(session, viewer),
    )


@router.post("/new")
def new(viewer: Viewer, session: SessionDep, organization: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Begin a question, for the person or for an organisation that they work for."""
    require_author(viewer)
    return _to_editor(begin_question(session, _author_for(session, viewer, organization)).question_id)


@router.post("/copy/{slug}")
def copy(
    slug: str, viewer: Viewer, session: SessionDep, organization: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """Begin a question from one of the bank, for the person or for an organisation that they work for."""
    require_author(viewer)
    original = question_row(session, banks_of(session, viewer), clean_text(slug, field="slug"))
    return _to_editor(copy_question(session, _author_for(session, viewer, organization), original).question_id)


@router.post("/{question_id}/edit")
def edit(question_id: uuid.UUID, me: Me, session: SessionDep) -> Response:
    """Go on with a question of one's own."""
    return _to_editor(edit_question(session, me, own_question(session, me, question_id)).question_id)


@router.get("/{question_id}")
def editor(request: Request, question_id: uuid.UUID, me: Me, session: SessionDep) -> Response:
    """The editor."""
    return _editor(request, session, draft_of(session, me, question_id))


@router.post("/{question_id}/save")
def save(request: Request, question_id: uuid.UUID, body: SaveIn, me: Me, session: SessionDep) -> Response:
    """Keep what was typed, in the form or as text; what the other half should show comes back."""
    if (body.source is None) == (body.content is None):
        raise Invalid("Send either source or content.", field="source")
    source = body.source or ""
    if body.content is not None:
        source = _from_form(draft_of(session, me, question_id), body.content, body.base_revision)
    saved = save_draft(session, me, question_id, source, body.base_revision)
    return state_response(request, editor_view(saved.draft))


@router.post("/{question_id}/check")
def check(request: Request, question_id: uuid.UUID, me: Me, session: SessionDep) -> Response:
    """Ask for a check of the working copy as it stands."""
    draft = request_check(session, me, question_id)
    if draft.check_status == "queued":
        CHECK_QUESTION.enqueue(session, question_id=str(question_id))
    return state_response(request, editor_view(draft))


@router.get("/{question_id}/check")
def checked(request: Request, question_id: uuid.UUID, me: Me, session: SessionDep, waiter: WaiterDep) -> Response:
    """What the check found; waits a while for it."""

    def look(own: SessionDep) -> Response | None:
        view = editor_view(draft_of(own, me, question_id))
        return state_response(request, view) if view.check.status != "queued" else None

    now = look(session)
    if now is not None:
        return now
    waiting = state_response(request, editor_view(draft_of(session, me, question_id)))
    return waited(request, waiter, f"check:{question_id}", look, waiting)


@router.post("/{question_id}/try")
def try_out(question_id: uuid.UUID, body: TryIn, me: Me, session: SessionDep, settings: SettingsDep) -> Response:
    """Have a pasted answer scored by the working copy as it stands."""
    answer = clean_text(body.answer, field="answer")
    if not answer.strip():
        raise Invalid("Paste or write an answer first.", field="answer")
    if len(answer) > settings.max_answer_chars:
        raise Invalid(f"An answer has at most {settings.max_answer_chars:,} characters.", field="answer")
    draft = draft_of(session, me, question_id)
    file = readable_draft(draft)
    asked: dict[str, Any] = {"question": file.prompt, "rubric": file.rubric, "answer": answer}
    asked["samples"] = [{"text": sample.text, "grade": sample.grade} for sample in file.samples]
    grading = request_grading(session, draft.organization_id, [asked], is_list=False)
    return JSONResponse({"grading": str(grading.id)}, status_code=202)


@router.get("/{question_id}/try/{grading_id}")
def tried(
    request: Request,
    question_id: uuid.UUID,
    grading_id: uuid.UUID,
    me: Me,
    session: SessionDep,
    waiter: WaiterDep,
) -> Response:
    """How the pasted answer fared; waits a while for it."""
    organization_id = draft_of(session, me, question_id).organization_id

    def look(own: SessionDep) -> Response | None:
        grading = grading_by_id(own, organization_id, grading_id)
        if grading.status == "queued":
            return None
        result = (grading.results or [{"error": "The answer could not be scored: try again."}])[0]
        if "error" in result:
            return JSONResponse({"status": "failed", "message": result["error"]})
        asked = grading.requests[0]
        html = fragment(request, "authoring/_tried.html", item=tried_view(asked["answer"], result, asked["rubric"]))
        return JSONResponse({"status": "done", "html": html, "score": result["score"]})

    return look(session) or waited(
        request, waiter, f"grading:{grading_id}", look, JSONResponse({"status": "queued"}, status_code=202)
    )


@router.post("/{question_id}/submit")
def submit(question_id: uuid.UUID, me: Me, session: SessionDep, note: Annotated[str, Form()] = "") -> Response:
    """Send to review."""
    submit_for_review(session, me, question_id, note)
    return _to_editor(question_id)


@router.post("/{question_id}/send-back")
def back(question_id: uuid.UUID, me: Me, session: SessionDep, note: Annotated[str, Form()] = "") -> Response:
    """Send back from review."""
    send_back(session, me, question_id, note)
    return _to_editor(question_id)


@router.post("/{question_id}/publish")
def publish(
    request: Request, question_id: uuid.UUID, me: Me, session: SessionDep, note: Annotated[str, Form()] = ""
) -> Response:
    """Make a version of the working copy."""
    note = clean_text(note, field="note")
    try:
        publish_draft(session, me, question_id, note)
    except (NotPublishable, Invalid) as error:
        # Said where it can be mended, with the note as it was.
        return _editor(request, session, draft_of(session, me, question_id), refused=error, note=note)
    return RedirectResponse(f"/author/{question_id}/versions", status_code=303)


@router.post("/{question_id}/discard")
def discard(question_id: uuid.UUID, me: Me, session: SessionDep) -> Response:
    """Throw the working copy away."""
    gone = discard_draft(session, me, question_id)
    return RedirectResponse("/author" if gone else f"/author/{question_id}/versions", status_code=303)


@router.post("/{question_id}/retire")
def retire(question_id: uuid.UUID, me: Me, session: SessionDep) -> Response:
    """Take out of use."""
    retire_question(session, me, question_id)
    return RedirectResponse(f"/author/{question_id}/versions", status_code=303)


@router.post("/{question_id}/restore")
def restore(question_id: uuid.UUID, me: Me, session: SessionDep) -> Response:
    """Put back into use."""
    restore_question(session, me, question_id)
    return RedirectResponse(f"/author/{question_id}/versions", status_code=303)


def _author_for(session: SessionDep, viewer: User, organization: str) -> Author:
    return author_at(session, viewer, clean_text(organization, field="organization"))


def _from_form(draft: QuestionDraft, content: dict[str, Any], base_revision: int) -> str:
    """The text that the form's content means."""
    if draft.revision == base_revision and not fits_form(read_source(draft.source).data):
        # Such a form was empty: taken at its word, it would wipe out the text.
        raise Conflict("The text has something that the form cannot show: mend the text first.")
    try:
        json.dumps(content, allow_nan=False)
        return keep_comments(draft.source, write_data(content))
    except ValueError:
        raise Invalid("A number is not finite: write another one.", field="content") from None
    except RecursionError:
        raise Invalid("This is nested too deeply for a question.", field="content") from None


def _editor(
    request: Request, session: SessionDep, draft: QuestionDraft, *, refused: VivaError | None = None, note: str = ""
) -> Response:
    return render(
        request,
        "authoring/editor.html",
        status_code=refused.status if refused else 200,
        q=editor_view(draft),
        events=events_of(session, draft.question_id, 20),
        choices=CHOICES,
        refused=refused.message if refused else "",
        note=note,
    )


def _to_editor(question_id: uuid.UUID) -> Response:
    return RedirectResponse(f"/author/{question_id}", status_code=303)
