"""Letters: put down in the transaction that makes them necessary, and sent by a worker."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from app.accounts.models import OutgoingMail
from app.kit.config import Settings
from app.kit.jobs import JobName

SEND_MAIL = JobName("send_mail", queue="mail")
MAIL_FOLDER = "mail"
"""Where in the data folder letters go when there is no mail server."""


def queue_mail(
    session: Session, recipient: str, subject: str, body: str, organization_id: uuid.UUID | None = None
) -> OutgoingMail:
    """Write a letter that a worker sends once the transaction has been committed."""
    mail = OutgoingMail(
        organization_id=organization_id, recipient=recipient, subject=subject.replace("\n", " ")[:200], body=body
    )
    session.add(mail)
    session.flush()
    SEND_MAIL.enqueue(session, mail_id=str(mail.id))
    return mail


def where_letters_go(settings: Settings) -> str | None:
    """What a page says of letters that are not sent; None where a mail server is set."""
    if settings.smtp_url is not None:
        return None
    return (
        f"No mail server is set: letters are not sent, but written to the folder “{MAIL_FOLDER}” of Viva’s data "
        "folder, where whoever runs this server finds them."
    )
