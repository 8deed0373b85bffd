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

ROUNDING = 1e-6
"""What sums of 32-bit numbers may differ by when they are added up in another order."""
HOSTILE = (
    "🤖🧠 déjà vu — naïve façade… “quoted” 3.5 × 10⁻²",
    "مرحبا بالعالم. الشبكة العصبية تتعلم",
    "这是第一句。这是第二句！",
    "a\u0301e\u0308 z\u0335\u0336 \u200bzero\u200bwidth\u202eright to left",
    "𝒳𝒴 ℝⁿ ⊂ ℂ, ∑ᵢ wᵢxᵢ ≥ 0 ⇒ ŷ = 1",
    "- one\n\n* two\n1) three\n```\nfor x in y:\n    pass\n```\n",
    "word" * 400,
    "👩‍👩‍👧‍👦" * 40,
)


@pytest.fixture(scope="module")
def bank(encoder):
    """Every fourth question of the bank, prepared without samples, with the texts of its samples."""
    found = []
    for question in read_bank(Path(ROOT / "seed"))[::4]:
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


def test_saying_what_was_missed_never_costs_anything(bank, score):
    """Whatever criterion an answer misses: one more sentence that says it never lowers the score, wherever it stands."""
    gains = []
    for prepared, text, rng in cases(bank, 1, each=4):
        before = score(prepared, text)
        missed = [c for c in before.criteria if c.verdict in ("missed", "partial")]
        for chosen in rng.sample(missed, min(2, len(missed))):
            criterion = next(c for _, c in prepared.criteria if c.id == chosen.id)
            said = rng.choice(criterion.statements)
            said = said if said.endswith(".") else f"{said}."
            places = [0, *(s.end for s in sentences(text))]
            at = rng.choice(places)
            longer = f"{text[:at].rstrip()} {said} {text[at:].lstrip()}".strip()
            if at and text[:at].rstrip()[-1:] not in ".!?":
                continue  # what has no end would run into the sentence
            gains.append(score(prepared, longer).score - before.score)
    assert len(gains) > 60
    assert min(gains) >= -ROUNDING
    assert sum(gains) / len(gains) > 0.02


def test_saying_a_thing_twice_changes_nothing_at_all(bank, score):
    for prepared, text, rng in cases(bank, 2, each=2):
        sentence = rng.choice(sentences(text))
        again = f"{text.rstrip()} {text[sentence.start : sentence.end]}"
        if len(text[sentence.start : sentence.end].split()) < 4 or not text.rstrip().endswith("."):
            continue
        once, twice = score(prepared, text.rstrip()), score(prepared, again)
        assert twice.score == once.score
        assert [c.verdict for c in twice.criteria] == [c.verdict for c in once.criteria]


def test_the_order_of_sentences_hardly_matters(bank, score):
    moved = []
    for prepared, text, rng in cases(bank, 3, each=4):
        text = " ".join(text.split())  # a line's end is a sentence's end or not, by what follows
        parts = [text[s.start : s.end] for s in sentences(text)]
        if len(parts) < 2 or not all(part.endswith((".", "!", "?")) for part in parts):
            continue
        in_order = " ".join(parts)
        rng.shuffle(parts)
        moved.append(abs(score(prepared, " ".join(parts)).score - score(prepared, in_order).score))
    # Two things look at a neighbour: notes of a few words are judged together for order, and "this is false" rejects
    # what stands before it. Nothing else does.
    assert len(moved) > 80
    assert sum(one > ROUNDING for one in moved) <= 0.05 * len(moved)
    assert max(moved) <= 0.06


def test_any_text_is_judged_and_quoted_exactly(bank, score):
    """Whatever stands in it: credit and score lie in [0, 1], and evidence is a piece of the answer, to the character."""
    prepared, texts = bank[0]
    for text in (*HOSTILE, *(f"{bad} {texts[0]}" for bad in HOSTILE)):
        report = score(prepared, text, explain=True)
        assert 0 <= report.score <= 1
        for criterion in report.criteria:
            assert 0 <= criterion.credit <= 1
            if criterion.evidence is not None:
                start, end = criterion.evidence
                assert 0 <= start < end <= len(text)
                assert text[start:end].strip() == text[start:end]


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
