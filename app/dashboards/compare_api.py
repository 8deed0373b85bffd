"""Candidates on the same template version side by side, over REST."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder
from app.accounts.organizations import organization_by_id
from app.dashboards import comparison
from app.dashboards.compared import AT_ONCE, compare
from app.kit.rest import Out, json_response, problems
from app.kit.web import SessionDep

router = APIRouter(prefix="/api/v1/comparison", tags=["Analytics"])

Reader = Annotated[KeyHolder, Depends(RequireScope("interviews:read"))]


class ComparedVersionOut(Out):
    """A template version that there is something to compare of."""

    id: uuid.UUID
    title: str
    number: int
    interviews: int = Field(description="Finished ones.")


class ColumnOut(Out):
    """One candidate: cells of the rows stand in this order."""

    interview_id: uuid.UUID
    label: str = Field(description="The name, or a letter while names are hidden.")
    points: int | None = Field(description="Mean mark of a hundred; null where nothing is scored yet.")
    low: int | None = Field(description="With other questions of this kind, from here …")
    high: int | None = Field(description="… to here, in 95 of 100 cases; null where there are too few questions.")
    words: str = Field(description="How sure this is.")
    decision: Literal["advance", "hold", "decline", "none"] | None = Field(description="The newest.")
    note: str
    decided_by: str
    decided_at: dt.datetime | None


class CellOut(Out):
    """A candidate in a row."""

    points: int | None
    detail: str = Field(description="How much it rests on, in words.")


class RowOut(Out):
    """One thing that all are compared by."""

    name: str
    cells: list[CellOut]


class ComparedQuestion(Out):
    """A question with the marks of all, and the machine's credit for each of its criteria."""

    title: str
    cells: list[CellOut]
    criteria: list[RowOut]


class ComparisonOut(Out):
    """The comparison, and what else there would be to compare."""

    versions: list[ComparedVersionOut]
    version: uuid.UUID | None
    names_hidden: bool
    verdict: str = Field(description="What may be said of the difference between the two highest; else empty.")
    candidates: list[ColumnOut]
    facets: list[RowOut] = Field(description="What answers say of what is asked: the machine's credit.")
    topics: list[RowOut] = Field(description="Marks as they count: people's where there is one.")
    questions: list[ComparedQuestion]


@router.get(
    "",
    operation_id="compareCandidates",
    summary="Compare candidates",
    response_model=ComparisonOut,
    responses=problems(404),
)
def compare_candidates(
    holder: Reader,
    session: SessionDep,
    version: Annotated[
        uuid.UUID | None, Query(description="A template version; else that with most interviews.")
    ] = None,
    interview: Annotated[
        list[uuid.UUID] | None, Query(max_length=AT_ONCE, description="Finished interviews; else the newest four.")
    ] = None,
    names: Annotated[bool, Query(description="Show names that the organisation hides; it is noted who asked.")] = False,
) -> Response:
    """Candidates of one template version side by side: in all, by facet, topic, question and criterion.

    The numbers are those of the page: points of a hundred. Needs the scope `interviews:read`.
    """
    organization = organization_by_id(session, holder.organization_id)
    chosen = list(dict.fromkeys(interview or []))
    found = compare(session, organization, holder.actor, version, chosen, names=names)
    return json_response(
        ComparisonOut(
            versions=[ComparedVersionOut(id=v[0], title=v[1], number=v[2], interviews=v[3]) for v in found.versions],
            version=found.version_id,
            names_hidden=found.hidden,
            verdict=comparison.verdict(found.columns),
            candidates=[_column(one) for one in found.columns],
            facets=[RowOut.model_validate(row) for row in comparison.facet_rows(found.columns)],
            topics=[RowOut.model_validate(row) for row in comparison.topic_rows(found.columns)],
            questions=[
                ComparedQuestion(
                    title=one.title,
                    cells=[CellOut.model_validate(cell) for cell in one.row.cells],
                    criteria=[RowOut.model_validate(row) for row in one.criteria],
                )
                for one in comparison.question_rows(found.columns)
            ],
        )
    )


def _column(column: comparison.Column) -> ColumnOut:
    return ColumnOut(
        interview_id=column.id,
        label=column.label,
        points=column.points,
        low=comparison.points_of(column.total.low),
        high=comparison.points_of(column.total.high),
        words=column.words,
        decision=column.sat.decision,
        note=column.sat.note,
        decided_by=column.sat.decided_by,
        decided_at=column.sat.decided_at,
    )
