"""Everything that an interviewer may see, as CSV or JSON: streamed from a cursor, in constant memory.

Only a blind export holds something for each interview: its place in the comparison.
"""
# ruff: noqa: S608 - only our own constants are put into the queries

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import Engine, text

from app.dashboards.blinding import blinding_of
from app.dashboards.csv_text import BOM, defused
from app.dashboards.mark_sql import HUMAN_MARK
from app.kit.errors import Unavailable

ROWS = 500
"""Rows that are held at once."""
_running = threading.BoundedSemaphore(2)
"""Exports at once: each holds a connection for as long as its reader takes."""


@dataclass(frozen=True)
class Export:
    """One kind of thing that can be exported."""

    words: str
    explained: str
    query: str
    at: str
    """The time by which it is filtered, newest first."""
    holds: str = ""
    """What in it tells who a candidate is, in words."""


_TEMPLATE = "LEFT JOIN interview_template_versions tv ON tv.id = i.template_version_id"
_OF_ANSWER = f"""
JOIN interview_items it ON it.id = a.item_id JOIN interviews i ON i.id = it.interview_id
JOIN question_versions v ON v.id = it.question_version_id JOIN questions q ON q.id = v.question_id {_TEMPLATE}
"""
EXPORTS = {
    "interviews": Export(
        "Interviews",
        "Who sat which interview when, how long it took and how it ended.",
        f"""
        SELECT i.id, i.candidate_name, i.candidate_external_id, i.title, tv.number AS template_version, i.mode,
               i.timing, i.duration_seconds, i.created_at, i.started_at, i.deadline_at, i.finished_at,
               i.finish_reason, i.time_multiplier, i.paused_seconds, i.released_at
        FROM interviews i {_TEMPLATE} WHERE i.organization_id = :o""",
        "i.created_at",
        "names and external ids",
    ),
    "answers": Export(
        "Answers",
        "Each submitted answer with its text, whether it was typed or dictated where that was said, when its question "
        "was opened and had to be answered where it has a clock of its own, and people’s mark where there is one.",
        f"""
        SELECT a.id, i.id AS interview_id, i.candidate_name, it.position, q.slug AS question, v.title AS question_title,
               v.number AS question_version, a.text, a.does_not_know, a.input_mode, a.submitted_by, a.submitted_at,
               it.duration_seconds AS question_seconds, it.opened_at AS question_opened_at,
               it.deadline_at AS question_deadline_at,
               ({HUMAN_MARK.format(answer="a.id")}) AS people_mark
        FROM answers a {_OF_ANSWER} WHERE a.organization_id = :o""",
        "a.submitted_at",
        "names",
    ),
    "assessments": Export(
        "Machine assessments",
        "Every judgement that the machine made, with its confidence; in JSON with the whole report and its receipt.",
        f"""
        SELECT s.id, s.answer_id, i.id AS interview_id, q.slug AS question, s.score, s.confidence, s.needs_review,
               s.created_at, s.report, s.receipt
        FROM assessments s JOIN answers a ON a.id = s.answer_id {_OF_ANSWER} WHERE s.organization_id = :o""",
        "s.created_at",
    ),
    "reviews": Export(
        "Reviews",
        "Every judgement by a person: mark, verdicts, reason and comment.",
        f"""
        SELECT r.id, r.answer_id, i.id AS interview_id, q.slug AS question, u.name AS reviewer, r.score, r.verdicts,
               r.reason, r.comment, r.settles, r.created_at
        FROM reviews r JOIN answers a ON a.id = r.answer_id {_OF_ANSWER} LEFT JOIN users u ON u.id = r.reviewer_id
        WHERE r.organization_id = :o""",
        "r.created_at",
    ),
    "decisions": Export(
        "Decisions",
        "Every decision and note on a candidate; the newest of an interview counts.",
        f"""
        SELECT d.id, d.interview_id, i.candidate_name, d.decision, d.note, u.name AS decided_by, d.created_at
        FROM decisions d JOIN interviews i ON i.id = d.interview_id {_TEMPLATE} LEFT JOIN users u ON u.id = d.user_id
        WHERE d.organization_id = :o""",
        "d.created_at",
        "names",
    ),
    "invitations": Export(
        "Invitations",
        "Who was invited to what, until when, and whether the link was opened. Links themselves are never exported.",
        """
        SELECT n.id, n.candidate_name, n.candidate_email, tv.title AS template, tv.number AS template_version,
               n.time_multiplier, n.opens_at, n.closes_at, n.created_at, n.sent_at, n.claimed_at, n.revoked_at,
               i.id AS interview_id
        FROM invitations n JOIN interview_template_versions tv ON tv.id = n.template_version_id
        LEFT JOIN interviews i ON i.invitation_id = n.id WHERE n.organization_id = :o""",
        "n.created_at",
        "names and e-mail addresses",
    ),
}
ONLY_JSON = frozenset({"report", "receipt"})


