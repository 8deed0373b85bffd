"""What a reviewer sees of an answer: the question, the answer, the rubric, and (once asked for) what others said."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessments.appeals import appeals_of
from app.assessments.marks import Mark, marks_of
from app.assessments.models import Assessment
from app.assessments.queries import assessment_of
from app.assessments.report import criterion_views, cut_in_pieces
from app.assessments.reviewing import reviewable
from app.assessments.views import AppealView, CriterionView, Piece
from app.assessments.words import band_of
from app.bank.words import FACET_LABELS
from app.interviews.models import Interview, InterviewItem


@dataclass(frozen=True)
class ToJudge:
    """One criterion: what it asks for, and what the machine found."""

    key: str
    """Name of its field: number of the approach and of the criterion."""
    id: str
    facet: str
    facet_label: str
    share: int
    """Percent of the whole mark."""
    statements: list[str]
    false_twins: list[str]
    group: str
    """Where some of several are enough, which."""
    machine: CriterionView | None


@dataclass(frozen=True)
class ApproachToJudge:
    """One complete way of answering."""

    id: str
    name: str
    criteria: list[ToJudge]
    plain: dict[str, Any]
    """Weights and groups, for the script that suggests a mark."""


@dataclass(frozen=True)
class ReviewView:
    """The review page of one answer for one viewer."""

    answer_id: uuid.UUID
    interview_id: uuid.UUID
    interview: str
    candidate: str
    question_id: uuid.UUID
    question: str
    prompt: str
    model_answer: str
    answer_text: str
    does_not_know: bool
    submitted_at: dt.datetime
    pieces: list[Piece]
    approaches: list[ApproachToJudge]
    assessment: Assessment | None
    feedback: str
    mark: Mark
    """All of it; the page shows the reviews of others once the viewer has one."""
    may_see_others: bool
    machine_band: str
    """Of the machine's score."""
    appeal: AppealView | None


def review_view(
    session: Session, organization_id: uuid.UUID, viewer_id: uuid.UUID | None, answer_id: uuid.UUID
) -> ReviewView:
    """An answer as a reviewer sees it (None: somebody who has reviewed nothing yet).

    Raises:
        NotFound: there is no such answer, or its interview is not finished.
    """
    answer, version = reviewable(session, organization_id, answer_id)
    interview = session.execute(
        select(Interview.id, Interview.title, Interview.candidate_name)
        .join(InterviewItem, InterviewItem.interview_id == Interview.id)
        .where(InterviewItem.id == answer.item_id)
    ).one()
    assessment = assessment_of(session, answer_id)
    report = assessment.report if assessment else {}
    judged = criterion_views(version.rubric, report, "" if answer.does_not_know else answer.text)
    mark = marks_of(session, organization_id, [answer_id])[answer_id]
    return ReviewView(
        answer_id=answer_id,
        interview_id=interview.id,
        interview=interview.title,
        candidate=interview.candidate_name,
        question_id=version.question_id,
        question=version.title,
        prompt=version.prompt,
        model_answer=version.model_answer,
        answer_text=answer.text,
        does_not_know=answer.does_not_know,
        submitted_at=answer.submitted_at,
        pieces=cut_in_pieces(answer.text, judged),
        approaches=_approaches(version.rubric, report, judged),
        assessment=assessment,
        feedback=report.get("feedback", ""),
        mark=mark,
        machine_band=band_of(assessment.score).label if assessment else "",
        may_see_others=viewer_id is not None and mark.by(viewer_id) is not None,
        appeal=appeals_of(session, [answer_id]).get(answer_id),
    )


def _approaches(rubric: dict[str, Any], report: dict[str, Any], judged: list[CriterionView]) -> list[ApproachToJudge]:
    found = []
    for number, approach in enumerate(rubric["approaches"]):
        is_judged = report.get("approach", rubric["approaches"][0]["id"]) == approach["id"]
        machine = {one.id: one for one in judged} if is_judged else {}
        groups = approach.get("groups") or []
        grouped = {member: group for group in groups for member in group["criteria"]}
        whole = sum(one["weight"] for one in approach["criteria"] if one["id"] not in grouped)
        whole += sum(group["weight"] for group in groups)
        criteria = []
        for place, one in enumerate(approach["criteria"]):
            group = grouped.get(one["id"])
            weight = group["weight"] / group["at_least"] if group else one["weight"]
            criteria.append(
                ToJudge(
                    key=f"{number}-{place}",
                    id=one["id"],
                    facet=one["facet"],
                    facet_label=FACET_LABELS[one["facet"]],
                    share=round(100 * weight / whole),
                    statements=one["statements"],
                    false_twins=one.get("false_twins") or [],
                    group=f"any {group['at_least']} of {len(group['criteria'])}" if group else "",
                    machine=machine.get(one["id"]),
                )
            )
        weights = [one["weight"] for one in approach["criteria"]]
        plain = {
            "criteria": [
                {"key": one.key, "id": one.id, "weight": weight} for one, weight in zip(criteria, weights, strict=True)
            ],
            "groups": groups,
        }
        found.append(ApproachToJudge(approach["id"], approach.get("name") or approach["id"], criteria, plain))
    return found
