"""Exports that other systems ask for: made by a worker piece by piece, kept for a day, fetched without a long query."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, delete, func, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from app.accounts.service import audit
from app.dashboards.exports import ExportsBusy, names_said, stream
from app.dashboards.models import StoredExport, StoredExportPart
from app.kit import clock
from app.kit.clock import viva_now
from app.kit.errors import Conflict, Invalid, NotFound, TooMany
from app.kit.events import record_event
from app.kit.jobs import JobName
from app.kit.locks import Lock
from app.kit.logging import get_logger
from app.kit.paging import Page, encode_cursor, newest_first
from app.kit.waiting import announce

MAKE_EXPORT = JobName("make_export", queue="exports")
KEPT = dt.timedelta(days=1)
PART_BYTES = 1024 * 1024
MAX_ATTEMPTS = 5
MAX_WAITING = 20
"""Exports of one organisation that wait at once."""
LOST_AFTER = dt.timedelta(seconds=10)

log = get_logger("viva.exports")


class ExportNotMade(Conflict):
    """The export is being made still, or could not be made."""

    type = "export-not-made"


@dataclass(frozen=True)
class Asked:
    """What is to be exported."""

    what: str
    form: str
    template_id: uuid.UUID | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    blind: bool = False


def request_export(session: Session, organization_id: uuid.UUID, asked: Asked, actor: str) -> StoredExport:
    """Put an export into the queue.

    Raises:
        Invalid: the first day comes after the last.
        TooMany: as many wait as may.
    """
    if asked.first and asked.last and asked.first > asked.last:
        raise Invalid("first: comes after the last day; choose them the other way round.", field="first")
    waiting = select(func.count()).where(
        StoredExport.organization_id == organization_id, StoredExport.status == "queued"
    )
    if (session.scalar(waiting) or 0) >= MAX_WAITING:
        raise TooMany(f"{MAX_WAITING} exports wait already: fetch those first.", retry_after_seconds=30)
    export = StoredExport(
        organization_id=organization_id,
        what=asked.what,
        form=asked.form,
        template_id=asked.template_id,
        first=asked.first,
        last=asked.last,
        blind=asked.blind,
        requested_by=actor,
    )
    session.add(export)
    session.flush()
    narrowed = {"template": asked.template_id, "first": asked.first, "last": asked.last}
    chosen = {name: str(value) for name, value in narrowed.items() if value is not None}
    chosen["names"] = names_said(blind=asked.blind)
    audit(session, organization_id, actor, "exported", f"export:{asked.what}", form=asked.form, **chosen)
    MAKE_EXPORT.enqueue(session, export_id=str(export.id))
    return export


def export_by_id(session: Session, organization_id: uuid.UUID, export_id: uuid.UUID) -> StoredExport:
    """An export of the organisation.

    Raises:
        NotFound: there is none, or it is kept no longer.
    """
    found = session.scalar(
        select(StoredExport)
        .where(StoredExport.id == export_id, StoredExport.organization_id == organization_id, ~_is_over())
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("There is no such export; one is kept for a day.")
    return found


def list_exports(session: Session, organization_id: uuid.UUID, cursor: str | None, limit: int) -> Page[StoredExport]:
    """A page of an organisation's exports, newest first.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    query = select(StoredExport).where(StoredExport.organization_id == organization_id, ~_is_over())
    found = list(session.scalars(newest_first(query, StoredExport.requested_at, StoredExport.id, cursor, limit)))
    page = found[:limit]
    return Page(page, encode_cursor(page[-1].requested_at, page[-1].id) if len(found) > limit else None)


def parts_of(sessions: sessionmaker[Session], export_id: uuid.UUID) -> Iterator[bytes]:
    """The bytes of an export that is made, a short transaction for each piece."""
    number = 0
    while True:
        with sessions.begin() as session:
            content = session.scalar(
                select(StoredExportPart.content).where(
                    StoredExportPart.export_id == export_id, StoredExportPart.number == number
                )
            )
        if content is None:
            return
        yield content
        number += 1


