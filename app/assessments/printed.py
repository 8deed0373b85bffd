"""A report as the plain data that `templates/assessments/report.typ` sets: every text with the way its script runs."""

from __future__ import annotations

import datetime as dt
import unicodedata
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.assessments.marks import Mark
from app.assessments.views import AppealView, CriterionView, KeptText, Piece, ReportItem, ReportView
from app.assessments.words import VERDICT_LABELS, band_of
from app.kit.markdown_blocks import markdown_blocks

Data = dict[str, Any]

_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_STRONG = _RIGHT_TO_LEFT | {"L"}

READING = (
    "A machine looked in each answer for the points that a good answer makes. The words that a point rests on are "
    "marked in the answer and carry the point’s number. Met: the point is there. Partly met: something of it is "
    "missing. Missed: nothing says it. Contradicted: the answer says the opposite, or a known misconception. Unsure: "
    "the machine cannot tell, and a person should look.",
    "Points are of 100. What counts is the band: not yet (below 25), getting there (25 to 49), solid (50 to 74), "
    "strong (75 and above). Where people marked an answer, their mark counts, and the machine’s stays beside it.",
)


@dataclass(frozen=True)
class Reader:
    """For whom the report is set: a candidate reads no names of reviewers, and as much as may be seen."""

    is_candidate: bool = True
    follow_ups: bool = True
    shows_name: bool = True
    score_only: bool = False
    seen_by: uuid.UUID | None = None
    """An interviewer who has not marked an answer does not see how others did."""


def printed_report(report: ReportView, marks: Mapping[uuid.UUID, Mark], reader: Reader) -> Data:
    """Everything that the template sets; `marks` are by item."""
    interview = report.interview
    title = interview.title
    shown = {item.item_id: _mark_for(marks.get(item.item_id), reader) for item in report.items}
    name = interview.candidate_name if reader.shows_name else ""
    facts = [name] if name else []
    if interview.finished_at is not None:
        facts.append(_moment(interview.finished_at))
    facts.append(f"{interview.minutes_used} min used")
    if interview.finish_reason == "deadline":
        facts.append("ended by the clock")
    return {
        "title": title,
        "document_title": f"Report: {title}",
        "description": f"{title}, {name}" if name else title,
        "footer": " · ".join(filter(None, (title, name))),
        "facts": facts,
        "standing": _standing(report, shown),
        "remarks": _remarks(report, reader),
        "facets": []
        if reader.score_only
        else [
            {
                "label": facet.label,
                "share": facet.share,
                "points": points(facet.share),
                "band": band_of(facet.share).label,
                "sentence": facet.sentence,
            }
            for facet in report.facets
            if facet.share is not None
        ],
        "items": [] if reader.score_only else [_item(item, shown[item.item_id], reader) for item in report.items],
        "reading": list(READING),
    }


def points(share: float) -> str:
    """A share as points of 100, as the page rounds them."""
    return str(int(share * 100 + 0.5))


