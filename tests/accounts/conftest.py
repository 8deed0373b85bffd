"""Letters as they arrive, and people who read them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.accounts.jobs import MailJobs
from app.kit.config import Settings


@dataclass
class Mailbox:
    """The folder that letters are written to when no mail server is set, read after the worker had its turn."""

    folder: Path
    jobs: MailJobs

    def letters(self, to: str | None = None) -> list[EmailMessage]:
        """All letters, oldest first."""
        self.jobs.sweep()
        with self.jobs.sessions.begin() as session:
            order = [str(one) for one in session.scalars(text("SELECT id FROM outgoing_mails ORDER BY created_at"))]
        found = [
            (path.stem[-36:], message_from_bytes(path.read_bytes(), policy=policy.default))
            for path in self.folder.glob("*.eml")
        ]
        known = sorted((order.index(key), letter) for key, letter in found if key in order)
        return [letter for _, letter in known if isinstance(letter, EmailMessage) and to in (None, letter["To"])]

    def link(self, to: str, what: str) -> str:
        """The path of the newest link of a kind in a letter to somebody."""
        links = [m[0] for m in (re.search(rf"/{what}/[\w-]+", body_of(one)) for one in self.letters(to)) if m]
        assert links, f"no letter to {to} holds a link to {what}"
        return links[-1]


def body_of(letter: EmailMessage) -> str:
    return str(letter.get_content())


@pytest.fixture
def mail_jobs(sessions: sessionmaker[Session], settings: Settings) -> MailJobs:
    """A worker's part in sending; the test says when it works."""
    return MailJobs(sessions, settings)


@pytest.fixture
def mailbox(mail_jobs: MailJobs, settings: Settings) -> Mailbox:
    return Mailbox(settings.data_dir / "mail", mail_jobs)
