"""Grades on their way to platforms (Assignment and Grade Services 2.0): who is due, tokens, the call itself.

Every sitting has a moment at which it is looked at next. Whoever looks moves that on before asking the platform
anything, so that two workers never send the same, and one that dies is like a platform that did not answer.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
import uuid
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session, sessionmaker

from app.accounts.tokens import new_token
from app.integrations.consuming import Consumer
from app.integrations.lti.claims import SCORE_SCOPE
from app.integrations.lti.keys import sign, tend_keys
from app.integrations.lti.launching import forget_logins
from app.integrations.lti.models import LtiLink, LtiSitting
from app.integrations.lti.outgoing import PlatformAway, ask, ask_json, is_success, said_in
from app.integrations.lti.sessions import forget_sessions
from app.integrations.lti.standing import Due, due_of
from app.integrations.models import Event
from app.kit import clock
from app.kit.clock import viva_now
from app.kit.config import Settings
from app.kit.jobs import JobName
from app.kit.logging import get_logger
from app.kit.outward import Outward
from app.kit.sealing import Sealing

SEND_GRADES = JobName("send_grades")
BATCH = 50
BACKOFF_SECONDS = (15, 60, 300, 1800, 7200, 21600)
"""After the first, second … attempt that failed; after the last ever again so long, as a grade is never given up."""
PLATFORM_REST_SECONDS = 30.0
"""A platform that is away must not hold up the grades of the others."""

log = get_logger("viva.lti")


class GradeJobs:
    """One worker process's part in sending; it sends one grade at a time, so scoring keeps its places."""

    def __init__(self, sessions: sessionmaker[Session], settings: Settings) -> None:
        self.sessions = sessions
        self._outward = Outward.of(settings)
        self._sealing = Sealing.of(settings)
        self._tokens: dict[uuid.UUID, tuple[str, str, float]] = {}
        self._resting: dict[uuid.UUID, float] = {}
        self._sending = threading.Lock()

    def send_grades(self) -> None:
        """Send what is due; if this process is sending already, the next sweep finds it."""
        self.sweep()

    def sweep(self) -> int:
        """Look at the sittings whose time has come, and tell their platforms what has changed; how many were told."""
        if not self._sending.acquire(blocking=False):
            return 0
        try:
            told = 0
            for _ in range(BATCH):
                due = self._claim()
                if due is None:
                    break
                told += self._tell(due)
            return told
        finally:
            self._sending.release()

    def tidy(self) -> None:
        """Forget what is over, and change keys that are old."""
        with self.sessions.begin() as session:
            forget_logins(session)
            forget_sessions(session)
            tend_keys(session, self._sealing)

    def _claim(self) -> Due | None:
        now = time.monotonic()
        self._resting = {platform: until for platform, until in self._resting.items() if until > now}
        with self.sessions.begin() as session:
            row = session.execute(
                select(LtiSitting.id, LtiSitting.attempts)
                .join(LtiLink, LtiLink.id == LtiSitting.link_id)
                .where(LtiSitting.check_at <= viva_now(), LtiLink.platform_id.not_in(list(self._resting)))
                .order_by(LtiSitting.check_at)
                .limit(1)
                .with_for_update(skip_locked=True, of=LtiSitting)
            ).first()
            if row is None:
                return None
            pause = BACKOFF_SECONDS[min(row.attempts, len(BACKOFF_SECONDS) - 1)]
            until = session.scalar(
                update(LtiSitting)
                .where(LtiSitting.id == row.id)
                .values(check_at=viva_now() + dt.timedelta(seconds=pause))
                .returning(LtiSitting.check_at)
                .execution_options(synchronize_session=False)
            )
            assert until is not None
            return due_of(session, row.id, until)

    def _tell(self, due: Due) -> int:
        if due.wanted is None or not due.lineitem_url or due.wanted == due.sent:
            self._done(due, told=False)
            return 0
        try:
            self._send(due)
        except PlatformAway as error:
            self._resting[due.platform_id] = time.monotonic() + PLATFORM_REST_SECONDS
            self._failed(due, str(error))
            log.warning("grade not sent", sitting_id=str(due.sitting_id), reason=str(error))
            return 0
        self._done(due, told=True)
        return 1

    def _send(self, due: Due) -> None:
        assert due.wanted is not None
        with self.sessions.begin() as session:
            moment = clock.now(session)
        body = {"userId": due.subject, "timestamp": moment.isoformat().replace("+00:00", "Z"), **due.wanted}
        for is_last in (False, True):
            answered = ask(
                self._outward,
                "POST",
                _scores_url(due.lineitem_url),
                body=body,
                headers={
                    "authorization": f"Bearer {self._token(due)}",
                    "content-type": "application/vnd.ims.lis.v1.score+json",
                },
            )
            if is_success(answered):
                return
            if answered.status == 401 and not is_last:
                # A token that ended early: once more with a new one.
                self._tokens.pop(due.platform_id, None)
                continue
            raise PlatformAway(f"{due.lineitem_url} answers {answered.status}: {said_in(answered)}".rstrip(": "))

    def _token(self, due: Due) -> str:
        kept = self._tokens.get(due.platform_id)
        if kept is not None and kept[0] == due.token_url and kept[2] > time.monotonic():
            return kept[1]
        with self.sessions.begin() as session:
            assertion = _assertion(session, self._sealing, due)
        given = ask_json(
            self._outward,
            "POST",
            due.token_url,
            form={
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": assertion,
                "scope": SCORE_SCOPE,
            },
        )
        token, seconds = given.get("access_token"), given.get("expires_in")
        if not isinstance(token, str) or not token:
            raise PlatformAway(f"{due.token_url} gives no access_token")
        lasts = float(seconds) if isinstance(seconds, int | float) and seconds > 0 else 300.0
        self._tokens[due.platform_id] = (due.token_url, token, time.monotonic() + max(0.0, lasts - 60))
        return token

    def _done(self, due: Due, *, told: bool) -> None:
        values: dict[str, Any] = {"attempts": 0, "error": ""}
        if told:
            values |= {"sent": due.wanted, "sent_at": viva_now()}
        with self.sessions.begin() as session:
            _move_on(session, due, due.again_in, **values)

    def _failed(self, due: Due, reason: str) -> None:
        pause = dt.timedelta(seconds=BACKOFF_SECONDS[min(due.attempts, len(BACKOFF_SECONDS) - 1)])
        with self.sessions.begin() as session:
            _move_on(session, due, pause, attempts=due.attempts + 1, error=" ".join(reason.split())[:500])


