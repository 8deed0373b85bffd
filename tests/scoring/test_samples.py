"""What graded answers teach of a new one's score: by its words, by how many there are, and by who graded."""

from __future__ import annotations

import numpy as np
import pytest

from app.scoring.learnt import shipped
from app.scoring.samples import Bar, Kernel, answers_of, fit

SHORT = "A queue keeps order."
LONG = (
    "A queue keeps arrival order, serves its oldest entry first, blocks producers when capacity runs out, and lets"
    " consumers wait cheaply until something arrives, which decouples their speeds."
)


@pytest.fixture
def kernel() -> Kernel:
    return Kernel(**shipped().settings["samples"])


NONE = answers_of([], [], [], [])
ABOUT_IT, ELSEWHERE = (0.8, 0.7), (0.4, 0.3)
"""How near an answer is to what was asked: to the point, and one to another question."""


def bar(kernel: Kernel, texts: list[str], grades: list[float]) -> Bar:
    """Of texts that mean unlike things by their vectors and all scored one half."""
    vectors = np.eye(len(texts) + 1, dtype=np.float32)[: len(texts), :]
    known = answers_of(texts, list(vectors), [0.5] * len(texts), [ABOUT_IT] * len(texts))
    return fit(known, np.array(grades), kernel, NONE)


def moved(learnt: Bar, text: str) -> float:
    """By how much a text with a vector of its own is moved from one half."""
    own = np.eye(len(learnt.samples) + 1, dtype=np.float32)[-1]
    return float(learnt.corrected(answers_of([text], [own], [0.5], [ABOUT_IT]))[0]) - 0.5


def test_who_wants_to_be_told_much_is_followed_and_who_wants_it_short(kernel):
    other_short, other_long = "Stacks reverse things.", LONG.replace("queue", "pipe").replace("oldest", "first")
    wordy = bar(kernel, [other_short, other_long], [0.25, 0.75])
    terse = bar(kernel, [other_short, other_long], [0.75, 0.25])
    assert moved(wordy, "Hashing scatters keys.") < -0.03 < 0.03 < moved(wordy, LONG)
    assert moved(terse, LONG) < -0.03 < 0.03 < moved(terse, "Hashing scatters keys.")


def test_an_answer_with_a_samples_words_is_moved_more_than_one_without(kernel):
    learnt = bar(kernel, ["Vectorised loops avoid interpreter overhead."], [1.0])
    assert moved(learnt, "Interpreter overhead: avoid loops, vectorised.") > moved(
        learnt, "Compiled kernels sidestep dispatch costs."
    )


def test_a_text_without_words_that_can_be_told_is_corrected_like_any(kernel):
    learnt = bar(kernel, ["队列保持顺序", "A queue keeps order."], [1.0, 0.8])
    for text in ("队列", "", "!!!"):
        score = 0.5 + moved(learnt, text)
        assert 0.5 < score <= 1


def test_saying_a_thing_twice_is_no_larger_amount(kernel):
    learnt = bar(kernel, [SHORT, LONG], [0.0, 1.0])
    assert moved(learnt, "Hashing scatters keys.") == moved(learnt, "Hashing scatters keys. Hashing scatters keys.")


def test_answers_put_together_teach_what_they_teach_at_once(kernel):
    vectors = np.eye(3, dtype=np.float32)
    one = answers_of([SHORT], [vectors[0]], [0.3], [ABOUT_IT])
    other = answers_of([LONG], [vectors[1]], [0.6], [(0.7, 0.5)])
    both = answers_of([SHORT, LONG], list(vectors[:2]), [0.3, 0.6], [ABOUT_IT, (0.7, 0.5)])
    grades, new = np.array([0.5, 1.0]), answers_of(["Hashing scatters keys."], [vectors[2]], [0.4], [ABOUT_IT])
    joined = NONE.with_others(one).with_others(other).with_others(NONE)
    assert joined.words == both.words
    assert fit(joined, grades, kernel, NONE).corrected(new) == fit(both, grades, kernel, NONE).corrected(new)
    assert fit(both[[1, 0]], grades[::-1], kernel, NONE).corrected(new) == pytest.approx(
        fit(both, grades, kernel, NONE).corrected(new), abs=1e-12
    )


def test_a_kind_persons_grades_do_not_lift_what_says_nothing(kernel):
    vectors = np.eye(6, dtype=np.float32)
    known = answers_of([SHORT, LONG, "Stacks reverse things."], list(vectors[:3]), [0.4] * 3, [ABOUT_IT] * 3)
    broad = "It is a broad topic with many aspects worth knowing."
    nothing = answers_of([broad], [vectors[3]], [0.3], [ABOUT_IT], people=False)
    padding = answers_of(["A broad topic, with many aspects that are worth it."], [vectors[3]], [0.3], [ABOUT_IT])
    other = answers_of(["Hashing scatters keys."], [vectors[5]], [0.4], [ABOUT_IT])
    without, beside = (fit(known, np.ones(3), kernel, one) for one in (NONE, nothing))
    assert without.corrected(padding)[0] > 0.45
    assert beside.corrected(padding)[0] < 0.4
    assert beside.corrected(other)[0] > 0.5


def test_a_kind_persons_grades_say_little_of_an_answer_to_something_else(kernel):
    vectors = np.eye(5, dtype=np.float32)
    known = answers_of([SHORT, LONG, "Stacks reverse things."], list(vectors[:3]), [0.4] * 3, [ABOUT_IT] * 3)
    learnt = fit(known, np.ones(3), kernel, NONE)
    text, own = "Hashing scatters keys.", [vectors[4]]
    near, far = (
        float(learnt.corrected(answers_of([text], own, [0.4], [where]))[0] - 0.4) for where in (ABOUT_IT, ELSEWHERE)
    )
    assert near > 0.25
    assert 0 < far < near / 2
