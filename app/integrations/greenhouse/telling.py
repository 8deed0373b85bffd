"""Greenhouse is told that a test is complete: a PATCH to the address that came with it, until it arrives.

What is due stands in the table; the job only makes it quick. Greenhouse then asks for the test's status by itself.
"""

from __future__ import annotations

import base64
import datetime as dt
import threading
import uuid
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from app.integrations.consuming import Consumer
from app.integrations.greenhouse.linking import link_of
from app.integrations.greenhouse.models import GreenhouseTest
from app.integrations.greenhouse.standing import may_be_told
from app.integrations.models import Event
from app.interviews.models import Interview
from app.kit import clock
from app.kit.clock import viva_now
from app.kit.config import Settings
from app.kit.jobs import JobName
from app.kit.logging import get_logger
from app.kit.outward import CallFailed, CallRefused, Outward
from app.kit.sealing import NotOpened, Sealing

TELL_GREENHOUSE = JobName("tell_greenhouse", queue="webhooks")
BACKOFF_SECONDS = (30, 120, 600, 3600, 10800, 21600, 21600, 43200, 43200, 43200, 43200)
"""How long nobody tries again after the first, second … attempt: three days in all; after the last it is given up."""
GONE = {404, 410}
"""Greenhouse knows the test no more: trying again would not help."""
BATCH = 50

log = get_logger("viva.greenhouse")


def note_result(session: Session, event: Event) -> None:
    """Have Greenhouse told, if the interview is one of its tests and its result may go out. Twice does it once."""
    interview = session.get(Interview, event.interview_id) if event.interview_id else None
    if interview is None or interview.invitation_id is None:
        return
    if interview.scored_at is None or not may_be_told(session, interview):
        return
    due = session.execute(
        update(GreenhouseTest)
        .where(
            GreenhouseTest.organization_id == interview.organization_id,
            GreenhouseTest.invitation_id == interview.invitation_id,
        )
        .values(tell_at=viva_now(), attempts=0, error="")
        .returning(GreenhouseTest.id)
        .execution_options(synchronize_session=False)
    ).first()
    if due is not None:
        TELL_GREENHOUSE.enqueue(session)


# A review changes the score: Greenhouse asks again when it is told again.
GREENHOUSE = Consumer(
    "greenhouse", note_result, frozenset({"interview.scored", "interview.released", "interview.reviewed"})
)


@dataclass(frozen=True)
class _Call:
    test_id: uuid.UUID
    url: str
    key: str
    attempts: int
    tell_at: dt.datetime
    cannot: str = ""


class GreenhouseJobs:
    """One worker process's part in telling Greenhouse; it makes one call at a time."""

    def __init__(self, sessions: sessionmaker[Session], settings: Settings, outward: Outward | None = None) -> None:
        self.sessions = sessions
        self.outward = outward or Outward.of(settings)
        self.sealing = Sealing.of(settings)
        self._busy = threading.Lock()

    def tell_greenhouse(self) -> int:
        """Make the calls that are due; how many arrived."""
        if not self._busy.acquire(blocking=False):
            return 0
        try:
            told = 0
            for _ in range(BATCH):
                call = self._claim()
                if call is None:
                    break
                told += self._make(call)
            return told
        finally:
            self._busy.release()

    sweep = tell_greenhouse

    def _claim(self) -> _Call | None:
        """The call that has waited longest. Its next time is set first: a worker that dies is like one that fails."""
        with self.sessions.begin() as session:
            test = session.scalar(
                select(GreenhouseTest)
                .where(GreenhouseTest.tell_at <= select(viva_now()).scalar_subquery())
                .order_by(GreenhouseTest.tell_at)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if test is None:
                return None
            pause = BACKOFF_SECONDS[min(test.attempts, len(BACKOFF_SECONDS) - 1)]
            test.attempts += 1
            test.tell_at = clock.now(session) + dt.timedelta(seconds=pause)
            key, cannot = "", ""
            link = link_of(session, test.organization_id)
            try:
                key = self.sealing.open(link.sealed_key) if link else ""
            except NotOpened as error:
                cannot = str(error)
            if link is None:
                cannot = "Greenhouse's key was revoked and removed."
            return _Call(test.id, test.callback_url, key, test.attempts, test.tell_at, cannot)

    def _make(self, call: _Call) -> bool:
        error, gone = call.cannot, False
        if not error:
            token = base64.b64encode(f"{call.key}:".encode()).decode()
            headers = {"Authorization": f"Basic {token}", "User-Agent": "Viva-Greenhouse/1", "Content-Length": "0"}
            try:
                answer = self.outward.call("PATCH", call.url, headers=headers, max_bytes=2000)
            except (CallRefused, CallFailed) as raised:
                error = str(raised)
            else:
                if not 200 <= answer.status < 300:
                    error, gone = f"Greenhouse answered {answer.status}.", answer.status in GONE
        self._note(call, error, given_up=gone or call.attempts > len(BACKOFF_SECONDS))
        if error:
            log.warning("greenhouse not told", test_id=str(call.test_id), attempts=call.attempts, reason=error)
        return not error

    def _note(self, call: _Call, error: str, *, given_up: bool) -> None:
        with self.sessions.begin() as session:
            # Only as long as nothing new has come up to tell meanwhile.
            mine = (GreenhouseTest.id == call.test_id, GreenhouseTest.tell_at == call.tell_at)
            done = update(GreenhouseTest).where(*mine).execution_options(synchronize_session=False)
            if not error:
                session.execute(done.values(tell_at=None, told_at=viva_now(), error=""))
            else:
                session.execute(done.values(error=error[:500], **({"tell_at": None} if given_up else {})))
