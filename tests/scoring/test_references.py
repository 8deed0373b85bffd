"""Answers judged beside a model answer alone, with the model that ships."""

from __future__ import annotations

import numpy as np
import pytest

from app.scoring.attacks import headings, keywords, padded, seeded
from app.scoring.by_references import LONG_SHARE, NOTHING_MOST, SAID_SHARE, UNORDERED_MOST, by_references, what_bounds
from app.scoring.derive import rubric_from_references
from app.scoring.engine import assess, prepare, readable
from app.scoring.learnt import Curve, shipped
from app.scoring.nothing import texts_about
from app.scoring.samples import LEFT, Kernel, answers_of, fit

MINERALS = (
    "You scratch minerals with three tools: a fingernail, a penny and a paperclip. How do you find out whether the penny or "
    "the paperclip is harder?"
)
HARDER = "The paperclip is harder than the penny if it can scratch the penny and the penny cannot scratch it."
HEAPS = "How does inserting an element into a binary heap work?"
INSERTED = (
    "The new element is put at the end of the array, as the last leaf. Then it is swapped with its parent as long as it is "
    "smaller than the parent, until the order of the heap holds again."
)


@pytest.fixture(scope="module")
def score(encoder):
    def judged(question: str, reference: str, answer: str):
        prepared = prepare(question, rubric_from_references([reference]), encoder.encode)
        return assess(prepared, answer, encoder.encode(readable(answer)))

    return judged


def test_an_answer_in_the_words_of_the_question_is_no_echo(score):
    chosen = score(MINERALS, HARDER, "The paperclip is harder if the paperclip scratches the penny.")
    assert chosen.score >= 0.5
    assert score(MINERALS, HARDER, MINERALS).score < 0.25


def test_keywords_and_headings_do_not_pass_and_the_report_says_why(score):
    assert score(HEAPS, INSERTED, INSERTED).score > 0.75
    for text in (keywords(INSERTED, seeded(1)), headings(INSERTED, seeded(1))):
        report = score(HEAPS, INSERTED, text)
        assert report.score <= UNORDERED_MOST
        assert report.needs_review
        assert any("list of words" in note for note in report.notes)


def test_a_text_about_nothing_does_not_pass_and_the_report_says_why(score):
    for text in (padded(HEAPS, seeded(1)), *texts_about(HEAPS)):
        assert score(HEAPS, INSERTED, text).score <= NOTHING_MOST
    general = (
        "That is a good question, and variables is a very important topic today. There are many aspects of variables and "
        "scope to consider, and each of them has its own advantages and disadvantages."
    )
    report = score("What is the scope of global variables?", "File scope.", general)
    assert report.score == pytest.approx(NOTHING_MOST)
    assert any("hardly more of the model answer" in note for note in report.notes)
    assert not score(HEAPS, INSERTED, INSERTED).notes


def test_roles_exchanged_do_not_pass(score):
    reference = "The client sends the request to the server."
    assert score("Who sends the request?", reference, "The client sends the request to the server.").score > 0.75
    assert score("Who sends the request?", reference, "The server sends the request to the client.").score < 0.5


def test_a_right_sentence_beside_words_without_order_keeps_its_worth(score):
    alone = score(HEAPS, INSERTED, INSERTED)
    beside = score(HEAPS, INSERTED, f"{INSERTED}\n{keywords(INSERTED, seeded(2))}.")
    assert beside.score >= alone.score - 0.02


def test_the_bounds_never_fall_where_evidence_rises():
    curve = Curve(("free_mass",), (8.0,), -4.0)
    free = np.linspace(0, 1, 21)
    for orderly in (0.0, 0.5, 1.0):
        for over in (-0.1, 0.0, 0.04, 0.2):
            for said, opposite, extent in ((-5.0, 0.0, 20.0), (0.0, 0.0, 150.0), (5.0, 1.0, 250.0)):
                signals = {
                    "free_mass": free, "orderly_mass": orderly * free, "over": np.full(21, over),
                    "said": np.full(21, said), "conflict": np.full(21, opposite),
                    "most_about": np.full(21, 0.6), "extent": np.full(21, extent),
                }  # fmt: skip
                assert (np.diff(by_references(curve, signals)) >= 0).all()


def test_what_the_comparison_says_counts_a_quarter_and_nothing_for_a_copy_that_says_the_opposite():
    curve = Curve(("free_mass",), (0.0,), 0.0)
    signals = {"free_mass": 0.9, "orderly_mass": 0.9, "over": 0.5, "conflict": 0.0, "most_about": 0.5, "extent": 60.0}
    low, high, more = (by_references(curve, signals | {"said": said})[0] for said in (-9.0, 4.0, 9.0))
    assert high - low == pytest.approx(SAID_SHARE)
    assert high == more
    assert by_references(curve, signals | {"said": 9.0, "conflict": 1.0})[0] == pytest.approx(low)


def test_beside_a_long_model_answer_the_comparison_counts_more_where_a_sentence_is_about_it():
    curve = Curve(("free_mass",), (0.0,), 0.0)
    signals = {"free_mass": 0.9, "orderly_mass": 0.9, "over": 0.5, "conflict": 0.0, "extent": 300.0}
    off, half, on = (
        by_references(curve, signals | {"most_about": about, "said": 9.0})[0]
        - by_references(curve, signals | {"most_about": about, "said": -9.0})[0]
        for about in (0.5, 0.62, 0.8)
    )
    assert off == 0
    assert half == pytest.approx(LONG_SHARE / 2)
    assert on == pytest.approx(LONG_SHARE)


def test_what_bounds_a_score_is_told():
    said = {"free_cover": 0.9, "free_mass": 0.9, "free_words": 1.0, "over": 0.3}
    ordered = {f"orderly_{name.removeprefix('free_')}": value for name, value in said.items() if name != "over"}
    assert what_bounds(UNORDERED_MOST, said | dict.fromkeys(ordered, 0.0)) == (True, False)
    assert what_bounds(UNORDERED_MOST, said | ordered) == (False, False)
    assert what_bounds(NOTHING_MOST, said | ordered | {"over": -0.1}) == (False, True)
    assert what_bounds(1.0, said | ordered) == (False, False)


def test_every_null_text_names_the_subject_and_any_question_has_some():
    assert len(texts_about("")) == len(texts_about(HEAPS))
    assert all("inserting" in text or "element" in text for text in texts_about(HEAPS)[1:])


def test_a_correction_keeps_the_order_of_what_is_near_an_edge():
    vectors = np.eye(4, dtype=np.float32)
    known = answers_of(["one", "two", "three"], vectors[:3], [0.5, 0.6, 0.7], [(0.7, 0.7)] * 3)
    bar = fit(known, np.zeros(3), Kernel(**shipped().settings["samples"]), answers_of([], [], [], []))
    low, lower = bar.corrected(answers_of(["four", "five"], vectors[[3, 3]], [0.04, 0.01], [(0.7, 0.7)] * 2))
    assert 0 < lower < low == pytest.approx(LEFT * 0.04)
