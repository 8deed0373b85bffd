"""The report of an interview, put together from its newest assessments."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessments.appeals import appeals_of
from app.assessments.marks import Mark, marks_of
from app.assessments.models import Assessment, ScoringFailure
from app.assessments.queries import assessments_of_interview, failures_of_interview, kept_aside
from app.assessments.views import (
    AppealView,
    CriterionView,
    FacetView,
    KeptText,
    NextStep,
    Piece,
    ReportInterview,
    ReportItem,
    ReportView,
    SentenceView,
    SourceView,
)
from app.assessments.words import FACET_SENTENCES, VERDICT_LABELS, band_of
from app.bank.models import Question
from app.bank.words import FACET_LABELS, FACETS
from app.interviews.models import Draft, Interview, InterviewItem

WEAK_FACET = 0.5


def build_report(session: Session, interview: Interview) -> ReportView:
    """The report of a finished interview; `interview` comes with its items, questions and answers."""
    assessments = assessments_of_interview(session, interview.id)
    failures = failures_of_interview(session, interview.id)
    aside = kept_aside(session, interview.id)
    slugs = _slugs(session, interview)
    answers = [item.answer.id for item in interview.items if item.answer]
    marks = marks_of(session, interview.organization_id, answers)
    appeals = appeals_of(session, answers)
    items = [
        _item(
            item,
            slugs[item.question_version.question_id],
            assessments.get(item.answer.id) if item.answer else None,
            failures.get(item.answer.id) if item.answer else None,
            aside.get(item.id, []),
            marks.get(item.answer.id, Mark()) if item.answer else Mark(),
            appeals.get(item.answer.id) if item.answer else None,
        )
        for item in interview.items
    ]
    waiting = sum(item.state == "waiting" for item in items)
    failed = sum(item.state == "failed" for item in items)
    # Questions without an answer count as 0 and are never waited for.
    total = sum(item.answer is not None for item in interview.items)
    complete = waiting == 0
    score = sum(item.score or 0.0 for item in items) / len(items) if complete and not failed and items else None
    facets = _facets_overall(items) if complete else []
    return ReportView(
        interview=_interview(interview),
        status="complete" if complete else "scoring",
        scored=total - waiting - failed,
        failed=failed,
        total=total,
        score=score,
        band=band_of(score) if score is not None else None,
        facets=facets,
        needs_review=any(item.needs_review for item in items),
        items=items,
        next_steps=_next_steps(items, facets) if complete and not failed else [],
    )


def _interview(interview: Interview) -> ReportInterview:
    seconds = 0.0
    if interview.started_at and interview.finished_at:
        seconds = (interview.finished_at - interview.started_at).total_seconds() - interview.paused_seconds
    return ReportInterview(
        id=interview.id,
        title=interview.title,
        mode=interview.mode,
        candidate_name=interview.candidate_name,
        started_at=interview.started_at,
        finished_at=interview.finished_at,
        finish_reason=interview.finish_reason,
        minutes_used=max(1, round(seconds / 60)),
    )


def _slugs(session: Session, interview: Interview) -> dict[uuid.UUID, str]:
    ids = {item.question_version.question_id for item in interview.items}
    return dict(session.execute(select(Question.id, Question.slug).where(Question.id.in_(ids))).all())


def _item(
    item: InterviewItem,
    slug: str,
    assessment: Assessment | None,
    failure: ScoringFailure | None,
    aside: list[Draft],
    mark: Mark,
    appeal: AppealView | None,
) -> ReportItem:
    version, answer = item.question_version, item.answer
    report: dict[str, Any] = assessment.report if assessment else {}
    text = answer.text if answer else ""
    # The machine read nothing of an answer that says “I do not know”, so no offset of it may be marked.
    read = "" if answer and answer.does_not_know else text
    criteria = criterion_views(version.rubric, report, read)
    if answer is None:
        state = "unanswered"
    elif assessment is not None or mark.by_people:
        state = "unknown" if answer.does_not_know else "scored"
    else:
        state = "failed" if failure else "waiting"
    score = mark.score if answer is not None else 0.0
    return ReportItem(
        item_id=item.id,
        position=item.position,
        slug=slug,
        title=version.title,
        prompt=version.prompt,
        state=state,
        answer_text=text,
        submitted_by=answer.submitted_by if answer else None,
        pieces=cut_in_pieces(text, criteria),
        score=score,
        band=band_of(score) if score is not None else None,
        confidence=assessment.confidence if assessment else None,
        needs_review=assessment.needs_review if assessment and not mark.by_people else False,
        feedback=[report["feedback"]] if report.get("feedback") else [],
        notes=report.get("notes", []),
        facets=_facets(report.get("facets", {})),
        criteria=criteria,
        sentences=[
            SentenceView(" ".join(read[one["start"] : one["end"]].split()), round(100 * one["worth"]))
            for one in report.get("sentences", ())
        ],
        model_answer=version.model_answer,
        sources=[SourceView(source["title"], source.get("url")) for source in version.sources if source.get("title")],
        late_texts=[KeptText(draft.text, draft.created_at) for draft in aside if draft.kind == "late"],
        # One that was chosen in the end is the answer itself.
        conflict_texts=[
            KeptText(draft.text, draft.created_at) for draft in aside if draft.kind == "conflict" and draft.text != text
        ],
        failure="Scoring failed and is tried again by itself; your answer is safe." if state == "failed" else None,
        machine_score=mark.machine,
        people=len(mark.counting),
        settled=any(one.settles for one in mark.counting),
        reasons=[one.reason for one in mark.counting if one.reason],
        comments=[one.comment for one in mark.counting if one.comment],
        appeal=appeal,
        receipt=assessment.receipt if assessment else {},
    )


def criterion_views(rubric: dict[str, Any], report: dict[str, Any], text: str) -> list[CriterionView]:
    """The criteria of the approach that counts, in the rubric's order."""
    if not report:
        return []
    approaches = rubric["approaches"]
    approach = next((a for a in approaches if a["id"] == report.get("approach")), approaches[0])
    asked = {criterion["id"]: criterion for criterion in approach["criteria"]}
    found: list[CriterionView] = []
    for verdict in report["criteria"]:
        criterion = asked.get(verdict["id"])
        if criterion is None:
            continue
        evidence = verdict.get("evidence")
        matched = verdict.get("matched_statement") or 0
        statement = criterion["statements"][matched if verdict["verdict"] in {"met", "partial"} else 0]
        found.append(
            CriterionView(
                number=len(found) + 1,
                id=criterion["id"],
                facet=criterion["facet"],
                facet_label=FACET_LABELS[criterion["facet"]],
                verdict=verdict["verdict"],
                verdict_label=VERDICT_LABELS[verdict["verdict"]],
                credit=verdict["credit"],
                weight=criterion["weight"],
                statement=statement,
                quote=text[evidence["start"] : evidence["end"]] if evidence else None,
                start=evidence["start"] if evidence else None,
                end=evidence["end"] if evidence else None,
                because=verdict["because"],
                follow_up=criterion.get("follow_up") if verdict["verdict"] != "met" else None,
            )
        )
    return found


