"""The form that invites candidates: read whole, so that all its mistakes are said at once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.bank.models import InterviewTemplateVersion
from app.dashboards.local_time import read_window
from app.interviews.invitation_queries import already_invited, invitable_version
from app.interviews.inviting import Window, check_window
from app.interviews.pasting import Invitee, LineProblem, read_invitees, read_multiplier
from app.kit.errors import Invalid


class InviteForm(BaseModel):
    """What was typed."""

    template: str = ""
    candidates: str = ""
    names_alone: str = ""
    again: str = ""
    opens: str = ""
    opens_offset: str = "0"
    closes: str = ""
    closes_offset: str = "0"
    time_multiplier: str = "1"


@dataclass
class ReadForm:
    """What it means; `errors` by field and `lines` say what it does not."""

    version: InterviewTemplateVersion | None = None
    window: Window | None = None
    time_multiplier: float = 1.0
    invitees: list[Invitee] = field(default_factory=list)
    lines: list[LineProblem] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)


def read_invite_form(session: Session, organization_id: uuid.UUID, form: InviteForm) -> ReadForm:
    """Read the form against what is there."""
    read = ReadForm()
    template_id = _uuid(form.template)
    read.version = invitable_version(session, organization_id, template_id) if template_id else None
    if read.version is None:
        read.errors["template"] = "Choose the interview that they are invited to."
    try:
        read.invitees, read.lines = read_invitees(form.candidates, names_alone=form.names_alone == "yes")
    except Invalid as error:
        read.errors["candidates"] = error.message
    try:
        read.window = read_window(form.opens, form.opens_offset, form.closes, form.closes_offset)
        check_window(session, read.window)
    except Invalid as error:
        read.errors[error.extra.get("field", "closes")] = error.message
    factor = read_multiplier(form.time_multiplier.strip() or "1")
    if factor is None or not 1 <= factor <= 10:
        read.errors["time_multiplier"] = "Extra time is a factor between 1 and 10 (1.25 is a quarter more)."
    else:
        read.time_multiplier = factor
    if read.version is not None and form.again != "yes":
        read.lines += _invited_before(session, organization_id, read.version, read.invitees)
        read.lines.sort(key=lambda one: one.line)
    return read


def _invited_before(
    session: Session, organization_id: uuid.UUID, version: InterviewTemplateVersion, invitees: list[Invitee]
) -> list[LineProblem]:
    emails = [one.email.lower() for one in invitees if one.email]
    known = already_invited(session, organization_id, version.template_id, emails) if emails else set()
    words = "invited to this interview already: send that link again, or tick “Invite them once more” below"
    return [LineProblem(one.line, one.email, words) for one in invitees if one.email and one.email.lower() in known]


def _uuid(words: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(words)
    except ValueError:
        return None
