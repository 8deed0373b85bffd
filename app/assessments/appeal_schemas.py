"""What the REST routes of appeals take and give."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from app.accounts.schemas import PersonIn
from app.assessments.appeals import MAX_CHARS
from app.assessments.review_records import AppealRecord
from app.kit.rest import Cleaned, Out, StrictBody


class ReplyIn(StrictBody):
    """The reply to an appeal."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "text": "You are right: that sentence counts. Somebody else has read it again: the mark is new.",
                    "reviewer": {"external_id": "staff-17", "name": "Rita"},
                }
            ]
        }
    )

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CHARS), Cleaned]
    reviewer: PersonIn | None = Field(None, description="Whose reply it is; the candidate does not see the name.")


class AppealOut(Out):
    """What the candidate does not agree with."""

    text: str
    created_at: dt.datetime
    reply: str | None
    replied_by: str | None
    replied_at: dt.datetime | None


class AppealRecordOut(AppealOut):
    """An appeal in a list."""

    id: uuid.UUID
    answer_id: uuid.UUID
    interview_id: uuid.UUID


class AppealPage(Out):
    """One page of appeals, newest first."""

    items: list[AppealRecordOut]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


def appeal_out(record: AppealRecord) -> AppealRecordOut:
    """An appeal in a list."""
    appeal = record.appeal
    replied = appeal.replied_at is not None
    return AppealRecordOut(
        id=appeal.id,
        answer_id=appeal.answer_id,
        interview_id=record.interview_id,
        text=appeal.text,
        created_at=appeal.created_at,
        reply=appeal.reply if replied else None,
        replied_by=record.replied_by or None,
        replied_at=appeal.replied_at,
    )
