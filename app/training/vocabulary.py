"""How rare words are, and which classes of words follow one another: counted on Viva's own graded answers."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from app.scoring import lexicon, order
from app.scoring.lexicon import FUNCTION_WORDS
from app.scoring.text import words
from app.training.calibrate import logistic
from app.training.contrast import keywords, shuffled
from app.training.material import Task

SIGNALS = ("order", "glue", "bare", "scraps", "length")


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


def word_order(tasks: Sequence[Task], rng: random.Random) -> dict[str, Any]:
    """Word-class transitions, and the logistic model that tells sentences from salad."""
    natural = [a.text for t in tasks for a in t.answers if a.kind not in ("salad", "notes")]
    notes = [a.text for t in tasks for a in t.answers if a.kind == "notes"]
    natural += [reference for t in tasks for reference in t.references]
    natural += [statement for t in tasks for point in t.points for statement in point.statements[:2]]
    # Salads that were written by hand are often good sentences without sense, which no order of words gives away: what
    # is learnt from is made by rule.
    single: Counter[str] = Counter()
    double: Counter[tuple[str, str]] = Counter()
    for text in natural:
        for row in order.classes(text):
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
    about = (
        "transitions: log of how much likelier a word class is after another than anywhere. salad: logistic weights."
    )
    cases = [(text, 0.0, 1.0) for text in natural] + [(text, 0.0, 3.0) for text in notes]
    for text in natural:
        made = rng.choice([_labels, _labels, shuffled, _jumbled, keywords, _listed, _listed])
        cases.append((made(text, rng), 1.0, 1.0))
    kept = [(found, y, w) for text, y, w in cases if (found := order.signals(text, table)) is not None]
    inputs = np.array([[found[name] for name in SIGNALS] for found, _, _ in kept])
    weights, bias = logistic(
        inputs, np.array([y for _, y, _ in kept]), np.array([w for _, _, w in kept]), [0] * len(SIGNALS), 1e-4
    )
    salad = {"bias": round(bias, 4), "weights": dict(zip(SIGNALS, weights.round(4).tolist(), strict=True))}
    return {"about": about, "transitions": table, "salad": salad}


def _jumbled(text: str, rng: random.Random) -> str:
    """Shuffled, without any punctuation but the last."""
    tokens = words(text)
    rng.shuffle(tokens)
    return " ".join(tokens) + "."


def _labels(text: str, rng: random.Random) -> str:
    """Headings of one to three words."""
    found = [word for word in dict.fromkeys(words(text)) if word not in FUNCTION_WORDS or rng.random() < 0.3]
    out = []
    while found:
        size = rng.choice([1, 2, 2, 3, 3])
        out.append(" ".join(found[:size]))
        found = found[size:]
    return rng.choice([". ", ", ", "; ", "\n"]).join(out)


def _listed(text: str, rng: random.Random) -> str:
    return keywords(text, rng, rng.choice([", ", ". "]))
