"""An interview whose questions have clocks of their own, and how tests move them."""

from __future__ import annotations

from typing import Any

from httpx2 import Response
from people import Person, Sitting
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.bank.models import InterviewTemplate
from app.bank.question_file import TemplateFile
from app.bank.template_versions import store_version

SLUG = "by-question"
TEMPLATE: dict[str, Any] = {
    "title": "One after the other",
    "description": "Each question has a time of its own.",
    "minutes": 10,
    "timing": "question",
    "sections": [
        {"id": "quick", "title": "Quick", "questions": ["dropout", "why-cnns-for-images"], "minutes_each": 5},
        {"id": "own", "title": "In its own time", "questions": ["gan"]},
    ],
}


def public_template(sessions: sessionmaker[Session], **more: Any) -> str:
    """Make the template one that everybody can start; its slug."""
    content = TemplateFile.model_validate(TEMPLATE | {"slug": SLUG} | more).content()
    with sessions.begin() as session:
        template = InterviewTemplate(slug=SLUG)
        session.add(template)
        session.flush()
        store_version(session, template, content)
    return SLUG


def sit(person: Person, **more: Any) -> Sitting:
    """An interview from the template, whose whole clock runs; no question is open."""
    return person.sit(public_template(person.sessions, **more))


def press_open(sitting: Sitting, item: int = 0) -> Response:
    """Open a question as the button of its page does."""
    return sitting.person.http.post(sitting.item_url(item, "open"))


def opened(sitting: Sitting, *items: int) -> Sitting:
    """The same sitting, with these questions open."""
    for item in items:
        assert press_open(sitting, item).status_code == 303
    return sitting


def question(sitting: Sitting, item: int = 0) -> Any:
    """An item as stored."""
    with sitting.person.sessions.begin() as session:
        return session.execute(text("SELECT * FROM interview_items WHERE id = :i"), {"i": sitting.items[item]}).one()


def ended(sitting: Sitting, seconds: float, item: int = 0) -> None:
    """Move a question's deadline so that it was so many seconds ago."""
    with sitting.person.sessions.begin() as session:
        session.execute(
            text("UPDATE interview_items SET deadline_at = viva_now() - make_interval(secs => :s) WHERE id = :i"),
            {"i": sitting.items[item], "s": seconds},
        )


def clock_of(sitting: Sitting, item: int = 0) -> dict[str, Any]:
    """What the room of a question hears of its clock."""
    url = f"{sitting.url}/clock?item={sitting.items[item]}"
    return dict(sitting.person.http.get(url, headers={"accept": "application/json"}).json())
