"""A report as its candidate may see it, and as an interviewer may who has not judged it yet."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace

from app.assessments.marks import Mark
from app.assessments.views import ReportView
from app.assessments.words import band_of
from app.interviews.seeing import Seeing


def as_seen(report: ReportView, seeing: Seeing) -> ReportView:
    """The report without what the template keeps from candidates.

    Where they see the score alone, nothing of single questions is left in it.
    """
    if seeing.what == "score":
        return replace(report, items=[], facets=[], next_steps=[], needs_review=False)
    if not seeing.follow_ups:
        items = [
            replace(item, criteria=[replace(point, follow_up=None) for point in item.criteria]) for item in report.items
        ]
        return replace(report, items=items)
    return report


def as_seen_by_interviewer(report: ReportView, marks: Mapping[uuid.UUID, Mark], reader: uuid.UUID) -> ReportView:
    """The report without the marks of others at answers that the reader has not judged, as in the review.

    `marks` are by item.
    """
    items = []
    for item in report.items:
        mark = marks.get(item.item_id)
        if mark is not None and mark.by_people and mark.by(reader) is None:
            machine = item.machine_score
            item = replace(
                item,
                score=machine,
                band=None if machine is None else band_of(machine),
                people=0,
                settled=False,
                reasons=[],
                comments=[],
            )
        items.append(item)
    scores = [item.score for item in items if item.score is not None]
    total = report.score if report.score is None or not scores else sum(scores) / len(scores)
    return replace(report, items=items, score=total, band=None if total is None else band_of(total))
