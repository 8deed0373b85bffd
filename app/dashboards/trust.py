"""Pictures of trust: people and machine, how sure the machine is, whom it is fair to, and what needs mending."""

from __future__ import annotations

from typing import Any

from app.dashboards import statistics as st
from app.dashboards.analytics_queries import Figures, Sums
from app.dashboards.pictures import Picture, _ranges, few, points, title_of
from app.dashboards.statistics import Estimate

MANY_UNSURE = 0.3
FAR_APART = 0.2
LITTLE_TOLD = 0.2
MANY_APPEALS = 0.03
ENOUGH = 10
"""Answers (or reviews) of a question before anything is said against it."""


def agreement(found: Figures) -> Picture:
    """How often people's mark lies near the machine's, month by month."""
    rows: list[list[Any]] = []
    chart: dict[str, Any] | None = None
    for month, row in found.by_month:
        near = st.proportion(row.n, row.g)
        r = st.correlation(st.Pairs(row.n, row.a, row.b, row.c, row.d, row.e)).value
        cells = [points(near.value), points(near.low), points(near.high)]
        rows.append([f"{month:%b %Y}", row.n, *cells, points(row.f / row.n), None if r is None else round(r, 2)])
    if rows:
        chart = {
            "type": "trend",
            "categories": [row[0] for row in rows],
            "values": [row[2] for row in rows],
            "lows": [row[3] for row in rows],
            "highs": [row[4] for row in rows],
            "counts": [row[1] for row in rows],
            "y": "Within 20 points, %",
        }
    n, near_all = sum(row.n for _, row in found.by_month), sum(row.g for _, row in found.by_month)
    lead = (
        "Share of reviewed answers where people’s mark lies within 20 points of the machine’s, with its 95 % interval."
    )
    if n:
        lead += f" Over all months: {100 * near_all / n:.0f} % of {n:,}."
    return Picture(
        "agreement",
        "People and machine",
        lead,
        ["Month", "Reviewed answers", "Within 20 points, %", "From", "To", "Mean distance, points", "Correlation"],
        rows,
        chart,
        few([row[1] for row in rows], "reviews"),
    )


def reliability(found: Figures) -> Picture:
    """Whether the machine is as often right as it believes."""
    rows: list[list[Any]] = []
    for row in sorted(found.of("sure"), key=lambda one: int(one.key)):
        near = st.proportion(row.n, row.b)
        rows.append([points(row.a / row.n), row.n, points(near.value), points(near.low), points(near.high)])
    dots = [{"x": row[0], "y": row[2], "low": row[3], "high": row[4], "n": row[1]} for row in rows]
    return Picture(
        "reliability",
        "Is the machine as sure as it should be?",
        "Confidence promises that people’s mark lies within 20 points. Dots on the line keep the promise; below it the "
        "machine is too sure of itself, above it too modest.",
        ["Mean confidence, %", "Reviewed answers", "Within 20 points, %", "From", "To"],
        rows,
        {"type": "reliability", "points": dots, "x": "Confidence, %", "y": "Within 20 points, %"} if rows else None,
        few([row[1] for row in rows], "reviews"),
    )


def thirds(sums: list[Sums]) -> list[tuple[str, Sums]]:
    """Answers by length in three groups of about the same size, cut between tens of words."""
    sums = sorted(sums, key=lambda one: int(one.key))
    total = sum(one.n for one in sums)
    groups: list[list[Sums]] = [[], [], []]
    seen = 0
    for one in sums:
        # Where the middle of these ten words lies among all answers.
        groups[min(2, int(3 * (seen + one.n / 2) / total))].append(one)
        seen += one.n
    found = []
    for name, group in zip(("Short", "Middling", "Long"), groups, strict=True):
        if not group:
            continue
        low, high = 10 * int(group[0].key), 10 * int(group[-1].key) + 9
        words = f"{name}: {low}–{high} words" if int(group[-1].key) < 40 else f"{name}: from {low} words"
        zero = Sums(
            words, sum(one.n for one in group), sum(one.a for one in group), sum(one.b for one in group), *[0.0] * 5
        )
        found.append((words, zero))
    return found


def fairness(found: Figures) -> Picture:
    """Whether the machine marks some groups of answers better or worse than people do."""
    groups = thirds(found.of("length"))
    words = {"yes": "With extra time", "no": "Without extra time"}
    groups += [(words[row.key], row) for row in sorted(found.of("extra"), key=lambda one: one.key)]
    given = {"typed": "Typed", "dictated": "Dictated"}
    groups += [(given[row.key], row) for row in sorted(found.of("input"), key=lambda one: list(given).index(one.key))]
    rows: list[list[Any]] = []
    for name, row in groups:
        gap = st.mean(row.n, row.a, row.b)
        rows.append([name, row.n, points(gap.value), points(gap.low), points(gap.high)])
    notes = []
    for _, n, gap, low, high in rows:
        if low is not None and gap is not None and n >= st.FEW and (low > 0 or high < 0) and abs(gap) >= 2:
            notes.append(
                f"{_}: the machine is {'more generous' if gap > 0 else 'stricter'} than people by {abs(gap)} points."
            )
    if rows and not notes:
        notes.append(
            "No group is marked 2 points or more above or below what people give, as far as the reviews can tell."
        )
    return Picture(
        "fairness",
        "Fairness",
        "Machine less people, in points, with its 95 % interval: above 0 the machine is more generous to this group. "
        "Typed or dictated: only answers of which that was said. Answers that people chose to look at are not a random "
        "sample.",
        ["Answers", "Reviewed", "Machine less people", "From", "To"],
        rows,
        _ranges(rows, "Points, machine less people") | {"zero": True} if rows else None,
        few([row[1] for row in rows], "reviews"),
        notes,
    )


def mending(found: Figures) -> Picture:
    """Questions that need mending, and why."""
    rest = {row.key: st.correlation(st.Pairs(row.n, row.a, row.b, row.c, row.d, row.e)) for row in found.of("rest")}
    rows: list[list[Any]] = []
    for row in found.of("mend"):
        apart = rest.get(row.key, Estimate(None, 0))
        unsure, appeals = row.a / row.n, row.d / row.n
        distance = row.c / row.b if row.b else None
        reasons = []
        if apart.value is not None and apart.n >= st.FEW and apart.value < LITTLE_TOLD:
            reasons.append("tells candidates apart badly")
        if distance is not None and row.b >= ENOUGH and distance > FAR_APART:
            reasons.append("people and machine disagree")
        if row.n >= ENOUGH and unsure > MANY_UNSURE:
            reasons.append("the machine is often unsure")
        if row.d >= 3 and appeals > MANY_APPEALS:
            reasons.append("many appeals")
        if reasons:
            cells = [None if apart.value is None else round(apart.value, 2), points(distance), points(unsure)]
            rows.append([title_of(found, row.key), row.n, ", ".join(reasons), *cells, int(row.d)])
    rows.sort(key=lambda one: (-one[2].count(","), one[0]))
    return Picture(
        "mending",
        "Questions that need mending",
        f"Item–rest correlation below {LITTLE_TOLD}, people and machine more than 20 points apart on average, more "
        "than 30 % of answers with a confidence below 60 %, or three appeals and more, on above 3 % of answers.",
        ["Question", "Answers", "Why", "Item–rest correlation", "Mean distance, points", "Unsure, %", "Appeals"],
        rows,
    )
