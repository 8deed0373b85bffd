"""What the editor shows."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from app.assessments.report import criterion_views, cut_in_pieces
from app.assessments.views import CriterionView, Piece
from app.assessments.words import Band, band_of
from app.authoring.form_shape import fits_form
from app.authoring.places import lines_of, place_of
from app.authoring.queries import state_of
from app.bank.drafts import source_digest
from app.bank.models import QuestionDraft
from app.bank.question_source import Read, read_source
from app.bank.words import FACET_LABELS, KIND_LABELS, LEVEL_LABELS, TOPIC_LABELS

CHOICES = {
    "kinds": KIND_LABELS,
    "topics": TOPIC_LABELS,
    "levels": LEVEL_LABELS,
    "facets": FACET_LABELS,
    "sample_kinds": {
        "strong-short": "Strong, short",
        "strong-long": "Strong, long",
        "plain": "Plain words",
        "what-without-why": "What without why",
        "confidently-wrong": "Confidently wrong",
        "salad": "Word salad",
        "off-topic": "Off topic",
        "review": "From a review",
    },
    "grades": {"0": "0", "0.25": "¼", "0.5": "½", "0.75": "¾", "1": "1"},
}


@dataclass(frozen=True)
class ProblemView:
    """Something that keeps the text from being a question."""

    line: int | None
    field: str
    message: str


@dataclass(frozen=True)
class CheckView:
    """What the check found, if it is of the text as it stands."""

    status: str
    """`none`, `queued`, `done`, `failed` or `stale` (the text has changed since)."""
    passes: bool
    errors: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)
    attacks: list[dict[str, Any]] = field(default_factory=list)
    in_order: int = 0
    pairs: int = 0


@dataclass(frozen=True)
class EditorView:
    """A working copy with all that stands round it."""

    id: uuid.UUID
    source: str
    revision: int
    state: str
    in_review: bool
    title: str
    updated_at: Any
    published: bool
    problems: list[ProblemView]
    data: dict[str, Any]
    approaches: list[dict[str, Any]]
    readable: bool
    """Whether the form can show all of it: what it cannot show, it would lose."""
    check: CheckView


@dataclass(frozen=True)
class TriedView:
    """A pasted answer, judged: what the report's templates take."""

    score: float
    band: Band
    answer_text: str
    pieces: list[Piece]
    criteria: list[CriterionView]
    notes: list[str]
    position: int = 0


def editor_view(draft: QuestionDraft) -> EditorView:
    """The editor's page."""
    read = read_source(draft.source)
    fits = fits_form(read.data)
    return EditorView(
        id=draft.question_id,
        source=draft.source,
        revision=draft.revision,
        state=state_of(draft.question, draft),
        in_review=draft.status == "in_review",
        title=str(read.data.get("title") or "Untitled")[:120],
        updated_at=draft.updated_at,
        published=draft.question.current_version_id is not None,
        problems=problem_views(read),
        data=read.data if fits else {},
        approaches=approaches_of(read.data) if fits else [],
        readable=fits,
        check=check_view(draft, read.data),
    )


def problem_views(read: Read) -> list[ProblemView]:
    """What is wrong with a text, at most twenty things at once."""
    return [ProblemView(one.line, one.field, one.message) for one in read.problems[:20]]


def approaches_of(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The rubric's approaches as the form shows them; of data that fit the form."""
    rubric = data.get("rubric") or {}
    if "approaches" not in rubric:
        return [_approach(rubric, "rubric")]
    return [_approach(one, f"rubric.approaches.{n}") for n, one in enumerate(rubric["approaches"])]


def _approach(data: dict[str, Any], path: str) -> dict[str, Any]:
    whole = {"id": data.get("id", ""), "name": data.get("name", "")}
    return whole | {"path": path, "criteria": data.get("criteria") or [], "groups": data.get("groups") or []}


def check_view(draft: QuestionDraft, data: dict[str, Any]) -> CheckView:
    """What is known of the text as it stands."""
    if draft.check_status is None:
        return CheckView("none", False)
    if draft.checked_digest != source_digest(draft.source):
        return CheckView("stale", False)
    result = draft.check_result or {}
    lines = lines_of(draft.source)
    findings = [one | {"place": place_of(one["field"], data, lines)} for one in result.get("findings", [])]
    pairs = result.get("pairs", {})
    return CheckView(
        status=draft.check_status,
        passes=bool(result.get("passes")),
        errors=[one for one in findings if one["severity"] == "error"],
        warnings=[one for one in findings if one["severity"] == "warning"],
        samples=result.get("samples", []),
        attacks=result.get("attacks", []),
        in_order=pairs.get("in_order", 0),
        pairs=pairs.get("total", 0),
    )


def tried_view(answer: str, report: dict[str, Any], rubric: dict[str, Any]) -> TriedView:
    """The scorer's report on a pasted answer, with the words that it rests on marked."""
    criteria = criterion_views(rubric, report, answer)
    score = float(report["score"])
    return TriedView(score, band_of(score), answer, cut_in_pieces(answer, criteria), criteria, list(report["notes"]))
