"""The map of topics: which builds on which, drawn from what the questions themselves presuppose."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bank.models import Question
from app.bank.queries import Banks, questions_readable_by
from app.bank.words import TOPIC_LABELS, TOPICS

WIDTH, ROW = 960, 118
BOX_WIDTH, BOX_HEIGHT = 204, 62

# Which topics come before which, as one would teach them: the rows of the picture. The lines come from the bank.
ROWS: tuple[tuple[str, ...], ...] = (
    ("mathematics", "algorithms", "behavioural"),
    ("classical-learning", "foundations"),
    ("optimisation", "evaluation", "debugging"),
    ("vision", "sequences", "representation"),
    ("transformers", "generative", "systems"),
)


@dataclass(frozen=True)
class TopicBox:
    """A topic in the picture."""

    id: str
    label: str
    questions: int
    minutes: int
    x: float
    y: float
    lines: tuple[str, ...]
    """The label, broken where it is too long for the box."""


@dataclass(frozen=True)
class TopicLine:
    """What builds on what."""

    before: str
    after: str
    before_label: str
    after_label: str
    count: int
    path: str


@dataclass(frozen=True)
class TopicMap:
    """The picture."""

    width: int
    height: int
    box_width: int
    box_height: int
    boxes: list[TopicBox]
    lines: list[TopicLine]


def draw_map(session: Session, banks: Banks) -> TopicMap:
    """Topics with their questions, and a line for every two topics of which questions build on each other."""
    rows = session.execute(
        select(Question.slug, Question.topic, Question.minutes, Question.prerequisites).where(
            questions_readable_by(banks), Question.current_version_id.is_not(None)
        )
    ).all()
    topic_of = {row.slug: row.topic for row in rows}
    counts, minutes = Counter(row.topic for row in rows), Counter[str]()
    links: Counter[tuple[str, str]] = Counter()
    for row in rows:
        minutes[row.topic] += row.minutes or 0
        for slug in row.prerequisites or ():
            before = topic_of.get(slug)
            if before is not None and before != row.topic:
                links[before, row.topic] += 1
    boxes = {box.id: box for box in _boxes(counts, minutes)}
    lines = [
        TopicLine(before, after, TOPIC_LABELS[before], TOPIC_LABELS[after], count, _path(boxes[before], boxes[after]))
        for (before, after), count in sorted(links.items(), key=lambda item: (-item[1], item[0]))
    ]
    height = ROW * len(ROWS) - (ROW - BOX_HEIGHT) + 16
    return TopicMap(WIDTH, height, BOX_WIDTH, BOX_HEIGHT, list(boxes.values()), lines)


def _boxes(counts: Counter[str], minutes: Counter[str]) -> list[TopicBox]:
    found = []
    assert {topic for row in ROWS for topic in row} == set(TOPICS), "every topic has its place on the map"
    for number, row in enumerate(ROWS):
        step = WIDTH / len(row)
        for place, topic in enumerate(row):
            x = step * (place + 0.5) - BOX_WIDTH / 2
            label = TOPIC_LABELS[topic]
            found.append(
                TopicBox(topic, label, counts[topic], minutes[topic], round(x, 1), 8 + ROW * number, _broken(label))
            )
    return found


def _broken(label: str, width: int = 22) -> tuple[str, ...]:
    lines = [""]
    for word in label.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return tuple(lines)


def _path(before: TopicBox, after: TopicBox) -> str:
    """From the lower edge of what comes first to the upper edge of what builds on it; beside where both share a row."""
    x1, x2 = before.x + BOX_WIDTH / 2, after.x + BOX_WIDTH / 2
    if before.y == after.y:
        y = before.y + BOX_HEIGHT / 2
        left, right = (x1 + BOX_WIDTH / 2, x2 - BOX_WIDTH / 2) if x1 < x2 else (x1 - BOX_WIDTH / 2, x2 + BOX_WIDTH / 2)
        return f"M{left:.0f} {y:.0f}H{right:.0f}"
    y1, y2 = (before.y + BOX_HEIGHT, after.y) if before.y < after.y else (before.y, after.y + BOX_HEIGHT)
    bend = (y1 + y2) / 2
    return f"M{x1:.0f} {y1:.0f}C{x1:.0f} {bend:.0f} {x2:.0f} {bend:.0f} {x2:.0f} {y2:.0f}"
