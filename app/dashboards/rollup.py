"""Counting results by month: what a worker does, so that the page of analytics reads little however much there is."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.dashboards.mark_sql import MARK, marks_of
from app.kit import clock
from app.kit.locks import Lock

OVERLAP = dt.timedelta(hours=6)
"""Scores and reviews of interviews that were finished so long before the last count are looked at again."""
ALL_ANEW = dt.timedelta(days=1)
"""How often everything is counted again: after deletions, and for what came late."""

# One row an answer of a finished interview. `rest`: mean of the interview's other marks.
_MARKED = f"""
CREATE TEMP TABLE marked ON COMMIT DROP AS
SELECT *, CASE WHEN count(mark) OVER sitting > 1 AND mark IS NOT NULL
               THEN (sum(mark) OVER sitting - mark) / (count(mark) OVER sitting - 1) END AS rest
FROM (
    SELECT i.id AS interview_id, date_trunc('month', i.finished_at AT TIME ZONE 'UTC')::date AS month,
           coalesce(i.template_version_id, '00000000-0000-0000-0000-000000000000') AS version,
           i.time_multiplier > 1 AS extra,
           extract(epoch FROM i.finished_at - i.started_at) / 60 - i.paused_seconds / 60 AS minutes,
           v.question_id, it.id AS item_id, a.id AS answer_id,
           CASE WHEN a.id IS NULL THEN 0 ELSE {MARK} END AS mark, human.score AS human, machine.score AS machine,
           machine.confidence, machine.report->'facets' AS facets,
           CASE WHEN human.score IS NOT NULL THEN
                array_length(regexp_split_to_array(trim(a.text), '\\s+'), 1) END AS words,
           p.id IS NOT NULL AS appealed, a.input_mode
    FROM interviews i JOIN interview_items it ON it.interview_id = i.id
    JOIN question_versions v ON v.id = it.question_version_id
    LEFT JOIN answers a ON a.item_id = it.id {marks_of("a.id")}
    LEFT JOIN appeals p ON p.answer_id = a.id
    WHERE i.organization_id = :organization AND i.finished_at >= :begin AND i.finished_at < :end
) AS each WINDOW sitting AS (PARTITION BY interview_id)
"""  # noqa: S608 - only our own constants are put in

# kind, key, n, and what a to g sum.
_KINDS = (
    # How an answer is marked, in four bands, by question.
    ("band", "question_id || ':' || least(3, floor(mark * 4))", "count(*)", (), "mark IS NOT NULL"),
    # Marks of a question, and their squares.
    ("question", "question_id::text", "count(*)", ("mark", "mark ^ 2"), "mark IS NOT NULL"),
    # Mark x and mean of the interview's other marks y: x, y, xy, x², y².
    ("rest", "question_id::text", "count(*)", ("mark", "rest", "mark * rest", "mark ^ 2", "rest ^ 2"),
     "mark IS NOT NULL AND rest IS NOT NULL"),
    # Answers; those that the machine was not sure of, that people looked at, distance of both, appeals.
    ("mend", "question_id::text", "count(answer_id)",
     ("(confidence < .6)::int", "(human IS NOT NULL)::int", "coalesce(abs(human - machine), 0)", "appealed::int"),
     "answer_id IS NOT NULL"),
    # The machine s and people r: s, r, sr, s², r², |s − r|, how often within .2.
    ("agreement", "''", "count(*)",
     ("machine", "human", "machine * human", "machine ^ 2", "human ^ 2", "abs(machine - human)",
      "(abs(machine - human) <= .2)::int"),
     "machine IS NOT NULL AND human IS NOT NULL"),
    # By tenth of confidence: confidence, how often within .2.
    ("sure", "least(9, floor(confidence * 10))::text", "count(*)", ("confidence", "(abs(machine - human) <= .2)::int"),
     "machine IS NOT NULL AND human IS NOT NULL"),
    # Machine less people, and its square.
    ("length", "lpad(least(40, words / 10)::text, 2, '0')", "count(*)", ("machine - human", "(machine - human) ^ 2"),
     "machine IS NOT NULL AND human IS NOT NULL"),
    ("extra", "CASE WHEN extra THEN 'yes' ELSE 'no' END", "count(*)", ("machine - human", "(machine - human) ^ 2"),
     "machine IS NOT NULL AND human IS NOT NULL"),
    # Only where somebody said how the answer was given.
    ("input", "input_mode", "count(*)", ("machine - human", "(machine - human) ^ 2"),
     "machine IS NOT NULL AND human IS NOT NULL AND input_mode IS NOT NULL"),
)  # fmt: skip

# What is one row an interview, and what the machine's facets say.
_SITTINGS = """
WITH sat AS (
    SELECT interview_id, month, version, min(minutes) AS minutes, avg(mark) AS total, bool_and(mark IS NOT NULL) AS done
    FROM marked GROUP BY 1, 2, 3
)
INSERT INTO analytics_sums (organization_id, month, template_version_id, kind, key, n, a, b)
SELECT CAST(:organization AS uuid), month, version, 'total', lpad(least(19, floor(total * 20))::text, 2, '0'), count(*),
       sum(total), sum(total ^ 2)
FROM sat WHERE done GROUP BY month, version, 5
UNION ALL
SELECT CAST(:organization AS uuid), month, version, 'minutes', lpad(least(36, floor(minutes / 5))::text, 2, '0'),
       count(*),
       sum(minutes), sum(minutes ^ 2)
