"""What the first scorer is fitted on: public graded answers, the bank's samples, and attacks made by rule."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from app.evaluation.attacks import INSTRUCTION, PADDING, keywords, negated, shuffled
from app.scoring.derive import rubric_from_references
from app.scoring.lexicon import FUNCTION_WORDS
from app.scoring.rubric import Approach, Criterion, Rubric
from app.scoring.text import sentences, words

ROOT = Path(__file__).resolve().parents[1]
ASAG = Path(os.environ.get("VIVA_ASAG_DIR", ROOT / "../shared/asag"))


@dataclass
class Row:
    """One answer; `labels` (per criterion: 1 said, 0 absent, -1 misconception) only where it was made by rule."""

    source: str
    question_id: str
    question: str
    rubric: Rubric
    text: str
    grade: float
    kind: str = "real"
    labels: tuple[int, ...] = ()


def exams() -> dict[str, list[dict[str, Any]]]:
    """The public sets by file name, without blank answers and those equal to the reference."""
    found = {}
    for path in sorted(ASAG.glob("*.jsonl")):
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        found[path.stem] = [x for x in lines if x["answer"].strip() and x["answer"] != x["reference"]]
    return found


def bank() -> list[dict[str, Any]]:
    """The seed's questions that have samples."""
    loaded = [yaml.safe_load(path.read_text("utf-8")) for path in sorted((ROOT / "seed/questions").rglob("*.yaml"))]
    return [question for question in loaded if question.get("samples") and question.get("rubric")]


def jumbled(text: str, rng: random.Random) -> str:
    """Shuffled, without any punctuation but the last."""
    tokens = words(text)
    rng.shuffle(tokens)
    return " ".join(tokens) + "."


def labels(text: str, rng: random.Random) -> str:
    """Headings of one to three words."""
    found = [word for word in dict.fromkeys(words(text)) if word not in FUNCTION_WORDS or rng.random() < 0.3]
    out = []
    while found:
        size = rng.choice([1, 2, 2, 3, 3])
        out.append(" ".join(found[:size]))
        found = found[size:]
    return rng.choice([". ", ", ", "; ", "\n"]).join(out)


def exam_rows(rng: random.Random, cap: int) -> Iterator[Row]:
    """About `cap` answers of each public set, and attacks on each of its questions."""
    for source, lines in exams().items():
        by_question: dict[str, list[dict[str, Any]]] = {}
        for line in lines:
            by_question.setdefault(f"{line['dataset']}/{line['qid']}", []).append(line)
        names = list(by_question)
        for i, (name, answers) in enumerate(by_question.items()):
            question, reference = answers[0]["question"], answers[0]["reference"]
            rubric = rubric_from_references([reference])
            for line in answers:
                if rng.random() < cap / len(lines):
                    yield Row(source, name, question, rubric, line["answer"], line["score01"])
            best = max(answers, key=lambda x: (x["score01"], len(x["answer"])))["answer"]
            other = by_question[names[(i + 7) % len(names)]][0]["reference"]
            for kind, text in _attacks(question, reference, best, other, rng):
                yield Row(source, name, question, rubric, text, 0.0, kind)
            yield Row(source, name, question, rubric, reference, 1.0, "reference")


def bank_rows(rng: random.Random) -> Iterator[Row]:
    """The bank's samples by rubric and by model answer alone, attacks, and answers whose criteria are known."""
    questions = bank()
    for i, question in enumerate(questions):
        rubric, model = Rubric.from_dict(question["rubric"]), question["model_answer"]
        best = max(question["samples"], key=lambda s: s["grade"])["text"]
        others = [questions[(i + 5) % len(questions)]["model_answer"]]
        others += [max(questions[(i + 11) % len(questions)]["samples"], key=lambda s: s["grade"])["text"]]
        ids = ". ".join(c.id.replace("-", " ") for a in rubric.approaches for c in a.criteria)
        for source, judged_by in (("bank", rubric), ("bank by model answer", rubric_from_references([model]))):
            base = (source, question["slug"], question["prompt"], judged_by)
            for sample in question["samples"]:
                yield Row(*base, sample["text"], sample["grade"], "real:" + sample["kind"])
            for kind, text in _attacks(question["prompt"], model, best, others[0], rng):
                yield Row(*base, text, 0.0, kind)
            yield Row(*base, others[1], 0.0, "other")
            yield Row(*base, ids, 0.0, "labels")
            yield Row(*base, model, 1.0, "reference")
        for _ in range(4):
            yield from _assembled(
                question["slug"], question["prompt"], rubric, questions[(i + 3) % len(questions)], rng
            )


def _attacks(question: str, reference: str, best: str, other: str, rng: random.Random) -> list[tuple[str, str]]:
    return [
        ("echo", question),
        ("shuffled", shuffled(best, rng)),
        ("keywords", keywords(f"{best} {reference}", rng)),
        ("negated", negated(reference)),
        ("other", other),
        ("padding", PADDING),
        ("instruction", INSTRUCTION),
    ]


def _assembled(slug: str, prompt: str, rubric: Rubric, other: dict[str, Any], rng: random.Random) -> Iterator[Row]:
    """An answer of statements that are taken out of the rubric, of twins, and of a stranger's sentences."""
    parts, criteria, marks = [], [], []
    approach = rubric.approaches[0]
    for c in approach.criteria:
        draw, statements, twins, mark = rng.random(), c.statements, c.false_twins, 0
        if draw < 0.45 and len(c.statements) > 1:
            said = rng.randrange(len(c.statements))
            parts.append(c.statements[said])
            statements, mark = tuple(s for i, s in enumerate(c.statements) if i != said), 1
        elif draw < 0.7 and c.false_twins:
            said = rng.randrange(len(c.false_twins))
            parts.append(c.false_twins[said])
            mark = -1
            if len(c.false_twins) > 1 and rng.random() < 0.5:
                twins = tuple(t for i, t in enumerate(c.false_twins) if i != said)
        marks.append(mark)
        criteria.append(Criterion(c.id, c.facet, c.weight, statements, twins))
    stranger = sentences(other["model_answer"])
    for segment in rng.sample(stranger, min(len(stranger), rng.randrange(3))):
        parts.append(other["model_answer"][segment.start : segment.end])
    if parts:
        rng.shuffle(parts)
        cut = Rubric((Approach(approach.id, approach.name, tuple(criteria)),))
        yield Row("assembled", slug, prompt, cut, " ".join(parts), 0.0, "assembled", tuple(marks))
