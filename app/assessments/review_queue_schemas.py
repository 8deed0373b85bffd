"""What the REST route of the review queue gives."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Literal

from pydantic import Field

from app.assessments.review_queue import Waiting
from app.kit.rest import Out


class WaitingOut(Out):
    """An answer in the queue, and why it is there."""

    answer_id: uuid.UUID
    interview_id: uuid.UUID
    why: Literal["appeal", "disagreement", "second", "mine", "worth"] = Field(
        description="`worth`: nobody looked yet, and a look would tell much."
    )
    candidate: str = Field(description="The name, or what stands for it while names are hidden.")
    interview: str
    question: str
    excerpt: str
    submitted_at: dt.datetime
    confidence: float | None = Field(description="The machine's.")
    needs_review: bool | None = Field(description="Whether the machine says that a person should look.")
    new_question: bool = Field(description="Nobody has reviewed an answer to this question lately.")
    url: str = Field(description="Where to read and judge it.")


class WaitingPage(Out):
    """One page of the queue, most telling first."""

    items: list[WaitingOut]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


def waiting_out(one: Waiting, candidate: str) -> WaitingOut:
    """A line of the queue."""
    return WaitingOut(
        **{name: getattr(one, name) for name in WaitingOut.model_fields if hasattr(one, name) and name != "candidate"},
        candidate=candidate,
        url=f"/api/v1/reviews/answers/{one.answer_id}",
    )
