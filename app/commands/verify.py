"""`viva verify`: stored scores computed again from their receipts."""

from __future__ import annotations

import sys
import uuid
from collections import Counter

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.assessments.models import Assessment
from app.assessments.scorer import Scorer
from app.assessments.verification import (
    DIFFERS,
    MATCHES,
    SAMPLES,
    Outcome,
    assessments_of,
    assessments_to_verify,
    verify,
)
from app.embedding import load_encoder
from app.kit.command_database import database
from app.kit.config import Settings
from app.kit.db import make_engine, make_sessions
from app.kit.errors import OperatorError

PORTION = 100


def run(settings: Settings, about: str | None) -> int:
    """Verify one assessment, answer or interview, or everything; 1 if anything does not match.

    Raises:
        OperatorError: there is nothing with this id.
    """
    with database(settings) as url:
        sessions = make_sessions(make_engine(url))
        scorer = Scorer(load_encoder(settings))
        counts: Counter[str] = Counter()
        with sessions() as session:
            if about is not None:
                for outcome in verify(session, scorer, _found(session, about)):
                    counts[outcome.outcome] += 1
                    print(f"{outcome.assessment_id}  {outcome.outcome}: {outcome.detail}")
            else:
                _all(session, scorer, counts)
    print(", ".join(f"{count:,} {name}" for name, count in counts.most_common()) or "There are no scores yet.")
    return 1 if counts[DIFFERS] or counts[SAMPLES] else 0


def _found(session: Session, about: str) -> list[uuid.UUID]:
    try:
        found = assessments_of(session, uuid.UUID(about))
    except ValueError:
        raise OperatorError(f"{about!r} is not the id of an assessment, an answer or an interview.") from None
    if not found:
        raise OperatorError(f"There is no score of {about}: give the id of an assessment, an answer or an interview.")
    return found


def _all(session: Session, scorer: Scorer, counts: Counter[str]) -> None:
    total = session.scalar(select(func.count()).select_from(Assessment)) or 0
    after: uuid.UUID | None = None
    while identities := assessments_to_verify(session, after, PORTION):
        for outcome in verify(session, scorer, identities):
            counts[outcome.outcome] += 1
            if outcome.outcome != MATCHES:
                print(f"{outcome.assessment_id}  {outcome.outcome}: {outcome.detail}")
            _tell(outcome, sum(counts.values()), total)
        after = identities[-1]
        session.rollback()
        session.expunge_all()
    if sys.stderr.isatty() and total:
        print(file=sys.stderr)


def _tell(outcome: Outcome, done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{done:,} of {total:,} scores computed again", end="", file=sys.stderr, flush=True)
    elif done % 1000 == 0:
        print(f"{done:,} of {total:,} scores computed again", file=sys.stderr, flush=True)
