"""What workers do for accounts: take letters away, and answer those who forgot their password.

The job of a letter only makes it quick. The sweep finds every letter that has not gone, so a lost job never matters.
"""

from __future__ import annotations

import datetime as dt
import threading
import uuid

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, sessionmaker

from app.accounts.links import answer_reset_requests
from app.accounts.models import AccountToken, OutgoingMail
from app.accounts.sending import Letter, Undeliverable, open_sender
from app.kit import clock
from app.kit.clock import viva_now
from app.kit.config import Settings
from app.kit.logging import get_logger

BACKOFF_SECONDS = (60, 300, 1800, 7200, 21600, 21600)
"""How long nobody tries again after the first, second … attempt; after the last the letter has failed."""
BATCH = 50
KEPT_DAYS = 90
"""How long it is remembered that a letter went to somebody."""

log = get_logger("viva.mail")


class MailJobs:
    """One worker process's part in sending; it sends one letter at a time, so scoring keeps its places."""

    def __init__(self, sessions: sessionmaker[Session], settings: Settings) -> None:
        self.sessions = sessions
        self.settings = settings
        self._sending = threading.Lock()

    def send_mail(self, mail_id: str) -> None:
        """Send one letter, and what else waits; if this process is sending already, the next sweep finds it."""
        del mail_id
        self.send_due()

    def answer_reset(self) -> None:
        """Write to those who forgot their password, and send it."""
        with self.sessions.begin() as session:
            answer_reset_requests(session, self.settings.address)
        self.send_due()

    def sweep(self) -> int:
        """Do what lost jobs would have done; how many letters went."""
        with self.sessions.begin() as session:
            answer_reset_requests(session, self.settings.address)
        return self.send_due()

    def send_due(self) -> int:
        """Send letters whose time has come, over one connection; how many went."""
        if not self._sending.acquire(blocking=False):
            return 0
        try:
            return self._send_due()
        finally:
            self._sending.release()

    def tidy(self) -> None:
        """Forget links that are over, and to whom letters went long ago."""
        with self.sessions.begin() as session:
            session.execute(delete(AccountToken).where(AccountToken.expires_at <= viva_now()))
            long_ago = viva_now() - dt.timedelta(days=KEPT_DAYS)
            session.execute(
                delete(OutgoingMail).where(
                    OutgoingMail.created_at < long_ago,
                    OutgoingMail.sent_at.is_not(None) | OutgoingMail.failed_at.is_not(None),
                )
            )

    def _send_due(self) -> int:
        letter = self._claim()
        if letter is None:
            return 0
        sent = 0
        try:
            with open_sender(self.settings) as sender:
                while letter is not None and sent < BATCH:
                    sender.send(letter)
                    self._done(letter.id)
                    sent += 1
                    letter = None
                    letter = self._claim() if sent < BATCH else None
        # The log does not say to whom, nor what the server said of it: that stands in the letter's row.
        except Undeliverable as error:
            assert letter is not None
            self._failed(letter.id, str(error), for_good=True)
            log.warning("letter refused", mail_id=str(letter.id))
        except Exception as error:
            if letter is None:
                raise
            self._failed(letter.id, f"{type(error).__name__}: {error}")
            log.warning("letter not sent", mail_id=str(letter.id), reason=type(error).__name__)
        return sent

    def _claim(self) -> Letter | None:
        """The letter that has waited longest. Its next time is set first: a worker that dies is like one that fails."""
        with self.sessions.begin() as session:
            mail = session.scalar(
                select(OutgoingMail)
                .where(
                    OutgoingMail.sent_at.is_(None),
                    OutgoingMail.failed_at.is_(None),
                    OutgoingMail.retry_at <= viva_now(),
                )
                .order_by(OutgoingMail.retry_at)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if mail is None:
                return None
            pause = BACKOFF_SECONDS[min(mail.attempts, len(BACKOFF_SECONDS) - 1)]
            session.execute(
                update(OutgoingMail)
                .where(OutgoingMail.id == mail.id)
                .values(attempts=OutgoingMail.attempts + 1, retry_at=viva_now() + dt.timedelta(seconds=pause))
                .execution_options(synchronize_session=False)
            )
            return Letter(mail.id, mail.recipient, mail.subject, mail.body, mail.created_at)

    def _done(self, mail_id: uuid.UUID) -> None:
        with self.sessions.begin() as session:
            session.execute(
                update(OutgoingMail).where(OutgoingMail.id == mail_id).values(sent_at=viva_now(), body="", error="")
            )

    def _failed(self, mail_id: uuid.UUID, reason: str, *, for_good: bool = False) -> None:
        with self.sessions.begin() as session:
            mail = session.get(OutgoingMail, mail_id)
            if mail is None:  # erased meanwhile, with the person
                return
            mail.error = " ".join(reason.split())[:500]
            for_good = for_good or mail.attempts >= len(BACKOFF_SECONDS)
            if for_good:
                # What it says may open an account, and nobody is going to read it.
                mail.failed_at, mail.body = clock.now(session), ""
