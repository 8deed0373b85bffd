"""Which pictures the analytics have, and the months that somebody asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from app.dashboards import pictures, trust
from app.dashboards.analytics_queries import Figures
from app.dashboards.pictures import Picture
from app.kit.errors import Invalid, NotFound

PICTURES: dict[str, Callable[[Figures], Picture]] = {
    "totals": pictures.totals,
    "minutes": pictures.minutes,
    "facets": pictures.facets,
    "questions": pictures.questions,
    "bands": pictures.bands,
    "agreement": trust.agreement,
    "reliability": trust.reliability,
    "fairness": trust.fairness,
    "mending": trust.mending,
}
EVER = (dt.date(2000, 1, 1), dt.date(9999, 12, 1))


def picture_named(name: str) -> Callable[[Figures], Picture]:
    """What draws a picture.

    Raises:
        NotFound: there is no such picture.
    """
    if name not in PICTURES:
        raise NotFound("There is no such picture.")
    return PICTURES[name]


def read_months(first: str, last: str) -> tuple[dt.date, dt.date]:
    """The first and last month as written (2026-03); empty is for ever.

    Raises:
        Invalid: one of them is none, or they stand the wrong way round.
    """
    begin, end = _month(first, "first", EVER[0]), _month(last, "last", EVER[1])
    if begin > end:
        raise Invalid("The first month comes after the last: choose them the other way round.", field="first")
    return begin, end


def _month(value: str, name: str, otherwise: dt.date) -> dt.date:
    if not value:
        return otherwise
    try:
        return dt.datetime.strptime(value, "%Y-%m").replace(tzinfo=dt.UTC).date()
    except ValueError:
        raise Invalid(f"{name}: write a month as 2026-03.", field=name) from None