def cut_in_pieces(text: str, criteria: list[CriterionView]) -> list[Piece]:
    """The answer as consecutive pieces, each the evidence of at most one criterion.

    Where evidence overlaps, the criterion with the greater credit keeps the words, then the first.
    """
    owner: list[CriterionView | None] = [None] * len(text)
    marked = [c for c in criteria if c.start is not None and c.end is not None and c.verdict != "missed"]
    for criterion in sorted(marked, key=lambda c: (c.credit, -c.number)):
        for at in range(criterion.start or 0, min(criterion.end or 0, len(text))):
            owner[at] = criterion
    pieces: list[Piece] = []
    begin = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or owner[at] is not owner[begin]:
            mark = owner[begin]
            pieces.append(Piece(text[begin:at], mark.number if mark else None, mark.verdict if mark else None))
            begin = at
    return pieces


def _facets(shares: dict[str, float]) -> list[FacetView]:
    return [
        FacetView(facet, FACET_LABELS[facet], shares[facet], FACET_SENTENCES[facet])
        for facet in FACETS
        if shares.get(facet) is not None
    ]


def _facets_overall(items: list[ReportItem]) -> list[FacetView]:
    """The mean share of each facet over the questions that ask for it; what is unanswered counts as 0."""
    shares: dict[str, list[float]] = {}
    for item in items:
        for facet in item.facets:
            if facet.share is not None:
                shares.setdefault(facet.id, []).append(facet.share)
    return _facets({facet: sum(values) / len(values) for facet, values in shares.items()})


def _next_steps(items: list[ReportItem], facets: list[FacetView]) -> list[NextStep]:
    steps: list[NextStep] = []
    weak = min((f for f in facets if f.share is not None), key=lambda f: f.share or 0.0, default=None)
    if weak is not None and (weak.share or 0.0) < WEAK_FACET:
        steps.append(NextStep(f"Over all questions, work on {weak.sentence}."))
    for item in sorted((i for i in items if i.score is not None), key=lambda i: i.score or 0.0)[:2]:
        if (item.score or 0.0) < 0.75:
            verb = "Answer" if item.state == "unanswered" else "Read the model answer, then answer again"
            steps.append(NextStep(f"{verb}: {item.title}", f"/questions/{item.slug}"))
    if not steps:
        steps.append(NextStep("Try a longer interview, or questions of a higher level.", "/questions"))
    return steps
