"""The interviews of an organisation, filtered, newest first."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.assessments.models import Review
from app.assessments.queries import InterviewScore, interview_scores
from app.assessments.words import Band, band_of
from app.bank.models import InterviewTemplate, InterviewTemplateVersion
from app.bank.queries import templates_readable_by
from app.dashboards.names import CODE_LENGTH, shown_name
from app.interviews.access import interviews_of
from app.interviews.models import Answer, Interview, InterviewItem
from app.interviews.queries import Made, interviews_matching, list_interviews
from app.kit.errors import Invalid
from app.kit.text import clean_text

STATUSES = {"ready": "Not started", "running": "Running", "finished": "Finished"}


@dataclass(frozen=True)
class Filters:
    """What somebody asked for, as it was typed."""

    status: str = ""
    template: str = ""
    candidate: str = ""
    since: str = ""
    until: str = ""
    names: bool = False

    def query(self, **more: str) -> str:
        """The same as the end of an address."""
        given = {key: value for key, value in vars(self).items() if isinstance(value, str) and value}
        return urlencode(given | ({"names": "1"} if self.names else {}) | more)


@dataclass(frozen=True)
class Row:
    """An interview in the list."""

    id: uuid.UUID
    name: str
    title: str
    status: str
    created_at: dt.datetime
    finished_at: dt.datetime | None
    answered: int
    total: int
    scored: int
    score: float | None
    band: Band | None
    reviewed: int


@dataclass(frozen=True)
class Rows:
    """One page of the list."""

    items: list[Row]
    next_query: str | None


def templates_of(session: Session, organization_id: uuid.UUID) -> list[tuple[str, str]]:
    """(id, title) of the templates that an organisation can use, by title."""
    rows = session.execute(
        select(InterviewTemplate.id, InterviewTemplateVersion.title)
        .join(InterviewTemplateVersion, InterviewTemplate.current_version_id == InterviewTemplateVersion.id)
        .where(templates_readable_by(organization_id))
        .order_by(InterviewTemplateVersion.title, InterviewTemplate.id)
        .limit(300)
    )
    return [(str(template_id), title) for template_id, title in rows]


def list_rows(
    session: Session, organization_id: uuid.UUID, filters: Filters, cursor: str | None, *, names: bool, limit: int = 30
) -> Rows:
    """One page of the interviews that the filters leave.

    Raises:
        Invalid: a filter or the cursor cannot be read.
    """
    wanted = _wanted(organization_id, filters, names)
    page = list_interviews(session, wanted, cursor, limit)
    ids = [interview.id for interview, _, _ in page.items]
    scores, reviewed = interview_scores(session, ids), _reviewed(session, ids)
    people = _account_names(session, [i.candidate_user_id for i, _, _ in page.items if i.candidate_user_id])
    items = []
    for interview, total, answered in page.items:
        score = scores.get(interview.id, InterviewScore())
        complete = interview.finished_at is not None and score.scored >= score.answers and total > 0
        mean = score.points / total if complete else None
        items.append(
            Row(
                interview.id,
                shown_name(interview, people.get(interview.candidate_user_id), names=names),
                interview.title,
                "paused" if interview.status == "running" and interview.paused_at else interview.status,
                interview.created_at,
                interview.finished_at,
                answered,
                total,
                score.scored,
                mean,
                band_of(mean) if mean is not None else None,
                reviewed.get(interview.id, 0),
            )
        )
    return Rows(items, filters.query(cursor=page.next_cursor) if page.next_cursor else None)


def _wanted(organization_id: uuid.UUID, filters: Filters, names: bool) -> ColumnElement[bool]:
    if filters.status and filters.status not in STATUSES:
        raise Invalid("Choose one of the statuses.", field="status")
    since, until = _day(filters.since, "since"), _day(filters.until, "until")
    made = Made(since, until + dt.timedelta(days=1) if until is not None else None)
    wanted = [interviews_matching(interviews_of(organization_id), status=filters.status or None, made=made)]
    if filters.template:
        try:
            template_id = uuid.UUID(filters.template)
        except ValueError:
            raise Invalid("Choose one of the templates.", field="template") from None
        versions = select(InterviewTemplateVersion.id).where(InterviewTemplateVersion.template_id == template_id)
        wanted.append(Interview.template_version_id.in_(versions))
    if filters.candidate.strip():
        wanted.append(_is_candidate(filters.candidate, names))
    return and_(*wanted)


def _is_candidate(typed: str, names: bool) -> ColumnElement[bool]:
    words = clean_text(typed, field="candidate", max_chars=200).strip()
    code = words.lower().removeprefix("candidate").strip()
    conditions = [Interview.candidate_external_id == words]
    if len(code) == CODE_LENGTH:
        conditions.append(func.left(cast(Interview.id, String), CODE_LENGTH) == code)
    if names:
        # While names are hidden, they cannot be guessed at by searching either.
        conditions += [
            Interview.candidate_name.icontains(words, autoescape=True),
            Interview.candidate_external_id.icontains(words, autoescape=True),
            Interview.candidate_user_id.in_(select(User.id).where(User.name.icontains(words, autoescape=True))),
        ]
    return or_(*conditions)


def _day(typed: str, field: str) -> dt.datetime | None:
    if not typed.strip():
        return None
    try:
        day = dt.date.fromisoformat(typed.strip())
        return dt.datetime.combine(min(day, dt.date(9998, 1, 1)), dt.time(), dt.UTC)
    except ValueError:
        raise Invalid("Write a day as 2026-01-31.", field=field) from None


def _reviewed(session: Session, interview_ids: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    rows = session.execute(
        select(InterviewItem.interview_id, func.count(func.distinct(Review.answer_id)))
        .join(Answer, Answer.item_id == InterviewItem.id)
        .join(Review, Review.answer_id == Answer.id)
        .where(InterviewItem.interview_id.in_(interview_ids))
        .group_by(InterviewItem.interview_id)
    )
    return dict(rows.all())


def _account_names(session: Session, user_ids: list[uuid.UUID]) -> dict[uuid.UUID | None, str]:
    return dict(session.execute(select(User.id, User.name).where(User.id.in_(user_ids))).all())
