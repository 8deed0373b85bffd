"""Reads of the sums by month: few queries, whose work does not grow with the number of answers."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from dataclasses import dataclass, field

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from app.bank.models import InterviewTemplate
from app.kit.errors import NotFound


@dataclass(frozen=True)
class Sums:
    """Sums of one kind and key (see `rollup.py`)."""

    key: str
    n: int
    a: float
    b: float
    c: float
    d: float
    e: float
    f: float
    g: float


@dataclass
class Figures:
    """Everything that the pictures are drawn from."""

    counted_at: dt.datetime | None
    templates: list[tuple[uuid.UUID, str]]
    months: list[dt.date]
    kinds: dict[str, list[Sums]] = field(default_factory=dict)
    versions: dict[str, list[Sums]] = field(default_factory=dict)
    by_month: list[tuple[dt.date, Sums]] = field(default_factory=list)
    titles: dict[str, tuple[str, str]] = field(default_factory=dict)

    def of(self, kind: str) -> list[Sums]:
        """Sums of a kind, by key."""
        return self.kinds.get(kind, [])


_SUMS = "sum(n)::int AS n, sum(a), sum(b), sum(c), sum(d), sum(e), sum(f), sum(g)"
_WHERE = """
WHERE s.organization_id = :o AND s.month BETWEEN :first AND :last
AND (CAST(:template AS uuid) IS NULL OR s.template_version_id IN (
    SELECT id FROM interview_template_versions WHERE template_id = :template))
"""
_ALL = f"SELECT kind, key, {_SUMS} FROM analytics_sums s {_WHERE} GROUP BY kind, key ORDER BY kind, key"  # noqa: S608
_MONTHS = (
    f"SELECT month, '' AS key, {_SUMS} FROM analytics_sums s {_WHERE} AND kind = 'agreement' "  # noqa: S608
    "GROUP BY month ORDER BY month"
)
_VERSIONS = f"""
SELECT coalesce(v.title || ' (version ' || v.number || ')', 'Without a template') AS name, key, {_SUMS}
FROM analytics_sums s LEFT JOIN interview_template_versions v ON v.id = s.template_version_id {_WHERE}
AND kind = 'total' GROUP BY 1, key ORDER BY 1, key
"""  # noqa: S608
_FRAME = """
SELECT DISTINCT s.month, v.template_id, first_value(v.title) OVER (PARTITION BY v.template_id ORDER BY v.number DESC)
FROM (SELECT DISTINCT month, template_version_id FROM analytics_sums WHERE organization_id = :o) AS s
LEFT JOIN interview_template_versions v ON v.id = s.template_version_id
"""
_TITLES = """
SELECT q.id::text, q.slug, coalesce(q.title, q.slug) FROM questions q
WHERE q.id = ANY(CAST(:ids AS uuid[])) AND (q.organization_id IS NULL OR q.organization_id = :o)
"""


def template_named(session: Session, organization_id: uuid.UUID, slug: str) -> uuid.UUID:
    """The template with a short name, in use or not; the organisation's own before everybody's.

    Raises:
        NotFound: there is none.
    """
    found = session.scalar(
        select(InterviewTemplate.id)
        .where(
            InterviewTemplate.slug == slug,
            or_(InterviewTemplate.organization_id.is_(None), InterviewTemplate.organization_id == organization_id),
        )
        .order_by(InterviewTemplate.organization_id.nulls_last())
        .limit(1)
    )
    if found is None:
        raise NotFound(f"There is no interview template {slug!r}.", slug=slug)
    return found


def figures(
    session: Session, organization_id: uuid.UUID, template_id: uuid.UUID | None, first: dt.date, last: dt.date
) -> Figures:
    """What is known of an organisation's results in some months (both included), of one template or of all."""
    asked = {"o": organization_id, "template": template_id, "first": first, "last": last}
    counted_at = session.scalar(text("SELECT counted_at FROM analytics_refreshes WHERE organization_id = :o"), asked)
    frame = session.execute(text(_FRAME), asked).all()
    templates = {row[1]: row[2] for row in frame if row[1] is not None}
    found = Figures(
        counted_at, sorted(templates.items(), key=lambda one: (one[1], one[0])), sorted({row[0] for row in frame})
    )
    kinds = defaultdict[str, list[Sums]](list)
    for kind, *rest in session.execute(text(_ALL), asked):
        kinds[kind].append(Sums(*rest))
    found.kinds = dict(kinds)
    versions = defaultdict[str, list[Sums]](list)
    for name, *rest in session.execute(text(_VERSIONS), asked):
        versions[name].append(Sums(*rest))
    found.versions = dict(versions)
    found.by_month = [(month, Sums(*rest)) for month, *rest in session.execute(text(_MONTHS), asked)]
    ids = sorted({row.key for row in found.of("question")} | {row.key for row in found.of("mend")})
    if ids:
        rows = session.execute(text(_TITLES), {"ids": ids, "o": organization_id})
        found.titles = {key: (slug, title) for key, slug, title in rows}
    return found
