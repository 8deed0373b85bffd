"""What the report shows, as plain data: the page and the API are made from these."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field

from app.assessments.words import Band


@dataclass(frozen=True)
class Piece:
    """A part of the answer; with a number it is evidence of that criterion."""

    text: str
    number: int | None = None
    verdict: str | None = None


@dataclass(frozen=True)
class FacetView:
    """What, how, why: the share that was met, None when nothing asked for it."""

    id: str
    label: str
    share: float | None
    sentence: str


@dataclass(frozen=True)
class CriterionView:
    """One criterion with its verdict, the words it rests on, and why."""

    number: int
    id: str
    facet: str
    facet_label: str
    verdict: str
    verdict_label: str
    credit: float
    weight: float
    statement: str
    quote: str | None
    start: int | None
    end: int | None
    because: str
    follow_up: str | None


@dataclass(frozen=True)
class SentenceView:
    """A sentence of the answer, and how many points of 100 would be missing without it (below 0: it costs some)."""

    text: str
    points: int


@dataclass(frozen=True)
class SourceView:
    """Something to read."""

    title: str
    url: str | None


@dataclass(frozen=True)
class KeptText:
    """Text that was kept and not scored."""

    text: str
    saved_at: dt.datetime


@dataclass(frozen=True)
class AppealView:
    """What the candidate objected to, and the reply."""

    text: str
    made_at: dt.datetime
    reply: str
    replied_by: str
    replied_at: dt.datetime | None


@dataclass(frozen=True)
class ReportItem:
    """One question of the report."""

    item_id: uuid.UUID
    position: int
    slug: str
    title: str
    prompt: str
    state: str
    """`scored`, `waiting`, `failed`, `unanswered` or `unknown` (“I do not know”)."""
    answer_text: str
    submitted_by: str | None
    pieces: list[Piece]
    score: float | None
    band: Band | None
    confidence: float | None
    needs_review: bool
    feedback: list[str]
    notes: list[str]
    facets: list[FacetView]
    criteria: list[CriterionView]
    sentences: list[SentenceView]
    model_answer: str
    sources: list[SourceView]
    late_texts: list[KeptText]
    conflict_texts: list[KeptText]
    failure: str | None
    machine_score: float | None = None
    """What the machine gave; `score` is what counts."""
    people: int = 0
    """How many people's reviews the score is made of."""
    settled: bool = False
    reasons: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    appeal: AppealView | None = None
    receipt: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class ReportInterview:
    """The sitting that is reported on."""

    id: uuid.UUID
    title: str
    mode: str
    candidate_name: str
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    finish_reason: str | None
    minutes_used: int


@dataclass(frozen=True)
class NextStep:
    """Something to do next."""

    text: str
    url: str | None = None


@dataclass(frozen=True)
class ReportView:
    """The whole report; scores are None until everything is scored."""

    interview: ReportInterview
    status: str
    """`scoring` or `complete`."""
    scored: int
    failed: int
    total: int
    score: float | None
    band: Band | None
    facets: list[FacetView]
    needs_review: bool
    items: list[ReportItem]
    next_steps: list[NextStep]
