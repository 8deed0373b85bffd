"""The home page, starting as a guest, and how an answer is scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.deps import (
    MaybeViewer,
    ThrottleDep,
    client_address,
    set_session_cookie,
)
from app.accounts.models import User
from app.accounts.service import create_guest, start_browser_session
from app.accounts.throttle import GUESTS_PER_ADDRESS
from app.assessments.history import history_page
from app.bank.queries import count_by, list_templates, template_by_slug
from app.interviews.clock import remaining_ms
from app.interviews.creation import Candidate, interview_from_template
from app.interviews.queries import running_interview
from app.interviews.views import interview_url
from app.kit import clock
from app.kit.templating import render
from app.kit.text import clean_text
from app.kit.web import SessionDep, SettingsDep

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class TemplateCard:
    """A kind of interview to start."""

    slug: str
    title: str
    description: str
    minutes: int
    question_count: int
    section_titles: list[str]


@dataclass(frozen=True)
class RunningCard:
    """An interview that is under way."""

    id: str
    title: str
    url: str
    remaining_ms: int | None


@router.get("/")
def home(request: Request, viewer: MaybeViewer, session: SessionDep) -> Response:
    """What Viva is, and one click to begin."""
    topics, _ = request.app.state.remembered.get(("counts", None), lambda: count_by(session, None))
    running = running_interview(session, viewer) if viewer else None
    return render(
        request,
        "practice/home.html",
        templates=[
            TemplateCard(
                slug=slug,
                title=version.title,
                description=version.description,
                minutes=version.minutes,
                question_count=sum(
                    section["draw"]["count"] if section.get("draw") else len(section["questions"])
                    for section in version.sections
                ),
                section_titles=[section["title"] for section in version.sections],
            )
            for version, slug in list_templates(session, None)
        ],
        question_count=sum(topics.values()),
        running=RunningCard(
            str(running.id), running.title, interview_url(running), remaining_ms(running, clock.now(session))
        )
        if running
        else None,
        recent=history_page(session, viewer, None, limit=3).items if viewer else [],
    )


@router.get("/guide")
def guide(request: Request, viewer: MaybeViewer) -> Response:
    """What helps candidates: answering, video calls, how questions are made, what to learn from."""
    return render(request, "practice/guide.html")


@router.get("/how-it-is-scored")
def how_it_is_scored(request: Request, viewer: MaybeViewer) -> Response:
    """How a score comes about."""
    return render(request, "practice/how_it_is_scored.html")


def viewer_or_guest(
    request: Request, session: SessionDep, throttle: ThrottleDep, viewer: User | None
) -> tuple[User, str | None]:
    """The person; whoever comes without a session becomes a guest, with a new cookie's token."""
    if viewer is not None:
        return viewer, None
    throttle.hit(GUESTS_PER_ADDRESS, client_address(request))
    guest = create_guest(session)
    return guest, start_browser_session(session, guest)


@router.post("/start")
def start(
    request: Request,
    viewer: MaybeViewer,
    session: SessionDep,
    settings: SettingsDep,
    throttle: ThrottleDep,
    template: Annotated[str, Form()],
) -> Response:
    """Make an interview from a template and go to its lobby; nobody needs an account for it."""
    version = template_by_slug(session, None, clean_text(template, field="template"))
    user, token = viewer_or_guest(request, session, throttle, viewer)
    interview = interview_from_template(session, user.personal_organization_id, Candidate(user=user), version)
    response = RedirectResponse(f"/interviews/{interview.id}", status_code=303)
    if token:
        set_session_cookie(response, settings, token)
    return response
