"""Who sits an interview now, over REST."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder
from app.accounts.organizations import organization_by_id
from app.dashboards.live import live_view
from app.dashboards.names import shows_names_to
from app.kit.rest import Out, json_response, problems
from app.kit.web import SessionDep

router = APIRouter(prefix="/api/v1/live", tags=["Interviews"])

Reader = Annotated[KeyHolder, Depends(RequireScope("interviews:read"))]


class LiveOut(Out):
    """One candidate at work, or just finished."""

    id: uuid.UUID = Field(description="Of the interview.")
    name: str = Field(description="The candidate's name, or what stands for it while names are hidden.")
    title: str
    state: Literal["running", "paused", "finished"]
    connection: Literal["here", "away", "unknown"] = Field(description="`unknown`: no browser, such as over the API.")
    away_minutes: int
    position: int | None = Field(description="Where the candidate is.")
    question: str | None
    answered: int
    scored: int
    total: int
    score: float | None = Field(description="Mean of the machine's scores so far.")
    remaining_ms: int | None = Field(description="By the server's clock; null when it is over or has no clock.")
    question_remaining_ms: int | None = Field(
        description="Of the question that they are at, where it has a clock of its own that was started."
    )


class LiveViewOut(Out):
    """Who sits now, and who has finished within a quarter of an hour."""

    running: int
    paused: int
    away: int
    more: int = Field(description="So many more than are listed.")
    token: str = Field(description="Another one when anything has changed, but for time that runs.")
    items: list[LiveOut]


@router.get(
    "",
    operation_id="readLive",
    summary="See who sits now",
    response_model=LiveViewOut,
    responses=problems(),
)
def read_live(
    holder: Reader,
    session: SessionDep,
    names: Annotated[bool, Query(description="Show names that the organisation hides; it is noted who asked.")] = False,
) -> Response:
    """Who sits an interview now, where they are, and how much time is left; at most 200, those at work first.

    Ask every few seconds. Needs the scope `interviews:read`.
    """
    organization = organization_by_id(session, holder.organization_id)
    shown = shows_names_to(session, organization, holder.actor, names)
    view = live_view(session, organization.id, names=shown)
    return json_response(
        LiveViewOut(
            running=view.running,
            paused=view.paused,
            away=view.away,
            more=view.more,
            token=view.token,
            items=[LiveOut.model_validate(row) for row in view.rows],
        )
    )
