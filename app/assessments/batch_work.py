"""What a worker does for batches: some lines at a time, beside the queue, so that nobody's answer waits for them."""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from app.assessments import batches
from app.assessments.grading_input import with_bank_question
from app.assessments.models import GradingBatch
from app.assessments.scorer import Scorer
from app.kit.logging import get_logger
from app.scoring.grading import GradingError, PreparedCache, grade_request
from app.scoring.grading_line import id_of

LINES_AT_ONCE = 64
SECONDS_AT_ONCE = 1.0
"""After so long what is scored is stored: so much is done again when a worker is killed, and progress is so old."""
KEPT_BATCHES = 8

log = get_logger("viva.jobs")


class BatchWork:
    """Scores lines of batches, in the turn of the batches; one thread of a worker process.

    It has prepared rubrics of its own: a call with a few gradings never waits while a batch prepares one.
    """

    def __init__(self, sessions: sessionmaker[Session], scorer: Scorer) -> None:
        self.sessions = sessions
        self.scorer = scorer
        self._prepared = PreparedCache()
        self._questions: OrderedDict[uuid.UUID, dict[str, Any]] = OrderedDict()

    def work(self) -> bool:
        """Score what can be scored in about a second; False when nothing waits."""
        with self.sessions.begin() as session:
            waiting = batches.open_batches(session)
        return any(self._work_on(batch_id) for batch_id in waiting)

    def tidy(self) -> None:
        """Delete what has been kept long enough."""
        count = total = 0
        while True:
            # Each in a transaction of its own, so that many hold no locks for long.
            with self.sessions.begin() as session:
                gone = batches.forget_old_batch(session)
            if gone is None:
                break
            count, total = count + 1, total + gone[1]
        if count:
            log.info("batches deleted", batches=count, lines=total, after_days=batches.KEPT_DAYS)

    def _work_on(self, batch_id: uuid.UUID) -> bool:
        with self.sessions.begin() as session:
            batches.begin_batch(session, batch_id)
        with self.sessions.begin() as session:
            claimed = batches.claim_lines(session, batch_id, LINES_AT_ONCE)
            if not claimed:
                return False
            questions = self._questions_of(session, batch_id)
            graded: list[tuple[int, dict[str, Any]]] = []
            ends = time.monotonic() + SECONDS_AT_ONCE
            for line, request in claimed:
                self.scorer.give_way()
                graded.append((line, self._grade(batch_id, line, with_bank_question(request, questions))))
                if time.monotonic() > ends:
                    break
            batches.store_results(session, batch_id, graded)
        return True

    def _grade(self, batch_id: uuid.UUID, line: int, request: dict[str, Any]) -> dict[str, Any]:
        try:
            # A slug that the bank knew was put in full: what is left, it did not know.
            return grade_request(request, self.scorer.encoder, self._prepared, lambda slug: None)
        except GradingError as error:
            return {"id": id_of(request), "error": str(error)}
        except Exception as error:
            # One line that we cannot do must not hold up the batch for ever.
            log.error("grading failed", batch_id=str(batch_id), line=line, exc_info=error)
            return {"id": id_of(request), "error": "Viva met an error of its own; it is logged. Send this line again."}

    def _questions_of(self, session: Session, batch_id: uuid.UUID) -> dict[str, Any]:
        if batch_id not in self._questions:
            found = session.scalar(select(GradingBatch.questions).where(GradingBatch.id == batch_id))
            self._questions[batch_id] = found or {}
            while len(self._questions) > KEPT_BATCHES:
                self._questions.popitem(last=False)
        return self._questions[batch_id]
