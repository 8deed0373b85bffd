"""Where letters go: to a mail server, or as files into the data folder."""

from __future__ import annotations

import datetime as dt
import os
import smtplib
import ssl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from app.accounts.mail import MAIL_FOLDER
from app.kit.config import Settings
from app.kit.data_folder import give_to_owner

TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True)
class Letter:
    """What is sent, as stored."""

    id: uuid.UUID
    recipient: str
    subject: str
    body: str
    created_at: dt.datetime


class Undeliverable(Exception):
    """The mail server refuses this letter for good: trying again would not help."""


class Sender(Protocol):
    """Takes letters away."""

    def send(self, letter: Letter) -> None:
        """Take one letter away. Raises Undeliverable, or whatever may go better another time."""


def message_of(letter: Letter, mail_from: str) -> EmailMessage:
    """The letter as an e-mail. Its Message-ID is its own: one that is sent twice can be told to be the same."""
    message = EmailMessage(policy=SMTP)
    message["From"] = mail_from
    message["To"] = letter.recipient
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.created_at)
    domain = parseaddr(mail_from)[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<{letter.id}@{domain}>"
    # Answering machines do not answer.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    return message


@contextmanager
def open_sender(settings: Settings) -> Iterator[Sender]:
    """The way out; one connection for as many letters as there are."""
    if settings.smtp_url is None:
        yield _Folder(settings)
        return
    with _connect(settings.smtp_url.get_secret_value()) as server:
        yield _Server(server, settings.mail_from)


@contextmanager
def _connect(url: str) -> Iterator[smtplib.SMTP]:
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    context = ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT_SECONDS)
    with server:
        server.ehlo_or_helo_if_needed()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server


class _Server:
    def __init__(self, server: smtplib.SMTP, mail_from: str) -> None:
        self._server = server
        self._from = mail_from

    def send(self, letter: Letter) -> None:
        try:
            self._server.send_message(message_of(letter, self._from))
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            _raise_if_final(code, said)
            raise smtplib.SMTPResponseException(code, said) from None
        except smtplib.SMTPResponseException as error:
            _raise_if_final(error.smtp_code, error.smtp_error)
            raise


def _raise_if_final(code: int, said: bytes | str) -> None:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    # 530 and 535 are about our own signing in, which the operator can mend.
    if 500 <= code < 600 and code not in (530, 535):
        raise Undeliverable(f"{code} {words}")


class _Folder:
    def __init__(self, settings: Settings) -> None:
        self._folder: Path = settings.data_dir / MAIL_FOLDER
        self._from = settings.mail_from

    def send(self, letter: Letter) -> None:
        if not self._folder.is_dir():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            give_to_owner(self._folder, self._folder.parent)
        name = f"{letter.created_at.astimezone(dt.UTC):%Y%m%d-%H%M%S}-{letter.id}.eml"
        unfinished = self._folder / f".{name}"
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            give_to_owner(descriptor, self._folder)
            file.write(bytes(message_of(letter, self._from)))
        unfinished.rename(self._folder / name)
