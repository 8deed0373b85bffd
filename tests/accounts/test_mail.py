"""Letters reach a mail server, once; what goes wrong is tried again; without a server they become files."""

from __future__ import annotations

import datetime as dt
import ipaddress
import smtplib
import socket
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from aiosmtpd.smtp import Session as SmtpSession
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from people import Person
from pydantic import SecretStr, ValidationError
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app.accounts.jobs import BACKOFF_SECONDS, MailJobs
from app.accounts.mail import queue_mail
from app.kit.config import Settings
from app.main import create_app

from .conftest import Mailbox, body_of

PASSWORD = "p@ss/w:rd"


@dataclass
class Postman:
    """What the mail server took, and what it answers instead."""

    taken: list[tuple[Envelope, bool]] = field(default_factory=list)
    answer: str | None = None

    async def handle_DATA(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:
        if self.answer:
            return self.answer
        self.taken.append((envelope, session.ssl is not None))
        return "250 OK"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a mail server in a test")])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


def check_password(server: SMTP, session: SmtpSession, envelope: Envelope, how: str, given: Any) -> AuthResult:
    good = given == LoginPassword(b"viva", PASSWORD.encode())
    return AuthResult(success=good, handled=good)


@pytest.fixture
def postman(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> Iterator[tuple[Postman, Settings]]:
    """A mail server that takes letters after STARTTLS and a password only; and Viva's settings for it."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    postman = Postman()
    controller = Controller(
        postman,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=check_password,
    )
    controller.start()
    url = f"smtp://viva:p%40ss%2Fw%3Ard@127.0.0.1:{controller.port}"
    yield postman, settings.model_copy(update={"smtp_url": SecretStr(url), "mail_from": "Viva <viva@example.org>"})
    controller.stop()


def write(sessions: sessionmaker[Session], *to: str) -> None:
    with sessions.begin() as session:
        for address in to:
            queue_mail(
                session, address, "Grüße\naus Viva", f"Hello {address}, 你好: https://viva.example.org/x/secret\n"
            )


def rows(sessions: sessionmaker[Session]) -> list[Any]:
    with sessions.begin() as session:
        return list(session.execute(text("SELECT * FROM outgoing_mails ORDER BY created_at")))


def wait_over(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        session.execute(text("UPDATE outgoing_mails SET retry_at = viva_now() WHERE retry_at > viva_now()"))


def test_letters_reach_a_mail_server_once(postman: tuple[Postman, Settings], sessions: sessionmaker[Session]) -> None:
    server, settings = postman
    write(sessions, "carol@example.org", "dave@example.org")
    workers = [MailJobs(sessions, settings) for _ in range(3)]
    threads = [threading.Thread(target=worker.sweep) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(envelope.rcpt_tos[0] for envelope, _ in server.taken) == ["carol@example.org", "dave@example.org"]
    assert all(secure for _, secure in server.taken)
    envelope = next(one for one, _ in server.taken if one.rcpt_tos == ["carol@example.org"])
    assert envelope.mail_from == "viva@example.org"
    from email import message_from_bytes, policy

    assert isinstance(envelope.content, bytes)
    letter = message_from_bytes(envelope.content, policy=policy.default)
    assert letter["Subject"] == "Grüße aus Viva"
    assert "你好" in letter.get_content()  # type: ignore[attr-defined]
    assert letter["Message-ID"].endswith("@example.org>")
    for row in rows(sessions):
        assert (row.sent_at is not None, row.body, row.attempts) == (True, "", 1)
    assert workers[0].sweep() == 0


def test_what_fails_is_tried_again_and_given_up_in_the_end(
    postman: tuple[Postman, Settings], sessions: sessionmaker[Session]
) -> None:
    server, settings = postman
    jobs = MailJobs(sessions, settings)
    server.answer = "451 try again later"
    write(sessions, "carol@example.org")
    for attempt in range(1, len(BACKOFF_SECONDS) + 1):
        assert jobs.sweep() == 0
        (row,) = rows(sessions)
        assert row.attempts == attempt
        assert "try again later" in row.error
        assert (row.retry_at - dt.datetime.now(dt.UTC)).total_seconds() > BACKOFF_SECONDS[attempt - 1] - 5
        assert jobs.sweep() == 0
        assert rows(sessions)[0].attempts == attempt, "it did not wait"
        assert (row.failed_at is not None) == (attempt == len(BACKOFF_SECONDS))
        wait_over(sessions)
    assert rows(sessions)[0].body == "", "a link that opens an account lies about"
    # A refusal for good needs no second try, and holds up no other letter.
    server.answer = "550 no such mailbox"
    write(sessions, "dave@example.org")
    assert jobs.sweep() == 0
    assert rows(sessions)[1].failed_at is not None
    # A server that comes back gets what waited.
    server.answer = "421 going down"
    write(sessions, "erin@example.org")
    jobs.sweep()
    server.answer = None
    wait_over(sessions)
    assert jobs.sweep() == 1
    assert rows(sessions)[2].sent_at is not None


def test_a_wrong_password_or_certificate_sends_nothing(
    postman: tuple[Postman, Settings], sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, settings = postman
    assert settings.smtp_url is not None
    wrong = settings.model_copy(
        update={"smtp_url": SecretStr(settings.smtp_url.get_secret_value().replace("viva:p", "viva:q"))}
    )
    write(sessions, "carol@example.org")
    assert MailJobs(sessions, wrong).sweep() == 0
    assert smtplib.SMTPAuthenticationError.__name__ in rows(sessions)[0].error
    wait_over(sessions)
    monkeypatch.delenv("SSL_CERT_FILE")
    assert MailJobs(sessions, settings).sweep() == 0
    assert "CERTIFICATE_VERIFY_FAILED" in rows(sessions)[0].error
    assert rows(sessions)[0].failed_at is None
    assert server.taken == []


def test_without_a_mail_server_letters_are_files(
    mailbox: Mailbox, settings: Settings, sessions: sessionmaker[Session]
) -> None:
    write(sessions, "carol@example.org")
    mailbox.jobs.send_mail("any")
    (path,) = mailbox.folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(mailbox.folder.stat().st_mode) == 0o700
    (letter,) = mailbox.letters("carol@example.org")
    assert "https://viva.example.org/x/secret" in body_of(letter)
    assert (rows(sessions)[0].sent_at is not None, rows(sessions)[0].body) == (True, "")
    assert settings.smtp_url is None


def test_a_letter_goes_only_if_its_transaction_commits(mailbox: Mailbox, session: Session) -> None:
    queue_mail(session, "carol@example.org", "Never", "Never written")
    session.rollback()
    assert mailbox.letters() == []


@pytest.mark.parametrize("url", ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://host:port"])
def test_a_mail_server_that_cannot_be_one_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIVA_SMTP_URL", url)
    with pytest.raises(ValidationError, match="it must look like smtp://user:password@host:587"):
        Settings()


def test_pages_say_where_letters_go(database_url: str, postman: tuple[Postman, Settings], alice: Person) -> None:
    form = {"email": "alice@example.org"}
    assert "No mail server is set" in alice.http.post("/forgotten-password", data=form).text
    with TestClient(create_app(postman[1], database_url), headers={"accept": "text/html"}) as client:
        page = client.post("/forgotten-password", data=form).text
        assert "is on its way there" in page
        assert "No mail server" not in page
