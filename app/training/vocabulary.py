"""How rare words are, and which classes of words follow one another: counted on Viva's own graded answers."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from app.scoring import lexicon, order
from app.scoring.text import sentences, words
from app.training.material import Task


def write(folder: Path, name: str, content: dict[str, Any]) -> None:
    """Put a file in its place at once, complete: a worker may be reading it."""
    text = json.dumps(content, indent=0 if name == "words.json" else 1, sort_keys=True, ensure_ascii=True)
    partial = folder / f"{name}.partial"
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(folder / name)


def rarities(tasks: Sequence[Task]) -> dict[str, Any]:
    """In how many questions each stem occurs."""
    counts: Counter[str] = Counter()
    for task in tasks:
        texts = [task.question, *task.references, *(answer.text for answer in task.answers)]
        counts.update({lexicon.stem(word) for text in texts for word in words(text)})
    kept = {word: count for word, count in counts.items() if count >= 3 and word.isascii() and not word.isdigit()}
    return {
        "about": "In how many of Viva's own graded questions a stem occurs. Made by viva train.",
        "questions": len(tasks),
        "count": kept,
    }


def word_order(tasks: Sequence[Task]) -> dict[str, Any]:
    """Word-class transitions in the sentences of well-formed answers."""
    natural = [a.text for t in tasks for a in t.answers if a.kind not in ("salad", "notes")]
    natural += [reference for t in tasks for reference in t.references]
    natural += [statement for t in tasks for point in t.points for statement in point.statements[:2]]
    single: Counter[str] = Counter()
    double: Counter[tuple[str, str]] = Counter()
    for text in natural:
        for segment in sentences(text):
            row = order.classes(text[segment.start : segment.end])
            single.update(row)
            double.update(pairwise(row))
    total = sum(n for name, n in single.items() if name != order.START)
    after = [name for name in sorted(single) if name != order.START]
    table: dict[str, dict[str, float]] = {}
    for one in sorted(single):
        if one != order.END:
            seen = sum(double[one, two] for two in after)
            gains = {two: (double[one, two] / (single[two] / total) + 20) / (seen + 20) for two in after}
            table[one] = {two: round(max(-3.0, math.log(gain)), 3) for two, gain in gains.items()}
    about = "transitions: log of how much likelier a word class is after another than anywhere."
    return {"about": about, "transitions": table}
