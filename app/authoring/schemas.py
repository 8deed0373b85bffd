"""What the routes about working copies, versions and files of questions take and give."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.bank.schemas import QuestionSummary, SourceOut
from app.kit.rest import Cleaned

HIDDEN = "Needs `rubrics:read`."
DraftStatus = Literal["draft", "in_review"]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NoteIn(_In):
    """What to say with a step; it stands in the question's history."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"note": "The second criterion asks for the reason now."}]}
    )

    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000), Cleaned] = ""


class ProblemOut(BaseModel):
    """Something that keeps a text from being a question."""

    line: int | None = Field(description="In `source`; null where it is of no line.")
    field: str = Field(examples=["rubric.criteria[1].weight"])
    message: str = Field(default="", description=f"Of rubric, model answer and samples: {HIDDEN}")


class FindingOut(ProblemOut):
    """One thing that the check found."""

    severity: Literal["error", "warning"] = Field(description="An error keeps the question from being published.")
    rule: str = Field(description="Which check, see docs/question-format.md.")


class DraftSummary(BaseModel):
    """A working copy in a list."""

    id: uuid.UUID
    slug: str = Field(description="The question's name as it is now; one that was never published has a stand-in.")
    title: str
    status: DraftStatus
    question_status: Literal["draft", "published", "retired"] = Field(description="`draft`: never published.")
    revision: int = Field(description="Counts saves.")
    updated_at: dt.datetime
    updated_by: str = Field(description="The person or the key that saved it last, in words.")
    url: str


class DraftPage(BaseModel):
    """One page of working copies, those saved last first."""

    items: list[DraftSummary]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


class QuestionDraftOut(DraftSummary):
    """A working copy: what was typed, kept as it is, also while it is no question yet."""

    question: dict[str, Any] | None = Field(
        description="What the text says, as in docs/question-format.md; without `rubrics:read` without rubric, model"
        " answer and samples. Null where it cannot be read at all."
    )
    problems: list[ProblemOut] = Field(description="What keeps it from being a question; empty when it is one.")
    source: str = Field(default="", description=f"The text itself, as YAML. {HIDDEN}")
    links: dict[str, str] = Field(description="`check`, `publish`, and so on.")


class SampleFate(BaseModel):
    """How a graded sample fared."""

    kind: str
    grade: float
    score: float
    in_band: bool = Field(description="Whether it got the band that its grade says.")


class CheckOut(BaseModel):
    """The check of a working copy as it stands."""

    status: Literal["none", "queued", "done", "failed", "stale"] = Field(
        description="`none`: not asked for; `stale`: the text has changed since; `failed`: ask again."
    )
    passes: bool = Field(description="Whether it may be published.")
    findings: list[FindingOut] = Field(description="Errors first.")
    samples: list[SampleFate] = Field(default=[], description=HIDDEN)
    url: str


class Movement(BaseModel):
    """How many past answers move, and where to."""

    answers: int
    up: int
    down: int
    same: int
    other_band: int
    mean_shift: float


class MovedAnswer(BaseModel):
    """A past answer under both rubrics."""

    answer_id: uuid.UUID
    candidate: str
    excerpt: str
    before: float
    after: float


class ImpactOut(BaseModel):
    """What publishing a working copy would do to past answers: scored by the published version and by the copy."""

    status: Literal["queued", "done", "failed"]
    is_current: bool = Field(description="Whether it is of the working copy as it stands.")
    done: int = Field(description="Answers looked at so far.")
    total: int
    summary: Movement | None
    people: dict[str, Any] | None = Field(description="How near both come to the grades that people gave.")
    answers: list[MovedAnswer] = Field(
        default=[], description="Those that move most first. Needs `interviews:read`: they are candidates' words."
    )
    url: str


class RunOut(BaseModel):
    """Words that stayed, are new or are gone."""

    kind: Literal["same", "added", "removed"]
    text: str


class ChangeOut(BaseModel):
    """One field that differs."""

    place: str = Field(description="As people call it.", examples=["prompt"])
    kind: Literal["added", "removed", "changed"]
    before: str
    after: str
    words: list[RunOut] = Field(description="The same, word by word.")


class DifferenceOut(BaseModel):
    """What one version changed against another."""

    version: int
    against: int
    changes: list[ChangeOut] = Field(description=f"Those of rubric and model answer: {HIDDEN}")
    rubric_changed: bool = Field(description="Whether rubric or model answer differ, also when you may not see how.")


class VersionSummary(BaseModel):
    """A version in a list."""

    number: int
    title: str
    content_hash: str
    is_current: bool
    created_at: dt.datetime
    created_by: str = Field(description="The person or the key that published it, in words; empty if not known.")
    url: str


class VersionPage(BaseModel):
    """One page of versions, the latest first."""

    items: list[VersionSummary]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


class QuestionVersionOut(VersionSummary):
    """A version of a question. It never changes."""

    prompt: str
    kind: str
    topic: str
    level: int
    minutes: int
    related: list[str]
    prerequisites: list[str]
    sources: list[SourceOut]
    rubric: dict[str, Any] = Field(default={}, description=HIDDEN)
    model_answer: str = Field(default="", description=HIDDEN)


class QuestionStepOut(BaseModel):
    """One thing that was done with a question."""

    action: str = Field(examples=["sent to review", "version 2 published", "retired"])
    by: str = Field(description="The person or the key, in words.")
    at: dt.datetime
    note: str


class HistoryOut(BaseModel):
    """What was done with a question, the latest first."""

    items: list[QuestionStepOut]
    next_cursor: str | None = Field(description="Always null: the latest hundred are given.")


class SimilarOut(BaseModel):
    """Questions that ask what is nearest, the nearest first."""

    items: list[QuestionSummary]
    next_cursor: str | None = Field(description="Always null.")


class PlannedOut(BaseModel):
    """What an import does, or would do, with one question."""

    slug: str
    action: Literal["new", "new version", "unchanged", "working copy", "kept", "not allowed"] = Field(
        description="`working copy`: another tool's question, to be completed; `kept`: there is one, left as it is."
    )
    reason: str
    changes: list[ChangeOut] = Field(description=f"Those of rubric, model answer and samples: {HIDDEN}")
    rubric_changed: bool
    notes: list[str] = Field(description="What was made up or left out.")


class ImportOut(BaseModel):
    """What an import did, or would do."""

    imported: bool = Field(description="False for a dry run.")
    format: str
    counts: dict[str, int] = Field(description="How many questions for each action.")
    items: list[PlannedOut]
    notes: list[str]