def _moment(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%-d %B %Y, %H:%M UTC")


def _mark_for(mark: Mark | None, reader: Reader) -> Mark | None:
    if mark is None or reader.is_candidate or reader.seen_by is None or mark.by(reader.seen_by) is not None:
        return mark
    return Mark(mark.machine, "none" if mark.machine is None else "machine", mark.machine, mark.assessment_id)


def _score(item: ReportItem, mark: Mark | None) -> float | None:
    # Not `item.score`, which is made of everybody's marks: some of them this reader may not know.
    return mark.score if mark is not None else item.score


def _standing(report: ReportView, marks: Mapping[uuid.UUID, Mark | None]) -> Data | None:
    scores = [_score(item, marks[item.item_id]) for item in report.items]
    if not scores or any(score is None for score in scores):
        return None
    total = sum(score for score in scores if score is not None) / len(scores)
    band = band_of(total)
    of = f", the mean of {len(scores)} questions" if len(scores) > 1 else ""
    return {
        "band": band.label,
        "points": f"{points(total)} of 100{of}",
        "share": min(total, 1.0),
        "sentence": band.sentence if report.total else "No question was answered.",
    }


def _remarks(report: ReportView, reader: Reader) -> list[str]:
    remarks = []
    if report.failed:
        remarks.append(f"{report.failed} of {report.total} answers could not be scored yet; scoring is tried again.")
    if report.needs_review and not reader.score_only:
        remarks.append("The machine was unsure of some answers; it is said at each.")
    return remarks


def _item(item: ReportItem, mark: Mark | None, reader: Reader) -> Data:
    score = _score(item, mark)
    judged = item.state == "scored"
    return {
        "position": item.position,
        "title": item.title,
        "state": _state(item, score),
        "marks": _marks(item, mark, reader),
        "prompt": _directed(markdown_blocks(item.prompt)),
        "feedback": [_text(sentence) for sentence in item.feedback],
        "comments": _comments(mark, reader),
        "answer_title": "A draft, not scored: “I do not know” was said" if item.state == "unknown" else "The answer",
        "answer": _lines(item.pieces, item.criteria) if item.answer_text else [],
        "notes": _notes(item),
        "judged": judged,
        "criteria": [_criterion(point, judged, mark, reader) for point in item.criteria],
        "kept": _kept("Text that came after the time was up, not scored", item.late_texts)
        + _kept("Another version of this answer, not scored", item.conflict_texts),
        "appeal": _appeal(item.appeal),
        "model_answer": _directed(markdown_blocks(item.model_answer)),
        "sources": [{"title": source.title, "url": source.url} for source in item.sources],
    }


def _state(item: ReportItem, score: float | None) -> str:
    match item.state:
        case "unanswered":
            return "Not answered"
        case "unknown":
            return "“I do not know”"
        case _ if score is not None:
            return f"{band_of(score).label}, {points(score)} of 100"
        case _:
            return "Not scored yet"


def _marks(item: ReportItem, mark: Mark | None, reader: Reader) -> list[str]:
    if mark is None or not mark.by_people:
        return []
    lines = []
    if reader.is_candidate:
        several = len(mark.counting) > 1
        lines.append("Marked by several people; this is the mean." if several else "Marked by a person.")
        lines += [f"Because: {one.reason}" for one in mark.counting if one.reason]
    for one in () if reader.is_candidate else mark.counting:
        reason = f": {one.reason}" if one.reason else "."
        settled = ", settling a disagreement" if one.settles else ""
        lines.append(f"{one.reviewer}{settled}: {points(one.score)} of 100{reason}")
    if not reader.is_candidate and mark.disagreement:
        lines.append("These marks are far apart: somebody should settle it.")
    if mark.machine is not None:
        lines.append(f"The machine’s mark: {points(mark.machine)} of 100.")
    return lines


def _comments(mark: Mark | None, reader: Reader) -> list[Data]:
    said = mark.counting if mark is not None else ()
    return [
        {"who": "A reviewer" if reader.is_candidate else one.reviewer, **_text(one.comment)}
        for one in said
        if one.comment
    ]


def _notes(item: ReportItem) -> list[str]:
    lines = []
    if item.submitted_by == "deadline":
        lines.append("Handed in as it stood when the time was up.")
    elif item.submitted_by == "finish":
        lines.append("Handed in as it stood when the interview was finished.")
    if item.state == "scored":
        if item.confidence is not None:
            lines.append(
                f"The chance that a person would mark it within 20 points of the machine: {points(item.confidence)} %."
            )
        if item.needs_review:
            lines.append("The machine is unsure about this answer: a person should read it.")
        lines += item.notes
    return lines


def _criterion(point: CriterionView, judged: bool, mark: Mark | None, reader: Reader) -> Data:
    people = []
    for one in mark.counting if mark is not None else ():
        verdict = VERDICT_LABELS.get(str(one.verdicts.get(point.id)))
        if verdict is not None and verdict != point.verdict_label:
            people.append(_text(f"{'A person' if reader.is_candidate else one.reviewer}: {verdict.lower()}"))
    against = judged and point.verdict == "contradicted" and bool(point.quote)
    # Most reasons begin with the quoted words themselves.
    quoted = point.quote and judged and (against or not point.because.startswith("You say"))
    return {
        "number": point.number,
        "verdict": point.verdict,
        "verdict_label": point.verdict_label,
        "facet_label": point.facet_label,
        "against": against,
        "statement": _text(point.statement),
        "quote": _text(" ".join((point.quote or "").split())) if quoted else None,
        "because": _text(point.because),
        "people": people,
        "follow_up": _text(point.follow_up) if point.follow_up and reader.follow_ups else None,
    }


def _appeal(appeal: AppealView | None) -> list[Data]:
    if appeal is None:
        return []
    parts = [
        {"title": f"The candidate’s objection ({_moment(appeal.made_at)})", "lines": _lines([Piece(appeal.text)], [])}
    ]
    if appeal.replied_at is not None:
        title = f"Reply ({_moment(appeal.replied_at)})"
        parts.append({"title": title, "lines": _lines([Piece(appeal.reply)], [])})
    return parts


def _kept(title: str, texts: Iterable[KeptText]) -> list[Data]:
    return [{"title": f"{title} ({_moment(kept.saved_at)})", "lines": _lines([Piece(kept.text)], [])} for kept in texts]


def _lines(pieces: list[Piece], criteria: list[CriterionView]) -> list[Data]:
    """The text line by line, each line in pieces; a point's number stands where its evidence ends."""
    lines: list[list[Data]] = [[]]
    at = 0
    for piece in pieces:
        ends = [c.number for c in criteria if c.end is not None and at < c.end <= at + len(piece.text)]
        at += len(piece.text)
        parts = piece.text.split("\n")
        for number, part in enumerate(parts):
            if number:
                lines.append([])
            if part:
                last = number == len(parts) - 1
                numbers = ends if piece.number is not None and last else []
                lines[-1].append({"text": _kept_spaces(part), "verdict": piece.verdict, "points": numbers})
    return [_way("".join(p["text"] for p in line)) | {"pieces": line} for line in lines]


def _kept_spaces(line: str) -> str:
    """Indents stay: a line's leading blanks as ones that are not dropped."""
    body = line.lstrip(" \t")
    indent = line[: len(line) - len(body)].replace("\t", "    ")
    return "\u00a0" * len(indent) + body.replace("\t", "    ")


def _text(text: str) -> Data:
    return {"text": text, **_way(text)}


def _directed(blocks: list[Data]) -> list[Data]:
    for block in blocks:
        for inner in (block.get("blocks") or (), *(block.get("items") or ())):
            _directed(list(inner))
        if "runs" in block:
            block |= _way("".join(run["text"] for run in block["runs"]))
    return blocks


def _way(text: str) -> Data:
    """Which way a passage runs (by its first letter), and whose forms of Chinese characters it wants."""
    first = next((way for c in text if (way := unicodedata.bidirectional(c)) in _STRONG), "L")
    han, lang = "SC", "en"
    if any("\u3040" <= c <= "\u30ff" for c in text):
        han, lang = "JP", "ja"
    elif any("\uac00" <= c <= "\ud7a3" for c in text):
        han, lang = "KR", "ko"
    elif any("\u4e00" <= c <= "\u9fff" for c in text):
        lang = "zh"
    elif first in _RIGHT_TO_LEFT:
        lang = "ar" if first == "AL" else "he"
    return {"rtl": first in _RIGHT_TO_LEFT, "han": han, "lang": lang}
