"""What holds for every answer, on the bank's questions and samples, with the model that ships."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from app.evaluation.graded import read_bank
from app.kit.config import ROOT
from app.scoring.engine import assess, prepare, readable
from app.scoring.removal import without
from app.scoring.rubric import Rubric
from app.scoring.text import sentences

ORDER_BOUND = 0.2
"""How far the score may move when independent sentences change places: the encoder reads them in another context."""
ORDER_MEAN = 0.05
FALL_BOUND, FALL_SHARE = 0.12, 0.15
"""How far, and how often, one more right sentence may cost something for the same reason."""


@pytest.fixture(scope="module")
def bank(encoder):
    """Every second question of the bank, prepared without samples, with the texts of its samples."""
    found = []
    for question in read_bank(Path(ROOT / "seed"))[::2]:
        prepared = prepare(question.prompt, Rubric.from_dict(question.rubric), encoder.encode, model=encoder.identity)
        found.append((prepared, [sample.text for sample in question.samples]))
    return found


@pytest.fixture(scope="module")
def score(encoder):
    return lambda prepared, text, **more: assess(prepared, text, encoder.encode(readable(text)), **more)


def cases(bank, seed: int, each: int = 1):
    rng = random.Random(seed)
    for prepared, texts in bank:
        for text in rng.sample(texts, min(each, len(texts))):
            yield prepared, text, rng


def test_saying_what_was_missed_hardly_ever_costs_anything(bank, score):
    """Whatever criterion an answer misses: one more sentence that says it raises the score.

    Not without exception: the encoder reads the rest of the answer in another context then, so a few scores fall, and
    by little (see docs/scoring.md).
    """
    changes = []
    for prepared, text, rng in cases(bank, 1, each=4):
        before = score(prepared, text)
        missed = [c for c in before.criteria if c.verdict == "missed"]
        if not missed:
            continue
        chosen = rng.choice(missed)
        criterion = next(c for _, c in prepared.criteria if c.id == chosen.id)
        after = score(prepared, f"{text.rstrip()} {rng.choice(criterion.statements)}")
        if after.approach == before.approach:
            changes.append(after.score - before.score)
    assert len(changes) > 20
    assert min(changes) >= -FALL_BOUND
    assert sum(change < 0 for change in changes) <= FALL_SHARE * len(changes)
    assert sum(changes) / len(changes) > 0.03


def test_saying_a_thing_twice_changes_nothing_at_all(bank, score):
    for prepared, text, rng in cases(bank, 2):
        sentence = rng.choice(sentences(text))
        again = f"{text.rstrip()} {text[sentence.start : sentence.end]}"
        if len(text[sentence.start : sentence.end].split()) < 4 or not text.rstrip().endswith("."):
            continue
        once, twice = score(prepared, text.rstrip()), score(prepared, again)
        assert twice.score == once.score
        assert [c.verdict for c in twice.criteria] == [c.verdict for c in once.criteria]


def test_the_order_of_sentences_hardly_matters(bank, score):
    moved = []
    for prepared, text, rng in cases(bank, 3, each=3):
        parts = [text[s.start : s.end] for s in sentences(text)]
        if len(parts) < 2:
            continue
        rng.shuffle(parts)
        in_order = " ".join(text[s.start : s.end] for s in sentences(text))
        moved.append(abs(score(prepared, " ".join(parts)).score - score(prepared, in_order).score))
    assert len(moved) > 20
    assert max(moved) <= ORDER_BOUND
    assert sum(moved) / len(moved) <= ORDER_MEAN


def test_credit_and_evidence(bank, score):
    for prepared, text, _ in cases(bank, 4, each=2):
        report = score(prepared, text)
        assert 0 <= report.score <= 1
        for criterion in report.criteria:
            assert 0 <= criterion.credit <= 1
            if criterion.evidence is not None:
                start, end = criterion.evidence
                assert text[start:end].strip() == text[start:end] != ""


def test_what_each_sentence_is_worth(bank, score, encoder):
    told = 0
    for prepared, text, _ in cases(bank, 5):
        report = score(prepared, text, explain=True)
        assert report.score == score(prepared, text).score
        for start, end, worth in report.sentences:
            assert text[start:end].strip() == text[start:end] != ""
            assert -1 <= worth <= 1
        if report.sentences and report.score > 0.5:
            told += any(worth > 0.02 for _, _, worth in report.sentences)
    assert told >= 5, "no sentence of any good answer is worth anything"


def test_without_a_sentence_its_tokens_are_gone(encoder):
    text = "First one thing. Then another thing. At last a third."
    whole = encoder.encode(text)
    second = sentences(text)[1]
    blank, rest = without(text, whole, second)
    assert len(blank) == len(text)
    assert "another" not in blank
    assert len(rest.token_vectors) == len(rest.offsets) < len(whole.token_vectors)
    assert not any(second.start <= start < second.end for start, _ in rest.offsets)
