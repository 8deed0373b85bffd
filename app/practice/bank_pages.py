"""Browse the bank, look at a question, practise it alone."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.deps import MaybeViewer, ThrottleDep, set_session_cookie
from app.assessments.history import attempt_cards
from app.bank.queries import Filters, count_by, find_questions, question_by_slug, question_cards
from app.bank.views import ListPage, question_card, question_page
from app.bank.words import KIND_LABELS, KINDS, LEVEL_LABELS, TOPIC_LABELS, TOPICS
from app.interviews.access import interviews_readable_by
from app.interviews.creation import Candidate, interview_from_slugs
from app.interviews.queries import practised_questions
from app.interviews.service import start_interview
from app.kit.templating import render
from app.kit.text import clean_text
from app.kit.web import SessionDep, SettingsDep
from app.practice.pages import viewer_or_guest

router = APIRouter(prefix="/questions", include_in_schema=False)

PER_PAGE = 30


@router.get("")
def browse(
    request: Request,
    viewer: MaybeViewer,
    session: SessionDep,
    q: str = "",
    topic: str = "",
    kind: str = "",
    level: str = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """The published questions, by topic, kind, level and words."""
    words = clean_text(q, field="q")[:200].strip()
    topic, kind = clean_text(topic, field="topic"), clean_text(kind, field="kind")
    filters = Filters(q=words, topic=topic, kind=kind, level=int(level) if level in {"1", "2", "3", "4", "5"} else None)
    found, total = find_questions(session, None, filters, offset=(page - 1) * PER_PAGE, limit=PER_PAGE)
    practised = practised_questions(session, viewer)
    shown = {"q": words, "topic": topic, "kind": kind, "level": level}
    more = {name: value for name, value in shown.items() if value} | {"page": str(page + 1)}
    topics, kinds = count_by(session, None)
    fragment = "hx-request" in request.headers and "hx-history-restore-request" not in request.headers
    return render(
        request,
        "bank/_results.html" if fragment else "bank/browse.html",
        page=ListPage(
            items=[question_card(version, slug, practised) for version, slug in found],
            next_url=f"/questions?{urlencode(more)}" if total > page * PER_PAGE else None,
            total=total,
        ),
        filters=shown,
        topics=[(name, TOPIC_LABELS[name], topics[name]) for name in TOPICS if name in topics],
        kinds=[(name, KIND_LABELS[name], kinds[name]) for name in KINDS if name in kinds],
        levels=list(LEVEL_LABELS.items()),
    )


@router.get("/{slug}")
def question(request: Request, slug: str, viewer: MaybeViewer, session: SessionDep) -> Response:
    """One question: what it asks, what is near it, and how it went before."""
    version = question_by_slug(session, None, clean_text(slug, field="slug"))
    cards = question_cards(session, None, [*version.related, *version.prerequisites])
    return render(
        request,
        "bank/question.html",
        question=question_page(version, slug, cards),
        attempts=attempt_cards(session, viewer, version.question_id) if viewer else [],
    )


@router.post("/{slug}/practise")
def practise(
    request: Request,
    slug: str,
    viewer: MaybeViewer,
    session: SessionDep,
    settings: SettingsDep,
    throttle: ThrottleDep,
) -> Response:
    """Begin to practise one question, without a clock. (The page says that pressing agrees to machine scoring.)"""
    question_by_slug(session, None, clean_text(slug, field="slug"))
    user, token = viewer_or_guest(request, session, throttle, viewer)
    candidate = Candidate(user=user)
    organization_id = user.personal_organization_id
    interview = interview_from_slugs(session, organization_id, candidate, [slug], mode="practice")
    start_interview(session, interviews_readable_by(user), interview.id, consent=True)
    response = RedirectResponse(f"/interviews/{interview.id}/items/1", status_code=303)
    if token:
        set_session_cookie(response, settings, token)
    return response