def look_now(session: Session, interview_ids: Collection[uuid.UUID]) -> None:
    """Have these interviews looked at now: something has happened to them."""
    due = session.scalars(
        update(LtiSitting)
        .where(LtiSitting.interview_id.in_(interview_ids))
        .values(check_at=viva_now(), attempts=0)
        .returning(LtiSitting.id)
        .execution_options(synchronize_session=False)
    ).all()
    if due:
        SEND_GRADES.enqueue(session)


def _hear(session: Session, event: Event) -> None:
    if event.interview_id is not None:
        look_now(session, [event.interview_id])


LTI_GRADES = Consumer(
    "lti_grades",
    _hear,
    frozenset(f"interview.{what}" for what in ("started", "submitted", "scored", "reviewed", "released")),
)
"""What makes a grade go at once; without it, it would go with the next look."""


def _move_on(session: Session, due: Due, pause: dt.timedelta, **values: Any) -> None:
    # What happened while the platform was asked has set another moment, which stays.
    undisturbed = LtiSitting.check_at == due.claimed_until
    session.execute(
        update(LtiSitting)
        .where(LtiSitting.id == due.sitting_id)
        .values(check_at=case((undisturbed, viva_now() + pause), else_=LtiSitting.check_at), **values)
        .execution_options(synchronize_session=False)
    )


def _assertion(session: Session, sealing: Sealing, due: Due) -> str:
    now = int(clock.now(session).timestamp())
    return sign(
        session,
        sealing,
        {
            "iss": due.client_id,
            "sub": due.client_id,
            "aud": due.token_audience or due.token_url,
            "iat": now,
            "exp": now + 300,
            "jti": new_token(),
        },
    )


def _scores_url(lineitem_url: str) -> str:
    """`/scores` goes behind the path: Moodle's line items carry a query."""
    parts = urlsplit(lineitem_url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/scores"))
