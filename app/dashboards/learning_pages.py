"""What reviews teach: agreement between people and machine for a question, and what would change for later answers."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.desk import AtDesk, Desk
from app.assessments import learning
from app.dashboards.frame import render_desk
from app.dashboards.learning import learning_of
from app.dashboards.learning_words import criterion_words
from app.kit.errors import Conflict
from app.kit.web import SessionDep

router = APIRouter(prefix="/organizations/{organization}/review/questions", include_in_schema=False)
SHOWN = 30
"""Answers whose score would move most, in the table."""


@router.get("")
def questions_page(request: Request, desk: AtDesk, session: SessionDep) -> Response:
    """The questions that people have reviewed answers to."""
    found = learning.reviewed_questions(session, desk.organization_id)
    return render_desk(request, "dashboards/review/questions.html", desk, questions=found)


@router.get("/{question_id}")
def question_page(request: Request, desk: AtDesk, session: SessionDep, question_id: uuid.UUID) -> Response:
    """How far people and machine agree about a question, and what its reviews would change."""
    return _page(request, session, desk, question_id)


@router.post("/{question_id}/preview")
def preview(request: Request, desk: AtDesk, session: SessionDep, question_id: uuid.UUID) -> Response:
    """Ask a worker what the reviews would change."""
    return _done(
        request,
        session,
        desk,
        question_id,
        lambda: learning.request_lesson(session, desk.organization_id, desk.doer, question_id),
    )


@router.post("/{question_id}/apply")
def apply(request: Request, desk: AtDesk, session: SessionDep, question_id: uuid.UUID) -> Response:
    """Score later answers by the reviews as well."""
    return _done(
        request,
        session,
        desk,
        question_id,
        lambda: learning.apply_lesson(session, desk.organization_id, desk.doer, question_id),
    )


@router.post("/{question_id}/take-back")
def take_back(request: Request, desk: AtDesk, session: SessionDep, question_id: uuid.UUID) -> Response:
    """Score later answers without the reviews again."""
    return _done(
        request,
        session,
        desk,
        question_id,
        lambda: learning.take_back(session, desk.organization_id, desk.doer, question_id),
    )


def _done(request: Request, session: SessionDep, desk: Desk, question_id: uuid.UUID, act: Any) -> Response:
    try:
        act()
    except Conflict as error:
        return _page(request, session, desk, question_id, refused=error)
    return RedirectResponse(f"{desk.url}/review/questions/{question_id}", status_code=303)


def _page(
    request: Request, session: SessionDep, desk: Desk, question_id: uuid.UUID, refused: Conflict | None = None
) -> Response:
    found = learning_of(session, desk.organization_id, question_id)
    moves = (found.lesson.result or {}).get("others", [])[:SHOWN] if found.lesson is not None else []
    return render_desk(
        request,
        "dashboards/review/question.html",
        desk,
        status_code=refused.status if refused else 200,
        question=found.question,
        reviewed=found.reviewed,
        now=found.agreement,
        criteria=criterion_words(found.question, found.criteria),
        lesson=found.lesson,
        is_current=found.is_current,
        taught=found.taught,
        in_use=found.in_use,
        moves=moves,
        excerpts=learning.excerpts(session, desk.organization_id, [one["answer_id"] for one in moves]),
        refused=refused.message if refused else "",
    )
