"""Working copies, checks and differences as programs see them: what is behind a question only with `rubrics:read`."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from app.accounts.keys import KeyHolder
from app.assessments.models import RubricImpact
from app.authoring.places import lines_of, place_of
from app.authoring.schemas import (
    ChangeOut,
    CheckOut,
    DraftSummary,
    FindingOut,
    ImpactOut,
    ImportOut,
    PlannedOut,
    ProblemOut,
    QuestionDraftOut,
    RunOut,
    SampleFate,
)
from app.bank.difference import HIDDEN, Change
from app.bank.drafts import source_digest
from app.bank.importing import ImportPlan
from app.bank.models import QuestionDraft
from app.bank.question_file import QuestionFile
from app.bank.question_source import Read, read_source
from app.kit.etags import entity_tag
from app.kit.yaml_file import FileProblem

OPEN_FIELDS = frozenset(QuestionFile.model_fields) - set(HIDDEN)
MAX_PROBLEMS = 100


def may_grade(holder: KeyHolder) -> bool:
    """Whether the key may see rubrics, model answers and samples."""
    return holder.allows("rubrics:read")


def draft_address(question_id: uuid.UUID) -> str:
    """Where a working copy is."""
    return f"/api/v1/question-drafts/{question_id}"


def draft_tag(draft: QuestionDraft) -> str:
    """The state of a working copy: its text, and how far it is on its way."""
    return entity_tag(draft.question_id, draft.revision, draft.status)


def is_open(field: str) -> bool:
    """Whether a finding at this place can only tell what candidates may see."""
    return field.partition("[")[0].partition(".")[0] in OPEN_FIELDS


def problems_out(problems: Iterable[FileProblem], *, whole: bool) -> list[ProblemOut]:
    """What is wrong with a text."""
    return [
        ProblemOut(line=one.line, field=one.field, **({"message": one.message} if whole or is_open(one.field) else {}))
        for one in list(problems)[:MAX_PROBLEMS]
    ]


def findings_out(draft: QuestionDraft, findings: Sequence[dict[str, Any]], *, whole: bool) -> list[FindingOut]:
    """What a check found, with the lines of the working copy."""
    data, lines = read_source(draft.source).data, lines_of(draft.source)
    return [
        FindingOut(
            severity=one["severity"],
            rule=one["rule"],
            field=one["field"],
            line=place_of(one["field"], data, lines).line,
            **({"message": one["message"]} if whole or is_open(one["field"]) else {}),
        )
        for one in findings
    ]


def draft_summary(draft: QuestionDraft, by: str, read: Read) -> DraftSummary:
    """A working copy in a list."""
    return DraftSummary(**_summary(draft, by, read))


def draft_out(draft: QuestionDraft, by: str, *, whole: bool) -> QuestionDraftOut:
    """A working copy."""
    read, url = read_source(draft.source), draft_address(draft.question_id)
    question = _plain(read.data)
    if question is not None and not whole:
        question = {name: value for name, value in question.items() if name in OPEN_FIELDS}
    return QuestionDraftOut(
        **_summary(draft, by, read),
        question=question,
        problems=problems_out(read.problems, whole=whole),
        links={name: f"{url}/{name}" for name in ("check", "impact", "submit", "send-back", "publish")},
        **({"source": draft.source} if whole else {}),
    )


def _summary(draft: QuestionDraft, by: str, read: Read) -> dict[str, Any]:
    return {
        "id": draft.question_id,
        "slug": draft.question.slug,
        "title": str(read.data.get("title") or draft.question.title or "Untitled")[:120],
        "status": draft.status,
        "question_status": draft.question.status,
        "revision": draft.revision,
        "updated_at": draft.updated_at,
        "updated_by": by,
        "url": draft_address(draft.question_id),
    }


def _plain(data: dict[str, Any]) -> dict[str, Any] | None:
    """The data as JSON can say them; YAML knows bytes, sets and numbers that are none."""
    try:
        json.dumps(data, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return None
    return data or None


def check_out(draft: QuestionDraft, *, whole: bool) -> CheckOut:
    """The check of a working copy as it stands."""
    url = f"{draft_address(draft.question_id)}/check"
    status: Any = draft.check_status or "none"
    if draft.check_status and draft.checked_digest != source_digest(draft.source):
        status = "stale"
    if status != "done" or draft.check_result is None:
        return CheckOut(status=status, passes=False, findings=[], url=url)
    result = draft.check_result
    names = tuple(SampleFate.model_fields)
    samples = [SampleFate(**{name: one[name] for name in names}) for one in result.get("samples", ())]
    return CheckOut(
        status="done",
        passes=bool(result.get("passes")),
        findings=findings_out(draft, result["findings"], whole=whole),
        url=url,
        **({"samples": samples} if whole else {}),
    )


def impact_out(impact: RubricImpact, draft: QuestionDraft, *, with_answers: bool) -> ImpactOut:
    """What publishing would do to past answers; candidates' words only for who may read interviews."""
    result = impact.result or {}
    status: Any = impact.status
    return ImpactOut(
        status=status,
        is_current=impact.source == draft.source,
        done=impact.total if status == "done" else impact.done,
        total=impact.total,
        summary=result.get("summary"),
        people=result.get("people"),
        url=f"{draft_address(impact.question_id)}/impact",
        **({"answers": result.get("answers", [])} if with_answers else {}),
    )


def changes_out(changes: Iterable[Change]) -> list[ChangeOut]:
    """What differs."""
    return [
        ChangeOut(
            place=one.place,
            kind=_kind(one.kind),
            before=one.before,
            after=one.after,
            words=[RunOut(kind=_kind(run.kind), text=run.text) for run in one.runs],
        )
        for one in changes
    ]


def _kind(kind: str) -> Any:
    return kind


def import_out(plan: ImportPlan, format: str, *, done: bool) -> ImportOut:
    """What an import did or would do."""
    return ImportOut(
        imported=done,
        format=format,
        counts=plan.counts(),
        items=[
            PlannedOut(
                slug=entry.slug,
                action=entry.action,
                reason=entry.reason,
                changes=changes_out(entry.changes),
                rubric_changed=entry.hidden_changes,
                notes=entry.notes,
            )
            for entry in plan.entries
        ],
        notes=plan.notes,
    )
