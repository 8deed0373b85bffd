"""A person's interviews as cards, with the band that each reached."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.assessments.marks import marks_of
from app.assessments.queries import InterviewScore, interview_scores
from app.assessments.words import band_of
from app.interviews.access import interviews_readable_by
from app.interviews.clock import GRACE
from app.interviews.models import Interview
from app.interviews.queries import attempts_at, list_interviews
from app.interviews.seeing import ALL, Seeing, seeing_of_all
from app.interviews.views import MODE_LABELS, HistoryCard, HistoryPage, interview_url
from app.kit import clock


def history_page(session: Session, user: User, cursor: str | None, limit: int) -> HistoryPage:
    """One page of the history, newest first.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    page = list_interviews(session, interviews_readable_by(user), cursor, limit)
    scores = interview_scores(session, [interview.id for interview, _, _ in page.items])
    seeing = seeing_of_all(session, [interview.id for interview, _, _ in page.items])
    now = clock.now(session)
    cards = [
        _card(
            interview, total, answered, scores.get(interview.id, InterviewScore()), seeing.get(interview.id, ALL), now
        )
        for interview, total, answered in page.items
    ]
    next_url = f"/interviews?{urlencode({'cursor': page.next_cursor})}" if page.next_cursor else None
    return HistoryPage(cards, next_url)


def _card(
    interview: Interview, total: int, answered: int, score: InterviewScore, seeing: Seeing, now: dt.datetime
) -> HistoryCard:
    # Time is up although nobody has come by to finish it: it is shown as what it is.
    ends_at = interview.deadline_at if interview.paused_at is None else None
    over = ends_at is not None and now > ends_at + GRACE
    status = "finished" if interview.status == "running" and over else interview.status
    is_shown = seeing.what in {"report", "score"}
    complete = is_shown and status == "finished" and interview.finished_at is not None and score.scored >= score.answers
    return HistoryCard(
        id=interview.id,
        title=interview.title,
        mode=interview.mode,
        mode_label=MODE_LABELS[interview.mode],
        status=status,
        created_at=interview.created_at,
        finished_at=interview.finished_at,
        band_label=band_of(score.points / total).label if complete and total else None,
        answered=answered,
        total=total,
        scoring=is_shown and status == "finished" and score.scored + score.failed < score.answers,
        url=interview_url(interview),
        note={"waits": "Not released yet", "nothing": "Handed in"}.get(seeing.what) if status == "finished" else None,
    )


@dataclass(frozen=True)
class AttemptCard:
    """An earlier answer to a question."""

    url: str
    finished_at: dt.datetime
    band_label: str | None
    status: str


def attempt_cards(session: Session, user: User, question_id: uuid.UUID) -> list[AttemptCard]:
    """A person's last answers to one question, newest first."""
    cards = []
    attempts = attempts_at(session, user, question_id)
    seeing = seeing_of_all(session, {interview.id for interview, _ in attempts})
    for interview, answer in attempts:
        mark = marks_of(session, interview.organization_id, [answer.id])[answer.id]
        # Marks are shown when the interview is over, not while it runs, and of an organisation's as it allows.
        shown = interview.status == "finished" and seeing.get(interview.id, ALL).what == "report"
        cards.append(
            AttemptCard(
                url=interview_url(interview),
                finished_at=answer.submitted_at,
                band_label=band_of(mark.score).label if mark.score is not None and shown else None,
                status=interview.status,
            )
        )
    return cards