def file_name(what: str, form: str, *, blind: bool) -> str:
    """What the file is called; a blind one says so."""
    return f"{what}{'-blind' if blind else ''}.{form}"


def names_said(*, blind: bool) -> str:
    """What the audit trail says of the names in a file."""
    return "hidden" if blind else "shown"


class ExportsBusy(Unavailable):
    """As many exports run as may at once."""

    type = "exports-busy"


def stream(
    engine: Engine,
    organization_id: uuid.UUID,
    what: str,
    form: str,
    template_id: uuid.UUID | None,
    first: dt.date | None,
    last: dt.date | None,
    bom: bool,
    *,
    blind: bool = False,
) -> Iterator[bytes]:
    """The bytes of an export, newest first; both days are included (UTC). A blind one names no candidate.

    Raises:
        ExportsBusy: two others run.
    """
    parts = _stream(engine, organization_id, EXPORTS[what], form, template_id, first, last, bom, blind)
    # Begun here: what cannot be had is refused before the response begins, and from the first piece on the stream holds
    # its place until it is read to the end, or dropped.
    return chain([next(parts)], parts)


@contextmanager
def _a_place() -> Iterator[None]:
    if not _running.acquire(blocking=False):
        raise ExportsBusy("Two other exports are running: try again when they are done.", retry_after_seconds=10)
    try:
        yield
    finally:
        _running.release()


def _stream(
    engine: Engine,
    organization_id: uuid.UUID,
    export: Export,
    form: str,
    template_id: uuid.UUID | None,
    first: dt.date | None,
    last: dt.date | None,
    bom: bool,
    blind: bool,
) -> Iterator[bytes]:
    asked: dict[str, Any] = {"o": organization_id}
    query = export.query
    if template_id is not None:
        query, asked["template"] = f"{query} AND tv.template_id = :template", template_id
    if first is not None:
        query, asked["first"] = f"{query} AND {export.at} >= :first", first
    if last is not None:
        query, asked["last"] = f"{query} AND {export.at} < :last", last + dt.timedelta(days=1)
    write = _json_lines if form == "json" else _csv_lines
    with _a_place(), engine.connect().execution_options(stream_results=True, yield_per=ROWS) as connection:
        result = connection.execute(text(f"{query} ORDER BY {export.at} DESC"), asked)
        if bom and form == "csv":
            yield BOM.encode()
        names, begun = list(result.keys()), False
        hiding = blinding_of(connection, organization_id, names) if blind else None
        columns = hiding.columns if hiding else names
        for part in result.partitions(ROWS):
            yield write(columns, hiding.hidden(part) if hiding else part, not begun).encode()
            begun = True
        if form == "json":
            yield b"\n]\n" if begun else b"[]\n"
        elif not begun:
            yield write(columns, [], True).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="seconds")
    return str(value) if isinstance(value, uuid.UUID) else value


def _csv_lines(names: list[str], rows: Any, is_first: bool) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    places = [place for place, name in enumerate(names) if name not in ONLY_JSON]
    if is_first:
        writer.writerow([names[place] for place in places])
    for row in rows:
        writer.writerow([defused(_cell(row[place])) for place in places])
    return out.getvalue()


def _cell(value: Any) -> Any:
    value = _plain(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return str(value).lower() if isinstance(value, bool) else value


def _json_lines(names: list[str], rows: Any, is_first: bool) -> str:
    lines = [json.dumps(_object(names, row), ensure_ascii=False) for row in rows]
    return ("[\n" if is_first else ",\n") + ",\n".join(lines)


def _object(names: list[str], row: Sequence[Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in zip(names, row, strict=True)}