class ExportJobs:
    """What a worker does for exports."""

    def __init__(self, sessions: sessionmaker[Session], engine: Engine) -> None:
        self.sessions = sessions
        self.engine = engine

    def make_export(self, export_id: str) -> None:
        """Make one; a failure is counted, and tried again by the sweep."""
        identity = uuid.UUID(export_id)
        claimed = self._claim(identity)
        if claimed is None:
            return
        export, attempt = claimed
        try:
            self._write(identity, export, attempt)
        except ExportsBusy:
            with self.sessions.begin() as session:
                session.execute(
                    update(StoredExport)
                    .where(StoredExport.id == identity, StoredExport.attempts == attempt)
                    .values(attempts=attempt - 1)
                )
        except Exception as error:
            log.error("export failed", export_id=export_id, exc_info=error)
            if attempt >= MAX_ATTEMPTS:
                self._end(identity, attempt, "failed")

    def sweep(self) -> int:
        """Put back what waits and is in no queue; how many."""
        with self.sessions.begin() as session:
            if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": Lock.EXPORT_SWEEP}):
                return 0
            lost = session.scalars(
                select(StoredExport.id).where(
                    StoredExport.status == "queued",
                    StoredExport.requested_at < viva_now() - LOST_AFTER,
                    ~MAKE_EXPORT.is_queued_for("export_id", StoredExport.id),
                )
            ).all()
            for export_id in lost:
                MAKE_EXPORT.enqueue(session, export_id=str(export_id))
        return len(lost)

    def tidy(self) -> None:
        """Forget exports that are a day old: they hold what may have been deleted since."""
        with self.sessions.begin() as session:
            session.execute(delete(StoredExport).where(_is_over()))

    def _claim(self, export_id: uuid.UUID) -> tuple[tuple[uuid.UUID, Asked], int] | None:
        with self.sessions.begin() as session:
            row = session.scalar(
                select(StoredExport)
                .where(StoredExport.id == export_id, StoredExport.status == "queued")
                .with_for_update(skip_locked=True)
            )
            if row is None:
                return None
            session.execute(delete(StoredExportPart).where(StoredExportPart.export_id == export_id))
            row.attempts, row.size, row.begun_at = row.attempts + 1, 0, clock.now(session)
            asked = Asked(row.what, row.form, row.template_id, row.first, row.last, row.blind)
            return (row.organization_id, asked), row.attempts

    def _write(self, export_id: uuid.UUID, export: tuple[uuid.UUID, Asked], attempt: int) -> None:
        organization_id, asked = export
        number, held = 0, bytearray()
        for piece in stream(
            self.engine,
            organization_id,
            asked.what,
            asked.form,
            asked.template_id,
            asked.first,
            asked.last,
            False,
            blind=asked.blind,
        ):
            held += piece
            if len(held) >= PART_BYTES:
                if not self._keep(export_id, organization_id, attempt, number, bytes(held)):
                    return
                number, held = number + 1, bytearray()
        if self._keep(export_id, organization_id, attempt, number, bytes(held)):
            self._end(export_id, attempt, "done")

    def _keep(self, export_id: uuid.UUID, organization_id: uuid.UUID, attempt: int, number: int, piece: bytes) -> bool:
        """Store a piece; False when another worker has taken the export over, or it is gone."""
        with self.sessions.begin() as session:
            mine = session.execute(
                update(StoredExport)
                .where(StoredExport.id == export_id, StoredExport.attempts == attempt, StoredExport.status == "queued")
                .values(size=StoredExport.size + len(piece))
                .returning(StoredExport.id)
                .execution_options(synchronize_session=False)
            ).first()
            if mine is None:
                return False
            session.add(
                StoredExportPart(export_id=export_id, organization_id=organization_id, number=number, content=piece)
            )
            return True

    def _end(self, export_id: uuid.UUID, attempt: int, status: str) -> None:
        with self.sessions.begin() as session:
            export = session.scalar(
                update(StoredExport)
                .where(StoredExport.id == export_id, StoredExport.attempts == attempt)
                .values(status=status, completed_at=viva_now())
                .returning(StoredExport)
            )
            if export is None:
                return
            announce(session, f"export:{export_id}")
            record_event(
                session,
                export.organization_id,
                "export.done",
                {
                    "export_id": export.id,
                    "status": export.status,
                    "what": export.what,
                    "form": export.form,
                    "completed_at": export.completed_at,
                    "links": {"self": f"/api/v1/exports/{export.id}"},
                },
                once=f"export.done:{export.id}",
            )


def erase_exports(session: Session, organization_id: uuid.UUID) -> None:
    """Delete an organisation's exports: somebody's data must not be in them any longer."""
    session.execute(delete(StoredExport).where(StoredExport.organization_id == organization_id))


def _is_over() -> ColumnElement[bool]:
    return func.coalesce(StoredExport.completed_at, StoredExport.requested_at) < viva_now() - KEPT