FROM sat WHERE minutes >= 0 GROUP BY month, version, 5
UNION ALL
SELECT CAST(:organization AS uuid), month, version, 'facet', f.key, count(*), sum(f.value::float),
       sum(f.value::float ^ 2)
FROM marked, jsonb_each_text(facets) AS f WHERE jsonb_typeof(facets) = 'object' GROUP BY month, version, f.key
"""


def refresh_months(session: Session, organization_id: uuid.UUID, begin: dt.datetime, end: dt.datetime) -> None:
    """Count the months from one moment to another (both the beginning of a month) anew."""
    asked = {"organization": organization_id, "begin": begin, "end": end}
    session.execute(text("DROP TABLE IF EXISTS marked"))
    session.execute(text(_MARKED), asked)
    session.execute(
        text(
            "DELETE FROM analytics_sums WHERE organization_id = :organization "
            "AND month >= CAST(:begin AS date) AND month < CAST(:end AS date)"
        ),
        asked,
    )
    for kind, key, count, sums, condition in _KINDS:
        columns = "".join(f", {letter}" for letter, _ in zip("abcdefg", sums, strict=False))
        values = "".join(f", coalesce(sum({one}), 0)" for one in sums)
        session.execute(
            text(
                "INSERT INTO analytics_sums (organization_id, month, template_version_id, kind, key, n"  # noqa: S608
                f"{columns}) SELECT CAST(:organization AS uuid), month, version, '{kind}', {key}, {count}{values} "
                f"FROM marked WHERE {condition} GROUP BY month, version, 5"
            ),
            asked,
        )
    session.execute(text(_SITTINGS), asked)
    session.execute(text("DROP TABLE marked"))


# Months in which something was finished, reviewed, appealed or scored since the last count.
_TOUCHED = """
SELECT DISTINCT date_trunc('month', finished_at AT TIME ZONE 'UTC')::date AS month FROM (
    SELECT finished_at FROM interviews WHERE organization_id = :organization AND finished_at >= :since
    UNION ALL
    SELECT i.finished_at FROM reviews r JOIN answers a ON a.id = r.answer_id
    JOIN interview_items it ON it.id = a.item_id JOIN interviews i ON i.id = it.interview_id
    WHERE r.organization_id = :organization AND r.created_at >= :since
) AS touched WHERE finished_at IS NOT NULL ORDER BY 1
"""


def refresh(session: Session, organization_id: uuid.UUID, *, anew: bool = False) -> int:
    """Count what has changed since the last time, or all; how many months."""
    now = clock.now(session)
    row = session.execute(
        text("SELECT counted_at, all_counted_at FROM analytics_refreshes WHERE organization_id = :o FOR UPDATE"),
        {"o": organization_id},
    ).one_or_none()
    anew = anew or row is None or now - row.all_counted_at > ALL_ANEW
    since = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) if anew or row is None else row.counted_at - OVERLAP
    months = list(session.scalars(text(_TOUCHED), {"organization": organization_id, "since": since}))
    if anew:
        session.execute(text("DELETE FROM analytics_sums WHERE organization_id = :o"), {"o": organization_id})
    # All anew in one go; else only the months that something happened in.
    for first, last in [(months[0], months[-1])] if anew and months else [(month, month) for month in months]:
        begin, end = (dt.datetime(one.year, one.month, 1, tzinfo=dt.UTC) for one in (first, last))
        refresh_months(session, organization_id, begin, (end + dt.timedelta(days=32)).replace(day=1))
    session.execute(
        text(
            "INSERT INTO analytics_refreshes (organization_id, counted_at, all_counted_at) VALUES (:o, :now, :now) "
            "ON CONFLICT (organization_id) DO UPDATE SET counted_at = :now, "
            "all_counted_at = CASE WHEN :anew THEN :now ELSE analytics_refreshes.all_counted_at END"
        ),
        {"o": organization_id, "now": now, "anew": anew},
    )
    return len(months)


# Organisations of several people that have something newer than their last count, or were not counted for a day.
_STALE = """
SELECT o.id FROM organizations o LEFT JOIN analytics_refreshes f ON f.organization_id = o.id
WHERE NOT o.is_personal AND (
    f.all_counted_at < :now - interval '1 day'
    OR EXISTS (SELECT 1 FROM interviews i WHERE i.organization_id = o.id
               AND i.finished_at >= coalesce(f.counted_at - interval '30 seconds', '-infinity'))
    OR EXISTS (SELECT 1 FROM reviews r WHERE r.organization_id = o.id
               AND r.created_at >= coalesce(f.counted_at - interval '1 second', '-infinity')))
ORDER BY f.counted_at NULLS FIRST LIMIT 500
"""


def refresh_stale(sessions: sessionmaker[Session]) -> int:
    """Count what is new, each organisation in a transaction of its own; how many organisations."""
    with sessions.begin() as session:
        stale = list(session.scalars(text(_STALE), {"now": clock.now(session)}))
    for organization_id in stale:
        with sessions.begin() as session:
            # Several workers count; one at a time, or both would write the same rows.
            if session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": Lock.ANALYTICS}):
                session.execute(text("SET LOCAL statement_timeout = '120s'"))
                refresh(session, organization_id)
    return len(stale)
