"""What an interview from a template could look like: one draw, and what does not add up."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from math import ceil
from typing import Any

from sqlalchemy.orm import Session

from app.bank.models import QuestionVersion
from app.interviews.creation import draw_section, question_minutes, whole_seconds


@dataclass(frozen=True)
class PreviewSection:
    """A section with the questions that one draw gave, and the minutes of each."""

    title: str
    questions: list[tuple[QuestionVersion, int]]
    pool: int | None
    """How many questions fit a draw; None where the questions are named."""


@dataclass(frozen=True)
class Preview:
    """One draw, the minutes of its questions and of the whole, and warnings in words."""

    sections: list[PreviewSection]
    question_minutes: int
    minutes: int
    warnings: list[str]
    timing: str


def preview_draw(session: Session, organization_id: uuid.UUID, content: dict[str, Any]) -> Preview:
    """Draw as for a candidate who has seen nothing; `content` is that of a template's version."""
    sections, minutes, timing = content["sections"], content["minutes"], content.get("timing", "interview")
    randomness = random.SystemRandom()
    named = {slug for section in sections for slug in section.get("questions") or ()}
    taken: set[uuid.UUID] = set()
    shown: list[PreviewSection] = []
    warnings: list[str] = []
    for section in sections:
        versions, pool = draw_section(session, organization_id, section, set(), taken, named, randomness)
        taken |= {version.question_id for version in versions}
        draw = section.get("draw")
        asked = draw["count"] if draw else len(section["questions"])
        if pool < asked:
            few = (
                f"only {pool} {'question fits' if pool == 1 else 'questions fit'}"
                if draw
                else f"only {pool} can be asked"
            )
            warnings.append(f"“{section['title']}” asks for {asked}, but {few}.")
        timed = [(one, question_minutes(section, one)) for one in versions]
        shown.append(PreviewSection(section["title"], timed, pool if draw else None))
    each = [question_time for section in shown for _, question_time in section.questions]
    total = sum(each)
    if timing == "question":
        minutes = ceil(whole_seconds(minutes, [question_time * 60 for question_time in each]) / 60)
    elif total > minutes:
        warnings.append(
            f"The questions of this draw are meant to take {total} minutes, and the interview has {minutes}."
        )
    if not taken:
        warnings.append("There is no question to ask: nobody could be interviewed with this.")
    return Preview(shown, total, minutes, warnings, timing)
