"""What a candidate gets to see of a result, and from when: the template's version says it."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Organization, User
from app.bank.models import InterviewTemplateVersion
from app.interviews.models import Interview

What = Literal["report", "score", "waits", "nothing"]

AFTERWARDS: dict[tuple[str, str], str] = {
    ("nothing", "at_once"): "You see no result here: whoever invited you tells you what comes of it.",
    ("nothing", "by_interviewer"): "You see no result here: whoever invited you tells you what comes of it.",
    ("score", "at_once"): "You see your score as soon as the answers are scored.",
    ("score", "by_interviewer"): "You see your score here once a person has released it.",
    ("report", "at_once"): "You see the whole report as soon as the answers are scored.",
    ("report", "by_interviewer"): "You see the whole report here once a person has released it.",
}
"""(what candidates see, when) in words for them."""


@dataclass(frozen=True)
class Seeing:
    """What the candidate of an interview may see now, and who decides about it."""

    what: What = "report"
    follow_ups: bool = True
    organization: str = ""
    afterwards: str = ""
    """The template's rule, in words for the candidate."""


ALL = Seeing()


def seeing_of(session: Session, interview: Interview) -> Seeing:
    """What the candidate of one interview may see."""
    return seeing_of_all(session, [interview.id]).get(interview.id, ALL)


def seeing_of_all(session: Session, interview_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Seeing]:
    """The same for several; interviews without a template, and those that people hold for themselves, are left out."""
    rows = session.execute(
        select(
            Interview.id,
            Interview.released_at,
            InterviewTemplateVersion.candidate_sees,
            InterviewTemplateVersion.release,
            InterviewTemplateVersion.follow_ups,
            Organization.name,
        )
        .join(InterviewTemplateVersion, InterviewTemplateVersion.id == Interview.template_version_id)
        .join(Organization, Organization.id == Interview.organization_id)
        .outerjoin(User, User.id == Interview.candidate_user_id)
        .where(
            Interview.id.in_(interview_ids),
            User.personal_organization_id.is_distinct_from(Interview.organization_id),
        )
    )
    found = {}
    for interview_id, released_at, sees, release, follow_ups, name in rows:
        what = cast(What, sees)
        if sees != "nothing" and release == "by_interviewer" and released_at is None:
            what = "waits"
        found[interview_id] = Seeing(what, follow_ups, name, AFTERWARDS[sees, release])
    return found
