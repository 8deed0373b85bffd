"""The report of an interview as PDF, for its candidate and for interviewers."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy.orm import Session

from app.assessments.marks import marks_of
from app.assessments.printed import Reader, printed_report
from app.assessments.report import build_report
from app.interviews.models import Interview
from app.kit.errors import Conflict
from app.kit.typesetting import typeset

TEMPLATE = "assessments/report.typ"


class NotScoredYet(Conflict):
    """The interview still runs, or its answers are being scored."""

    type = "not-scored-yet"


@dataclass(frozen=True)
class Document:
    """A PDF and what a browser should call it."""

    content: bytes
    name: str

    @property
    def headers(self) -> dict[str, str]:
        """How it is to be kept: under its name, in plain letters and in its own."""
        plain = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode()
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-")
        return {
            "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(self.name, safe='')}"
        }


def report_document(session: Session, interview: Interview, reader: Reader) -> Document:
    """The report of a finished interview whose answers are scored.

    Raises:
        NotScoredYet: it is not there yet.
        NotSet: the document could not be made now.
    """
    if interview.status != "finished":
        raise NotScoredYet("The interview is not over: its report comes when it is.")
    report = build_report(session, interview)
    if report.status == "scoring":
        raise NotScoredYet("Some answers are still being scored: the report comes when all are.")
    answers = {item.answer.id: item.id for item in interview.items if item.answer is not None}
    marks = {
        answers[answer_id]: mark
        for answer_id, mark in marks_of(session, interview.organization_id, list(answers)).items()
    }
    made_at = interview.finished_at or dt.datetime.fromtimestamp(0, dt.UTC)
    content = typeset(TEMPLATE, printed_report(report, marks, reader), made_at)
    who = interview.candidate_name if reader.shows_name else ""
    parts = ["Report", interview.title, who, made_at.strftime("%Y-%m-%d")]
    name = " ".join(part for part in (re.sub(r"[\W_]+", " ", part).strip() for part in parts[:3]) if part)
    return Document(content, f"{name} {parts[3]}.pdf")
