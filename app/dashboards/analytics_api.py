"""The analytics over REST: each picture as the table that the page has of it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import Field

from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder
from app.dashboards.analytics import PICTURES, picture_named, read_months
from app.dashboards.analytics_queries import Figures, figures, template_named
from app.kit.rest import Out, SlugText, json_response, problems
from app.kit.web import SessionDep

router = APIRouter(prefix="/api/v1/analytics", tags=["Analytics"])

Reader = Annotated[KeyHolder, Depends(RequireScope("interviews:read"))]
Template = Annotated[SlugText | None, Query(description="Only interviews made from this template.")]
First = Annotated[str, Query(max_length=7, description="The first month, as 2026-03.", examples=["2026-03"])]
Last = Annotated[str, Query(max_length=7, description="The last month.", examples=["2026-09"])]


class PictureOut(Out):
    """One picture of the analytics as a table; shares are points of a hundred, to a tenth."""

    id: str
    title: str
    lead: str = Field(description="What it shows, in a sentence or two.")
    columns: list[str]
    rows: list[list[Any]] = Field(description="A row has a cell for each column; null where too little is known.")
    warning: str = Field(description="Where too little stands behind the figures; else empty.")
    notes: list[str]


class AnalyticsOut(Out):
    """All pictures."""

    counted_at: dt.datetime | None = Field(
        description="Interviews are counted up to then, every few minutes; null: not yet."
    )
    months: list[dt.date] = Field(description="The months in which interviews were finished.")
    pictures: list[PictureOut] = Field(description="Empty while there is nothing to show.")


@router.get(
    "",
    operation_id="readAnalytics",
    summary="Read the analytics",
    response_model=AnalyticsOut,
    responses=problems(404),
)
def read_analytics(
    holder: Reader, session: SessionDep, template: Template = None, first: First = "", last: Last = ""
) -> Response:
    """What interviews say together, of candidates, questions and the machine: the tables of the page of analytics.

    Needs the scope `interviews:read`.
    """
    found = _figures(session, holder, template, first, last)
    shown = [PictureOut.model_validate(make(found)) for make in PICTURES.values()] if found.kinds else []
    return json_response(AnalyticsOut(counted_at=found.counted_at, months=found.months, pictures=shown))


@router.get(
    "/{picture}",
    operation_id="readPicture",
    summary="Read one picture of the analytics",
    response_model=PictureOut,
    responses=problems(404),
)
def read_picture(
    picture: Annotated[str, Path(examples=["questions"])],
    holder: Reader,
    session: SessionDep,
    template: Template = None,
    first: First = "",
    last: Last = "",
) -> Response:
    """The table of one picture: `totals`, `minutes`, `facets`, `questions`, `bands`, `agreement`, `reliability`,
    `fairness` or `mending`.

    Needs the scope `interviews:read`.
    """
    make = picture_named(picture)
    return json_response(PictureOut.model_validate(make(_figures(session, holder, template, first, last))))


def _figures(session: SessionDep, holder: KeyHolder, template: str | None, first: str, last: str) -> Figures:
    months = read_months(first, last)
    template_id = template_named(session, holder.organization_id, template) if template else None
    return figures(session, holder.organization_id, template_id, *months)
