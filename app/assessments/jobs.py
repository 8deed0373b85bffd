"""What workers do: score answers, run gradings, and the sweep that derives work from state.

Jobs only make things quick. The sweep finds every answer without a score and every interview whose time is up, so a
lost job, a killed worker or an emptied queue never matters.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.accounts.service import forget_expired
from app.assessments import queries, service
from app.assessments.lessons import run_lesson
from app.assessments.scored import newly_scored, note_scored
from app.assessments.scorer import Scorer
from app.assessments.scoring_queue import GRADE, PREVIEW_LESSON, SCORE_ANSWER
from app.interviews.access import interviews_of
from app.interviews.questions import due_questions, hand_in_question
from app.interviews.retention import delete_past_retention, organizations_with_retention
from app.interviews.service import due_interviews, finish_interview, note_expired_invitations
from app.kit.idempotency import forget_old_records
from app.kit.jobs import forget_dead_jobs
from app.kit.locks import Lock
from app.kit.logging import get_logger

LOST_AFTER_SECONDS = 10.0
"""How long an answer may be without a score and without a job before the sweep takes it for lost."""

SILENT_SECONDS = 15.0
"""A worker that has said nothing for so long is dead (it speaks every five seconds)."""

log = get_logger("viva.jobs")

SWEEP = 100
"""So many are looked up at once."""

Find = Callable[[Session, int, Collection[uuid.UUID]], list[tuple[uuid.UUID, uuid.UUID]]]
End = Callable[[Session, uuid.UUID, uuid.UUID], bool]


def _finish(session: Session, organization_id: uuid.UUID, interview_id: uuid.UUID) -> bool:
    finish_interview(session, interviews_of(organization_id), interview_id, only_if_due=True)
    return True


class Jobs:
    """The jobs of one worker process: each its own transaction."""

    def __init__(self, sessions: sessionmaker[Session], scorer: Scorer) -> None:
        self.sessions = sessions
        self.scorer = scorer
        self._unfinishable: set[uuid.UUID] = set()

    def score_answer(self, answer_id: str) -> None:
        """Score one answer; a failure is kept for the page, and tried again by the sweep."""
        identity = uuid.UUID(answer_id)
        try:
            with self.sessions.begin() as session:
                service.score_answer(session, self.scorer, identity)
        except Exception as error:
            log.error("scoring failed", answer_id=answer_id, exc_info=error)
            with self.sessions.begin() as session:
                service.record_failure(session, identity, f"{type(error).__name__}: {error}")

    def grade(self, grading_id: str) -> None:
        """Run one grading; a failure is counted, and tried again by the sweep."""
        identity = uuid.UUID(grading_id)
        try:
            with self.sessions.begin() as session:
                service.run_grading(session, self.scorer, identity)
        except Exception as error:
            log.error("grading failed", grading_id=grading_id, exc_info=error)
            with self.sessions.begin() as session:
                service.fail_grading(session, identity)

    def preview_lesson(self, lesson_id: str) -> None:
        """Work out what a question's reviews would change."""
        run_lesson(self.sessions, self.scorer, uuid.UUID(lesson_id))

    def sweep(self) -> int:
        """Finish what is due and put lost work back; how many things it mended. Tell what nobody's call has told."""
        mended = self._finish_due() + self._put_back()
        self._tell()
        return mended

    def tidy(self) -> None:
        """Remove what nobody needs any more."""
        with self.sessions.begin() as session:
            forget_expired(session)
            forget_old_records(session)
            kept = organizations_with_retention(session)
        for organization_id, days in kept:
            # A transaction a batch, so that a large organisation holds no locks for long.
            while self._delete_batch(organization_id, days):
                pass

    def _delete_batch(self, organization_id: uuid.UUID, days: int) -> int:
        with self.sessions.begin() as session:
            return delete_past_retention(session, organization_id, days)

    def prepare_ahead(self) -> bool:
        """Prepare one rubric before anybody answers it; False when there is nothing left to prepare."""
        with self.sessions.begin() as session:
            return service.prepare_next(session, self.scorer)

    def _finish_due(self) -> int:
        """Hand in the questions whose own time is up, then finish the interviews."""
        questions, bad_questions = self._end_each(due_questions, hand_in_question)
        interviews, bad_interviews = self._end_each(due_interviews, _finish)
        self._unfinishable = bad_questions | bad_interviews
        return questions + interviews

    def _end_each(self, find: Find, end: End) -> tuple[int, set[uuid.UUID]]:
        ended, failed, left = 0, set[uuid.UUID](), set[uuid.UUID]()
        while True:
            with self.sessions.begin() as session:
                due = find(session, SWEEP, failed | left)
            if not due:
                return ended, failed
            for organization_id, identity in due:
                # Each in a transaction of its own: a bad one never stops the others.
                try:
                    with self.sessions.begin() as session:
                        if end(session, organization_id, identity):
                            ended += 1
                        else:
                            left.add(identity)
                except Exception as error:
                    failed.add(identity)
                    # It is tried at every sweep, and said once.
                    if identity not in self._unfinishable:
                        log.error("finishing failed", id=str(identity), exc_info=error)

    def _tell(self) -> None:
        with self.sessions.begin() as session:
            note_expired_invitations(session)
        with self.sessions.begin() as session:
            if found := newly_scored(session):
                note_scored(session, found)

    def _put_back(self) -> int:
        with self.sessions.begin() as session:
            # Several workers sweep; one at a time, or they would put the same answer back twice.
            if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": Lock.SCORING_SWEEP}):
                return 0
            forget_dead_jobs(session, SILENT_SECONDS)
            answers = queries.unscored_answers(session, LOST_AFTER_SECONDS)
            for answer_id in answers:
                SCORE_ANSWER.enqueue(session, answer_id=str(answer_id))
            gradings = queries.unfinished_gradings(session, LOST_AFTER_SECONDS)
            for grading_id in gradings:
                GRADE.enqueue(session, grading_id=str(grading_id))
            lessons = queries.unfinished_lessons(session, LOST_AFTER_SECONDS)
            for lesson_id in lessons:
                PREVIEW_LESSON.enqueue(session, lesson_id=str(lesson_id))
        if answers or gradings or lessons:
            log.info("put back", answers=len(answers), gradings=len(gradings), lessons=len(lessons))
        return len(answers) + len(gradings) + len(lessons)
