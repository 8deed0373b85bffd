"""What the analytics show: each picture is a title, a sentence, what to draw, and the same as a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.bank.words import FACET_LABELS
from app.dashboards import statistics as st
from app.dashboards.analytics_queries import Figures, Sums
from app.dashboards.statistics import Estimate

BANDS = ("Not yet", "Getting there", "Solid", "Strong")
MOST_QUESTIONS = 20
"""Bars of one picture; its table has all."""


@dataclass(frozen=True)
class Picture:
    """One picture with its table; `chart` is what the page's script draws (None: a table says it better)."""

    id: str
    title: str
    lead: str
    columns: list[str]
    rows: list[list[Any]]
    chart: dict[str, Any] | None = None
    warning: str = ""
    notes: list[str] = field(default_factory=list)


def points(share: float | None) -> float | None:
    """A share as points of a hundred, to a tenth."""
    return None if share is None else round(100 * share, 1)


def _interval(one: Estimate) -> list[float | None]:
    return [points(one.value), points(one.low), points(one.high)]


def few(counts: list[int], what: str) -> str:
    """A plain warning where too little is behind a figure."""
    if not counts or min(counts) >= st.FEW:
        return ""
    return f"Fewer than {st.FEW} {what} stand behind some of these figures: do not build on small differences."


def totals(found: Figures) -> Picture:
    """How interviews are marked, by template version."""
    names = sorted(found.versions, key=lambda name: -sum(row.n for row in found.versions[name]))[:4]
    series, counts = [], []
    for name in names:
        by_bin = {int(row.key) // 2: 0 for row in found.versions[name]}
        for row in found.versions[name]:
            by_bin[int(row.key) // 2] += row.n
        series.append({"name": name, "values": [by_bin.get(place, 0) for place in range(10)]})
    rows = []
    for name, sums in sorted(found.versions.items()):
        n, total = (
            sum(row.n for row in sums),
            st.mean(sum(row.n for row in sums), sum(row.a for row in sums), sum(row.b for row in sums)),
        )
        counts.append(n)
        rows.append([name, n, *_interval(total)])
    chart = {
        "type": "bars",
        "categories": [f"{10 * place}–{10 * place + 10}" for place in range(10)],
        "series": series,
        "x": "Points of an interview",
        "y": "Interviews",
    }
    return Picture(
        "totals",
        "How interviews are marked",
        "Mean mark over all questions of an interview; a question without an answer counts 0.",
        ["Template version", "Interviews", "Mean", "From", "To"],
        rows,
        chart if rows else None,
        few(counts, "interviews"),
    )


def minutes(found: Figures) -> Picture:
    """How long people took."""
    sums = found.of("minutes")
    last = max((int(row.key) for row in sums), default=0)
    by_bin = {int(row.key): row.n for row in sums}
    names = [f"{5 * place}–{5 * place + 5}" if place < 36 else "180 and more" for place in range(last + 1)]
    n = sum(row.n for row in sums)
    average = sum(row.a for row in sums) / n if n else 0
    values = [by_bin.get(place, 0) for place in range(last + 1)]
    chart = {
        "type": "bars",
        "categories": names,
        "series": [{"name": "Interviews", "values": values}],
        "x": "Minutes",
        "y": "Interviews",
    }
    return Picture(
        "minutes",
        "Time used",
        f"Minutes from the start to the end, without pauses; {average:.0f} on average." if n else "",
        ["Minutes", "Interviews"],
        [list(pair) for pair in zip(names, values, strict=True)] if n else [],
        chart if n else None,
    )


def facets(found: Figures) -> Picture:
    """Which parts of good answers are there."""
    rows: list[list[Any]] = []
    for row in sorted(found.of("facet"), key=lambda one: -one.a / one.n):
        rows.append([FACET_LABELS.get(row.key, row.key), row.n, *_interval(st.mean(row.n, row.a, row.b))])
    return Picture(
        "facets",
        "Facet profile",
        "What answers say of what is asked of them: the machine’s mean credit, with its 95 % interval.",
        ["Facet", "Answers", "Mean", "From", "To"],
        rows,
        _ranges(rows, "Points", low=0, high=100) if rows else None,
        few([row[1] for row in rows], "answers"),
    )


def _ranges(rows: list[list[Any]], name: str, low: float | None = None, high: float | None = None) -> dict[str, Any]:
    return {
        "type": "ranges",
        "categories": [row[0] for row in rows],
        "counts": [row[1] for row in rows],
        "values": [row[2] for row in rows],
        "lows": [row[3] for row in rows],
        "highs": [row[4] for row in rows],
        "x": name,
        "min": low,
        "max": high,
    }


def title_of(found: Figures, key: str) -> str:
    """A question's name."""
    return found.titles.get(key, ("", "A question that is gone"))[1]


def _pairs(row: Sums) -> st.Pairs:
    return st.Pairs(row.n, row.a, row.b, row.c, row.d, row.e)


def questions(found: Figures) -> Picture:
    """How hard questions are, and how well they tell candidates apart."""
    rest = {row.key: st.correlation(_pairs(row)) for row in found.of("rest")}
    rows: list[list[Any]] = []
    dots: list[dict[str, Any]] = []
    for row in found.of("question"):
        easy, apart = st.mean(row.n, row.a, row.b), rest.get(row.key, Estimate(None, 0))
        cells = [round(one, 2) if one is not None else None for one in (apart.value, apart.low, apart.high)]
        rows.append([title_of(found, row.key), row.n, *_interval(easy), *cells])
        if apart.value is not None and easy.value is not None:
            dots.append({"name": rows[-1][0], "x": rows[-1][2], "y": cells[0], "n": row.n})
    rows.sort(key=lambda one: (one[2], one[0]))
    return Picture(
        "questions",
        "Questions: how hard, and how telling",
        "To the right are easy questions. Above are those that strong candidates answer well and weak ones do not: "
        "correlation of a question’s marks with the same people’s mean mark on their other questions. Below .2 a "
        "question tells little.",
        ["Question", "Answers", "Mean", "From", "To", "Item–rest correlation", "From", "To"],
        rows,
        {"type": "scatter", "points": dots, "x": "Mean mark", "y": "Item–rest correlation", "guide": 0.2}
        if dots
        else None,
        few([row[1] for row in rows], "answers"),
    )


def bands(found: Figures) -> Picture:
    """How the marks of a question spread over the four bands."""
    counts: dict[str, list[int]] = {}
    for row in found.of("band"):
        key, band = row.key.split(":")
        counts.setdefault(key, [0, 0, 0, 0])[int(band)] += row.n
    rows: list[list[Any]] = [[title_of(found, key), sum(each), *each] for key, each in counts.items()]
    rows.sort(key=lambda one: (-(one[2] + one[3]) / one[1], one[0]))
    shown = rows[:MOST_QUESTIONS]
    chart = {
        "type": "stack",
        "categories": [row[0] for row in shown],
        "series": [
            {"name": name, "values": [round(100 * row[2 + place] / row[1], 1) for row in shown]}
            for place, name in enumerate(BANDS)
        ],
    }
    return Picture(
        "bands",
        "Marks by question",
        f"Share of answers in each band, hardest question first{', the first 20' if len(rows) > 20 else ''}.",
        ["Question", "Answers", *BANDS],
        rows,
        chart if rows else None,
    )
