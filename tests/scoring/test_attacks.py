"""Answers that must not pass, on the bank's questions and on public ones: each would, if a cosine decided."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from app.embedding.files import find_model
from app.embedding.local import LocalEncoder
from app.evaluation.graded import read_bank, read_sets
from app.evaluation.judging import HELD_OUT
from app.kit.config import ROOT
from app.scoring.attacks import attacks_on, negated, seeded
from app.scoring.derive import rubric_from_references
from app.scoring.engine import assess, prepare, readable
from app.scoring.judging import judge
from app.scoring.learnt import load
from app.scoring.rubric import Rubric

ASAG = Path(os.environ.get("VIVA_ASAG_DIR", ROOT.parent / "shared" / "asag"))
HALF = 0.5
BANK = {
    "question echoed": 0.05,
    # Terse notation reads much the same in any order: 7 % of all.
    "words shuffled": 0.15,
    "keywords alone": 0.05,
    "headings listed": 0.05,
    "instruction to the grader": 0.05,
    "negated": 0.1,
    "directions flipped": 0.2,
}
"""Shares of the bank's questions on which an attack may get half marks; other attacks fall short of their aims."""
EVERY = 12


@pytest.fixture(scope="module")
def plain():
    return LocalEncoder.load(find_model(None), threads=1, adapter=None)


@pytest.fixture(scope="module")
def bank_attacks(encoder, plain):
    """By attack: Viva's score and the cosine with the model answer, for every third question (the check has them all)."""
    questions, found = read_bank(ROOT / "seed"), {}
    for number, question in list(enumerate(questions))[::3]:
        reference = " ".join(question.model_answer.split())
        best = max(question.samples, key=lambda sample: sample.grade).text
        other = " ".join(questions[(number + len(questions) // 2) % len(questions)].model_answer.split())
        prepared = prepare(question.prompt, Rubric.from_dict(question.rubric), encoder.encode)
        wanted = plain.encode(reference).vector
        for kind, text, _ in attacks_on(question.prompt, reference, best, other, seeded(0, question.slug)):
            if kind in BANK:
                score = assess(prepared, text, encoder.encode(readable(text))).score
                found.setdefault(kind, []).append((score, float(wanted @ plain.encode(text).vector)))
    return {kind: np.array(pairs) for kind, pairs in found.items()}


@pytest.mark.parametrize("kind", BANK)
def test_the_bank_is_not_fooled(bank_attacks, kind):
    scores, cosines = bank_attacks[kind].T
    assert (scores >= HALF).mean() <= BANK[kind]
    assert (cosines >= HALF).mean() > BANK[kind], "a cosine would do: the attack is none"


def test_an_answer_turned_round_says_so_and_asks_for_a_person(encoder):
    said = 0
    questions = read_bank(ROOT / "seed")[::6]
    for question in questions:
        prepared = prepare(question.prompt, Rubric.from_dict(question.rubric), encoder.encode)
        text = negated(" ".join(question.model_answer.split()))
        report = assess(prepared, text, encoder.encode(readable(text)))
        if any("opposite of what the rubric says" in note for note in report.notes):
            said += 1
            assert report.needs_review
            assert report.score < 0.75
    assert said >= 0.8 * len(questions)


def test_good_answers_are_not_taken_for_their_opposite(encoder):
    seen = []
    for question in read_bank(ROOT / "seed")[::3]:
        prepared = prepare(question.prompt, Rubric.from_dict(question.rubric), encoder.encode)
        for sample in question.samples:
            if sample.grade >= 0.75:
                text = readable(sample.text)
                seen.append(judge(prepared, text, encoder.encode(text)).inverted)
    assert len(seen) > 100
    assert np.mean(np.array(seen) >= 0.5) <= 0.03


PUBLIC = {
    "question echoed": 0.04,
    # Of a model answer of a few words, any order may be right.
    "words shuffled": 0.2,
    "negated": 0.1,
    "directions flipped": 0.2,
    # Of a model answer of three words, its keywords and headings are the answer.
    "keywords alone": 0.2,
    "headings listed": 0.2,
    "instruction to the grader": 0.04,
}


@pytest.fixture(scope="module")
def public_attacks(plain):
    """The same on each twelfth question of the public sets, by what was trained without them."""
    found = {}
    for name, rows in read_sets(ASAG).items():
        learnt = load(HELD_OUT / name)
        encoder = LocalEncoder.load(find_model(None), threads=1, adapter=HELD_OUT / name / "adapter.safetensors")
        first = {row.question_id: row for row in reversed(rows)}
        for row in list(first.values())[::EVERY]:
            reference = row.references[0]
            prepared = prepare(row.question, rubric_from_references(row.references), encoder.encode, learnt=learnt)
            wanted = plain.encode(reference).vector
            for kind, text, _ in attacks_on(row.question, reference, reference, reference, seeded(0, row.question_id)):
                if kind in PUBLIC:
                    score = assess(prepared, text, encoder.encode(readable(text))).score
                    found.setdefault(kind, []).append((score, float(wanted @ plain.encode(text).vector)))
    return {kind: np.array(pairs) for kind, pairs in found.items()}


@pytest.mark.parametrize("kind", PUBLIC)
def test_public_exams_are_not_fooled(public_attacks, kind):
    scores, cosines = public_attacks[kind].T
    assert len(scores) >= 20
    assert (scores >= HALF).mean() <= PUBLIC[kind]
    assert (cosines >= HALF).mean() > PUBLIC[kind], "a cosine would do: the attack is none"
