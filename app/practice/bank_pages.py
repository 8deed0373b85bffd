"""Browse the bank, look at a question, practise it alone."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.deps import MaybeViewer, ThrottleDep, set_session_cookie
from app.assessments.history import attempt_cards
from app.bank.access import banks_of, workplaces_of
from app.bank.queries import Filters, count_by, count_questions, find_questions, question_by_slug, question_cards
from app.bank.search import search_questions, similar_questions
from app.bank.topic_map import draw_map
from app.bank.views import ListPage, found_card, question_card, question_page
from app.bank.words import KIND_LABELS, KINDS, LEVEL_LABELS, TOPIC_LABELS, TOPICS
from app.interviews.access import interviews_readable_by
from app.interviews.creation import Candidate, interview_from_slugs
from app.interviews.queries import practised_questions
from app.interviews.service import start_interview
from app.kit.remembered import Remembered
from app.kit.templating import render
from app.kit.text import clean_text
from app.kit.web import SessionDep, SettingsDep
from app.practice.pages import viewer_or_guest

router = APIRouter(prefix="/questions", include_in_schema=False)

PER_PAGE = 30
MINUTES = (3, 5, 8, 12)
"""Choices of how long an answer may take."""
SIMILAR = 8
"""So many neighbours are looked at: those that the author names are shown anyway."""


@router.get("")
def browse(
    request: Request,
    viewer: MaybeViewer,
    session: SessionDep,
    q: str = "",
    topic: str = "",
    kind: str = "",
    level: str = "",
    minutes: str = "",
    seed: str = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """The published questions, by words and meaning, topic, kind, level, minutes and seed id."""
    # A level or length that cannot be chosen restricts nothing.
    level = level if level in {"1", "2", "3", "4", "5"} else ""
    minutes = minutes if minutes.isdecimal() and 0 < len(minutes) < 4 else ""
    asked = {"q": q[:200].strip(), "topic": topic, "kind": kind, "level": level, "minutes": minutes, "seed": seed}
    shown = {name: clean_text(value, field=name) for name, value in asked.items()}
    filters = Filters(
        q=shown["q"],
        topic=shown["topic"],
        kind=shown["kind"],
        level=int(level) if level else None,
        minutes=int(minutes) if minutes else None,
        seed=shown["seed"],
    )
    banks = banks_of(session, viewer)
    remembered: Remembered = request.app.state.remembered
    practised = practised_questions(session, viewer)
    offset = (page - 1) * PER_PAGE
    mended: dict[str, str] = {}
    if filters.q:
        known = request.app.state.vocabulary.words(session)
        meaning = request.app.state.vectors.vector(filters.q)
        vector, model = meaning if meaning is not None else (None, "")
        found = search_questions(session, banks, filters, known, vector, model, offset, PER_PAGE)
        cards = [found_card(hit, practised) for hit in found.hits]
        total, mended = found.total, found.mended
    else:
        rows = find_questions(session, banks, filters, offset=offset, limit=PER_PAGE)
        cards = [question_card(question, practised) for question in rows]
        total = remembered.get(("total", banks, filters), lambda: count_questions(session, banks, filters))
    more = {name: value for name, value in shown.items() if value} | {"page": str(page + 1)}
    topics, kinds = remembered.get(("counts", banks), lambda: count_by(session, banks))
    fragment = "hx-request" in request.headers and "hx-history-restore-request" not in request.headers
    return render(
        request,
        "bank/_results.html" if fragment else "bank/browse.html",
        page=ListPage(
            items=cards,
            next_url=f"/questions?{urlencode(more)}" if total > page * PER_PAGE else None,
            total=total,
        ),
        filters=shown,
        filtered=any(shown.values()),
        mended=mended,
        topics=[(name, TOPIC_LABELS[name], topics[name]) for name in TOPICS if name in topics],
        kinds=[(name, KIND_LABELS[name], kinds[name]) for name in KINDS if name in kinds],
        levels=list(LEVEL_LABELS.items()),
        minutes=MINUTES,
    )


@router.get("/map")
def topic_map(request: Request, viewer: MaybeViewer, session: SessionDep) -> Response:
    """The topics and what builds on what, as a picture and as a list."""
    banks = banks_of(session, viewer)
    drawn = request.app.state.remembered.get(("map", banks), lambda: draw_map(session, banks))
    return render(request, "bank/map.html", map=drawn)


@router.get("/{slug}")
def question(request: Request, slug: str, viewer: MaybeViewer, session: SessionDep) -> Response:
    """One question: what it asks, what is near it, and how it went before."""
    workplaces = workplaces_of(session, viewer) if viewer and not viewer.is_guest else []
    banks = (viewer.personal_organization_id, *(one.id for one in workplaces)) if viewer else ()
    version = question_by_slug(session, banks, clean_text(slug, field="slug"))
    cards = question_cards(session, banks, [*version.related, *version.prerequisites])
    return render(
        request,
        "bank/question.html",
        question=question_page(version, slug, cards),
        attempts=attempt_cards(session, viewer, version.question_id) if viewer else [],
        own=version.question.organization_id is not None,
        workplaces=workplaces,
        owner=version.question.organization_id,
        similar=[
            near
            for near in request.app.state.remembered.get(
                ("similar", banks, version.id),
                lambda: [question_card(one) for one in similar_questions(session, banks, version.question_id, SIMILAR)],
            )
            if near.slug not in {slug, *version.related, *version.prerequisites}
        ][:3],
        may_adapt=viewer is not None and not viewer.is_guest,
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
    question_by_slug(session, banks_of(session, viewer), clean_text(slug, field="slug"))
    user, token = viewer_or_guest(request, session, throttle, viewer)
    candidate = Candidate(user=user)
    organization_id = user.personal_organization_id
    interview = interview_from_slugs(
        session, organization_id, candidate, [slug], mode="practice", banks=banks_of(session, user)
    )
    start_interview(session, interviews_readable_by(user), interview.id, consent=True)
    response = RedirectResponse(f"/interviews/{interview.id}/items/1", status_code=303)
    if token:
        set_session_cookie(response, settings, token)
    return response
